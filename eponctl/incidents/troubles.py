"""Troubles of ONUs that are there: loops, refused logins, signal, heat. Pure.

Each is an incident of its own, until half a PON goes the same way at once: that is the PON.
"""

from __future__ import annotations

from collections.abc import Sequence

from eponctl.incidents.book import Book, by_pon, onu_of
from eponctl.incidents.outages import up_by_pon
from eponctl.incidents.records import Extent, Incident, Kind, Member
from eponctl.incidents.verdict import SEVERAL, WHOLE_ONUS, WHOLE_SHARE
from eponctl.model import EventKind

OFFLINE = (Kind.OUTAGE, Kind.LOOP, Kind.AUTH)
"""What can be the matter with the status of an ONU: one of these at a time."""
_PON_SHARE = 0.5


def strike_each(book: Book, kind: Kind, members: Sequence[Member]) -> None:
    """Open an incident of its own for each ONU (LOOP, AUTH)."""
    for member in _fresh(book, members, kind):
        book.pass_on([onu_of(member)], book.begin(kind, [member]), *OFFLINE)


def strike_measured(
    book: Book, kind: Kind, what: EventKind, members: Sequence[Member], window_s: int
) -> None:
    """Take up weak signals or heat: by PON where half of it goes together, else one by one.

    Weak and overloaded are two things: the incident's `detail` is `what` happened.
    """
    for pon, on_pon in by_pon(_fresh(book, members, kind)):
        _strike_pon(book, kind, what, pon, on_pon, window_s)


def _fresh(book: Book, members: Sequence[Member], kind: Kind) -> list[Member]:
    """Those that are in no open incident of this kind yet."""
    if not members:
        return []
    known = {onu_of(member) for one in book.open(kind) for member in one.standing}
    return [member for member in members if onu_of(member) not in known]


def _strike_pon(
    book: Book, kind: Kind, what: EventKind, pon: str, members: Sequence[Member], window_s: int
) -> None:
    now = book.view.now
    recent = [
        one
        for one in book.open(kind)
        if one.detail == what and one.pons == (pon,) and now - one.grown_at <= window_s
    ]
    whole = [one for one in recent if one.extent is not Extent.SINGLE]
    if whole:
        _size(book, book.grow(whole[-1], members))
        return
    up = up_by_pon(book.view.after[members[0].olt_id].values())[pon]
    together = len(members) + sum(len(one.standing) for one in recent)
    if together < SEVERAL or together < up * _PON_SHARE:
        for member in members:
            book.begin(kind, [member], detail=what.value)
        return
    begun = book.begin(kind, members, detail=what.value, of={pon: up})
    _size(book, book.merge(begun, recent))


def _size(book: Book, incident: Incident) -> None:
    """Its extent, from how many of the PON's ONUs that are up it is about."""
    lost, of = len(incident.members), sum(incident.of.values())
    is_whole = lost >= WHOLE_ONUS and lost >= of * WHOLE_SHARE
    book.put(incident._replace(extent=Extent.WHOLE_PON if is_whole else Extent.PARTIAL_PON))
