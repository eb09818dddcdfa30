"""The dead-man switch, against a tiny service on loopback; and whole polls that are watched."""

from __future__ import annotations

import re
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eponctl import config as configuration
from eponctl.cli.program import program
from eponctl.errors import ConfigError, LockHeld, StoreError
from eponctl.healthcheck import Watch
from eponctl.lock import poll_lock
from eponctl.settings import Secret
from eponctl.simulator import Farm, SimOlt, make_olt

KEY = "5a7d0c1e-secret-uuid"
SAMPLE = Path(__file__).parent.parent / "olts.toml"


class Service(ThreadingHTTPServer):
    """It keeps what it was told; `holds` are paths that are answered only when it is let go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pings: list[tuple[str, str]] = []
        self.status = 200
        self.holds: set[str] = set()
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        """What stands in olts.toml."""
        return f"http://127.0.0.1:{self.server_address[1]}/{KEY}"

    @property
    def paths(self) -> list[str]:
        """What was pinged."""
        return [path for path, _ in self.pings]


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        path = self.path.removeprefix(f"/{KEY}")
        if path in self.server.holds:
            self.server.let_go.wait(10)
        self.server.pings.append((path, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def service() -> Iterator[Service]:
    """Give a service that listens."""
    made = Service()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.let_go.set()
    made.shutdown()
    made.server_close()
    thread.join()


# --- the watch ---


@pytest.mark.parametrize(("outcome", "path"), [("", ""), ("fail", "/fail")])
def test_beginning_and_end_are_told_in_their_order(
    service: Service, outcome: str, path: str
) -> None:
    with Watch(Secret(service.url)) as watch:
        watch.began()
        watch.ended(outcome, "3 of 3 OLTs read")

    assert [("/start", ""), (path, "3 of 3 OLTs read")] == service.pings
    assert () == watch.faults


def test_error_amid_the_poll_is_a_failure_without_its_words(service: Service) -> None:
    watch = Watch(Secret(service.url))
    watch.began()
    with pytest.raises(StoreError), watch:
        raise StoreError("/home/budi/eponctl.db: disk full")

    assert ["/start", "/fail"] == service.paths
    assert "StoreError: the poll did not come to its end" == service.pings[1][1]


def test_second_poll_says_nothing(service: Service) -> None:
    with pytest.raises(LockHeld), Watch(Secret(service.url)):
        raise LockHeld("another poll runs")

    assert [] == service.pings


def test_slow_service_holds_the_beginning_up_not_at_all_and_the_end_not_for_long(
    service: Service,
) -> None:
    service.holds = {"/start", ""}
    with Watch(Secret(service.url), end_s=0.2) as watch:
        at = time.monotonic()
        watch.began()
        began_s = time.monotonic() - at
        watch.ended("", "all well")
        whole_s = time.monotonic() - at

    assert began_s < 0.1
    assert whole_s < 1.0
    # Whoever notices first: the socket has the same time as who waits for it.
    late = {"no answer within 0.2 s", "success: not reached (TimeoutError)"}
    assert late & {*watch.faults}


def test_hanging_beginning_does_not_keep_the_end_from_being_told(service: Service) -> None:
    service.holds = {"/start"}
    with Watch(Secret(service.url), end_s=1.0) as watch:
        watch.began()
        watch.ended("", "all well")

    assert [""] == service.paths


def test_refusal_is_told_without_the_url(service: Service) -> None:
    service.status = 404
    with Watch(Secret(service.url)) as watch:
        watch.ended("", "all well")

    assert ("success: HTTP 404",) == watch.faults


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x/y", f"http://127.0.0.1:1/{KEY}", f"http://[{KEY}/", f"http://h:99999/{KEY}"],
)
def test_url_that_leads_nowhere_is_a_fault_without_it(url: str) -> None:
    with Watch(Secret(url)) as watch:
        watch.ended("", "all well")

    [fault] = watch.faults
    assert KEY not in fault
    assert KEY not in repr(watch.__dict__)


def test_secret_that_cannot_be_had_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EPONCTL_HEALTHCHECK", raising=False)
    with Watch(Secret(env="EPONCTL_HEALTHCHECK")) as watch:
        watch.ended("", "all well")

    assert ("success: environment variable EPONCTL_HEALTHCHECK: not set, or empty",) == watch.faults


# --- its key in olts.toml ---


def parsed(text: str) -> Any:
    return configuration.parse(text, Path("/srv/olts.toml"))


def test_url_is_one_of_three_keys() -> None:
    table = "[healthcheck]\n"

    assert None is parsed(table).healthcheck
    assert None is parsed(f'{table}url = ""').healthcheck
    assert (
        Secret("https://hc.example/x") == parsed(f'{table}url = "https://hc.example/x"').healthcheck
    )
    assert Secret(env="HC") == parsed(f'{table}url_env = "HC"').healthcheck
    assert Secret(file=Path("/srv/hc.url")) == parsed(f'{table}url_file = "hc.url"').healthcheck


@pytest.mark.parametrize("url", [f"hc.example/{KEY}", f"https://a:{KEY}@hc.example/x", "https://x"])
def test_wrong_url_is_a_fault_that_does_not_show_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(f'[healthcheck]\nurl = "{url}"')

    assert "healthcheck.url: expected http(s)://host[:port]/path" in caught.value.message
    assert KEY not in caught.value.message


def test_sample_shows_its_keys() -> None:
    text = SAMPLE.read_text("utf-8")
    [block] = re.findall(r"^\[healthcheck\].*?(?=^\[)", text, re.MULTILINE | re.DOTALL)
    keys = tomllib.loads(block.replace("\n#", "\n"))["healthcheck"]

    assert {"url", "url_env", "url_file"} == set(keys)
    assert "" == keys["url"]


def test_file_that_everybody_can_read_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "olts.toml"
    path.write_text('[healthcheck]\nurl = "https://hc.example/x"\n')
    path.chmod(0o644)

    assert 1 == len(configuration.exposed(configuration.load(path)))


# --- whole polls ---

Poll = Callable[..., Result]


@pytest.fixture
def olt(serve: Callable[..., Farm]) -> SimOlt:
    """Give an OLT that answers."""
    made = make_olt("A22", 4)
    serve(made)
    return made


@pytest.fixture
def poll(service: Service, olt: SimOlt, tmp_path: Path) -> Poll:
    """Give a function that polls it, watched by the service."""
    path = tmp_path / "olts.toml"
    path.write_text(
        f'[healthcheck]\nurl = "{service.url}"\n[[olt]]\nid = "A"\nurl = "{olt.url}"\n'
        'username = "admin"\npassword = "admin"\n'
    )
    path.chmod(0o600)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(program(), ["-c", str(path), *arguments])

    return run


def test_poll_that_went_well_is_told(poll: Poll, service: Service) -> None:
    result = poll("poll")

    assert (0, "") == (result.exit_code, result.output)
    assert ["/start", ""] == service.paths
    assert re.fullmatch(r"1 of 1 OLTs read, \d\.\d s", service.pings[1][1])


def test_poll_that_could_not_read_an_olt_is_told_as_failed(
    poll: Poll, service: Service, olt: SimOlt
) -> None:
    olt.password = "another"

    assert 1 == poll("poll").exit_code
    assert [("/start", ""), ("/fail", "0 of 1 OLTs read")] == [
        (path, line.partition(",")[0]) for path, line in service.pings
    ]


@pytest.mark.parametrize("verb", [("poll", "--dry-run"), ("status",)])
def test_what_is_no_poll_is_not_told(verb: tuple[str, ...], poll: Poll, service: Service) -> None:
    poll(*verb)

    assert [] == service.pings


def test_poll_that_finds_another_one_running_is_not_told(
    poll: Poll, service: Service, tmp_path: Path
) -> None:
    with poll_lock(tmp_path / "eponctl.db"):
        assert 75 == poll("poll").exit_code
    assert [] == service.pings


def test_service_that_refuses_changes_nothing_but_what_verbose_says(
    poll: Poll, service: Service
) -> None:
    service.status = 500
    quiet, loud = poll("poll"), poll("-v", "poll")

    assert (0, "") == (quiet.exit_code, quiet.output)
    assert 0 == loud.exit_code
    assert "healthcheck: success: HTTP 500" in loud.stderr
    assert KEY not in loud.output
