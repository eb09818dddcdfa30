"""A captured simulated box holds nothing of anybody, and replays to the same reading."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.serializers import yamlserializer

from eponctl import driver
from eponctl.capture import expectation, further
from eponctl.commands import olt_capture
from eponctl.driver import Known
from eponctl.errors import ConfigError, LockHeld, Unreachable
from eponctl.lock import poll_lock
from eponctl.model import OltReading
from eponctl.simulator import DIALECTS, Farm, Fault, SimOlt, make_olt
from eponctl.simulator.bdcom import make_bdcom
from eponctl.simulator.hsgq import make_hsgq
from eponctl.simulator.vsol import BUILDS, PERSON, make_vsol
from eponctl.web import Limits, Web

PASSWORD = "rahasia-sekali"
NAMES = (
    "Pak Budi, 081234567890",
    "Kantor",
    "O'Brien (blok B)",
    "<b>Toko</b> & Warung",
    "Jl. Melati No. 5",
    "1111188",
    "budi@somebody.id",
    "NA",
)
BOXES: dict[str, Callable[[], SimOlt]] = {
    **{dialect: lambda dialect=dialect: make_olt(dialect, 8, pons=2) for dialect in DIALECTS},  # type: ignore[misc]
    **{f"vsol {build}": lambda build=build: make_vsol(build, 8, pons=2) for build in BUILDS},  # type: ignore[misc]
    "hsgq": lambda: make_hsgq(8, pons=2),
    "bdcom": lambda: make_bdcom(8, pons=2),
}


def made(box: str) -> SimOlt:
    """A box with an owner: real MACs, names, a password; one ONU is down, one has lost power."""
    olt = BOXES[box]()
    olt.name, olt.password = "OLT-Rahayu", PASSWORD
    olt.mac = "E4:77:27:80:F9:17"
    for onu, name in zip(olt.onus, NAMES, strict=True):
        onu.mac, onu.name = "E4" + onu.mac[2:], name
    olt.lose(olt.onus[3].onu_id)
    olt.lose(olt.onus[6].onu_id, gasp=True)
    return olt


def secrets_of(olt: SimOlt) -> list[str]:
    """What must not stand in a recording, in every notation."""
    macs = [onu.mac for onu in olt.onus] + [olt.mac]
    notations = [
        form(mac.replace(":", ""))
        for mac in macs
        for form in (
            lambda digits: ":".join(re.findall("..", digits)),
            lambda digits: "-".join(re.findall("..", digits)),
            lambda digits: ".".join(re.findall("....", digits)),
            str,
        )
    ]
    pair = f"{olt.username}:{olt.password}".encode()
    return [
        *notations,
        *("Budi", "Kantor", "Brien", "Toko", "Warung", "Melati", "1111188", "somebody.id"),
        *("81234567890", "Rahayu", PASSWORD, "simulated-token", "vsolsession="),
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.b64encode(pair).decode(),
        hashlib.md5(pair).hexdigest(),
    ]


def recordings_test() -> Any:
    """The test that a dropped-in pair becomes."""
    path = Path(__file__).parents[1] / "drivers" / "test_recordings.py"
    spec = importlib.util.spec_from_file_location("recordings_test", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reading_of(olt: SimOlt, name: str, limits: Callable[..., Limits]) -> OltReading:
    module = driver.load(name)
    login = (olt.username, olt.password)
    with Web(olt.url, limits(), login=login, sends_basic=module.SENDS_BASIC) as web:
        return module.read(module.fetch(web, Known()), Known())


def family(box: str) -> str:
    return box.partition(" ")[0] if box[0].islower() else "hioso"


@pytest.mark.parametrize("box", BOXES)
def test_recording_holds_nothing_of_anybody_and_replays_to_the_same_reading(
    box: str, studio: Any, limits: Callable[..., Limits], recorder: vcr.VCR
) -> None:
    olt = made(box)
    capture = studio.capture(olt)
    before = reading_of(olt, family(box), limits)
    files = studio.files(capture)
    written = files.recording.read_text("utf-8") + files.expectation.read_text("utf-8")

    left = [one for one in secrets_of(olt) if one.lower() in written.lower()]
    assert [] == left
    assert [] == olt.violations
    assert (family(box), 8, (), None) == (
        capture.driver,
        capture.onus,
        capture.doubts,
        capture.error,
    )
    # The same but for names and MACs; and these are still as many, and agree.
    expected = json.loads(files.expectation.read_text("utf-8"))
    found = expectation.of_reading(before)
    own = {key: value for key, value in expected.items() if key not in {"further", "retries"}}
    times = {"uptime_s"}
    for rows in (own["onus"], found["onus"]):
        for row in rows:
            row.update(dict.fromkeys(times & row.keys()))
    assert expectation.without_owner(found) == expectation.without_owner(own)
    names = {row["name"] for row in own["onus"]}
    assert {row["name"] is None for row in found["onus"]} == {name is None for name in names}
    assert len({row["name"] for row in found["onus"]}) == len(names)
    assert len({row["mac"] for row in own["onus"]}) == 8


@pytest.mark.parametrize(
    "box", ["A22", "A11", "B13+B18", "vsol A", "vsol B", "vsol C", "hsgq", "bdcom"]
)
def test_pair_that_is_dropped_in_is_a_test_that_passes(
    box: str, studio: Any, limits: Callable[..., Limits], recorder: vcr.VCR
) -> None:
    capture = studio.capture(made(box))
    folder = studio.folder / family(box)
    folder.mkdir()
    path = folder / "other_unknown-captured.yaml"
    olt_capture.write(capture, olt_capture.target(path, overwrites=False))

    recordings_test().test_recording_is_read_as_expected(path, recorder, limits)


@pytest.mark.parametrize("box", ["A22", "vsol B", "hsgq", "bdcom"])
def test_recording_passes_what_the_house_asks_of_one(box: str, studio: Any) -> None:
    spec = importlib.util.spec_from_file_location(
        "house", Path(__file__).parents[1] / "test_house.py"
    )
    assert spec
    assert spec.loader
    house = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(house)
    files = studio.files(studio.capture(made(box)))

    for path in (files.recording, files.expectation):
        house.test_recording_holds_nothing_of_anybody(path)
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    name = studio.capture(made(box)).name.removesuffix(".yaml")
    assert re.fullmatch(r"[a-z0-9]+_[a-z0-9.]+-[a-z0-9-]+", name)


@pytest.mark.parametrize("box", ["vsol A", "vsol B", "vsol C", "hsgq"])
def test_session_is_ended_after_the_further_pages(box: str, studio: Any) -> None:
    olt: Any = made(box)
    capture = studio.capture(olt)

    assert (1, 1) == (olt.logins, olt.logouts)
    asked = [served.path for served in olt.log]
    ends = [path for path in asked if "loginout" in path or path.endswith("form=logout")]
    assert asked.index(ends[0]) > max(
        asked.index(path) for path in further.PATHS[family(box)] if path in asked
    )
    assert any(one.is_further for one in capture.asked)


@pytest.mark.parametrize("name", further.PATHS)
def test_further_pages_change_nothing(name: str) -> None:
    filled = further.paths(name, [])
    plain = [path for path in further.PATHS[name] if "{" not in path]

    assert list(dict.fromkeys(plain)) == list(dict.fromkeys(filled))
    assert [] == [path for path in further.PATHS[name] if "who=" in path or "goform" in path]


def test_page_that_no_driver_understands_is_recorded_without_its_names(
    studio: Any, serve: Callable[..., Farm]
) -> None:
    olt = made("A22")
    serve(olt)
    olt.page_faults["/onuAllPonOnuList.asp"] = Fault.CUT
    capture = studio.capture(olt, driver="hioso")
    written = capture.document

    assert "cut short" in str(capture.error)
    assert "PageChanged" == json.loads(capture.expected or "")["error"]
    assert [] == [one for one in secrets_of(olt) if one.lower() in written.lower()]


def test_refused_login_is_recorded_and_sent_once(studio: Any, serve: Callable[..., Farm]) -> None:
    olt: Any = made("vsol A")
    serve(olt)
    olt.password = "another"
    path = studio.folder / "olts.toml"
    path.write_text(
        f'[[olt]]\nid = "OLT-1"\nurl = "{olt.url}"\nusername = "admin"\npassword = "{PASSWORD}"\n'
    )
    from eponctl import config as configuration

    capture = olt_capture.captured(configuration.load(path), "OLT-1")

    assert "refused" in str(capture.error)
    assert 1 == olt.logins
    assert "LoginRejected" == json.loads(capture.expected or "")["error"]
    assert "LoginFailed" in capture.document
    assert PASSWORD not in capture.document


def test_person_who_has_the_session_keeps_it(studio: Any) -> None:
    olt: Any = made("vsol A")
    olt.refuses_second = True
    olt.session = PERSON
    capture = studio.capture(olt)

    assert PERSON == olt.session
    assert capture.error


def test_box_of_no_family_is_recorded_without_a_password(
    studio: Any, serve: Callable[..., Farm]
) -> None:
    olt = made("A22")
    olt.fault = Fault.FOREIGN
    capture = studio.capture(olt)

    assert (None, None) == (capture.driver, capture.expected)
    assert "no OLT of a family" in str(capture.error)
    assert 0 < len(capture.asked) <= 6
    assert {"GET"} == {one.method for one in capture.asked}
    document = yamlserializer.deserialize(capture.document)
    assert len(capture.asked) == len(document["interactions"])


def test_box_that_does_not_answer_leaves_nothing(studio: Any, serve: Callable[..., Farm]) -> None:
    olt = made("A22")
    serve(olt)
    olt.fault = Fault.REFUSE

    with pytest.raises(Unreachable):
        studio.capture(olt)
    assert ["olts.toml"] == [path.name for path in studio.folder.iterdir()]


def test_nothing_is_asked_while_a_poll_runs(studio: Any, serve: Callable[..., Farm]) -> None:
    olt = made("A22")
    serve(olt)
    with poll_lock(studio.folder / "eponctl.db"), pytest.raises(LockHeld):
        studio.capture(olt)

    assert [] == olt.log


# --- the files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.txt", "x", "missing/x.yaml", "there.yaml"])
def test_file_that_cannot_be_written_is_refused_before_a_device_is_asked(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "there.yaml").write_text("kept")

    with pytest.raises(ConfigError):
        olt_capture.target(tmp_path / name, overwrites=False)
    assert "kept" == (tmp_path / "there.yaml").read_text()


def test_expectation_that_is_there_alone_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.expected.json").write_text("kept")

    with pytest.raises(ConfigError, match="is there already"):
        olt_capture.target(tmp_path / "x.yaml", overwrites=False)


def test_forced_recording_of_no_family_leaves_no_expectation_of_another(studio: Any) -> None:
    (studio.folder / "ha7304_v1-new.expected.json").write_text("of another")
    olt = made("A22")
    olt.fault = Fault.FOREIGN
    files = studio.files(studio.capture(olt))

    assert files.recording.exists()
    assert not files.expectation.exists()
