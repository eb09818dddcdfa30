"""The dashboard page as text: it loads nothing, runs nothing of others, and says what is known."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl.model import EventKind
from eponctl.render.dashboard.charts import charts, ticks_of
from eponctl.render.dashboard.document import document
from eponctl.store.trends import TrendRow
from eponctl.views.dashboard import MOST_LINES, Dashboard, trends
from tests.dashboards import HOSTILE, ZONE, config, dashboard


def page(seen: Dashboard, reload_s: int | None = None) -> str:
    return "".join(document(seen, config(), reload_s=reload_s))


SEEN = dashboard(90)
PAGE = page(SEEN)


class Elements(HTMLParser):
    """All start tags with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inner: dict[str, list[str]] = {"script": [], "style": []}
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._in = tag if tag in self.inner else ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.inner[self._in].append(data)


def test_page_names_nothing_that_is_elsewhere() -> None:
    elements = Elements(PAGE)

    links = [
        value
        for _, attributes in elements.found
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href", "action", "data", "poster", "srcset"}
    ]
    assert {"#", "data:image/svg+xml"} == {re.split("(?<=^#)|,", value or "")[0] for value in links}
    assert not {"img", "iframe", "object", "embed", "base"} & {tag for tag, _ in elements.found}
    (style,) = elements.inner["style"]
    assert not re.search(r"url\(|@import|http", style)
    assert "pygal" not in PAGE.lower()
    assert not re.search("https?://(?!www.w3.org/2000/svg')", PAGE)


def test_browser_is_told_to_run_and_load_nothing_but_what_stands_in_it() -> None:
    elements = Elements(PAGE)
    (policy,) = (
        attributes["content"]
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )

    hashes = {
        kind: base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
        for kind, texts in elements.inner.items()
    }
    assert {"script": 1, "style": 1} == {kind: len(texts) for kind, texts in elements.inner.items()}
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; "
        f"script-src 'sha256-{hashes['script']}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    attributes = [name for _, attributes in elements.found for name in attributes]
    assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_what_a_device_wrote_is_only_text() -> None:
    bad = f'{HOSTILE}" onclick="x\n\x1b[31m\u202e{{{{ 7*7 }}}}'
    onus = tuple(
        onu._replace(name=bad, status_raw=bad, reason_raw=bad, reason=None, onu_id=f"0/1:{n}{bad}")
        for n, onu in enumerate(SEEN.overview.onus)
    )
    customers = dict.fromkeys((onu.mac for onu in onus[::2]), bad)
    olts = tuple(
        type(watched)(
            watched.olt._replace(name=bad),
            watched.state._replace(error=bad, model=bad, firmware=bad),
            watched.tally,
        )
        for watched in SEEN.overview.olts
    )
    assert SEEN.trends
    hostile = SEEN._replace(
        overview=SEEN.overview._replace(onus=onus, customers=customers, olts=olts),
        trends=SEEN.trends._replace(names=(bad,) * 3),
    )

    text = page(hostile)

    plain, changed = Elements(PAGE), Elements(text)
    assert {tag for tag, _ in plain.found} == {tag for tag, _ in changed.found}
    assert plain.inner == changed.inner
    names = {name for _, attributes in changed.found for name in attributes}
    assert {name for _, attributes in plain.found for name in attributes} == names
    assert "{{ 7*7 }}" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_every_onu_is_there_with_its_customer_before_the_devices_name() -> None:
    rows = re.findall('<tr data-w="([^"]*)".*?</tr>', PAGE)
    mac = next(onu.mac for onu in SEEN.overview.onus if onu.mac in SEEN.overview.customers)
    (row,) = (line for line in PAGE.splitlines() if f">{mac}<" in line)
    (device,) = (onu.name for onu in SEEN.overview.onus if onu.mac == mac)

    assert len(SEEN.overview.onus) == len(rows)
    assert f">{SEEN.overview.customers[mac]}<small>{device}</small></th>" in row


def test_stale_onu_says_since_when_and_one_that_is_down_shows_its_last_values_as_such() -> None:
    rows = {found[1]: found[0] for found in re.finditer('<tr data-w=.*class="mac">([^<]*)<', PAGE)}
    onus = {onu.mac: onu for onu in SEEN.overview.onus}
    stale = next(mac for mac, onu in onus.items() if onu.olt_id == "OLT-BLITAR-01")
    down = next(mac for mac, onu in onus.items() if onu.status == "down" and mac in rows)

    assert "last seen 07:49</small>" in rows[stale]
    assert f'class="num rx last">{onus[down].last_rx_power_dbm:.1f} dBm<' in rows[down]


def test_experimental_driver_is_named_and_an_outage_says_how_far_it_reached() -> None:
    first, *others = SEEN.overview.olts
    state = first.state._replace(dialect="3310 (experimental)")
    tried = type(first)(first.olt, state, first.tally)
    told = SEEN.alerts[0]
    alert = replace(told.alert, kind=EventKind.PON_OUTAGE, before=None, after="whole_pon")
    seen = SEEN._replace(
        overview=SEEN.overview._replace(olts=(tried, *others)),
        alerts=(replace(told, alert=alert),),
    )

    text = page(seen)

    assert "Experimental driver, compare with the device&#39;s own page: OLT-KEDIRI-01<" in text
    assert "xperimental driver" not in PAGE
    assert '<td class="change">whole pon</td>' in text


def test_only_a_page_that_polls_write_reloads() -> None:
    assert "data-reload" not in PAGE.split("<script>")[0]
    assert ' data-reload="60"' in page(SEEN, reload_s=60)


def test_empty_network_is_a_page_too() -> None:
    overview = SEEN.overview._replace(olts=(), onus=(), customers={}, open_incidents=0)
    empty = SEEN._replace(overview=overview, trends=None, incidents=(), alerts=())

    text = page(empty)

    assert "No poll in the last 24 hours." in text
    assert 2 == text.count("None in the last 7 days.")


# --- charts ---


def row(olt_id: str, at: int, online: float = 90) -> TrendRow:
    return TrendRow(olt_id, at, 100, online, 100 - online, None, -20.0)


def test_hole_is_no_line_and_a_lone_value_is_still_seen() -> None:
    found = trends([row("A", at) for at in (0, 60, 300)], [("A", "Alpha")], 0, 359, 60)

    online, _, heat, power = charts(found, ZONE)

    assert ((90.0, 90.0, None, None, None, 90.0),) == found.online_percent
    assert ("90 % all the time", "nothing was read in this time") == (online.summary, heat.summary)
    assert 1 == len(re.findall('<path d="[^"]*" class="line reactive', power.svg))
    assert ["07:00 -20 dBm", "07:01 -20 dBm", "07:05 -20 dBm"] == re.findall(
        "<title>(.*?)</title>", power.svg
    )


def test_many_olts_are_three_lines() -> None:
    count = MOST_LINES + 1
    olts = [(f"OLT-{number}", f"Name {number}") for number in range(count)]
    rows = [row(olt_id, 0, 90 + number) for number, (olt_id, _) in enumerate(olts)]

    found = trends(rows, olts, 0, 119, 60)

    assert ("highest OLT", "mean of OLTs", "lowest OLT") == found.names
    assert ((96.0, None), (93.0, None), (90.0, None)) == found.online_percent
    assert count - 1 == len(trends(rows, olts[:-1], 0, 119, 60).names)


def test_trends_of_a_day_have_round_hours_below() -> None:
    assert SEEN.trends
    (online, *_) = charts(SEEN.trends, ZONE)

    assert ["12:00", "18:00", "00:00", "06:00"] == re.findall(r">(\d\d:\d\d)</text>", online.svg)
    assert "81.4 % (19:00) to 97.3 % (08:00)" == online.summary


def test_pygals_other_way_to_write_xml_makes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from pygal.etree import etree

    assert SEEN.trends
    expected = charts(SEEN.trends, ZONE)
    monkeypatch.setattr(etree, "_etree", etree._py_etree)
    monkeypatch.setattr(etree, "lxml", False)

    found = charts(SEEN.trends, ZONE)

    assert [re.sub(r"\s*/>", "/>", one.svg) for one in expected] == [
        re.sub(r"\s*/>", "/>", one.svg) for one in found
    ]


@given(
    st.floats(-60, 150, allow_subnormal=False),
    st.floats(0, 200),
    st.floats(0.5, 10),
)
def test_scale_holds_all_values_between_round_numbers(
    low: float, span: float, least: float
) -> None:
    ticks = ticks_of(low, low + span, least)

    assert ticks[0] <= low + 1e-6
    assert low + span <= ticks[-1] + 1e-6
    assert 2 <= len(ticks) <= 7
    steps = {round(after - before, 6) for before, after in pairwise(ticks)}
    assert 1 == len(steps)


def test_scale_of_shares_stays_between_nothing_and_all() -> None:
    assert [96, 97, 98, 99, 100] == ticks_of(100, 100, 4, 0, 100)
    assert [0, 1, 2, 3, 4] == ticks_of(0, 0, 4, 0, math.inf)


def test_chart_library_stays_out_of_later_imports() -> None:
    assert SEEN.trends
    charts(SEEN.trends, ZONE)

    assert "pygal" in sys.modules
    assert not [one for one in sys.meta_path if type(one).__module__.startswith("pygal")]
