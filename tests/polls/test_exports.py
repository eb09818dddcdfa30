"""[export] after_poll, by whole polls of the installed command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from eponctl.cli import afterpoll
from eponctl.model import OltState
from eponctl.settings import Config, ExportTarget
from eponctl.simulator import make_olt
from eponctl.store import olts
from eponctl.store.database import open_database
from tests.dashboards import NOW, config

MakeSite = Callable[..., Any]
ALL = '\n[export]\nafter_poll = ["html:www/index.html", "prometheus:e.prom", "json:a.json"]\n'


@pytest.fixture(scope="module")
def site(make_site: MakeSite) -> Any:
    """Two OLTs of some ONUs, and three exports."""
    made = make_site(make_olt("A22", 6, seed=1), make_olt("B13", 6, seed=2), more=ALL)
    (made.folder / "www").mkdir()
    return made


def test_each_poll_writes_them_whole_and_says_nothing(site: Any) -> None:
    site.env = {"PYTHONWARNINGS": "error"}
    site.good_poll()
    first = {path: path.stat().st_ino for path in files(site)}
    files(site)[1].chmod(0o600)
    site.good_poll()

    page, metrics, everything = files(site)
    assert 12 == page.read_text().count("<tr data-w=")
    assert ' data-reload="60"' in page.read_text()
    families = {one.name for one in text_string_to_metric_families(metrics.read_text())}
    assert {"eponctl_last_poll_success", "eponctl_onu_up"} <= families
    assert 12 == len(json.loads(everything.read_text())["onus"])
    assert all(path.stat().st_ino != first[path] for path in files(site))
    # A mode that somebody chose is kept.
    assert [0o640, 0o600, 0o640] == [path.stat().st_mode & 0o777 for path in files(site)]
    assert not list(site.folder.rglob(".eponctl-*"))


def files(site: Any) -> list[Path]:
    return [site.folder / name for name in ("www/index.html", "e.prom", "a.json")]


def test_dry_run_writes_none(site: Any) -> None:
    before = [path.stat().st_mtime_ns for path in files(site)]

    assert 0 == site.poll("--dry-run").code
    assert before == [path.stat().st_mtime_ns for path in files(site)]


def test_one_that_cannot_be_written_is_a_line_and_the_poll_and_the_others_are_done(
    site: Any,
) -> None:
    site.configure(more=ALL.replace("www/index", "missing/index").replace("e.prom", "www"))
    (site.folder / "a.json").unlink()
    polls = site.rows("SELECT COUNT(*) FROM monitoring_stats")

    ended = site.poll()

    assert (1, "") == (ended.code, ended.out)
    html, metrics = ended.lines
    assert html == (
        f"eponctl: export html: {site.folder}/missing/index.html: cannot be written: "
        "No such file or directory; the folder must exist"
    )
    assert metrics.startswith(f"eponctl: export prometheus: {site.folder}/www: cannot be written: ")
    assert (site.folder / "a.json").exists()
    assert [(polls[0][0] + 2,)] == site.rows("SELECT COUNT(*) FROM monitoring_stats")


def test_new_metrics_are_for_everyone_whatever_the_umask(tmp_path: Path) -> None:
    written(config(tmp_path), "prometheus", "json")

    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("prometheus", "json")]
    assert [0o644, 0o640] == modes


def test_bug_in_a_page_is_a_line_and_leaves_the_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "html").write_text("old")
    monkeypatch.setattr(afterpoll, "exported", lambda *_, **__: 1 / 0)

    faults = list(afterpoll.export_all(exporting(config(tmp_path), "html"), now=NOW))

    trace = "eponctl-crash-export-html.txt"
    assert [f"export html: a bug in eponctl; {trace} beside the database says where"] == faults
    assert "old" == (tmp_path / "html").read_text()
    assert "ZeroDivisionError" in (tmp_path / "eponctl-crash-export-html.txt").read_text()


def exporting(plain: Config, *names: str) -> Config:
    folder = plain.path.parent
    return plain._replace(exports=tuple(ExportTarget(name, folder / name) for name in names))


def written(plain: Config, *names: str) -> None:
    """Write these of an OLT that was polled once."""
    with open_database(plain.database, create=True) as database, database.atomic():
        olts.save(OltState(olt.id, last_poll_at=NOW) for olt in plain.olts)
    before = os.umask(0o077)
    try:
        assert [] == list(afterpoll.export_all(exporting(plain, *names), now=NOW))
    finally:
        os.umask(before)


def test_poll_without_exports_loads_nothing_for_them(site: Any) -> None:
    site.configure()
    code = (
        "import sys; sys.argv = ['eponctl', '-c', sys.argv[1], 'poll']; import os\n"
        "os._exit = lambda code: None; from eponctl.cli.main import run; run()\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(site.config)], capture_output=True, check=True, text=True
    )

    loaded = set(ended.stderr.split())
    names = ("configexport", "cli.afterpoll", "cli.formats", "commands.overview", "views.dashboard")
    assert set() == {f"eponctl.{name}" for name in names} & loaded
    assert set() == {"pygal", "jinja2", "typer"} & loaded
    assert "eponctl.saving" in loaded
