"""Drivers by name, and when a reading is too poor to be believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from eponctl import detection, driver
from eponctl.driver import Known
from eponctl.drivers import hioso
from eponctl.errors import PageChanged, Unreachable
from eponctl.model import OltReading, OnuReading, Status


def onus(**counts: int) -> tuple[OnuReading, ...]:
    """So many ONUs on each PON, `p1` for `0/1`."""
    return tuple(
        OnuReading(
            f"0/{pon[1:]}:{number}", f"02:00:00:00:{pon[1:]}:{number:02}", None, Status.UP, "Up"
        )
        for pon, count in counts.items()
        for number in range(count)
    )


def known(**counts: int) -> Known:
    return Known(onus_by_pon={f"0/{pon[1:]}": count for pon, count in counts.items()})


def per_pon(
    seen: tuple[OnuReading, ...], counted: Mapping[str, int] | None = None, *failed: str
) -> OltReading:
    return OltReading(
        "B13",
        seen,
        counted=counted,
        is_whole_table=False,
        failed_pons={pon: Unreachable("gone") for pon in failed},
    )


def whole(seen: tuple[OnuReading, ...], counted: Mapping[str, int] | None = None) -> OltReading:
    return OltReading("A22", seen, counted=counted)


@pytest.mark.parametrize(
    ("reading", "before"),
    [
        (whole(onus(p1=10)), known()),
        (whole(()), known()),
        (whole(onus(p1=10)), known(p1=10)),
        (whole(onus(p1=3)), known(p1=10)),
        (whole(onus(p1=9, p2=0)), known(p1=10, p2=20)),
        (whole((), {"0/1": 0}), known(p1=10)),
        (whole(onus(p1=2), {"0/1": 2}), known(p1=10)),
        (whole(onus(p2=10)), known(p1=10)),
        (per_pon(onus(p1=3, p2=3)), known(p1=10, p2=10)),
        (per_pon(onus(p1=10), {"0/1": 10, "0/2": 0}), known(p1=10, p2=10)),
        (per_pon((), {"0/1": 0, "0/2": 0}), known(p1=10, p2=10)),
        (per_pon(onus(p1=10), None, "0/2"), known(p1=10, p2=10)),
        (per_pon(onus(p1=1)), known(p1=0)),
    ],
)
def test_reading_that_may_be_true_is_believed_as_it_is(reading: OltReading, before: Known) -> None:
    assert reading == driver.believed(reading, before)


@pytest.mark.parametrize(
    ("reading", "before"),
    [
        (whole(()), known(p1=10)),
        (whole(onus(p1=2)), known(p1=10)),
        (whole(onus(p1=2), {"0/1": 10}), known(p1=10)),
        (whole(onus(p1=2), {"0/2": 2}), known(p1=10)),
        (per_pon(()), known(p1=10, p2=10)),
        (per_pon(onus(p1=2, p2=2)), known(p1=10, p2=10)),
        (per_pon(onus(p1=2), None, "0/2"), known(p1=10, p2=10)),
    ],
)
def test_table_under_thirty_percent_of_what_was_known_fails_the_read(
    reading: OltReading, before: Known
) -> None:
    with pytest.raises(PageChanged) as caught:
        driver.believed(reading, before)
    assert "were known" in caught.value.message
    assert "eponctl olt test" in caught.value.hint


@pytest.mark.parametrize("before", [known(), known(p1=10), known(p1=10, p2=10)])
def test_empty_table_is_not_believed_against_the_devices_own_count(before: Known) -> None:
    with pytest.raises(PageChanged) as caught:
        driver.believed(whole((), {"0/1": 10, "0/2": 0}), before)
    assert "the table is empty, and the device counts 10 ONUs" == caught.value.message


@pytest.mark.parametrize("found", [0, 2])
def test_pon_under_thirty_percent_of_what_was_known_fails_alone(found: int) -> None:
    reading = per_pon(onus(p1=10, p2=found))
    believed = driver.believed(reading, known(p1=10, p2=10))

    assert onus(p1=10) == believed.onus
    assert ["0/2"] == list(believed.failed_pons)
    assert f"PON 0/2: {found} ONUs where 10 were known" == believed.failed_pons["0/2"].message


def test_pon_that_failed_already_keeps_its_own_error() -> None:
    reading = per_pon(onus(p1=10), None, "0/2", "0/3")
    believed = driver.believed(reading, known(p1=10, p2=10, p3=10, p4=10))

    assert ["gone", "gone", "PON 0/4: 0 ONUs where 10 were known"] == [
        error.message for error in believed.failed_pons.values()
    ]


def test_count_of_the_device_settles_one_pon_and_not_another() -> None:
    reading = per_pon(onus(p1=1, p2=1, p3=9), {"0/1": 1, "0/2": 9})
    believed = driver.believed(reading, known(p1=10, p2=10, p3=10))

    assert onus(p1=1, p3=9) == believed.onus
    assert ["0/2"] == list(believed.failed_pons)


def test_names_are_the_files_of_the_folder() -> None:
    folder = Path(str(hioso.__file__)).parent
    files = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert tuple(files) == driver.names()


def test_driver_is_found_by_its_name_and_auto_is_the_one_that_looks() -> None:
    assert driver.load("hioso") is hioso
    assert driver.load("auto") is detection


@pytest.mark.parametrize(
    ("configured", "remembered", "expected"),
    [
        ("auto", None, "auto"),
        ("auto", "hioso", "hioso"),
        # Of a newer version, or of none.
        ("auto", "taken-away", "auto"),
        ("auto", "auto", "auto"),
        ("hioso", None, "hioso"),
        ("hioso", "vsol", "hioso"),
    ],
)
def test_auto_is_what_fitted_before(configured: str, remembered: str | None, expected: str) -> None:
    assert expected == driver.resolved(configured, remembered)


def test_known_adds_its_pons() -> None:
    assert 30 == known(p1=10, p2=20).onus
