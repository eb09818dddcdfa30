"""The verbs about incidents, as a shell runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eponctl.simulator import Farm, Gateway, make_farm
from eponctl.simulator import configuration as farm_configuration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Poll a farm twice; between the polls a PON of eight lost its light."""
    devices, gateway = make_farm(1, 32), Gateway()
    with Farm(devices, gateway=gateway):
        (tmp_path / "olts.toml").write_text(farm_configuration(devices, gateway), "utf-8")
        (tmp_path / "olts.toml").chmod(0o600)
        assert 0 == run(tmp_path, "poll").returncode
        for onu in devices[0].onus[:8]:
            onu.lose()
        assert 0 == run(tmp_path, "poll").returncode
    return tmp_path


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run eponctl as a shell does."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m eponctl {line}', sys.executable],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=30,
        encoding="utf-8",
    )


def test_outage_is_listed_explained_acknowledged_and_silenced(folder: Path) -> None:
    (incident,) = json.loads(run(folder, "incidents --json").stdout)["incidents"]
    name = incident["id"]

    why = run(folder, f"why {name}").stdout
    assert why.startswith(f"#{name}: {incident['class'].replace('_', ' ')} outage, critical, open")
    assert 2 == run(folder, f"why #{name}").returncode  # a comment to the shell
    assert 0 == run(folder, f"why '#{name}'").returncode
    assert "acknowledged" in run(folder, f"ack {name.lower()}").stdout
    assert "8 ONUs, until " in run(folder, "silence OLT-SIM-01:0/1 --for 2h").stdout
    assert "OLT-SIM-01:0/1" in run(folder, "silence list").stdout
    assert "ended" in run(folder, "silence end OLT-SIM-01:0/1").stdout
    assert json.loads(run(folder, "incidents --open --json").stdout)["incidents"][0]["acked_at"]


@pytest.mark.parametrize(
    "line", ["incidents", "why 7K3Q", "silence list", "silence OLT-1 --for 2h", "ack 7K3Q"]
)
def test_without_a_configuration_each_verb_says_what_to_do(tmp_path: Path, line: str) -> None:
    found = run(tmp_path, f"-c nowhere.toml {line}")

    assert 2 == found.returncode
    assert "nowhere.toml" in found.stderr
    assert "Traceback" not in found.stderr
