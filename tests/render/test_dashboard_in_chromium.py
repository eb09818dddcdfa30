"""The dashboard page in a real browser: three OLTs, a thousand ONUs, phone and desktop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eponctl.model import OnuState, Status
from eponctl.render.dashboard.document import document
from tests.browser import Browser, chromium
from tests.dashboards import HOSTILE, config, dashboard

SEEN = dashboard(1000)
PHONE, DESKTOP = (390, 844), (1400, 900)
CELLS = (
    "return [...document.querySelectorAll('#table tbody tr .' + arguments[0])]"
    ".map(cell => cell.textContent)"
)
COUNT = "return document.getElementById('count').textContent"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page as a poll writes it."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text("".join(document(SEEN, config(), reload_s=60)), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def session() -> Iterator[Browser]:
    """One browser for all of these."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(session: Browser, address: str) -> Iterator[Browser]:
    """The page on a desktop; nothing may be wrong with it, nor asked for, when the test is over."""
    session.show(*DESKTOP)
    session.open(address)
    yield session
    assert [] == [entry["message"] for entry in session.log("browser")]
    assert {address} == {found.partition("#")[0] for found in session.requested()}


def listed(browser: Browser, cell: str) -> list[str]:
    return list(browser.run(CELLS, cell))


def macs(some: list[OnuState]) -> list[str]:
    return [onu.mac for onu in some]


def test_nothing_is_wider_than_the_screen_light_or_dark(browser: Browser) -> None:
    wide = (
        "return [...document.querySelectorAll('body *')].filter(e => !e.closest('.skip, thead, "
        "svg') && e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice("
        "0, 80))"
    )
    back = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    for size in (PHONE, DESKTOP, (320, 600), (1000, 800)):
        for is_dark in (False, True):
            browser.show(*size, is_dark=is_dark, is_phone=size[0] < size[1])

            assert size[0] == browser.run("return document.documentElement.scrollWidth")
            assert [] == browser.run(wide)
            assert is_dark == (sum(browser.run(back)) < 150)


def test_charts_are_drawn_and_each_value_says_what_it_is(browser: Browser) -> None:
    drawn = browser.run(
        "return [...document.querySelectorAll('figure')].map(f => [f.querySelectorAll('.series "
        "path').length, f.querySelector('svg').getBoundingClientRect().height > 100, f.ariaLabel])"
    )

    assert [True] * 4 == [count >= 3 and is_tall for count, is_tall, _ in drawn]
    assert "ONUs online: 81.4 % (19:00) to 97.3 % (08:00)" == drawn[0][2]
    assert "19:00 81.4 %" in browser.run(
        "return [...document.querySelectorAll('.dots title')].map(t => t.textContent)"
    )


def test_filter_by_text_finds_names_customers_places_and_macs(browser: Browser) -> None:
    customers = SEEN.overview.customers
    wanted = {
        "Siti rahma": [o for o in SEEN.overview.onus if customers.get(o.mac) == "Siti Rahmawati"],
        "02-00-00-00-01-f": [o for o in SEEN.overview.onus if o.mac.startswith("02:00:00:00:01:F")],
        "kediri-02:0/2:7": [
            o
            for o in SEEN.overview.onus
            if f"{o.olt_id}:{o.onu_id}".startswith("OLT-KEDIRI-02:0/2:7")
        ],
        "<script>": [o for o in SEEN.overview.onus if o.name == HOSTILE],
    }
    for text, found in wanted.items():
        browser.run("document.getElementById('q').value = ''")
        browser.type("#q", text)
        count = f"{len(found)} of 1,000"
        browser.wait(f"return document.getElementById('count').textContent === {count!r}")

        assert found
        assert macs(found) == listed(browser, "mac")


def test_what_is_wished_for_stands_in_the_address_and_comes_back_from_it(
    browser: Browser, address: str
) -> None:
    browser.click(".chips [data-state=problem]")
    browser.type("#q", "warnet")
    browser.wait("return location.hash.includes('warnet')")
    browser.run(
        "const olt = document.getElementById('olt'); olt.selectedIndex = 1;"
        "olt.dispatchEvent(new Event('change'))"
    )
    browser.click("th[data-sort=rx] button")
    found = listed(browser, "mac")
    link = browser.run("return location.href")
    expected = [
        onu
        for onu in SEEN.overview.onus
        if onu.is_problem and onu.olt_id == "OLT-KEDIRI-01" and "WARNET" in (onu.name or "")
    ]

    browser.open("about:blank")
    browser.open(link)

    assert link == f"{address}#q=warnet&olt=OLT-KEDIRI-01&state=problem&sort=rx"
    assert sorted(macs(expected)) == sorted(found) != []
    assert found == listed(browser, "mac")
    assert "true" == browser.run(
        "return document.querySelector('[data-state=problem]').ariaPressed"
    )
    assert "warnet" == browser.run("return document.getElementById('q').value")


def shown_rx(onu: OnuState) -> float:
    rx = onu.rx_power_dbm if onu.status is Status.UP else onu.last_rx_power_dbm
    assert rx is not None
    return rx


def test_click_on_a_head_sorts_and_another_turns_it_round(browser: Browser) -> None:
    order = sorted(SEEN.overview.onus, key=shown_rx)

    browser.click("th[data-sort=rx] button")
    weakest, mark = listed(browser, "mac"), browser.run(_SORTED_BY, "rx")
    browser.click("th[data-sort=rx] button")

    assert (macs(order[:200]), "ascending") == (weakest, mark)
    assert f"{shown_rx(order[-1]):.1f} dBm" == listed(browser, "rx")[0]
    assert "descending" == browser.run(_SORTED_BY, "rx")


def test_names_are_sorted_and_what_has_none_comes_last_either_way(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    some = SEEN.overview.onus[3:12]
    names = ("b", None, "A", "+1", None, "~", "C")
    onus = tuple(onu._replace(name=name) for onu, name in zip(some, names, strict=False))
    file = tmp_path / "names.html"
    overview = SEEN.overview._replace(onus=onus, customers={onus[0].mac: "D"})
    file.write_text("".join(document(SEEN._replace(overview=overview), config())), "utf-8")
    browser.open(file.as_uri())

    browser.click("th[data-sort=name] button")
    found = listed(browser, "name")
    browser.click("th[data-sort=name] button")

    assert ["+1", "A", "C", "Db", "~", "-", "-"] == found
    assert ["~", "Db", "C", "A", "+1", "-", "-"] == listed(browser, "name")
    browser.requested()  # another page than the fixture's
    browser.open(address)


_SORTED_BY = "return document.querySelector(`th[data-sort=${arguments[0]}]`).ariaSort"


def test_all_rows_come_when_asked_for_and_are_filtered_and_sorted_quickly(browser: Browser) -> None:
    first = listed(browser, "mac")
    browser.click("#more")

    assert macs(list(SEEN.overview.onus))[:200] == first
    assert macs(list(SEEN.overview.onus)) == listed(browser, "mac")
    assert browser.run("return document.getElementById('more').hidden")
    took_ms = browser.run(
        "const begun = performance.now();"
        "document.querySelector('th[data-sort=name] button').click();"
        "document.querySelector('.chips [data-state=problem]').click();"
        "document.querySelector('.chips [data-state=\"\"]').click();"
        "document.body.offsetHeight; return performance.now() - begun"
    )
    assert took_ms < 2000  # three times; a slow machine with others at work on it


def test_card_of_an_olt_leads_to_its_onus(browser: Browser) -> None:
    browser.click(".card:nth-child(2) h3 a")
    own = [onu for onu in SEEN.overview.onus if onu.olt_id == "OLT-KEDIRI-02"]
    browser.wait(f"return document.getElementById('count').textContent === '{len(own)} of 1,000'")

    assert {"OLT-KEDIRI-02"} == set(listed(browser, "olt"))
    assert browser.wait("return document.getElementById('onus').getBoundingClientRect().top < 40")


def test_everything_can_be_done_by_keyboard(browser: Browser) -> None:
    browser.run("document.getElementById('q').focus()")
    for _ in range(5):  # OLT, sort, direction, all, problem
        press(browser, "Tab")
    press(browser, "Enter")
    problems = [onu for onu in SEEN.overview.onus if onu.is_problem and onu.outage_at is None]

    assert f"{len(problems)} of 1,000" == browser.run(COUNT)
    assert macs(problems) == listed(browser, "mac")


def press(browser: Browser, key: str) -> None:
    codes = {"Tab": 9, "Enter": 13}
    more: dict[str, Any] = {"text": "\r"} if key == "Enter" else {}
    for kind in ("keyDown", "keyUp"):
        browser.command(
            "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key], **more
        )


def test_page_says_when_it_is_old(browser: Browser) -> None:
    said = "return document.getElementById('old').textContent"

    polled = (
        "document.body.dataset.polled = Date.now() / 1000 - arguments[0];"
        "window.dispatchEvent(new Event('focus'))"
    )

    browser.run(polled, 60)
    assert browser.run("return document.getElementById('old').hidden")
    browser.run(polled, 7200)
    assert "This is old: the last poll on this page was 2 h ago." == browser.run(said)


def test_every_field_has_a_name_and_colours_have_contrast(browser: Browser) -> None:
    for is_dark in (False, True):
        browser.show(*DESKTOP, is_dark=is_dark)

        assert [] == browser.run(_NAMELESS)
        assert [] == browser.run(_TOO_FAINT)


_NAMELESS = """
return [...document.querySelectorAll('input, select, button, a')].filter(e =>
  !(e.labels && e.labels.length) && !e.ariaLabel && !e.textContent.trim()).map(e => e.outerHTML)
"""
# WCAG's contrast of each text with what is behind it: 4.5 at least.
_TOO_FAINT = """
const parts = text => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92
  : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
const behind = e => { for (; e; e = e.parentElement) {
  const c = parts(getComputedStyle(e).backgroundColor);
  if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
const found = new Map();
for (const e of document.querySelectorAll('body *:not(svg *, script, .skip, option)')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
  const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) found.set(e.className + ' ' + e.tagName, ratio);
}
return [...found];
"""
