"""What a scheduled poll needs, and what it is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eponctl.config import Config
from eponctl.errors import ConfigError
from eponctl.schedule.job import job_of, name_of, spelled

Configure = Callable[..., Config]
DEFAULT = Path("/etc/eponctl/olts.toml")
PROGRAM = ("/opt/eponctl/bin/eponctl",)
OLT = '[[olt]]\nid = "{}"\nurl = "http://127.0.0.1:9"\nusername = "admin"\npassword_env = "PW"\n'


def test_usual_configuration_has_the_short_name() -> None:
    assert "eponctl" == name_of(DEFAULT, DEFAULT)


def test_configurations_of_one_machine_have_names_of_their_own() -> None:
    paths = ["/srv/a/olts.toml", "/srv/b/olts.toml", "/opt/a/olts.toml", "/srv/a/west.toml"]
    names = [name_of(Path(path), DEFAULT) for path in paths]

    assert 4 == len(set(names))
    assert names[0].startswith("eponctl-a-")
    assert names[3].startswith("eponctl-a-west-")


@pytest.mark.parametrize("path", ['/srv/50% "x" ä/olts.toml', "/olts.toml", "/srv/日本/olts.toml"])
def test_name_is_one_that_a_unit_may_have(path: str) -> None:
    name = name_of(Path(path), DEFAULT)

    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in name


def test_poll_may_take_its_deadlines(configure: Configure) -> None:
    olts = "".join(OLT.format(number) for number in range(5))
    config = configure(f"[poll]\nolt_deadline = 20\nmax_parallel = 2\n{olts}")

    # Three turns of the devices, one of the gateway, and a minute for the rest.
    assert 3 * 20 + 20 + 60 == job_of(config, PROGRAM, 60, DEFAULT).longest_s


def test_folders_of_exports_can_be_written_to(configure: Configure, tmp_path: Path) -> None:
    exports = '"html:www/a.html", "csv:www/a.csv", "prometheus:/n/e.prom"'
    text = f"[export]\nafter_poll = [{exports}]\n" + OLT.format("A")
    job = job_of(configure(text), PROGRAM, 60, DEFAULT)

    assert (tmp_path / "site", tmp_path / "site/www", Path("/n")) == job.writes_to


def test_folders_to_write_to_are_those_of_the_database_and_of_a_file_of_messages(
    configure: Configure, tmp_path: Path
) -> None:
    text = 'database = "../var/e.db"\n[whatsapp]\nprovider = "file"\napi_url = "out/x.txt"\n'
    config = configure(text + 'recipients = ["6281200000001"]\n' + OLT.format("A"))
    job = job_of(config, PROGRAM, 60, DEFAULT)

    assert (tmp_path / "var", tmp_path / "site/out") == job.writes_to
    assert (*PROGRAM, "-c", str(tmp_path / "site/olts.toml"), "poll") == job.command
    assert ("PW",) == job.env_names


@pytest.mark.parametrize("every_s", [0, 9, 86401])
def test_pace_that_makes_no_sense_is_refused(configure: Configure, every_s: int) -> None:
    with pytest.raises(ConfigError, match="from 10s to 1d"):
        job_of(configure(), PROGRAM, every_s, DEFAULT)


@pytest.mark.parametrize(
    ("seconds", "text"), [(10, "10s"), (90, "90s"), (120, "2m"), (7200, "2h"), (86400, "1d")]
)
def test_pace_is_spelled_as_it_is_typed(seconds: int, text: str) -> None:
    assert text == spelled(seconds)


def test_job_is_the_same_from_wherever_its_file_is_named(
    configure: Configure, tmp_path: Path
) -> None:
    config = configure('database = "../var/e.db"\n' + OLT.format("A"))
    roundabout = config._replace(path=config.path.parent / "../site/olts.toml")
    job = job_of(roundabout, PROGRAM, 60, DEFAULT)

    assert job_of(config, PROGRAM, 60, DEFAULT) == job
    assert name_of(config.path, DEFAULT) == name_of(roundabout.path, DEFAULT)
    assert tmp_path / "site/olts.env" == job.env_file


def test_folder_to_write_to_is_where_a_link_leads(configure: Configure, tmp_path: Path) -> None:
    config = configure(OLT.format("A"))
    config.database.symlink_to(tmp_path / "disk/real.db")

    assert (tmp_path / "disk",) == job_of(config, PROGRAM, 60, DEFAULT).writes_to
