"""Which family answers, told without a password; and polls of OLTs whose driver is `auto`."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from eponctl import detection
from eponctl.cli.program import program
from eponctl.commands import olt_test
from eponctl.detection import CAPTCHA, GPON, MOST_REQUESTS, Confidence, Detection, detect
from eponctl.driver import Known
from eponctl.errors import (
    LoginRejected,
    PageChanged,
    UnknownFirmware,
    Unreachable,
)
from eponctl.model import OltState
from eponctl.poll import EVERYTHING, FAILURES_TO_FORGET, poll, way_to
from eponctl.settings import Config, OltSettings, PollSettings, Secret
from eponctl.simulator import DIALECTS, Dialect, Farm, Fault, SimOlt, make_olt
from eponctl.simulator.bdcom import make_bdcom
from eponctl.simulator.hsgq import make_hsgq
from eponctl.simulator.vsol import BUILDS, Build, make_vsol
from eponctl.store import remembered
from eponctl.web import Limits, Web

# --- what the notes say of the devices, once more -----------------------------------------------

Answer = tuple[int, dict[str, str], bytes]
FORM = (
    b"<html><head><title>OLT Web Management Interface</title></head><form id=lgform>"
    b"<input type=text name=user><input type='password' name='pass'></form></html>"
)
JSON = {"Content-Type": "application/json"}
BOARD = {"code": 1, "message": "success", "data": {"product_name": "HSGQ-E08", "ponports": 8}}
GOAHEAD = {"WWW-Authenticate": 'Basic realm="EPON OLT"', "Server": "GoAhead-Webs"}
NOT_FOUND: Answer = (404, {}, b"Not Found")


def page(text: str | bytes, status: int = 200, **headers: str) -> Answer:
    return status, headers, text.encode() if isinstance(text, str) else text


def as_json(value: object) -> Answer:
    return 200, JSON, json.dumps(value).encode()


@dataclass
class StandIn:
    """A web server of these pages (`*`: all others), with a record of who asked for what."""

    pages: dict[str, Answer]
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""

    @property
    def passwords(self) -> list[str]:
        """What was sent to log in with."""
        return [sent for _, _, sent in self.asked if sent is not None]

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


Served = Callable[[dict[str, Answer]], StandIn]


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve pages on loopback until the test ends."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(pages: dict[str, Answer]) -> StandIn:
        site = StandIn(pages)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                sent = self.headers.get("Authorization") or self.rfile.read(length).decode()
                site.asked.append((self.command, self.path, sent or None))
                answer = site.pages.get(self.path, site.pages.get("*", NOT_FOUND))
                status, headers, body = answer
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815  (the server's name for it)

            def log_message(self, *args: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        site.url = f"http://127.0.0.1:{server.server_port}"
        return site

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def seen(web: Web) -> tuple[str | None, str | None, Confidence, str | None]:
    found = detect(web)
    return found.family, found.rival, found.confidence, found.obstacle


BASIC = ("hioso", "bdcom")
DEVICES = [
    ("hioso", {"*": (401, GOAHEAD, b"")}, (*BASIC, "likely", None)),
    ("any-basic", {"*": (401, {"WWW-Authenticate": "Basic"}, b"")}, (*BASIC, "guess", None)),
    (
        "hioso-open-front",
        {"/": page("<frameset>"), "*": (401, GOAHEAD, b"")},
        (*BASIC, "likely", None),
    ),
    (
        "hioso-refusing-at-200",
        {"*": page("<html><body>Access Denied!")},
        ("hioso", None, "likely", None),
    ),
    (
        "hioso-without-password",
        {"/onuAllPonOnuList.asp": page("<script>var onutable=new Array(\n);")},
        ("hioso", None, "certain", None),
    ),
    (
        "bdcom-without-password",
        {"/onuintfstate.asp": page('<script>intfName[0]="EPON0/1:1";')},
        ("bdcom", None, "certain", None),
    ),
    ("hsgq", {"/": page("<div id=app>"), "/board_info": as_json(BOARD)}, ("hsgq", None, "certain")),
    (
        "hsgq-closed",
        {"/board_info": as_json({"code": 0, "message": "Token Check Failed"})},
        ("hsgq", None, "likely", None),
    ),
    (
        "hsgq-captcha",
        {"/board_info": as_json(BOARD), "/system_custom": as_json({"data": {"captcha": 1}})},
        ("hsgq", None, "certain", CAPTCHA),
    ),
    (
        "hsgq-gpon",
        {"/board_info": as_json({"data": {"product_name": "HSGQ-G08", "device_type": 2}})},
        ("hsgq", None, "certain", GPON),
    ),
    (
        "vsol",
        {
            "/": page("", 302, Location="/action/login_first.html"),
            "/action/login.html": page(FORM),
            "/action/onuopmdiag.html": page(""),
        },
        ("vsol", None, "certain", None),
    ),
    (
        "vsol-without-redirect",
        {"/action/login.html": page(FORM), "/action/onuopmdiag.html": page("")},
        ("vsol", None, "certain", None),
    ),
    (
        "vsol-by-its-redirect-alone",
        {"/": page("", 302, Location="https://192.0.2.1/action/login_first.html")},
        ("vsol", None, "likely", None),
    ),
    (
        "vsol-untitled",
        {
            "/action/login.html": page("<input name=user><input name='pass'>"),
            "/action/onuopmdiag.html": page(""),
        },
        ("vsol", None, "likely", None),
    ),
    (
        "vsol-captcha",
        {"/action/login.html": page(FORM + b"<img src='images/vc1.png?rand=3'>")},
        ("vsol", None, "certain", CAPTCHA),
    ),
    ("vsol-gpon", {"/action/login.html": page(FORM)}, ("vsol", None, "certain", GPON)),
]
STRANGERS: list[tuple[str, dict[str, Answer]]] = [
    ("plain", {"/": page("<title>It works!</title>")}),
    ("one-page-for-all", {"*": page("<title>App</title><div id=root>")}),
    ("json-for-all", {"*": as_json({"error": "not found"})}),
    ("json-with-code", {"*": as_json({"code": 404, "message": "no login needed"})}),
    ("json-with-zero", {"*": as_json({"code": 0, "msg": "ok", "data": {}})}),
    ("one-form-for-all", {"*": page("<input name=user><input type=password name=pass>")}),
    ("json-list", {"*": as_json([1, 2])}),
    ("deep-json", {"*": page("[" * 100_000)}),
    ("digest", {"*": (401, {"WWW-Authenticate": 'Digest realm="x"'}, b"")}),
    ("other-form", {"*": page("<input name=username><input type=password name=password>")}),
    ("tenda", {"/login.asp": page("var userName = '';")}),
    ("broken", {"*": page("", 500)}),
    ("silent", {"*": page("")}),
]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [pytest.param(pages, expected, id=name) for name, pages, expected in DEVICES],
)
def test_family_is_told_by_its_fingerprint(
    served: Served, web_to: Callable[..., Web], pages: dict[str, Answer], expected: tuple[Any, ...]
) -> None:
    site = served(pages)

    assert expected == seen(web_to(site.url))[: len(expected)]
    assert len(site.asked) <= MOST_REQUESTS
    assert [] == site.passwords


@pytest.mark.parametrize("pages", [pytest.param(pages, id=name) for name, pages in STRANGERS])
def test_any_other_web_server_is_unknown(
    served: Served, web_to: Callable[..., Web], pages: dict[str, Answer]
) -> None:
    site = served(pages)
    found = detect(web_to(site.url))

    assert (None, Confidence.NONE, None) == (found.family, found.confidence, found.driver)
    assert MOST_REQUESTS == len(site.asked) == len(found.saw)
    assert [] == site.passwords


def test_what_was_seen_is_told_in_words(served: Served, web_to: Callable[..., Web]) -> None:
    site = served({"/": page("<title>Log\n in</title>"), "/board_info": as_json(BOARD)})

    assert (
        'GET /: HTTP 200, "Log in"',
        "GET /board_info: JSON with product_name: HSGQ",
    ) == detect(web_to(site.url)).saw


def test_looking_changes_nothing(served: Served, web_to: Callable[..., Web]) -> None:
    site = served({})
    detect(web_to(site.url))

    assert {"GET"} == {method for method, _, _ in site.asked}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_simulated_hioso_takes_one_request(
    serve: Callable[..., Farm], web_to: Callable[..., Web], dialect: Dialect
) -> None:
    olt = make_olt(dialect, 4)
    serve(olt)

    assert ("hioso", "bdcom", Confidence.LIKELY, None) == seen(web_to(olt))
    assert ["/"] == [one.path for one in olt.log]


def test_simulated_bdcom_looks_like_hioso(
    serve: Callable[..., Farm], web_to: Callable[..., Web]
) -> None:
    olt = make_bdcom(4)
    serve(olt)

    assert ("hioso", "bdcom", Confidence.LIKELY, None) == seen(web_to(olt))


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [({}, None), ({"has_captcha": True}, CAPTCHA), ({"device_type": 2}, GPON)],
)
def test_simulated_hsgq_is_seen(
    serve: Callable[..., Farm],
    web_to: Callable[..., Web],
    changes: dict[str, Any],
    obstacle: str | None,
) -> None:
    olt = replace(make_hsgq(4), **changes)
    serve(olt)

    assert ("hsgq", None, Confidence.CERTAIN, obstacle) == seen(web_to(olt))
    assert (0, []) == (olt.logins, olt.violations)


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [({}, None), ({"has_captcha": True}, CAPTCHA), ({"is_gpon": True}, GPON)],
)
def test_simulated_vsol_is_seen(
    serve: Callable[..., Farm],
    web_to: Callable[..., Web],
    build: Build,
    changes: dict[str, Any],
    obstacle: str | None,
) -> None:
    olt = make_vsol(build, 4)
    for name, value in changes.items():
        setattr(olt, name, value)
    serve(olt)

    assert ("vsol", None, Confidence.CERTAIN, obstacle) == seen(web_to(olt))
    assert (0, []) == (olt.logins, olt.violations)


def test_device_that_does_not_answer_is_unreachable(
    serve: Callable[..., Farm], web_to: Callable[..., Web]
) -> None:
    olt = make_olt("A22", 2)
    serve(olt)
    olt.fault = Fault.REFUSE

    with pytest.raises(Unreachable):
        detect(web_to(olt))


def test_look_is_tried_again_as_often_as_any_page(
    serve: Callable[..., Farm], web_to: Callable[..., Web]
) -> None:
    olt = make_olt("A22", 2)
    serve(olt)
    olt.fault_queue = [Fault.RESET]

    assert "hioso" == detect(web_to(olt, retries=1)).family


# --- as a driver --------------------------------------------------------------------------------


def auto(olt: SimOlt, limits: Limits, **login: str) -> Web:
    """A conversation as a poll has it with an OLT of which nothing is known."""
    who = (login.get("username", olt.username), login.get("password", olt.password))
    return Web(olt.url, limits, login=who, sends_basic=detection.SENDS_BASIC)


@pytest.mark.parametrize(
    ("olt", "family"),
    [
        (make_olt("A22", 4), "hioso"),
        (make_olt("B13+B18", 4, pons=2), "hioso"),
        (make_olt("A11", 4), "hioso"),
        (make_bdcom(4), "bdcom"),
        (make_hsgq(4), "hsgq"),
        (make_vsol("C", 4), "vsol"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_olt_of_any_family_is_read_by_auto(
    serve: Callable[..., Farm], limits: Callable[..., Limits], olt: SimOlt, family: str
) -> None:
    serve(olt)
    with auto(olt, limits()) as web:
        scrape = detection.fetch(web, Known())
    reading = detection.read(scrape, Known())

    assert family == scrape.driver
    assert {onu.mac.upper() for onu in olt.onus} == {onu.mac for onu in reading.onus}
    assert [] == olt.violations


def test_password_goes_to_no_server_that_does_not_ask_for_it(
    served: Served, limits: Callable[..., Limits]
) -> None:
    for name, pages in STRANGERS:
        site = served(pages)
        with (
            Web(site.url, limits(), login=("admin", "s3cret"), sends_basic=False) as web,
            pytest.raises(UnknownFirmware) as caught,
        ):
            detection.fetch(web, Known())
        assert [] == site.passwords, name
        assert f"`eponctl olt detect {site.url}`" in caught.value.hint


def test_password_goes_out_once_the_family_is_known(
    served: Served, limits: Callable[..., Limits]
) -> None:
    site = served({"*": (401, GOAHEAD, b"")})
    with (
        Web(site.url, limits(), login=("admin", "s3cret"), sends_basic=False) as web,
        pytest.raises(LoginRejected),
    ):
        detection.fetch(web, Known())

    assert [("/", False), ("/onuAllPonOnuList.asp", True)] == [
        (path, sent is not None) for _, path, sent in site.asked
    ]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ({"/action/login.html": page(FORM + b"vc1.png")}, CAPTCHA),
        ({"/board_info": as_json({"product_name": "x", "device_type": 2})}, GPON),
    ],
)
def test_build_that_cannot_be_read_is_named(
    served: Served, limits: Callable[..., Limits], pages: dict[str, Answer], message: str
) -> None:
    site = served(pages)
    with (
        Web(site.url, limits(), login=("admin", "s3cret"), sends_basic=False) as web,
        pytest.raises(UnknownFirmware) as caught,
    ):
        detection.fetch(web, Known())
    assert message == caught.value.message
    assert [] == site.passwords


def test_page_of_a_hioso_box_that_is_bad_tells_its_own_fault(
    serve: Callable[..., Farm], limits: Callable[..., Limits]
) -> None:
    olt = make_olt("A22", 4)
    serve(olt)
    olt.fault = Fault.CUT
    with auto(olt, limits()) as web, pytest.raises(PageChanged, match="cut short"):
        detection.fetch(web, Known())


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ({"/onuintfstate.asp": page('<script>BintfName[0]="GPON0/1:1";')}, "GPON build"),
        ({"/onuintfstate.asp": page("<script>intfName[0]=")}, "cut short"),
        ({}, "none of the pages of this family"),
        ({"/onuAllPonOnuList.asp": page("<frameset>")}, "no table on the page"),
    ],
)
def test_of_two_families_the_one_whose_page_is_there_is_heard(
    served: Served, limits: Callable[..., Limits], pages: dict[str, Answer], message: str
) -> None:
    site = served({"/": (401, GOAHEAD, b""), **pages})
    with (
        Web(site.url, limits(), login=("admin", "s3cret"), sends_basic=False) as web,
        pytest.raises(PageChanged, match=message),
    ):
        detection.fetch(web, Known())


# --- what polls remember ------------------------------------------------------------------------


def olt_settings(olt: SimOlt, **changes: Any) -> OltSettings:
    values = {"driver": "auto"} | changes
    return OltSettings(
        olt.name, olt.name, olt.url, olt.username, Secret(value=olt.password), **values
    )


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Config]:
    """Make the configuration of these OLTs."""

    def make(*olts: OltSettings) -> Config:
        return Config(
            tmp_path / "olts.toml",
            tmp_path / "eponctl.db",
            ZoneInfo("UTC"),
            poll=PollSettings(retries=0, olt_deadline_s=5.0),
            olts=olts,
        )

    return make


def state_of(config: Config, olt: SimOlt) -> OltState:
    states = remembered.at_once(config.database)
    assert states is not None
    return states[olt.name]


def polled(config: Config, olt: SimOlt) -> tuple[int, list[str]]:
    """The exit code of a poll, and what it asked this OLT for."""
    olt.log.clear()
    code = poll(config, EVERYTHING).exit_code
    return code, [one.path for one in olt.log]


def test_family_is_looked_for_once(
    serve: Callable[..., Farm], config: Callable[..., Config]
) -> None:
    olt = make_olt("A22", 4)
    serve(olt)
    made = config(olt_settings(olt))

    assert (0, ["/", "/onuAllPonOnuList.asp", "/system.asp"]) == polled(made, olt)
    assert "hioso" == state_of(made, olt).driver
    assert (0, ["/onuAllPonOnuList.asp"]) == polled(made, olt)


def test_family_is_looked_for_anew_after_three_failures(
    serve: Callable[..., Farm], config: Callable[..., Config]
) -> None:
    olt = make_olt("A22", 4)
    serve(olt)
    made = config(olt_settings(olt))
    polled(made, olt)
    olt.fault = Fault.SERVER_ERROR
    for _ in range(FAILURES_TO_FORGET):
        code, paths = polled(made, olt)
        assert (1, False) == (code, "/" in paths)
    olt.fault = Fault.NONE

    assert "/" == polled(made, olt)[1][0]
    assert "hioso" == state_of(made, olt).driver
    assert "/" not in polled(made, olt)[1]


def test_box_that_another_family_took_the_place_of_is_found(
    serve: Callable[..., Farm], config: Callable[..., Config]
) -> None:
    old, new = make_olt("A22", 4, name="OLT-1"), make_hsgq(4, name="OLT-1")
    serve(old)
    serve(new)
    polled(config(olt_settings(old)), old)
    made = config(olt_settings(new))
    for _ in range(FAILURES_TO_FORGET):
        polled(made, new)
    polled(made, new)
    state = state_of(made, new)

    assert "hsgq" == state.driver
    assert 0 == state.failures
    assert "A whole" != state.memory


def test_unknown_device_is_a_failed_read(
    served: Served, serve: Callable[..., Farm], config: Callable[..., Config]
) -> None:
    olt = make_olt("A22", 4)
    serve(olt)
    site = served({"/": page("<title>It works!</title>")})
    result = poll(config(olt_settings(olt)._replace(url=site.url)), EVERYTHING)

    (failed,) = result.olts
    assert not failed.is_ok
    assert 'no OLT of a family that is known: GET /: HTTP 200, "It works!"' == failed.error
    assert f"`eponctl olt detect {site.url}` says what was seen there" == failed.hint


def test_driver_that_olts_toml_names_is_not_looked_for(
    serve: Callable[..., Farm], config: Callable[..., Config]
) -> None:
    olt = make_olt("A22", 4)
    serve(olt)

    code, paths = polled(config(olt_settings(olt, driver="hioso")), olt)
    assert (0, False) == (code, "/" in paths)


@pytest.mark.parametrize(
    ("configured", "state", "expected"),
    [
        ("auto", OltState("x"), ("auto", None)),
        ("auto", OltState("x", driver="hioso", memory="m"), ("hioso", "m")),
        ("auto", OltState("x", driver="hioso", memory="m", failures=2), ("hioso", "m")),
        ("auto", OltState("x", driver="hioso", memory="m", failures=3), ("auto", None)),
        ("auto", OltState("x", driver="of-tomorrow", memory="m"), ("auto", None)),
        ("hioso", OltState("x", driver="vsol", memory="m"), ("hioso", None)),
        ("hioso", OltState("x", driver="hioso", memory="m", failures=3), ("hioso", None)),
    ],
)
def test_way_to_an_olt_is_remembered_with_its_driver(
    configured: str, state: OltState, expected: tuple[str, str | None]
) -> None:
    olt = OltSettings("x", "x", "http://x", "admin", None, driver=configured)
    assert expected == way_to(olt, state)


def test_olt_test_says_which_driver_was_found(
    serve: Callable[..., Farm], config: Callable[..., Config]
) -> None:
    olts = [make_olt("A22", 4), make_bdcom(4)]
    serve(*olts)
    made = config(*map(olt_settings, olts))
    tests = olt_test.read_olts(made, made.olts)

    assert ["hioso", "bdcom"] == [test.driver for test in tests]
    assert any("experimental" in note for note in tests[1].notes)


# --- eponctl olt detect -------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program(), ["olt", "detect", *arguments])


def test_command_says_what_it_saw_and_what_to_write(served: Served) -> None:
    site = served({"/board_info": as_json(BOARD)})
    result = run(site.url)

    assert 0 == result.exit_code
    assert [
        site.url,
        "  family     HSGQ (JSON)",
        "  sure       certain",
        "  saw        GET /: HTTP 404",
        "             GET /board_info: JSON with product_name: HSGQ",
        '  olts.toml  driver = "hsgq"',
    ] == result.stdout.splitlines()
    assert 'driver = "auto" finds hsgq by itself, too\n' == result.stderr


def test_command_leaves_to_a_poll_what_only_a_login_tells(served: Served) -> None:
    site = served({"*": (401, GOAHEAD, b"")})
    result = run(site.url, "--no-verify-tls")

    assert 0 == result.exit_code
    assert "HIOSO, HisFocus or FIT (.asp pages), or BDCOM (experimental)" in result.stdout
    assert 'driver = "auto"\n             verify_tls = false\n' in result.stdout
    assert [] == site.passwords


def test_command_gives_one_json_object(served: Served) -> None:
    site = served({"/action/login.html": page(FORM + b"vc1.png")})
    result = run(site.url, "--json")
    found = json.loads(result.stdout)

    assert (1, "") == (result.exit_code, result.stderr)
    assert {
        "schema": "eponctl-olt-detect/1",
        "url": site.url,
        "family": "vsol",
        "rival": None,
        "confidence": "certain",
        "driver": None,
        "problem": CAPTCHA,
    } == {key: found[key] for key in list(found)[:7]}
    assert found["requests"] == len(site.asked)
    assert "GET /action/login.html: images of a verification code" == found["saw"][-1]


def test_command_ends_with_one_where_nothing_is_known(served: Served) -> None:
    result = run(served({}).url)

    assert 1 == result.exit_code
    assert "  family     unknown\n" in result.stdout
    assert "Add your OLT" in result.stderr


def test_command_shows_a_hostile_title_on_one_harmless_line(served: Served) -> None:
    site = served({"/": page("<title>\x1b[31mred\r\n  family     V-SOL</title>")})
    lines = run(site.url).stdout.splitlines()

    assert '  saw        GET /: HTTP 200, "red family V-SOL"' in lines


@pytest.mark.parametrize(
    "url", ["192.0.2.7", "http://192.0.2.7/x", "ftp://192.0.2.7", "http://a:b@192.0.2.7", ""]
)
def test_command_refuses_what_is_no_address(url: str) -> None:
    result = run(url)

    assert (2, "") == (result.exit_code, result.stdout)
    assert "URL: expected http(s)://host[:port]" in result.stderr


def test_command_says_that_nobody_answers(serve: Callable[..., Farm]) -> None:
    olt = make_olt("A22", 2)
    serve(olt)
    olt.fault = Fault.REFUSE
    result = run(olt.url)

    assert (1, "") == (result.exit_code, result.stdout)
    assert "cannot connect" in result.stderr


def test_detection_without_a_driver_says_none() -> None:
    assert None is Detection("vsol", Confidence.CERTAIN, (), obstacle=GPON).driver
    assert "auto" == Detection("hioso", Confidence.LIKELY, (), rival="bdcom").driver
    assert "vsol" == Detection("vsol", Confidence.CERTAIN, ()).driver
