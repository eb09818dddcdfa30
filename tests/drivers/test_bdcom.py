"""The driver for BDCOM against its simulator, and against pages that must not be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from eponctl.driver import Known, Scrape
from eponctl.drivers import bdcom
from eponctl.errors import LoginRejected, PageChanged, UnknownFirmware
from eponctl.model import OltReading, Reason, Status
from eponctl.simulator import Farm, Fault
from eponctl.simulator.bdcom import BdcomOlt, make_bdcom
from eponctl.web import Page, Web

Asked = Callable[[BdcomOlt], OltReading]


@pytest.fixture
def asked(serve: Callable[..., Farm], web_to: Callable[..., Web]) -> Asked:
    """Read a simulated OLT."""

    def ask(olt: BdcomOlt) -> OltReading:
        if not olt.port:
            serve(olt)
        return bdcom.read(bdcom.fetch(web_to(olt), Known()), Known())

    return ask


def read(*lines: str, end: str = "</script>") -> OltReading:
    """Read a page with these lines in its script."""
    body = "\n".join(["<script>", "var intfName=new Array();", *lines, end]).encode()
    return bdcom.read(Scrape("", {bdcom.PAGE: Page(bdcom.PAGE, 200, {}, body)}), Known())


def row(index: int, **cells: str) -> Iterable[str]:
    """The assignments of one row; all is well with it unless told."""
    usual = {
        "intfName": f"EPON0/1:{index + 1}",
        "intfproto": "up",
        "MACAddress": f"0200.0000.{index:04x}",
    }
    return [f'{name}[{index}]="{value}";' for name, value in {**usual, **cells}.items()]


@pytest.mark.parametrize("suffix", ["", "1"])
@pytest.mark.parametrize("by_row", [True, False])
@pytest.mark.parametrize("is_reversed", [True, False])
def test_arrays_are_joined_by_index_in_whatever_order(
    asked: Asked, suffix: str, by_row: bool, is_reversed: bool
) -> None:
    olt = make_bdcom(12, pons=3)
    olt.suffix, olt.by_row, olt.is_reversed = suffix, by_row, is_reversed
    reading = asked(olt)

    assert [(onu.onu_id, onu.mac.upper()) for onu in olt.onus] == [
        (onu.onu_id, onu.mac) for onu in reading.onus
    ]
    assert {Status.UP} == {onu.status for onu in reading.onus}
    assert reading.is_complete
    assert bdcom.NOTE in reading.notes


@pytest.mark.parametrize("array", ["intfName", "intfproto"])
def test_row_that_lacks_a_cell_was_not_observed(asked: Asked, array: str) -> None:
    olt = make_bdcom(4, pons=1)
    olt.missing = {(array, 2)}
    reading = asked(olt)

    assert ["0/1:1", "0/1:2", "0/1:4"] == [onu.onu_id for onu in reading.onus]
    assert frozenset({olt.onus[2].mac.upper()}) == reading.unreadable
    assert reading.is_complete


def test_row_without_a_mac_leaves_room_for_an_onu_that_was_not_seen(asked: Asked) -> None:
    olt = make_bdcom(4, pons=1)
    olt.missing = {("MACAddress", 2)}
    reading = asked(olt)

    assert (3, frozenset(), False) == (
        len(reading.onus),
        reading.unreadable,
        reading.is_complete,
    )


def test_reason_of_an_onu_that_is_up_is_that_of_its_last_outage(asked: Asked) -> None:
    olt = make_bdcom(3, pons=1)
    olt.lose("0/1:1", gasp=True)
    olt.lose("0/1:2")
    olt.lose("0/1:3")
    olt.restore("0/1:3")
    found = [(onu.status, onu.reason, onu.reason_raw) for onu in asked(olt).onus]

    assert [
        (Status.PWRDOWN, Reason.DYING_GASP, "power-off"),
        (Status.DOWN, Reason.LOS, "wire-down"),
        (Status.UP, None, None),
    ] == found


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("up", Status.UP),
        ("Enable", Status.UP),
        ("active", Status.UP),
        ("down", Status.DOWN),
        ("lost", Status.DOWN),
        ("standby", Status.UNKNOWN),
    ],
)
def test_word_of_the_state_is_understood_and_kept(word: str, status: Status) -> None:
    (onu,) = read(*row(0, intfproto=word)).onus
    assert (status, word) == (onu.status, onu.status_raw)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("losi", Reason.LOS),
        ("dying-gasp", Reason.DYING_GASP),
        ("mpcp-down", None),
        ("closing", None),
        ("", None),
    ],
)
def test_reason_is_understood_and_kept(text: str, reason: Reason | None) -> None:
    (onu,) = read(*row(0, intfproto="down", deregReason=text)).onus
    assert (reason, text or None) == (onu.reason, onu.reason_raw)


def test_cell_that_is_there_twice_makes_its_row_unreadable() -> None:
    reading = read(*row(0), *row(1, description='x";intfproto[0]="down'))

    assert ["0/1:2"] == [onu.onu_id for onu in reading.onus]
    assert frozenset({"02:00:00:00:00:00"}) == reading.unreadable


def test_page_of_rows_that_cannot_be_read_fails() -> None:
    with pytest.raises(PageChanged, match="rows, and none"):
        read(*row(0, MACAddress="--"))


@pytest.mark.parametrize(("old", "new"), [('"', "'"), ("[", " [ "), ("]", " ]"), (";", "")])
def test_cells_are_read_however_they_are_written(old: str, new: str) -> None:
    lines = [line.replace(old, new) for line in (*row(0), *row(1, description="it`s"))]
    assert ["0/1:1", "0/1:2"] == [onu.onu_id for onu in read(*lines).onus]


def test_cells_written_in_no_known_way_are_not_an_olt_without_onus() -> None:
    with pytest.raises(PageChanged, match="rows, and none"):
        read(*(line.replace(";", ",") for line in row(0)))


def test_names_of_newer_arrays_are_known() -> None:
    page = Page(
        bdcom.PAGE,
        200,
        {},
        b'<script>onuName[0]="EPON0/1:1";onustat[0]="down";MACAddress[0]="0200.0000.0001";\n'
        b'deactRea[0]="power-off";</script>',
    )
    bdcom._check(page)
    (onu,) = bdcom.read(Scrape("", {bdcom.PAGE: page}), Known()).onus

    assert ("0/1:1", Status.PWRDOWN, "power-off") == (onu.onu_id, onu.status, onu.reason_raw)


def test_empty_arrays_are_an_olt_without_onus(asked: Asked) -> None:
    assert () == asked(make_bdcom(0)).onus


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.UNAUTHORIZED, LoginRejected),
        (Fault.CUT, PageChanged),
        (Fault.NO_ARRAY, PageChanged),
        (Fault.FOREIGN, PageChanged),
    ],
)
def test_page_that_is_spoilt_fails_the_read(
    asked: Asked, fault: Fault, error: type[Exception]
) -> None:
    olt = make_bdcom(8)
    olt.fault = fault
    with pytest.raises(error):
        asked(olt)


def test_arrays_of_a_gpon_build_are_refused_by_name() -> None:
    page = Page(bdcom.PAGE, 200, {}, b'<script>BintfName[0]="GPON0/1:1";</script>')
    with pytest.raises(UnknownFirmware, match="GPON build"):
        bdcom._check(page)
