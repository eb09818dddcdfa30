"""The pages, compared by eye with the shapes in the field notes: exact rows, exact errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
import requests

from eponctl.simulator import Dialect, Farm, Fault, SimOlt, SimOnu, make_olt

Serve = Callable[..., Farm]
Fetch = Callable[..., requests.Response]
KnownOlt = Callable[[Dialect], SimOlt]
RowsOf = Callable[[bytes, str], list[str]]

PREFIX_UP = "'0/2:1','WARUNG','02:AB:00:00:00:01','Up','0101','9125','2',"
PREFIX_LOST = "'0/2:2','NA','02:AB:00:00:00:02','Down','1002','1601','2',"
B_UP = "'0/1/2:1','WARUNG','02:ab:00:00:00:01','Up','0101','9125','2',"
B_LOST = "'0/1/2:2','NA','02:ab:00:00:00:02','Down','1002','1601','2',"
TIMES = "'2026-03-11 16:14:06','2026-03-11 16:13:30'"
NOT_FOUND = "<title>Document Error: Page Not Found</title>"


def test_a11_has_text_codes_and_states_its_stride(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt("A11")
    serve(olt)
    body = fetch(olt, "/onuOverview.asp?oltponno=0/2").content
    assert rows_of(body, "onutable") == [
        PREFIX_UP + "'CtcNegDone','21','Activate','1163',",
        PREFIX_LOST + "'MpcpDiscovery','21','Deactivate','1'",
    ]
    assert b"\n);\nvar lineNum=(onutable.length)/11;\n" in body


def test_a16_shows_no_optics_for_a_lost_onu(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt("A16")
    serve(olt)
    body = fetch(olt, "/onuOverview.asp?oltponno=0%2F2").content
    optics = "'30.00','3.00','14.00','1.72','-28.86',"
    assert rows_of(body, "onutable") == [
        PREFIX_UP + "'CtcNegDone','21','Activate','1163'," + optics,
        PREFIX_LOST + "'MpcpDiscovery','21','Deactivate','1','--','--','--','--','--'",
    ]
    assert b'var lineNum=(onutable.length)/16;\nvar displayfunc ="displayAll";\n' in body


@pytest.mark.parametrize(("dialect", "tail"), [("A22", ""), ("A23", ",'0'"), ("A24", ",'0','0'")])
def test_whole_box_page_of_family_a_keeps_stale_values(
    serve: Serve, fetch: Fetch, dialect: Dialect, tail: str, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt(dialect)
    serve(olt)
    body = fetch(olt, "/onuAllPonOnuList.asp").content
    up, lost = rows_of(body, "onutable")
    shown = "'5','21','0','1163','30.00','3.00','14.00','1.72','-28.86',"
    stale = "'5','21','2','1389','38.00','3.00','22.00','1.78','-30.97',"
    running = [f"'1','{seconds}','5','1'{tail}," for seconds in (166365, 166366)]
    assert up in [f"{PREFIX_UP}{shown}{TIMES},{end}" for end in running]
    assert lost == f"{PREFIX_LOST}{stale}{TIMES},'1','166439','6','1'{tail}"
    assert b"\n);\n\nfunction Reload()" in body


def test_b13_keeps_stale_optics_and_rtt(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt("B13")
    serve(olt)
    body = fetch(olt, "/onuConfigOnuList.asp?oltponno=0/1/2").content
    assert rows_of(body, "ponOnuTable") == [
        B_UP + "'30.00','3.00','14.00','1.72','-28.86','1163',",
        B_LOST + "'38.00','3.00','22.00','1.78','-30.97','1389'",
    ]


@pytest.mark.parametrize(("last", "value"), [("bare", ",1163,"), ("absent", ",")])
def test_b12_ends_in_a_bare_number_or_without_one(
    serve: Serve,
    fetch: Fetch,
    last: Literal["bare", "absent"],
    value: str,
    known_olt: KnownOlt,
    rows_of: RowsOf,
) -> None:
    olt = known_olt("B12")
    olt.b12_last = last
    serve(olt)
    body = fetch(olt, "/onuConfigOnuList.asp?oltponno=0/1/2").content
    assert rows_of(body, "ponOnuTable")[0] == (
        B_UP + "'30.00','3.00','14.00','1.72','-28.86'" + value
    )


def test_b18_says_down_and_flags_a_loss_of_power(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt("B13+B18")
    olt.onus[1].status = "PwrDown"
    olt.onus[1].dying_gasp = False
    serve(olt)
    lost = rows_of(fetch(olt, "/onuAllPonOnuList.asp").content, "onutable")[1]
    assert lost == (
        f"{B_LOST}'38.00','3.00','22.00','1.78','-30.97','166439','6','1','1389',{TIMES}"
    )
    lost = rows_of(fetch(olt, "/onuConfigOnuList.asp?oltponno=0/1/2").content, "ponOnuTable")[1]
    assert lost.startswith("'0/1/2:2','NA','02:ab:00:00:00:02','PwrDown',")


def test_pon_list_b_has_the_comment_and_true_counters(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt("B13")
    olt.pons = ["0/1/1", "0/1/2"]
    serve(olt)
    expected = [
        '//"0/1/1","N/A"',
        "'0/1/1','ONU Total=0,Online=0,Offline=0',",
        "'0/1/2','ONU Total=2,Online=1,Offline=1'",
    ]
    assert rows_of(fetch(olt, "/onuConfigPonList.asp").content, "ponListTable") == expected
    olt.fault = Fault.EMPTY_ARRAY
    assert rows_of(fetch(olt, "/onuConfigPonList.asp").content, "ponListTable") == expected
    empty = fetch(olt, "/onuConfigOnuList.asp?oltponno=0/1/2").content
    assert b"var ponOnuTable=new Array();\n" in empty
    olt.counter_override["0/1/2"] = "ONU Total=9,Online=9,Offline=0"
    assert b"Total=9" in fetch(olt, "/onuConfigPonList.asp").content
    olt.counters = False
    assert b"'0/1/1','N/A'" in fetch(olt, "/onuConfigPonList.asp").content


def test_pon_list_a_and_its_absence(serve: Serve, fetch: Fetch, rows_of: RowsOf) -> None:
    olt = make_olt("A16", 8)
    serve(olt)
    pairs = rows_of(fetch(olt, "/onuOverviewPonList.asp").content, "ponListTable")
    assert pairs == ["'0/1','N/A',", "'0/2','N/A',", "'0/3','N/A',", "'0/4','N/A'"]
    olt.no_pon_list = True
    assert fetch(olt, "/onuOverviewPonList.asp").status_code == 404


def test_missing_pages(serve: Serve, fetch: Fetch, known_olt: KnownOlt) -> None:
    old, two_pon, box = known_olt("A16"), known_olt("B13"), known_olt("B18")
    serve(old, two_pon, box)
    undefined = fetch(old, "/onuAllPonOnuList.asp")
    assert undefined.status_code == 200
    assert undefined.content == b"ASP Error: Undefined procedure getAllPonOnuTable"
    for olt, path in [
        (old, "/onuConfigPonList.asp"),
        (old, "/onuConfigOnuList.asp?oltponno=0/1/1"),
        (two_pon, "/onuAllPonOnuList.asp"),
        (two_pon, "/onuOverview.asp?oltponno=0/1"),
        (box, "/onuConfigOnuList.asp?oltponno=0/1/2"),
        (box, "/nothing.asp"),
    ]:
        answer = fetch(olt, path)
        assert answer.status_code == 404
        assert NOT_FOUND in answer.text


def test_detail_pages(serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf) -> None:
    full, old, two_pon = known_olt("A22"), known_olt("A11"), known_olt("B13")
    serve(full, old, two_pon)
    first = "'2026-01-01 00:00:01'"
    path = "/onuConfig.asp?onuno=0/2:2&oltponno=0/2"
    body = fetch(full, path).content
    assert rows_of(body, "onuinfo") == [
        f"{PREFIX_LOST}{first},{TIMES},'5','21','2','1','166439','6','1'"
    ]
    assert b"var oltponno='0/2';\nvar onuno='0/2:2';\n" in body
    assert b"var onuOpmInfo=new Array('0/2:2','38.00','3.00','22.00','1.78','-30.97');" in body
    assert rows_of(fetch(old, path).content, "onuinfo") == [
        f"'0/2:2','NA','02:AB:00:00:00:02','Down','','','',{first},{TIMES}"
    ]
    body = fetch(two_pon, "/onuConfig.asp?onuno=0/1/2:2&oltponno=0/1/2").content
    assert rows_of(body, "onuinfo") == [f"{B_LOST}{first},{TIMES}"]


def test_system_pages(serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf) -> None:
    four, two = known_olt("A22"), known_olt("B13")
    two.model, two.firmware = "HA7302CST", "v7.80"
    serve(four, two)
    (line,) = rows_of(fetch(four, "/system.asp").content, "sysInfo")
    assert line.startswith('"EPON","OLT-A22","","OLT","V2.3.1","1.0","02:00:5E:00:00:01",')
    assert line.count('"') == 26
    assert '"7 hours 28 minutes 1' in line
    (line,) = rows_of(fetch(two, "/system.asp").content, "sysInfo")
    assert '"HA7302CST","v7.80","Release20240930","02:00:5e:00:00:01",' in line
    assert line.count('"') == 22


def test_log_page_is_newest_first_and_marks_power(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt
) -> None:
    olt = known_olt("B13")
    serve(olt)
    olt.lose("0/1/2:1", gasp=True)
    assert "sys_log_page.asp?page=0" in fetch(olt, "/sys_log.asp").text
    text = fetch(olt, "/sys_log_page.asp?page=0").text
    web = text.index("Web: web connection , current web client=1")
    lost = text.index("EPON: Slot 0/1/2:1 Onu 02:ab:00:00:00:01[WARUNG] Lost")
    gasp = text.index("EPON: Onu 0/1/2:1 02:ab:00:00:00:01 dying-gasp")
    assert web < lost < gasp


def test_headers_are_those_of_an_old_goahead(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt
) -> None:
    olt = known_olt("A22")
    serve(olt)
    answer = fetch(olt, "/onuAllPonOnuList.asp")
    assert answer.raw.version == 10
    assert answer.headers["Server"] == "GoAhead-Webs"
    assert answer.headers["Connection"] == "close"
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize(
    ("auth", "text"),
    [(None, "requires a User ID"), (("root", "admin"), "Unknown"), (("admin", "x"), "Wrong")],
)
def test_credentials_are_needed(
    serve: Serve,
    session: requests.Session,
    auth: tuple[str, str] | None,
    text: str,
    known_olt: KnownOlt,
) -> None:
    olt = known_olt("A22")
    serve(olt)
    answer = session.get(olt.url + "/onuAllPonOnuList.asp", auth=auth, timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert text in answer.text


def test_names_may_be_any_bytes(serve: Serve, fetch: Fetch, known_olt: KnownOlt) -> None:
    olt = known_olt("A22")
    serve(olt)
    olt.onus[0].name = b"caf\xe9 100% \xff"
    assert b"'0/2:1','caf\xe9 100% \xff','02:" in fetch(olt, "/onuAllPonOnuList.asp").content
    olt.onus[0].name = "Ibu 'Nur' \\"
    assert rb"'Ibu \'Nur\' \\','02:" in fetch(olt, "/onuAllPonOnuList.asp").content
    olt.quote_style = "raw"
    assert rb"'Ibu 'Nur' \','02:" in fetch(olt, "/onuAllPonOnuList.asp").content


def test_pager_limits_the_page_of_a_pon_only(serve: Serve, fetch: Fetch, rows_of: RowsOf) -> None:
    olt = make_olt("A22", 80, pons=4)
    olt.rows_per_page = 8
    serve(olt)
    assert len(rows_of(fetch(olt, "/onuOverview.asp?oltponno=0/1").content, "onutable")) == 8
    assert len(rows_of(fetch(olt, "/onuAllPonOnuList.asp").content, "onutable")) == 80


def test_every_change_shows_on_the_next_page(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt
) -> None:
    olt = known_olt("A22")
    serve(olt)

    def page() -> str:
        return fetch(olt, "/onuAllPonOnuList.asp").text

    page()
    olt.onus[0].rx_power_dbm = None
    assert "'1.72','--','2026" in page()
    olt.onus.append(SimOnu("0/3:1", "NEW", "02:AB:00:00:00:03"))
    assert "'0/3:1','NEW'" in page()
    del olt.onus[0]
    assert "WARUNG" not in page()


def test_uptime_runs_restarts_and_stands_still(
    serve: Serve, fetch: Fetch, known_olt: KnownOlt, rows_of: RowsOf
) -> None:
    olt = known_olt("A22")
    serve(olt)

    def values() -> list[str]:
        row = rows_of(fetch(olt, "/onuAllPonOnuList.asp").content, "onutable")[0]
        return row.strip(",").split(",")

    olt.onus[0].online_seconds = 1000
    olt.onus[0].counted_at -= 50
    assert values()[19] in {"'1050'", "'1051'"}
    olt.restart("0/2:1")
    assert values()[3] == "'Up'"
    assert values()[19] in {"'0'", "'1'"}
    assert values()[20] == "'6'"
    olt.onus[0].online_seconds = 77
    olt.lose("0/2:1", gasp=True)
    olt.onus[0].counted_at -= 500
    assert (values()[3], values()[19], values()[21]) == ("'Down'", "'77'", "'1'")
    olt.restore("0/2:1")
    assert (values()[3], values()[20], values()[21]) == ("'Up'", "'7'", "'1'")
