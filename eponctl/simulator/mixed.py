"""Farms of several families: in turn of each, and within one in turn of its dialects or builds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

from eponctl.simulator.bdcom import make_bdcom
from eponctl.simulator.build import FARM_DIALECTS, make_olt
from eponctl.simulator.hsgq import make_hsgq
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.vsol import BUILDS, make_vsol

_MAKERS: dict[str, list[Callable[..., SimOlt]]] = {
    "hioso": [partial(make_olt, dialect) for dialect in FARM_DIALECTS],
    "vsol": [partial(make_vsol, build) for build in BUILDS],
    "hsgq": [make_hsgq],
    "bdcom": [make_bdcom],
}
#: What `make_mixed` can build: the families of web pages, called as their drivers are.
FAMILIES = tuple(_MAKERS)


def make_mixed(
    n: int, onus: int = 64, families: Sequence[str] = FAMILIES, *, latency: float = 0.0
) -> list[SimOlt]:
    """Build `n` OLTs named `OLT-SIM-01`, `OLT-SIM-02`, ..., in turn of these families.

    `onus` is the number on each; `latency` is in seconds per page. ValueError on another family.
    """
    if not families or not _MAKERS.keys() >= set(families):
        msg = f"no such families: {', '.join(families)!r}; known: {', '.join(FAMILIES)}"
        raise ValueError(msg)
    makers = {family: itertools.cycle(_MAKERS[family]) for family in families}
    return [
        next(makers[family])(onus, seed=number, name=f"OLT-SIM-{number:02d}", latency=latency)
        for number, family in zip(range(1, n + 1), itertools.cycle(families), strict=False)
    ]
