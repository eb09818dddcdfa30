"""Rows of the `.asp` family as readings: columns, sentinels, stale values, reasons."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import asp
from eponctl.errors import PageChanged, UnknownFirmware
from eponctl.model import OltFacts, OnuReading, Reason, Status

# The field notes' rows, with other MACs and names.
A11 = "'0/1:1','NA','02:B6:4F:A4:6A:68','Up','3230','9125','2','CtcNegDone','21','Activate','7943'"
A16 = (
    "'0/2:1','NA','02:02:6B:65:E5:85','Up','312e','9602','2','CtcNegDone','21','Activate','7943',"
    "'34.00','3.00','13.00','2.06','-26.20'"
)
A22 = (
    "'0/1:1','Kantor','02:8E:5B:2B:66:98','Up','0101','9127','5','5','30','0','160','46.00','3.00',"
    "'12.00','2.06','-17.06','2026-06-03 10:20:22','2026-06-03 10:19:21','1','62121','3','1'"
)
B13 = (
    "'0/1/1:1','NA','02:77:27:80:f9:17','Up','3230','6301','5','49.00','3.00','10.00','1.99',"
    "'-24.44','338'"
)
B18 = (
    "'0/1/1:1','NA','02:77:27:80:f9:17','Up','3230','6301','5','49.00','3.00','10.00','1.99',"
    "'-24.44','62121','3','1','338','2026-06-03 10:20:22','2026-06-03 10:19:21'"
)
B12 = B13.removesuffix(",'338'")
ROWS = {
    "A11": A11,
    "A16": A16,
    "A22": A22,
    "A23": A22 + ",'0'",
    "A24": A22 + ",'0','0'",
    "B12": B12,
    "B13": B13,
    "B18": B18,
}


def read(*rows: str, name: str = "onutable") -> asp.Table:
    text = f"<script>var {name}=new Array(\n" + ",\n".join(rows) + "\n);\n</script>"
    return asp.table("/page.asp", text.encode())


def one(row: str) -> OnuReading:
    (onu,) = read(row).onus
    return onu


def cells(row: str, **changes: str) -> str:
    """The row with other values: `c3="Down"` changes column 3."""
    values = row.strip("'").split("','")
    for key, value in changes.items():
        values[int(key[1:])] = value
    return "'" + "','".join(values) + "'"


UP = (Status.UP, "Up")


@pytest.mark.parametrize(
    ("row", "dialect", "expected"),
    [
        (
            A11,
            "A11",
            OnuReading(
                "0/1:1", "02:B6:4F:A4:6A:68", None, *UP, distance_m=12707, auth_status="Activate",
                ctc_status="CtcNegDone", firmware="3230",
            ),
        ),
        (
            A16,
            "A16",
            OnuReading(
                "0/2:1", "02:02:6B:65:E5:85", None, *UP, temperature_c=34.0, rx_power_dbm=-26.2,
                tx_power_dbm=2.06, distance_m=12707, auth_status="Activate",
                ctc_status="CtcNegDone", firmware="312e",
            ),
        ),
        (
            A22,
            "A22",
            # 160 x 1.6393 = 262 m: less than twice 157 m.
            OnuReading(
                "0/1:1", "02:8E:5B:2B:66:98", "Kantor", *UP, temperature_c=46.0,
                rx_power_dbm=-17.06, tx_power_dbm=2.06, distance_m=1, auth_status="Activate",
                ctc_status="CtcNegDone", firmware="0101", uptime_s=62121, deregistrations=3,
            ),
        ),
        (
            B12,
            "B12",
            OnuReading(
                "0/1/1:1", "02:77:27:80:F9:17", None, *UP, temperature_c=49.0,
                rx_power_dbm=-24.44, tx_power_dbm=1.99, firmware="3230",
            ),
        ),
        (
            B13,
            "B13",
            OnuReading(
                "0/1/1:1", "02:77:27:80:F9:17", None, *UP, temperature_c=49.0,
                rx_power_dbm=-24.44, tx_power_dbm=1.99, distance_m=397, firmware="3230",
            ),
        ),
        (
            B18,
            "B18",
            OnuReading(
                "0/1/1:1", "02:77:27:80:F9:17", None, *UP, temperature_c=49.0,
                rx_power_dbm=-24.44, tx_power_dbm=1.99, distance_m=240, firmware="3230",
                uptime_s=62121, deregistrations=3,
            ),
        ),
    ],
)  # fmt: skip
def test_every_column_is_where_the_notes_say(row: str, dialect: str, expected: OnuReading) -> None:
    assert asp.Table(dialect, (expected,)) == read(row)


@pytest.mark.parametrize("dialect", ["A23", "A24"])
def test_columns_behind_the_twenty_second_change_nothing(dialect: str) -> None:
    assert read(A22) == read(ROWS[dialect])


@pytest.mark.parametrize(
    ("ticks", "twice", "once"),
    [
        ("338", 240, 397),
        ("1163", 1593, 1750),
        ("190", 1, 154),  # 311.5 - 157 = 154.5, and that is not over 157
        ("96", 1, 0 + 1),
        ("97", 1, 2),
        ("2", 1, 1),
        ("1", None, None),
        ("0", None, None),
        ("--", None, None),
        ("9" * 400, None, None),
    ],
)
def test_distance_is_the_formula_of_the_dialects_page(
    ticks: str, twice: int | None, once: int | None
) -> None:
    assert (twice, twice, once) == (
        one(cells(A22, c10=ticks)).distance_m,
        one(cells(B18, c15=ticks)).distance_m,
        one(cells(B13, c12=ticks)).distance_m,
    )


# --- state and reason ---------------------------------------------------------------------------

OPTICAL = {"A16": (11, 15), "A22": (11, 15), "A23": (11, 15), "A24": (11, 15), "B12": (7, 11)} | {
    "B13": (7, 11),
    "B18": (7, 11),
}


@pytest.mark.parametrize("word", ["Down", "PwrDown", "LoopDetected", "Rebooting", "", "up?"])
@pytest.mark.parametrize("dialect", ROWS)
def test_optics_of_an_onu_that_is_not_up_are_stale(dialect: str, word: str) -> None:
    onu = one(cells(ROWS[dialect], c3=word))

    assert (None, None, None, None, None) == (
        onu.temperature_c,
        onu.rx_power_dbm,
        onu.tx_power_dbm,
        onu.distance_m,
        onu.uptime_s,
    )


@pytest.mark.parametrize("dialect", ROWS)
@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Up", Status.UP),
        ("up ", Status.UP),
        ("LoopDetected", Status.LOOP),
        ("PwrDown", Status.PWRDOWN),
        ("PowerOff", Status.UNKNOWN),
        ("Up/PwrDown", Status.UNKNOWN),
        ("", Status.UNKNOWN),
    ],
)
def test_status_is_the_devices_word(dialect: str, word: str, status: Status) -> None:
    onu = one(cells(ROWS[dialect], c3=word))

    assert (status, word.strip()) == (onu.status, onu.status_raw)


@pytest.mark.parametrize(
    ("code", "reason", "raw"),
    [
        ("0", None, "Other"),
        ("1", Reason.TIMEOUT, "TIMEOUT"),
        ("2", Reason.DEREGISTERED, "ONU-init"),
        ("3", Reason.DEREGISTERED, "OLT-init"),
        ("4", Reason.AUTH_FAILED, "RejectByBlackList"),
        ("5", Reason.AUTH_FAILED, "RejectByWhiteList"),
        ("6", None, "6"),
        ("--", None, None),
        ("TIMEOUT", Reason.TIMEOUT, "TIMEOUT"),
    ],
)
def test_reason_code_names_an_outage_that_lasts(
    code: str, reason: Reason | None, raw: str | None
) -> None:
    onu = one(cells(A22, c3="Down", c18=code, c21="0"))

    assert (Status.DOWN, reason, raw) == (onu.status, onu.reason, onu.reason_raw)


def test_dying_gasp_flag_is_a_loss_of_power_whatever_the_code() -> None:
    onu = one(cells(A22, c3="Down", c18="1", c21="1"))

    assert (Status.PWRDOWN, "Down", Reason.DYING_GASP, "Dying_gasp") == (
        onu.status,
        onu.status_raw,
        onu.reason,
        onu.reason_raw,
    )


@pytest.mark.parametrize("word", ["Up", "LoopDetected"])
def test_reason_of_the_outage_before_is_not_the_reason_of_now(word: str) -> None:
    onu = one(cells(A22, c3=word, c18="4", c21="1"))

    assert (None, None) == (onu.reason, onu.reason_raw)


@pytest.mark.parametrize(
    ("code", "reason", "raw"),
    [
        ("0", None, "0 (Timeout or Other)"),
        ("1", None, "1 (Dying_gasp or TIMEOUT)"),
        ("4", None, "4 (Timeout or RejectByBlackList)"),
        ("9", None, "9"),
        ("--", None, None),
        ("Dying_gasp", Reason.DYING_GASP, "Dying_gasp"),
        ("Timeout", Reason.TIMEOUT, "TIMEOUT"),
    ],
)
def test_reason_that_the_notes_call_uncertain_stays_raw(
    code: str, reason: Reason | None, raw: str | None
) -> None:
    onu = one(cells(B18, c3="Down", c14=code))

    assert (reason, raw) == (onu.reason, onu.reason_raw)
    assert (Status.PWRDOWN if reason is Reason.DYING_GASP else Status.DOWN) == onu.status


@pytest.mark.parametrize("word", ["Up", "Down", "PwrDown"])
@pytest.mark.parametrize(
    "row", [cells(A22, c9="2"), cells(A16, c9="Deactivate"), cells(A11, c9="Deactivate")]
)
def test_deactivated_onu_is_disabled_by_a_person(row: str, word: str) -> None:
    onu = one(cells(row, c3=word))

    assert (Status.DISABLED, Reason.ADMIN, "Deactivate", None) == (
        onu.status,
        onu.reason,
        onu.auth_status,
        onu.rx_power_dbm,
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [("0", None), ("1", "MpcpDiscovery"), ("5", "CtcNegDone"), ("6", "6"), ("MpcpSla", "MpcpSla")],
)
def test_ctc_code_or_text_is_its_word(code: str, expected: str | None) -> None:
    assert expected == one(cells(A22, c7=code)).ctc_status


# --- sentinels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", OPTICAL)
@pytest.mark.parametrize("text", ["--", "-inf", "", "N/A", "nan", "null", "undefined"])
def test_missing_optics_are_none_and_never_zero(dialect: str, text: str) -> None:
    first, last = OPTICAL[dialect]
    gone = {f"c{column}": text for column in range(first, last + 1)}
    onu = one(cells(ROWS[dialect], **gone))

    assert (Status.UP, None, None, None) == (
        onu.status,
        onu.temperature_c,
        onu.rx_power_dbm,
        onu.tx_power_dbm,
    )


def test_one_missing_value_leaves_the_others() -> None:
    onu = one(cells(A22, c15="--"))

    assert (46.0, None, 2.06) == (onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm)


def test_zero_in_all_optics_is_a_module_that_was_not_read() -> None:
    onu = one(cells(A22, c11="0.00", c12="0.00", c13="0.00", c14="0.00", c15="0.00"))

    assert (None, None, None) == (onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm)


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000])
def test_endless_number_is_no_value_anywhere(number: str) -> None:
    onu = one(cells(A22, c10=number, c19=number, c20=number, c7=number, c18=number))

    assert (None, None, None) == (onu.distance_m, onu.uptime_s, onu.deregistrations)


# --- lengths ------------------------------------------------------------------------------------


def extra(row: str) -> str:
    """The row with its chip twice: a value too many."""
    values = row.strip("'").split("','")
    return "'" + "','".join([*values[:5], values[5], *values[5:]]) + "'"


def less(row: str) -> str:
    """The row without its chip."""
    values = row.strip("'").split("','")
    return "'" + "','".join([*values[:5], *values[6:]]) + "'"


def second(row: str) -> str:
    return row.replace(":1','", ":2','", 1).replace("'02:", "'06:")


@pytest.mark.parametrize("spoil", [extra, less])
@pytest.mark.parametrize("dialect", ROWS)
def test_broken_row_beside_one_good_row_is_the_one_that_is_reported(
    dialect: str, spoil: Callable[[str], str]
) -> None:
    good, other = ROWS[dialect], second(ROWS[dialect])
    for rows in ((good, spoil(other)), (spoil(other), good)):
        table = read(*rows)
        assert read(good).onus == table.onus
        assert ({one(other).mac}, False, 1) == (set(table.odd), table.is_complete, len(table.notes))


@pytest.mark.parametrize("spoil", [extra, less])
@pytest.mark.parametrize("dialect", ROWS)
def test_broken_row_that_is_alone_gives_no_wrong_value(
    dialect: str, spoil: Callable[[str], str]
) -> None:
    row = ROWS[dialect]
    expected = one(row)
    try:
        table = read(spoil(row))
    except UnknownFirmware:
        return
    (onu,) = table.onus
    # What the row's own values prove is read, and people are told.
    assert (expected.onu_id, expected.mac, expected.status) == (onu.onu_id, onu.mac, onu.status)
    assert onu.rx_power_dbm in {None, expected.rx_power_dbm}
    assert onu.temperature_c in {None, expected.temperature_c}
    assert (None, None, None) == (onu.distance_m, onu.uptime_s, onu.auth_status)
    assert 1 == len(table.notes)


def test_layout_that_nobody_knows_is_read_as_far_as_its_values_prove() -> None:
    row = A16 + ",'7','8','9'"
    table = read(row, second(row))

    assert ("A?19", 1) == (table.dialect, len(table.notes))
    assert [(Status.UP, 34.0, -26.2, 2.06, None)] * 2 == [
        (onu.status, onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm, onu.distance_m)
        for onu in table.onus
    ]


def test_list_of_pairs_is_no_list_of_states() -> None:
    with pytest.raises(UnknownFirmware):
        read("'0/1:1','02:00:00:00:00:01'", "'0/1:2','02:00:00:00:00:02'")


def test_three_columns_are_no_known_table() -> None:
    with pytest.raises(UnknownFirmware) as caught:
        read("'0/1:1','NA','02:00:00:00:00:01'")
    assert "rows of 3 values" in caught.value.message


def test_table_with_nothing_inside_has_no_onus() -> None:
    assert asp.Table(None, ()) == read()


def test_page_without_a_table_is_no_empty_table() -> None:
    with pytest.raises(PageChanged) as caught:
        asp.table("/page.asp", b"<script>var rowName=new Array('a');</script>")
    assert "/page.asp: no table of ONUs on the page" == caught.value.message


@given(st.binary(max_size=300))
def test_any_bytes_inside_the_table_are_rows_or_a_changed_page(junk: bytes) -> None:
    with contextlib.suppress(PageChanged):
        asp.table("/page.asp", b"var onutable=new Array(" + junk + b");\n")


@given(st.lists(st.text(max_size=12), min_size=22, max_size=22), st.sampled_from(list(ROWS)))
def test_any_values_in_a_known_layout_make_a_reading(values: list[str], dialect: str) -> None:
    plain = ROWS[dialect].strip("'").split("','")
    mixed = plain[:3] + [value.replace("\\", "") for value in values]
    row = ",".join("'" + cell.replace("'", "\\'") + "'" for cell in mixed[: len(plain)])
    with contextlib.suppress(UnknownFirmware):
        assert plain[2].upper() == one(row).mac


# --- other arrays -------------------------------------------------------------------------------


def test_counts_of_the_pon_list_ignore_the_line_in_a_comment() -> None:
    body = (
        b'var ponListTable=new Array(\n//"0/1/9","N/A"\n'
        b"'0/1/1','ONU Total=40,Online=39,Offline=1',\n'0/1/2','N/A'\n);"
    )

    assert {"0/1/1": 40, "0/1/2": None} == asp.pon_counts(body)


def test_pon_list_that_was_cut_is_no_shorter_list() -> None:
    with pytest.raises(PageChanged):
        asp.pon_counts(b"var ponListTable=new Array('0/1/1','ONU Total=40','0/1/2',")


def test_counter_without_end_is_no_counter() -> None:
    body = b"var ponListTable=new Array('0/1/1','ONU Total=" + b"9" * 5000 + b"');"

    assert {"0/1/1": None} == asp.pon_counts(body)


@pytest.mark.parametrize("body", [None, b"", b"var sysInfo=new Array(", b"<html>"])
def test_page_that_is_missing_or_broken_tells_no_facts(body: bytes | None) -> None:
    assert None is asp.facts(body)


def test_facts_are_model_firmware_and_uptime() -> None:
    body = (
        b'var sysInfo=new Array("EPON","a \\"b\\"","","HA7302CST","v7.80","Release20240930",'
        b'"02:5c:72:a2:b0:b4","192.0.2.1","7 hours 28 minutes 11 seconds","12","48");'
    )

    assert OltFacts("HA7302CST", "v7.80", "7 hours 28 minutes 11 seconds") == asp.facts(body)


DETAIL = (
    b"var onuinfo=new Array('0/1:1','NA','02:B6:4F:A4:6A:68','Up');\n"
    b"var onuOpmInfo=new Array('0/1:1','34.00','3.00','13.00','2.06','-26.20');"
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (DETAIL, (34.0, -26.2, 2.06)),
        (DETAIL.replace(b"('0/1:1','34", b"('0/1:2','34"), (None, None, None)),
        (DETAIL.replace(b"-26.20", b"--"), (34.0, None, 2.06)),
        (DETAIL[:-20], (None, None, None)),
        (DETAIL.replace(b",'-26.20'", b""), (None, None, None)),
        (DETAIL.replace(b"onuOpmInfo", b"other"), (None, None, None)),
        (b"var onuOpmInfo=new Array('0/1:1','0.00','0.00','0.00','0.00','0.00');", (None,) * 3),
    ],
)
def test_optics_of_an_onus_own_page(body: bytes, expected: tuple[float | None, ...]) -> None:
    assert expected == asp.detail_optics(body, "0/1:1")
