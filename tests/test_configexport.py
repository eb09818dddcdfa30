"""[export]: which files a poll writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eponctl import config
from eponctl.errors import ConfigError
from eponctl.settings import ExportTarget

FILE = Path("/srv/site/olts.toml")


def parsed(*targets: str) -> tuple[ExportTarget, ...]:
    items = ", ".join(f'"{target}"' for target in targets)
    return config.parse(f"[export]\nafter_poll = [{items}]\n", FILE).exports


def faults(*targets: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parsed(*targets)
    return [f"{problem.key}: {problem.text}" for problem in caught.value.problems]


def test_nothing_is_written_unless_it_is_asked_for() -> None:
    assert () == config.parse("", FILE).exports
    assert () == config.parse("[export]\n", FILE).exports
    assert () == parsed()


def test_paths_count_from_the_folder_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ani")

    expected = (
        ExportTarget("html", Path("/srv/site/www/index.html")),
        ExportTarget("prometheus", Path("/var/lib/node/eponctl.prom")),
        ExportTarget("json", Path("/home/ani/all.json")),
        ExportTarget("csv", Path("/srv/site/a:b.csv")),
        ExportTarget("ndjson", Path("/srv/site/onus.ndjson")),
    )
    assert expected == parsed(
        "html:www/index.html",
        "prometheus:/var/lib/node/eponctl.prom",
        "json:~/all.json",
        "csv:a:b.csv",
        "ndjson:onus.ndjson",
    )


def test_every_fault_is_told_at_once_with_its_place() -> None:
    found = faults("index.html", "htlm:index.html", "html:", "html:http://x.example/", "html:a")

    form = '"FORMAT:PATH", as "html:status.html"; formats: html, prometheus, json, ndjson, csv'
    assert [
        f'export.after_poll[1]: expected {form}, got "index.html"',
        f'export.after_poll[2]: expected {form}, got "htlm:index.html"; did you mean "html"?',
        f'export.after_poll[3]: expected {form}, got "html:"',
        "export.after_poll[4]: expected a file's path, got a URL",
    ] == found


@pytest.mark.parametrize("path", ["olts.toml", "eponctl.db", "../site/eponctl.db"])
def test_nothing_of_its_own_is_written_over(path: str) -> None:
    expected = (
        f'export.after_poll[1]: expected a file of its own, got "json:{path}", '
        "which is a file of eponctl's own"
    )
    assert [expected] == faults(f"json:{path}")


def test_two_exports_into_one_file_are_a_fault() -> None:
    expected = (
        'export.after_poll[3]: expected a file of its own, got "csv:./a.txt", '
        "which is there already"
    )
    assert expected in faults("json:a.txt", "x", "csv:./a.txt")


def test_file_by_another_name_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "www").symlink_to(tmp_path)
    text = '[export]\nafter_poll = ["json:a", "csv:www/a", "html:www/eponctl.db"]\n'

    with pytest.raises(ConfigError) as caught:
        config.parse(text, tmp_path / "olts.toml")

    assert ["export.after_poll[2]", "export.after_poll[3]"] == [
        problem.key for problem in caught.value.problems
    ]


def test_configuration_without_exports_loads_nothing_for_them(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from eponctl import config; "
        "config.parse(sys.argv[1], Path('/x/olts.toml')); "
        "print('eponctl.configexport' in sys.modules)"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, text], check=True, capture_output=True, text=True
        ).stdout.strip()
        for text in ("", "[export]")
    ]
    assert ["False", "True"] == told
