"""The pages of one scrape of the `.asp` family, put together to one reading. Pure.

Here is which pages there are, which of them a plan asks for, and how lists per PON, the list of
all and the pages per ONU complete each other. What stands on a page is asp.py's, and how pages are
asked for is drivers/hioso.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eponctl import asp
from eponctl.asp import Table
from eponctl.driver import Scrape
from eponctl.errors import OltError, PageChanged
from eponctl.model import OltReading, OnuReading, Reason, Status
from eponctl.web import Page

WHOLE = "/onuAllPonOnuList.asp"
SYSTEM = "/system.asp"
CONFIG_LIST, CONFIG = "/onuConfigPonList.asp", "/onuConfigOnuList.asp?oltponno="
OVERVIEW_LIST, OVERVIEW = "/onuOverviewPonList.asp", "/onuOverview.asp?oltponno="
DETAIL = "/onuConfig.asp?onuno={onu}&oltponno={pon}"

# Plans: which pages give this device's ONUs. Remembered between polls.
WHOLE_A, WHOLE_B, BOTH_B, CONFIG_B = "A whole", "B whole", "B whole+config", "B config"
OVERVIEW_A, GUESSED_A = "A overview", "A overview guessed"
WITH_DETAIL = "+detail"
PAGER_ROWS = 8
PAGER_TEXT = (
    "PON {pon}: 8 ONUs, which is all that a page of some firmware shows; count them on its web page"
)


def reading_of(scrape: Scrape) -> OltReading:
    """What the pages say. Raises PageChanged when not one of them can be believed."""
    counts = _counts(scrape)
    is_whole_table = scrape.plan in {WHOLE_A, WHOLE_B}
    failed: dict[str, OltError] = {}
    if is_whole_table:
        tables = [asp.table(WHOLE, scrape.pages[WHOLE].body)]
    else:
        tables, failed = _pon_tables(scrape, counts)
    if failed and not tables:
        raise next(iter(failed.values()))
    onus = _with_details(tuple(onu for table in tables for onu in table.onus), scrape)
    lacks_optics = _lacks_optics(tables)
    notes = tuple(note for table in tables for note in table.notes)
    return OltReading(
        dialect=_dialect(scrape.plan, tables),
        onus=onus,
        facts=asp.facts(_body(scrape, SYSTEM)),
        failed_pons=failed,
        unreadable=frozenset().union(*(table.odd for table in tables)),
        counted={pon: count for pon, count in counts.items() if count is not None},
        is_complete=all(table.is_complete for table in tables),
        is_whole_table=is_whole_table,
        lacks_optics=lacks_optics,
        memory=_memory(scrape, lacks_optics=lacks_optics) if onus else None,
        notes=notes,
    )


def _counts(scrape: Scrape) -> dict[str, int | None]:
    """The device's own counts; none where its list, without which one can do, was cut."""
    try:
        return asp.pon_counts(_body(scrape, CONFIG_LIST))
    except PageChanged:
        return {}


def _memory(scrape: Scrape, *, lacks_optics: bool) -> str | None:
    """The way to remember; none when better pages may only have failed to come this time."""
    if scrape.plan == WHOLE_B and CONFIG_LIST in scrape.failed:
        return None
    return scrape.plan + (WITH_DETAIL if lacks_optics else "")


def _dialect(plan: str, tables: Iterable[Table]) -> str | None:
    names = sorted({table.dialect for table in tables if table.dialect})
    if plan == BOTH_B and names:
        names.append("B18")
    return "+".join(names) or None


def _lacks_optics(tables: Iterable[Table]) -> bool:
    up = [onu for table in tables for onu in table.onus if onu.status is Status.UP]
    return bool(up) and all(onu.rx_power_dbm is None for onu in up)


def _pon_tables(
    scrape: Scrape, counts: dict[str, int | None]
) -> tuple[list[Table], dict[str, OltError]]:
    """The pages per PON, and why others are missing; rows that a pager hid from the whole page."""
    prefix = CONFIG if scrape.plan in {BOTH_B, CONFIG_B} else OVERVIEW
    extra = _extra(scrape)
    tables: list[Table] = []
    failed = {
        path.removeprefix(prefix): error
        for path, error in scrape.failed.items()
        if path.startswith(prefix)
    }
    for path, page in scrape.pages.items():
        if path.startswith(prefix):
            pon = path.removeprefix(prefix)
            try:
                table = _of_pon(asp.table(path, page.body), pon)
                tables.append(_completed(table, pon, counts.get(pon), extra))
            except PageChanged as error:
                failed[pon] = error
    return tables, failed


def _of_pon(table: Table, pon: str) -> Table:
    """The table, if it is this PON's. Raises PageChanged on one with the ONUs of another."""
    if table.onus and all(onu.pon != pon for onu in table.onus):
        raise PageChanged(f"PON {pon}: the page holds the ONUs of PON {table.onus[0].pon}")
    return table


def _extra(scrape: Scrape) -> dict[tuple[str, str], OnuReading]:
    """B18's rows beside B13's, by id and MAC; none when that page failed: one can do without."""
    page = scrape.pages.get(WHOLE)
    try:
        onus = asp.table(WHOLE, page.body).onus if page else ()
    except PageChanged:
        return {}
    return {(onu.onu_id, onu.mac): onu for onu in onus}


def _completed(
    table: Table, pon: str, count: int | None, extra: dict[tuple[str, str], OnuReading]
) -> Table:
    """The PON's rows with what the whole page adds. Raises PageChanged when rows are missing."""
    merged = {
        (onu.onu_id, onu.mac): _merged(onu, extra.get((onu.onu_id, onu.mac))) for onu in table.onus
    }
    rows = len(table.onus) + len(table.odd)
    if count is None or rows < count:
        # Some firmware shows eight rows a page, and nobody knows how to ask for the next.
        merged = {**{key: onu for key, onu in extra.items() if onu.pon == pon}, **merged}
        if count is not None and len(merged) + len(table.odd) < count:
            raise PageChanged(f"PON {pon}: {rows} rows on the page, the device counts {count}")
    if count is None and len(merged) == PAGER_ROWS and not table.odd:
        table = table._replace(notes=(*table.notes, PAGER_TEXT.format(pon=pon)))
    return table._replace(onus=tuple(merged.values()))


def _merged(onu: OnuReading, extra: OnuReading | None) -> OnuReading:
    """B13 has the word that tells a power cut, B18 the counters and the code of the reason."""
    if extra is None:
        return onu
    if onu.status is Status.UP:
        return onu._replace(uptime_s=extra.uptime_s, deregistrations=extra.deregistrations)
    raw = extra.reason_raw
    # The status text settles which of the two readings of the code is right.
    is_gasp = onu.status is Status.PWRDOWN and raw == asp.UNSURE_REASONS["1"]
    return onu._replace(
        deregistrations=extra.deregistrations,
        reason=Reason.DYING_GASP if is_gasp else onu.reason,
        reason_raw="Dying_gasp" if is_gasp else raw,
    )


def _with_details(onus: tuple[OnuReading, ...], scrape: Scrape) -> tuple[OnuReading, ...]:
    details = {
        path: page for path, page in scrape.pages.items() if path.startswith("/onuConfig.asp")
    }
    if not details:
        return onus
    return tuple(_with_detail(onu, details) for onu in onus)


def _with_detail(onu: OnuReading, details: Mapping[str, Page]) -> OnuReading:
    page = details.get(DETAIL.format(onu=onu.onu_id, pon=onu.pon))
    # Of an ONU that is not up the values would be stale.
    if page is None or onu.status is not Status.UP:
        return onu
    temperature, rx, tx = asp.detail_optics(page.body, onu.onu_id)
    return onu._replace(temperature_c=temperature, rx_power_dbm=rx, tx_power_dbm=tx)


def _body(scrape: Scrape, path: str) -> bytes | None:
    page = scrape.pages.get(path)
    return page.body if page else None
