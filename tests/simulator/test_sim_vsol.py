"""The simulated V-SOL OLT: its session, its pages, and that it fails loudly when it is changed."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator

import pytest
import requests

from eponctl.simulator import Farm, Fault, SimOlt
from eponctl.simulator.vsol import BUILDS, PERSON, Build, VsolOlt, make_vsol, zombie

STATUS, AUTH = "/action/onustatusinfo.html", "/action/onuauthinfo.html"
OPTICS, LOGOUT = "/action/onuopmdiag.html", "/action/loginout.html"
TIMEOUT_S = 5


@pytest.fixture
def client() -> Iterator[requests.Session]:
    """A client that keeps cookies and nothing else."""
    with requests.Session() as made:
        made.trust_env = False
        yield made


def get(client: requests.Session, olt: SimOlt, path: str) -> requests.Response:
    return client.get(olt.url + path, timeout=TIMEOUT_S, allow_redirects=False)


def post(client: requests.Session, olt: SimOlt, path: str, **fields: str) -> requests.Response:
    return client.post(olt.url + path, data=fields, timeout=TIMEOUT_S, allow_redirects=False)


def log_in(client: requests.Session, olt: VsolOlt, password: str = "admin") -> requests.Response:
    fields = {"user": "admin", "pass": password, "button": "Login", "who": "100"}
    return post(client, olt, "/action/main.html", **fields)


def key_of(answer: requests.Response) -> str | None:
    found = re.search(r"SessionKey\.value = '(\w*)'", answer.text)
    return found[1] if found else None


def ids(answer: requests.Response) -> list[str]:
    return re.findall(r"EPON(\d/\d+:\d+)", answer.text)


def test_way_to_the_login_page_is_the_one_of_the_notes(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("A", 2, pons=1)
    serve(olt)

    first = get(client, olt, "/")
    second = get(client, olt, first.headers["Location"])
    page = get(client, olt, second.headers["Location"])

    assert ("/action/login_first.html", "/action/login.html") == (
        first.headers["Location"],
        second.headers["Location"],
    )
    assert (200, True) == (page.status_code, "lgform" in page.text)
    assert "<title>OLT Web Management Interface</title>" in page.text


@pytest.mark.parametrize("build", BUILDS)
def test_data_is_for_those_who_are_in(
    serve: Callable[..., Farm], client: requests.Session, build: Build
) -> None:
    olt = make_vsol(build, 6, pons=2)
    serve(olt)

    assert [] == ids(get(client, olt, STATUS))
    assert [] == ids(log_in(client, olt, "wrong"))
    assert "LoginFailed" in log_in(client, olt, "wrong").text
    shell = log_in(client, olt)
    assert "loginout.html" in shell.text
    assert "SessionKey" not in shell.text
    assert 50_000 < len(shell.content) < 60_000
    assert (build == "B") == ("Set-Cookie" in shell.headers)
    assert 3 == len(ids(get(client, olt, f"{STATUS}?select=2")))
    get(client, olt, LOGOUT)
    assert [] == ids(get(client, olt, STATUS))


def test_cookie_of_build_b_is_what_counts(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("B", 6, pons=2)
    serve(olt)
    log_in(client, olt)
    client.cookies.clear()

    answer = get(client, olt, STATUS)

    assert (302, "/action/login.html") == (answer.status_code, answer.headers["Location"])


def test_key_changes_with_every_answer_and_a_post_needs_the_last_one(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("C", 6, pons=2)
    serve(olt)
    log_in(client, olt)
    first = key_of(get(client, olt, STATUS))
    second = key_of(get(client, olt, STATUS))
    fields = {"select": "255", "who": "100"}

    assert (first or "").isalpha()
    assert 5 == len(first or "")
    assert first != second
    assert [] == ids(post(client, olt, STATUS, **fields, SessionKey=first or ""))
    assert 6 == len(ids(post(client, olt, STATUS, **fields, SessionKey=second or "")))


def test_keyless_build_has_none_and_a_blank_one_is_no_login(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("keyless", 6, pons=2)
    serve(olt)
    log_in(client, olt)

    assert key_of(get(client, olt, STATUS)) is None
    fields = {"select": "255", "who": "100"}
    assert 6 == len(ids(post(client, olt, STATUS, **fields)))
    assert [] == ids(post(client, olt, STATUS, **fields, SessionKey=""))


def test_person_comes_in_amid_the_pages(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("A", 6, pons=2)
    serve(olt)
    log_in(client, olt)
    olt.person_after = 2

    found = [len(ids(get(client, olt, STATUS + "?select=1"))) for _ in range(4)]

    assert ([3, 3, 0, 0], PERSON) == (found, olt.session)
    assert "" == key_of(get(client, olt, STATUS))


def test_pages_show_what_the_notes_say(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("A", 6, pons=2)
    olt.onus.append(zombie(olt.onus[0], "0/2:9"))
    olt.onus[0].name = "客户"
    serve(olt)
    olt.lose("0/2:2", gasp=True)
    log_in(client, olt)

    states = get(client, olt, f"{STATUS}?select=255")
    optics = get(client, olt, f"{OPTICS}?select=2")
    auths = get(client, olt, f"{AUTH}?select=255")

    assert 7 == len(ids(states)) == len(ids(auths))
    assert "客户".encode("gb2312") in states.content
    assert b"charset=gb2312" in states.content
    assert "Power Off" in states.text
    # Only those that are online are asked.
    assert ["0/2:1", "0/2:3"] == ids(optics)
    assert "<td class='hd'>EPON0/2:1</td>" in optics.text
    options = re.findall(r'<option value="(\d+)"', states.text)
    assert ["1", "2", "255"] == options


@pytest.mark.parametrize(
    "path",
    [
        f"{AUTH}?who=3",
        f"{AUTH}?who=4",
        f"{AUTH}?who=5",
        f"{AUTH}?who=9",
        f"{AUTH}?select=255&who=0",
        "/action/configsave.html?who=1",
        f"{LOGOUT}?who=1",
    ],
)
def test_request_that_changes_the_device_fails_all_that_follow(
    serve: Callable[..., Farm], client: requests.Session, path: str
) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    log_in(client, olt)

    answers = [get(client, olt, one).status_code for one in (path, STATUS, "/action/login.html")]

    assert [500, 500, 500] == answers
    assert [path] == [violation.path for violation in olt.violations]


def test_form_that_changes_the_device_fails_as_well(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    log_in(client, olt)

    assert 500 == post(client, olt, AUTH, select="255", who="0").status_code
    assert 1 == len(olt.violations)


def test_connection_beyond_the_third_is_dropped(serve: Callable[..., Farm]) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    opened = [socket.create_connection((olt.host, olt.port), timeout=3) for _ in range(3)]
    try:
        with socket.create_connection((olt.host, olt.port), timeout=3) as fourth:
            assert b"" == fourth.recv(1)
        assert 1 == olt.dropped
    finally:
        for sock in opened:
            sock.close()


def test_gpon_build_has_no_page_of_optics(
    serve: Callable[..., Farm], client: requests.Session
) -> None:
    olt = make_vsol("A", 4, pons=2)
    olt.is_gpon = True
    serve(olt)
    log_in(client, olt)

    assert 404 == get(client, olt, OPTICS).status_code
    assert "OMCC State" in get(client, olt, STATUS).text


@pytest.mark.parametrize(
    ("fault", "rows"),
    [(Fault.EMPTY_ARRAY, 0), (Fault.NO_ARRAY, 0), (Fault.FEW_ROWS, 2), (Fault.BROKEN_ROW, 20)],
)
def test_faults_of_lists_show(
    serve: Callable[..., Farm], client: requests.Session, fault: Fault, rows: int
) -> None:
    olt = make_vsol("A", 20, pons=2)
    farm = serve(olt)
    log_in(client, olt)
    farm.set_fault(olt, fault)

    answer = get(client, olt, f"{STATUS}?select=255")

    assert (200, rows) == (answer.status_code, len(ids(answer)))
    assert (fault is not Fault.NO_ARRAY) == ("Alive Time" in answer.text)


def test_unknown_build_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown build 'X'"):
        VsolOlt("OLT", build="X")  # type: ignore[arg-type]
