"""OLTs and ONUs by what a person typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, TypeVar

from eponctl.errors import ConfigError, Problem
from eponctl.settings import Config, OltSettings


def olt_of(config: Config, olt_id: str) -> OltSettings:
    """The OLT with this id. Raises ConfigError, with the nearest id there is."""
    for olt in config.olts:
        if olt.id == olt_id:
            return olt
    import difflib

    known = [olt.id for olt in config.olts]
    near = difflib.get_close_matches(olt_id, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "`eponctl olt list` shows those there are"
    raise ConfigError([Problem(str(config.path), "", f'no OLT has the id "{olt_id}"')], hint)


def chosen_olts(config: Config, olt_ids: Sequence[str]) -> tuple[str, ...]:
    """The ids, once each, if all of them are there and enabled. Raises ConfigError."""
    problems = []
    for olt_id in olt_ids:
        if not olt_of(config, olt_id).enabled:
            text = f"OLT {olt_id} is disabled; `eponctl olt enable {olt_id}` turns it on"
            problems.append(Problem(str(config.path), "", text))
    if problems:
        raise ConfigError(problems)
    return tuple(dict.fromkeys(olt_ids))


def driver_problems(config: Config) -> list[Problem]:
    """A fault for each OLT whose `driver` is the name of none."""
    return [
        Problem(str(config.path), f"olt[{number}].driver", fault)
        for number, olt in enumerate(config.olts, start=1)
        if (fault := driver_fault(olt.driver))
    ]


def driver_fault(name: str) -> str | None:
    """What is wrong with a driver's name, with the nearest there is; None: nothing is."""
    from eponctl import driver

    if name == driver.AUTO or driver.is_there(name):
        return None
    from eponctl.configvalues import nearest, shown

    known = (driver.AUTO, *driver.names())
    return f"expected one of {', '.join(known)}, got {shown(name)}{nearest(name, known)}"


# --- ONUs -------------------------------------------------------------------------------------

_MAC_DIGITS = 12
_MOST_CANDIDATES = 10
_MOST_NEAR = 3
_NOBODY: Mapping[str, str] = MappingProxyType({})


class Placed(Protocol):
    """What names an ONU."""

    @property
    def olt_id(self) -> str:
        """Its OLT's id."""

    @property
    def onu_id(self) -> str:
        """Its id on the OLT: `0/1:3`."""

    @property
    def mac(self) -> str:
        """Its MAC, as it is stored."""

    @property
    def name(self) -> str | None:
        """What the device calls it."""


P = TypeVar("P", bound=Placed)


def onu_of(onus: Iterable[P], text: str, customers: Mapping[str, str] = _NOBODY) -> P:
    """The ONU that a person means: by MAC, `OLT:id`, `OLT:MAC` or name, else by a part of these.

    `customers` are the customers' names by MAC, which count as the devices' do.
    Raises ConfigError: no ONU fits, or several do; then it names them.
    """
    wanted = text.strip().casefold()
    mac = mac_of(wanted)
    known: list[P] = []
    exact: list[P] = []
    partly: list[P] = []
    for onu in onus:
        known.append(onu)
        name, place = (onu.name or "").casefold(), f"{onu.olt_id}:{onu.onu_id}".casefold()
        customer = customers.get(onu.mac, "").casefold()
        of_olt = f"{onu.olt_id}:{onu.mac}".casefold()
        if onu.mac == mac or (wanted and wanted in {name, customer, place, of_olt}):
            exact.append(onu)
        elif wanted and (wanted in name or wanted in customer or wanted in place):
            partly.append(onu)
    found = exact or partly
    if len(found) == 1:
        return found[0]
    raise _unclear(found, text, customers) if found else _unknown(known, text, customers)


def _unknown(known: Iterable[Placed], text: str, customers: Mapping[str, str]) -> ConfigError:
    import difflib

    from eponctl.configvalues import shown

    names = dict.fromkeys(customers.values())
    for onu in known:
        # What is typed as a MAC or an id was meant to be one.
        those = (onu.mac, f"{onu.olt_id}:{onu.onu_id}") if ":" in text else (onu.name or "",)
        names.update(dict.fromkeys(those))
    by_fold = {name.casefold(): name for name in names if name}
    near = difflib.get_close_matches(text.strip().casefold(), by_fold, n=_MOST_NEAR)
    hint = f"; near: {', '.join(shown(by_fold[one]) for one in near)}" if near else ""
    problem = Problem(shown(text), "", f"fits no ONU{hint}")
    return ConfigError([problem], "`eponctl status TEXT` searches names, MACs and ids")


def _unclear(found: Sequence[Placed], text: str, customers: Mapping[str, str]) -> ConfigError:
    from eponctl.configvalues import shown

    candidates = [
        Problem(
            f"{onu.olt_id}:{onu.onu_id}",
            "",
            " ".join(filter(None, (onu.mac, onu.name, _in_brackets(customers.get(onu.mac))))),
        )
        for onu in found[:_MOST_CANDIDATES]
    ]
    more = len(found) - len(candidates)
    fits = f"fits {len(found)} ONUs" + (f", {more} more than these" if more else "")
    hint = "name one by its MAC, or as OLT:MAC where that is on several OLTs"
    return ConfigError([Problem(shown(text), "", fits), *candidates], hint)


def _in_brackets(text: str | None) -> str:
    return f"({text})" if text else ""


def mac_of(text: str) -> str | None:
    """A MAC as it is stored, however it was separated; None: it is none."""
    digits = re.sub("[:.-]", "", text.strip()).upper()
    if len(digits) != _MAC_DIGITS or not re.fullmatch("[0-9A-F]+", digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, _MAC_DIGITS, 2))
