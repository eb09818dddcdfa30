"""The parts of a poll that have budgets of their own: a page read, rows stored, rows loaded."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import peewee

from eponctl import asppages
from eponctl.driver import Known, Scrape
from eponctl.drivers import hioso
from eponctl.judge import first_state
from eponctl.model import OnuReading, OnuState, Status
from eponctl.settings import Thresholds
from eponctl.store import onus as store_onus
from eponctl.store.database import open_database
from eponctl.store.onus import OltBook, OnuChanges
from eponctl.web import Page

NOW = 1_790_000_000
OLTS, ONUS = 100, 256
_ROW = (
    "'0/{pon}:{number}','CLIENT-{number:03d}','02:00:00:00:{pon:02X}:{number:02X}','Up','0101',"
    "'9125','2','5','21','0','1163','30.00','3.00','14.00','1.72','-21.86','2026-03-11 16:14:06',"
    "'2026-03-11 16:13:30','1','166365','5','1'"
)


def _median_ms(action: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def page_ms(runs: int = 50) -> float:
    """A page of 256 ONUs, from bytes to readings."""
    rows = ",\n".join(_ROW.format(pon=place // 64 + 1, number=place % 64) for place in range(ONUS))
    body = f"<html><script>\nvar onutable=new Array(\n{rows}\n);\nfunction Reload(){{}}</script>"
    page = Page(asppages.WHOLE, 200, {}, body.encode())
    scrape = Scrape(asppages.WHOLE_A, {asppages.WHOLE: page})
    assert len(hioso.read(scrape, Known()).onus) == ONUS
    return _median_ms(lambda: hioso.read(scrape, Known()), runs)


def store_ms(runs: int = 7) -> tuple[float, float, float]:
    """25,600 rows: stored for the first time; measurements updated; loaded."""
    first, updated, loaded = [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "bench.db")
            with open_database(path, create=True) as database:
                states = [_states(olt, -21.0) for olt in range(OLTS)]
                changes = [OnuChanges(OltBook(), olt) for olt in states]

                first.append(_save_ms(database, changes))
                loaded.append(_median_ms(lambda: store_onus.load(database), 1))
                books = store_onus.load(database)
                again = [
                    OnuChanges(books[f"OLT-{olt:03d}"], _states(olt, -21.5)) for olt in range(OLTS)
                ]
                updated.append(_save_ms(database, again))
    return statistics.median(first), statistics.median(updated), statistics.median(loaded)


def _save_ms(database: peewee.SqliteDatabase, changes: list[OnuChanges]) -> float:
    began = time.perf_counter()
    with database.atomic("IMMEDIATE"):
        store_onus.save(database, changes, NOW)
    return (time.perf_counter() - began) * 1000


def _states(olt: int, rx_dbm: float) -> dict[str, OnuState]:
    found = {}
    for place in range(ONUS):
        mac = f"02:00:{olt:02X}:00:{place // 64:02X}:{place % 64:02X}"
        reading = OnuReading(
            f"0/{place // 64 + 1}:{place % 64}",
            mac,
            f"CLIENT-{place:03d}",
            Status.UP,
            "Up",
            temperature_c=45.0,
            rx_power_dbm=rx_dbm,
            tx_power_dbm=2.0,
            distance_m=1500,
            auth_status="Activate",
            ctc_status="CtcNegDone",
            firmware="0101",
            uptime_s=1000,
            deregistrations=1,
        )
        found[mac] = first_state(f"OLT-{olt:03d}", reading, Thresholds(), NOW)
    return found
