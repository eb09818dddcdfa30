"""What the house forbids, a test forbids: recordings, imports, prints, broad excepts."""

from __future__ import annotations

import ast
import base64
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.serializers import yamlserializer

from eponctl import driver
from eponctl.cli.frame import Globals
from eponctl.cli.main import plain_poll
from eponctl.driver import Known
from eponctl.drivers import hioso
from eponctl.simulator import Farm, make_olt
from eponctl.web import Limits, Web

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "eponctl"
CASSETTES = ROOT / "cassettes"
PAIRED = sorted(path for name in driver.names() for path in (CASSETTES / name).iterdir())


# --- recordings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", driver.names())
def test_every_driver_has_a_recording(name: str) -> None:
    assert [] != list((CASSETTES / name).glob("*.yaml"))


def test_every_folder_of_recordings_belongs_to_a_driver_or_to_the_gateways() -> None:
    folders = {path.name for path in CASSETTES.iterdir() if path.is_dir()}

    assert set(driver.names()) | {"whatsapp"} == folders


@pytest.mark.parametrize("path", PAIRED, ids=[path.name for path in PAIRED])
def test_recording_and_expectation_come_in_pairs(path: Path) -> None:
    stem = path.name.removesuffix(".yaml").removesuffix(".expected.json")

    assert re.fullmatch(r"[a-z0-9]+_[a-z0-9.]+-[a-z0-9-]+", stem), "<model>_<firmware>-<case>"
    assert path.name in {f"{stem}.yaml", f"{stem}.expected.json"}
    assert path.with_name(f"{stem}.yaml").exists()
    assert path.with_name(f"{stem}.expected.json").exists()


MAC = re.compile(r"(?<![0-9A-Fa-f:.-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])")
PHONE = re.compile(r"(?<![\d.])(?:\+?62|0)8\d{7,11}(?!\d)")
INVENTED_PHONE = re.compile(r"6281200\d{6}|62812…\d{4}")
# Hosts of invented devices and gateways; 192.0.2.0/24 is for examples.
INVENTED_HOST = re.compile(r"[\w.-]*\.example|192\.0\.2\.\d+|127\.0\.0\.\d+")
SECRET_KEY = re.compile(r"api_?key|password|passwd|token|secret", re.IGNORECASE)
INVENTED_SECRET = {"scrubbed", "", "***"}


def texts(value: object) -> Iterator[str]:
    """Every text in a recording, whatever it is packed in."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif value is not None:
        yield str(value)


def betrayals(text: str) -> list[str]:
    """What in a text may belong to somebody."""
    found = [mac for mac in MAC.findall(text) if not int(mac[:2], 16) & 2]
    found += [phone for phone in PHONE.findall(text) if not INVENTED_PHONE.fullmatch(phone)]
    found += [host for host in re.findall(r"https?://([^/:\s\"'\\]+)", text) if not known(host)]
    found += re.findall(r"(?i)\bBasic [A-Za-z0-9+/=]{8,}", text)
    found += [
        f"{key}={value}"
        for key, value in re.findall(r"(?i)[\"']?(\w+)[\"']?\s*[:=]\s*[\"']([^\"']*)[\"']", text)
        if SECRET_KEY.fullmatch(key) and value not in INVENTED_SECRET
    ]
    return found


def known(host: str) -> bool:
    return bool(INVENTED_HOST.fullmatch(host))


RECORDED = sorted(CASSETTES.rglob("*.yaml")) + sorted(CASSETTES.rglob("*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_recording_holds_nothing_of_anybody(path: Path) -> None:
    document = yamlserializer.deserialize(path.read_text("utf-8"))

    assert [] == [betrayal for text in texts(document) for betrayal in betrayals(text)]
    for interaction in document.get("interactions", ()):
        headers = {name.lower() for name in interaction["request"]["headers"]}
        assert not headers & {"authorization", "cookie", "x-api-key"}
        assert "set-cookie" not in {name.lower() for name in interaction["response"]["headers"]}


@pytest.mark.parametrize(
    "text",
    [
        "e4:77:27:80:f9:17",
        "'NA','E4-77-27-80-F9-17','Up'",
        "6281234567890",
        "+6281234567890",
        "081234567890",
        "http://10.1.2.3:88/x",
        "https://wa.somebody.id/send",
        "Authorization: Basic YWRtaW46YWRtaW4=",
        '{"api_key": "abcdef"}',
        "password='hunter2'",
    ],
)
def test_what_may_belong_to_somebody_is_noticed(text: str) -> None:
    assert [] != betrayals(text)


@pytest.mark.parametrize(
    "text",
    ["02:77:27:80:f9:17", "6281200000001", "http://olt.example/x", '{"api_key": "scrubbed"}'],
)
def test_what_was_invented_is_no_betrayal(text: str) -> None:
    assert [] == betrayals(text)


PAGE = (
    b"var onutable=new Array('0/1:1','Pak Budi, 08123456789','E4:77:27:80:F9:17','Up',\n"
    b"'0/1:2','NA','e4-77-27-80-f9-18','Up','0/1:3','O'Brien','E4:77:27:80:F9:17','Up');\n"
    b"// 10.1.2.3 Slot 0/1:1 Onu e4:77:27:80:f9:17[Pak Budi] Lost"
)


def test_scrubbed_page_names_nobody_and_still_agrees_with_itself(
    scrub: Callable[[bytes], bytes],
) -> None:
    text = scrub(PAGE).decode()

    assert [] == betrayals(text)
    assert not re.search("budi|brien|10[.]1", text, re.IGNORECASE)
    first, second, third, logged = MAC.findall(text)
    assert (first, first.lower()) == (third, logged)
    assert first != second.upper().replace("-", ":")
    assert ("'NA'", 4) == (text[text.index("'0/1:2'") + 8 :][:4], text.count("0/1:"))


def test_recording_of_a_device_is_scrubbed_before_it_is_written(
    recording: vcr.VCR,
    recorder: vcr.VCR,
    serve: Callable[..., Farm],
    limits: Callable[..., Limits],
    tmp_path: Path,
) -> None:
    olt = make_olt("B13", 6, pons=2)
    for onu in olt.onus:
        onu.mac, onu.name = "E4" + onu.mac[2:], "Pak Budi, 08123456789"
    olt.password = "rahasia-sekali"
    serve(olt)
    path = tmp_path / "ha7302cst_v7.80-new.yaml"
    with (
        recording.use_cassette(str(path)),
        Web(olt.url, limits(), login=(olt.username, olt.password)) as web,
    ):
        asked = hioso.fetch(web, Known())
    written = path.read_text("utf-8")
    with recorder.use_cassette(str(path)), Web("http://olt.example", limits()) as web:
        replayed = hioso.fetch(web, Known())

    document = yamlserializer.deserialize(written)
    assert [] == [betrayal for text in texts(document) for betrayal in betrayals(text)]
    for secret in ("Budi", olt.password, base64.b64encode(b"admin:rahasia-sekali").decode()):
        assert secret not in written
    assert list(asked.pages) == list(replayed.pages)
    before, after = hioso.read(asked, Known()), hioso.read(replayed, Known())
    assert [onu.rx_power_dbm for onu in before.onus] == [onu.rx_power_dbm for onu in after.onus]


# --- who imports whom ---------------------------------------------------------------------------

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """What a module imports, also inside functions; `from a import b` counts as `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def of(imported: set[str], *packages: str) -> set[str]:
    """Those of the imported that are, or are in, one of the packages."""
    return {
        name
        for name in imported
        if any(name == package or name.startswith(package + ".") for package in packages)
    }


# What must know nothing of what.
FORBIDDEN = {
    "eponctl.simulator": ("requests", "urllib3"),
    "eponctl.errors": ("eponctl",),
    "eponctl.model": ("rich", "peewee", "typer", "requests", "eponctl.store", "eponctl.web"),
    "eponctl.units": ("eponctl",),
    "eponctl.jsarray": ("eponctl.model", "eponctl.asp", "eponctl.drivers", "requests"),
    "eponctl.judge": ("rich", "peewee", "typer", "requests", "eponctl.store", "eponctl.web"),
    "eponctl.settle": ("rich", "peewee", "typer", "requests", "eponctl.store", "eponctl.judge"),
    "eponctl.incidents": ("rich", "peewee", "sqlite3", "requests", "eponctl.store", "eponctl.web"),
    "eponctl.telling": ("rich", "peewee", "sqlite3", "requests", "eponctl.store", "eponctl.web"),
    "eponctl.web": ("eponctl.drivers", "eponctl.config", "eponctl.store", "eponctl.model"),
    "eponctl.drivers": ("eponctl.store", "eponctl.config", "eponctl.whatsapp", "peewee", "rich"),
    "eponctl.whatsapp": ("eponctl.store", "eponctl.drivers", "peewee", "rich"),
    "eponctl.store": ("requests", "rich", "typer", "eponctl.web", "eponctl.render"),
    "eponctl.messages": ("requests", "rich", "typer", "peewee", "eponctl.store"),
    "eponctl.render": ("requests", "peewee", "eponctl.drivers", "eponctl.web"),
    "eponctl.commands": ("rich", "typer"),
}


@pytest.mark.parametrize("path", MODULES, ids=[name_of(path) for path in MODULES])
def test_module_imports_nothing_that_it_must_not_know(path: Path) -> None:
    name, imported = name_of(path), imports(path)
    for package, forbidden in FORBIDDEN.items():
        if of({name}, package):
            ours = of(imported, *forbidden)
            # errors may import errors: nothing else of the package.
            assert set() == {one for one in ours if not of({one}, package)}


def test_simulator_imports_nothing_of_the_package() -> None:
    inside = [path for path in MODULES if of({name_of(path)}, "eponctl.simulator")]
    outside = {
        one
        for path in inside
        for one in of(imports(path), "eponctl")
        if one != "eponctl" and not of({one}, "eponctl.simulator")
    }

    assert len(inside) > 10
    assert set() == outside - {"eponctl.model"}


@pytest.mark.parametrize("folder", ["eponctl.drivers", "eponctl.whatsapp"])
def test_plugins_know_nothing_of_each_other(folder: str) -> None:
    for path in MODULES:
        name = name_of(path)
        if of({name}, folder) and name != folder:
            assert set() == of(imports(path), folder)


def test_only_the_edges_know_the_terminal() -> None:
    knowing = {name_of(path) for path in MODULES if of(imports(path), "typer", "rich")}

    assert set() == {name for name in knowing if not of({name}, "eponctl.cli", "eponctl.render")}


def calls(path: Path, name: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def test_nothing_prints_below_the_edges() -> None:
    printing = {name_of(path) for path in MODULES if calls(path, "print")}

    assert set() == {
        name
        for name in printing
        if not of({name}, "eponctl.cli", "eponctl.render", "eponctl.simulator")
    }


# One per OLT while asking, one per OLT while reading, one per delivery; one for the words of an
# alert and one for those of a report, which must not lose what they are about; one for the files
# that a poll writes at its end, which must not take its own words away; two for somebody's own
# texts, as they are compiled and as they are used, which may do anything.
BROAD = {
    "eponctl.cli.afterpoll": 1,
    "eponctl.messages.owntexts": 2,
    "eponctl.scrape": 1,
    "eponctl.outcome": 1,
    "eponctl.alerting": 1,
    "eponctl.duereports": 1,
    "eponctl.outbox": 1,
}


def test_broad_excepts_are_the_ones_that_are_meant() -> None:
    found: dict[str, int] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None
                or (isinstance(node.type, ast.Name) and node.type.id == "Exception")
            ):
                found[name_of(path)] = found.get(name_of(path), 0) + 1

    assert BROAD == found


# --- the program --------------------------------------------------------------------------------

HEAVY = (
    "requests",
    "urllib3",
    "peewee",
    "rich",
    "jinja2",
    "lxml",
    "tomli_w",
    "asyncio",
    "pydantic",
)


def loaded_by(code: str) -> set[str]:
    """The modules in memory after this code, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(run.stdout.split())


def test_start_of_the_program_loads_nothing_heavy() -> None:
    loaded = loaded_by("import eponctl.cli.main")

    assert "eponctl.cli.main" in loaded
    assert set() == of(loaded, *HEAVY)


def test_crons_line_goes_without_typer(tmp_path: Path) -> None:
    path = tmp_path / "olts.toml"
    olt = 'id = "A"\nurl = "http://127.0.0.1"\nusername = "admin"\npassword = "admin"\n'
    path.write_text(f'[[olt]]\n{olt}enabled = false\ndriver = "hioso"\n')
    line = ["eponctl", "-c", str(path), "poll"]
    code = f"import os, sys; sys.argv = {line!r}; os._exit = lambda code: None; "
    loaded = loaded_by(code + "from eponctl.cli.main import run; run()")

    assert (tmp_path / "eponctl.db").exists()

    assert "eponctl.cli.onepoll" in loaded
    assert set() == of(loaded, "typer", "rich", "jinja2", "lxml")
    assert set() == of(loaded, "requests"), "a plain page is asked for without it"
    assert set() == of(loaded, "pkgutil"), "drivers are listed only where a name is wrong"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["poll"], Globals()),
        (["-c", "x.toml", "poll"], Globals(config="x.toml")),
        (["--config", "x.toml", "poll"], Globals(config="x.toml")),
        (["poll", "--json"], None),
        (["-v", "poll"], None),
        (["status"], None),
        (["-c", "poll"], None),
        ([], None),
    ],
)
def test_only_the_plain_line_takes_the_short_way(line: list[str], expected: Any) -> None:
    assert expected == plain_poll(line)


def test_every_verb_has_help() -> None:
    from eponctl.cli.program import program

    def verbs(typer_app: Any) -> Iterator[tuple[str, str]]:
        for command in typer_app.registered_commands:
            told = command.help or (command.callback.__doc__ if command.callback else "") or ""
            yield command.name or command.callback.__name__, told
        for group in typer_app.registered_groups:
            yield from verbs(group.typer_instance)

    told = dict(verbs(program()))
    assert "poll" in told
    assert [] == [verb for verb, text in told.items() if len(text.strip()) < 10]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_simulator_listens_on_loopback_only(host: str) -> None:
    farm = Farm([make_olt("A22", 2)], host)
    with pytest.raises((ValueError, TypeError)):
        farm.__enter__()


def test_no_driver_names_a_page_that_changes_a_device() -> None:
    for path in MODULES:
        if not of({name_of(path)}, "eponctl.simulator"):
            assert "goform" not in path.read_text("utf-8")
