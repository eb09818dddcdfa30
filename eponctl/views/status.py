"""What was asked of the network's status, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eponctl.model import OltState, OnuState
from eponctl.views.network import Watched


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for.

    `text` is a part of a name, a MAC (however separated) or an id, or `OLT:id`. Without `text`,
    `pon` and `state` only problems are listed, unless `everything`. `sort` is one of
    the words of `commands.status.SORTS`.
    """

    text: str | None = None
    olt_ids: tuple[str, ...] = ()
    pon: str | None = None
    state: str | None = None
    only_problems: bool = False
    everything: bool = False
    sort: str | None = None

    @property
    def lists_problems(self) -> bool:
        """Whether ONUs that are well are left out."""
        return self.only_problems or not (self.everything or self.narrows)

    @property
    def narrows(self) -> bool:
        """Whether ONUs are picked by more than their OLT."""
        return self.text is not None or self.pon is not None or self.state is not None


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """The OLTs that were asked for, in the order of olts.toml, and the ONUs that fit.

    `customers` are the customers' names by MAC.
    """

    now: int
    olts: tuple[Watched, ...]
    onus: tuple[OnuState, ...]
    wanted: Wanted
    customers: Mapping[str, str] = field(default_factory=dict)

    @property
    def states(self) -> Mapping[str, OltState]:
        """The OLTs' states by id."""
        return {watched.olt.id: watched.state for watched in self.olts}
