"""The simulated HSGQ OLT, compared by eye with the shapes in the field notes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests

from eponctl.simulator import Farm, Fault
from eponctl.simulator.hsgq import HsgqOlt, Spoilt, make_hsgq

Serve = Callable[..., Farm]


@pytest.fixture
def olt(serve: Serve) -> HsgqOlt:
    """Serve an OLT with two ONUs on each of two PONs."""
    made = make_hsgq(4, pons=2, seed=1)
    serve(made)
    return made


class Client:
    """A plain client, as a person with a browser."""

    def __init__(self, session: requests.Session, olt: HsgqOlt) -> None:
        self.session, self.olt = session, olt

    def log_in(self, password: str = "admin") -> requests.Response:
        key = hashlib.md5(f"root:{password}".encode()).hexdigest()
        data = {"method": "set", "param": {"name": "root", "key": key}}
        return self.post("/userlogin?form=login", data)

    def post(self, path: str, data: Any, token: str = "null") -> requests.Response:
        headers = {"X-Token": token}
        return self.session.post(self.olt.url + path, json=data, headers=headers, timeout=5)

    def get(self, path: str, token: str = "null") -> requests.Response:
        return self.session.get(self.olt.url + path, headers={"X-Token": token}, timeout=5)


@pytest.fixture
def client(session: requests.Session, olt: HsgqOlt) -> Client:
    """Talk to the OLT."""
    return Client(session, olt)


def test_front_page_is_for_everybody(client: Client) -> None:
    answer = client.get("/board_info").json()

    assert (1, "success") == (answer["code"], answer["message"])
    assert ("HSGQ-E02", 2, 1) == tuple(
        answer["data"][key] for key in ("product_name", "ponports", "device_type")
    )


def test_token_comes_in_the_header_only(client: Client) -> None:
    answer = client.log_in()

    assert {"code": 1, "message": "success"} == answer.json()
    assert [answer.headers["X-Token"]] == list(client.olt.sessions)
    assert not answer.cookies


def test_list_is_for_those_with_a_token_in_the_header(client: Client) -> None:
    token = client.log_in().headers["X-Token"]
    path = "/onu_allow_list?port_id=1"

    refused = {"code": 0, "message": "Token Check Failed"}
    assert refused == client.get(path).json() == client.get(f"{path}&token={token}").json()
    assert [1, 2] == [row["onu_id"] for row in client.get(path, token).json()["data"]]


def test_row_has_the_shape_of_the_notes(client: Client) -> None:
    olt = client.olt
    olt.lose("0/1:1", gasp=True)
    token = client.log_in().headers["X-Token"]
    row = client.get("/onu_allow_list?port_id=1&t=1700000000000", token).json()["data"][0]

    assert ("02:a1:00:01:00:01", "Offline", 1, "Power Down", "-inf") == tuple(
        row[key] for key in ("macaddr", "status", "auth_state", "last_down_reason", "receive_power")
    )


def test_fifth_session_is_refused_until_one_is_ended(client: Client) -> None:
    tokens = [client.log_in().headers["X-Token"] for _ in range(4)]
    refused = client.log_in()
    client.post("/userlogin?form=logout", {"method": "set", "param": {"name": "root"}}, tokens[0])

    assert (2, False) == (refused.json()["code"], "X-Token" in refused.headers)
    assert 1 == client.log_in().json()["code"]
    assert (5, 1, 1, 4) == (
        client.olt.logins,
        client.olt.logouts,
        client.olt.refused_logins,
        client.olt.sessions_most,
    )


def test_wrong_password_opens_no_session(client: Client) -> None:
    refused = client.log_in("guess")

    assert (2, {}) == (refused.json()["code"], client.olt.sessions)


def test_table_is_as_old_as_the_last_call_that_made_it(client: Client) -> None:
    token = client.log_in().headers["X-Token"]

    def words() -> list[str]:
        return [row["status"] for row in client.get("/onutable", token).json()["data"]]

    before = words()
    client.get("/onu_allow_list", token)
    fresh = words()
    client.olt.lose("0/1:1")
    stale = words()
    client.get("/onu_allow_list", token)

    assert ([], ["Online"] * 4, fresh) == (before, fresh, stale)
    assert ["Offline", *["Online"] * 3] == words()


@pytest.mark.parametrize(
    ("spoilt", "body"),
    [
        (Spoilt.NO_LOGIN, b'{"code":0,"message":"Token Check Failed"}'),
        (Spoilt.EMPTY, b""),
        (Spoilt.NO_DATA, b'{"code":1,"message":"success"}'),
        (Spoilt.NO_LIST, b'{"code":1,"message":"success","data":{"count":0}}'),
    ],
)
def test_spoilt_page_answers_as_it_was_told(client: Client, spoilt: Spoilt, body: bytes) -> None:
    client.olt.spoilt["/onu_allow_list"] = spoilt

    assert body == client.get("/onu_allow_list?port_id=1").content


@pytest.mark.parametrize("key", ["message", "msg"])
def test_message_has_either_name(client: Client, key: Any) -> None:
    client.olt.message_key = key

    assert "success" == client.get("/system_custom").json()[key]


@pytest.mark.parametrize(
    "path",
    [
        "/system_reboot",
        "/system_save",
        "/system_def_config",
        "/system_backup",
        "/alarm?form=download",
    ],
)
def test_harmful_page_is_refused_and_recorded(client: Client, path: str) -> None:
    token = client.log_in().headers["X-Token"]

    assert 500 == client.get(path, token).status_code
    assert [path] == [served.path for served in client.olt.violations]


@pytest.mark.parametrize(
    "path",
    [
        "/onumgmt?form=config",
        "/onu_allow_list",
        "/onu_allow_list?form=config",
        "/ponmgmt?form=optstate",
        "/alarm?form=clear",
        "/system_restore",
    ],
)
def test_post_is_refused_and_recorded(client: Client, path: str) -> None:
    assert 500 == client.post(path, {"method": "set", "param": {"flags": 1}}).status_code
    assert [path] == [served.path for served in client.olt.violations]


def test_pages_that_a_recording_asks_for_are_there(client: Client) -> None:
    client.olt.onus[1].rx_power_dbm = -3.3003
    token = client.log_in().headers["X-Token"]
    paths = {
        "/board?info=cpu": {"cpu_usage": 25, "memory_usage": 70},
        "/usermgmt?form=userlevel": {"name": "root", "level": 2},
    }
    pages = {path: client.get(path, token).json()["data"] for path in paths}
    own = "/onumgmt?form={}&port_id=1&onu_id=2"
    optics = client.get(own.format("optical-diagnose"), token).json()["data"]
    facts = client.get(own.format("base-info"), token).json()["data"]

    assert paths == pages
    assert "-3.3003 dBm" == optics["receive_power"]
    assert client.olt.onus[1].mac.lower() == facts["macaddr"]
    assert 1 < client.get("/onumgmt?form=base-info&port_id=9&onu_id=9", token).json()["code"]


def test_login_logout_and_alarm_list_are_harmless(client: Client) -> None:
    token = client.log_in().headers["X-Token"]
    client.get("/alarm?form=info", token)
    client.post("/userlogin?form=logout", {"method": "set", "param": {"name": "root"}}, token)

    assert [] == client.olt.violations


def test_fault_of_the_farm_holds_here_too(
    serve: Serve, session: requests.Session, olt: HsgqOlt
) -> None:
    client = Client(session, olt)
    olt.fault = Fault.REFUSE
    with pytest.raises(requests.ConnectionError):
        client.get("/board_info")
    olt.fault = Fault.NONE

    assert 200 == client.get("/board_info").status_code
