"""OLTs by the ids that a person typed."""

from __future__ import annotations

from collections.abc import Sequence

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
    from eponctl.configvalues import nearest, shown

    known = ("auto", *driver.names())
    if name in known:
        return None
    return f"expected one of {', '.join(known)}, got {shown(name)}{nearest(name, known)}"
