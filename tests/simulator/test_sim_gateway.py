"""The gateway: the bodies of the contract to the letter, its traps, and the faults around it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from eponctl.simulator import Delivery, Gateway, GatewayFault

BASE = {"api_key": "simulator-key", "sender": "6281200000000", "number": "0812-34", "message": "x"}
FAILED = b'{"status":false,"msg":"Failed to send message!"}'
CHECK = b'{"status":false,"msg":"Failed to send message!, Check your connection!"}'
SENT = b'{"status":true,"msg":"Message sent successfully!"}'


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(disconnected_delay=0.0) as made:
        yield made


@pytest.fixture
def send(gateway: Gateway, session: requests.Session) -> Callable[..., requests.Response]:
    def post(
        timeout: float = 5.0, headers: dict[str, str] | None = None, **fields: object
    ) -> requests.Response:
        body = {name: value for name, value in {**BASE, **fields}.items() if value is not None}
        return session.post(gateway.send_url, json=body, timeout=timeout, headers=headers)

    return post


def test_sent(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    answer = send(message="  halo \n dunia ")
    assert (answer.status_code, answer.content) == (200, SENT)
    assert answer.headers["Content-Type"] == "application/json"
    (got,) = gateway.received
    assert (got.number, got.text, got.sender) == ("6281234", "halo \n dunia", "6281200000000")


def test_sent_with_full(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    value = send(full=1).json()
    assert value["status"] is True
    assert value["data"]["key"]["remoteJid"] == "6281234@s.whatsapp.net"
    assert value["data"]["key"]["id"].startswith("3EB0")
    assert value["data"]["message"] == {"extendedTextMessage": {"text": "x"}}
    assert value["data"]["messageTimestamp"].isdigit()


@pytest.mark.parametrize("how", ["query", "form", "multipart", "json+query"])
def test_parameters_by_any_way(gateway: Gateway, session: requests.Session, how: str) -> None:
    url = gateway.send_url
    if how == "query":
        answer = session.get(url, params=BASE, timeout=5)
    elif how == "form":
        answer = session.post(url, data=BASE, timeout=5)
    elif how == "multipart":
        parts = {name: (None, value) for name, value in BASE.items()}
        answer = session.post(url, files=parts, timeout=5)
    else:
        key = {"api_key": BASE["api_key"], "number": "no"}
        answer = session.post(url, params=key, json={**BASE, "api_key": None}, timeout=5)
    assert answer.content == SENT
    assert gateway.texts_for("6281234") == ["x"]


@pytest.mark.parametrize(
    ("number", "arrives"),
    [
        ("08123456789", "628123456789"),
        ("+62 812-3456-789", "628123456789"),
        ("0062812", "62812"),
        ("6281234567", "6281234567"),
        ("120363000000000000@g.us", "120363000000000000@g.us"),
        ("1203@newsletter", "1203@newsletter"),
    ],
)
def test_numbers(
    gateway: Gateway, send: Callable[..., requests.Response], number: str, arrives: str
) -> None:
    assert send(number=number).content == SENT
    assert [delivery.number for delivery in gateway.received] == [arrives]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"api_key": "no"}, "Invali api_key or sender,please check again (2)"),
        ({"sender": "62999"}, "Invali api_key or sender,please check again (2)"),
        ({"sender": "62777"}, "Invalid api_key or sender,please check again"),
        ({"number": None}, "Invalid parameters!"),
        ({"message": None}, "Invalid parameters!"),
        ({"message": "  "}, "Failed to send message!"),
        ({"number": "62000"}, "Failed to send message!"),
    ],
)
def test_refusals(
    gateway: Gateway,
    send: Callable[..., requests.Response],
    fields: dict[str, str | None],
    message: str,
) -> None:
    gateway.other_senders = {"62777"}
    gateway.unknown_numbers = {"62000"}
    answer = send(**fields)
    assert answer.status_code == 400
    assert (
        answer.content
        == json.dumps({"status": False, "msg": message}, separators=(",", ":")).encode()
    )
    assert gateway.received == []


def test_failures_with_full_are_http_200(
    gateway: Gateway, send: Callable[..., requests.Response]
) -> None:
    unknown = {
        "status": False,
        "message": "The destination Number not registered in WhatsApp or your sender not connected",
    }
    gateway.unknown_numbers = {"6281234"}
    answer = send(full=1)
    assert (answer.status_code, answer.json()) == (200, unknown)
    gateway.connected = False
    assert send(full=1, number="6281").json() == unknown
    answer = send(full=1, number="1203@g.us")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": False, "message": "Check your whatsapp connection"},
    )


def test_credit(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    gateway.credit = 2
    assert send(number="6281|6282|6283").content == SENT
    assert [delivery.number for delivery in gateway.received] == ["6281", "6282"]
    answer = send()
    assert answer.status_code == 400
    assert answer.json()["msg"].startswith("You no longer have enough messages, recharge")


def test_partial_success_is_success(
    gateway: Gateway, send: Callable[..., requests.Response]
) -> None:
    gateway.unknown_numbers = {"6281", "6282"}
    assert send(number="6281|6283|6283|6282").content == SENT
    assert [delivery.number for delivery in gateway.received] == ["6283"]
    gateway.fault_for["6283"] = GatewayFault.SEND_FAILED
    assert send(number="6281|6283").content == FAILED


def test_spintax_number_and_footer(
    gateway: Gateway, send: Callable[..., requests.Response]
) -> None:
    send(message="{a|b} {plain} {number} {x{1|2}|y}", footer="eponctl")
    (text,) = gateway.texts_for("6281234")
    first, plain, number, rest = text.split(" ", 3)
    assert first in {"a", "b"}
    assert (plain, number) == ("{plain}", "6281234")
    assert rest in {"x1\n\n> _eponctl_", "x2\n\n> _eponctl_", "y\n\n> _eponctl_"}


def test_long_text_is_delivered_and_then_reported_as_failed(
    gateway: Gateway, send: Callable[..., requests.Response]
) -> None:
    assert send(message="é" * 32_767 + "x").content == SENT
    answer = send(message="é" * 32_768)
    assert (answer.status_code, answer.content) == (400, CHECK)
    assert len(gateway.received) == 2


def test_locale(
    gateway: Gateway, session: requests.Session, send: Callable[..., requests.Response]
) -> None:
    answer = session.post(gateway.url + "/id/send-message", json=BASE, timeout=5)
    assert answer.json() == {"status": True, "msg": "Pesan berhasil terkirim!"}
    gateway.locale = "id"
    assert send(message="").json()["msg"] == "Gagal mengirim pesan!"


def test_throttle(session: requests.Session) -> None:
    with Gateway(throttle_per_minute=2) as gateway:
        answers = [session.post(gateway.send_url, json=BASE, timeout=5) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[0].headers["X-RateLimit-Remaining"] == "1"
        assert answers[2].headers["X-RateLimit-Limit"] == "2"
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
        assert answers[2].text.startswith("<!DOCTYPE html>")
        wants = {"Accept": "application/json"}
        answer = session.post(gateway.send_url, json=BASE, timeout=5, headers=wants)
        assert answer.content == b'{"message":"Too Many Attempts."}'
        gateway.throttle_window_s = 0.0
        assert session.post(gateway.send_url, json=BASE, timeout=5).status_code == 200


def test_device_state(
    gateway: Gateway, session: requests.Session, send: Callable[..., requests.Response]
) -> None:
    def info(key: str = "simulator-key") -> requests.Response:
        return session.get(gateway.url + "/info-devices", params={"api_key": key}, timeout=5)

    assert info().json() == {
        "status": True,
        "info": [{"body": "6281200000000", "status": "Connected"}],
    }
    gateway.connected, gateway.reconnect_after = False, 2
    assert info().json()["info"][0]["status"] == "Disconnect"
    assert [send().content for _ in range(3)] == [FAILED, FAILED, SENT]
    assert info().json()["info"][0]["status"] == "Connected"
    assert info("no").status_code == 400
    gateway.has_info_devices = False
    assert info().status_code == 404
    gateway.has_info_devices, gateway.fault = True, GatewayFault.DISCONNECTED
    assert info().json()["info"][0]["status"] == "Disconnect"


def test_disconnected_is_slow(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    gateway.connected = False
    gateway.disconnected_delay = 0.2
    assert send().elapsed.total_seconds() >= 0.2


def test_other_paths_and_dangerous_ones(gateway: Gateway, session: requests.Session) -> None:
    assert session.get(gateway.url + "/nothing", timeout=5).status_code == 404
    assert session.get(gateway.url + "/logout-device", timeout=5).status_code == 404
    assert [call.path for call in gateway.violations] == ["/logout-device"]


def test_received_is_shown_over_http(
    gateway: Gateway, session: requests.Session, send: Callable[..., requests.Response]
) -> None:
    send(message="satu")
    send(message="satu")
    listing = session.get(gateway.url + "/_received", timeout=5).json()
    assert [(one["number"], one["text"]) for one in listing] == [("6281234", "satu")] * 2


def test_calls_are_recorded(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    send(headers={"Accept": "application/json"})
    (call,) = gateway.calls
    assert (call.method, call.path, call.status) == ("POST", "/send-message", 200)
    assert call.headers["accept"] == "application/json"
    assert call.parameters["message"] == "x"


def test_callback(session: requests.Session) -> None:
    got: list[Delivery] = []
    with Gateway(on_message=got.append) as gateway:
        session.post(gateway.send_url, json=BASE, timeout=5)
    assert [delivery.text for delivery in got] == ["x"]


@pytest.mark.parametrize(
    ("fault", "status", "delivered"),
    [
        (GatewayFault.NOT_FOUND, 404, 0),
        (GatewayFault.THROTTLED, 429, 0),
        (GatewayFault.SERVER_ERROR, 500, 0),
        (GatewayFault.BAD_GATEWAY, 502, 0),
        (GatewayFault.SERVICE_UNAVAILABLE, 503, 0),
        (GatewayFault.GATEWAY_TIMEOUT, 504, 0),
        (GatewayFault.GARBAGE, 200, 1),
    ],
)
def test_html_answers(
    gateway: Gateway,
    send: Callable[..., requests.Response],
    fault: GatewayFault,
    status: int,
    delivered: int,
) -> None:
    gateway.script = [fault]
    answer = send()
    assert answer.status_code == status
    assert answer.text.startswith("<!DOCTYPE html>")
    assert len(gateway.received) == delivered
    assert send().content == SENT


@pytest.mark.parametrize(
    ("fault", "body", "delivered"),
    [
        (GatewayFault.UNKNOWN_NUMBER, FAILED, 0),
        (GatewayFault.DISCONNECTED, FAILED, 0),
        (GatewayFault.SEND_FAILED, FAILED, 0),
        (GatewayFault.CHECK_CONNECTION, CHECK, 0),
        (GatewayFault.DELIVERED_BUT_FAILED, CHECK, 1),
        (GatewayFault.WRONG_KEY, b"Invali api_key", 0),
        (GatewayFault.OTHER_USER, b"Invalid api_key", 0),
        (GatewayFault.NO_PERMISSION, b"You do not have permission to use this feature", 0),
        (GatewayFault.QUOTA_ZERO, b"You no longer have enough messages", 0),
        (GatewayFault.INVALID_PARAMETERS, b"Invalid parameters!", 0),
    ],
)
def test_json_refusals(
    gateway: Gateway,
    send: Callable[..., requests.Response],
    fault: GatewayFault,
    body: bytes,
    delivered: int,
) -> None:
    gateway.fault_for["6281234"] = fault
    answer = send()
    assert answer.status_code == 400
    assert body in answer.content
    assert len(gateway.received) == delivered
    assert send(number="6289").content == SENT


@pytest.mark.parametrize(
    ("fault", "error", "delivered"),
    [
        (GatewayFault.CLOSE_BEFORE_READING, requests.ConnectionError, 0),
        (GatewayFault.RESET, requests.ConnectionError, 0),
        (GatewayFault.CLOSE_AFTER_READING, requests.ConnectionError, 1),
        (GatewayFault.HANG, requests.ReadTimeout, 0),
        (GatewayFault.HANG_DELIVERED, requests.ReadTimeout, 1),
    ],
)
def test_network_faults(
    gateway: Gateway,
    send: Callable[..., requests.Response],
    fault: GatewayFault,
    error: type[Exception],
    delivered: int,
) -> None:
    gateway.script = [fault, GatewayFault.NONE]
    with pytest.raises(error):
        send(timeout=0.3)
    assert len(gateway.received) == delivered
    assert send().content == SENT
    assert gateway.script == []


def test_refuse(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    gateway.fault = GatewayFault.REFUSE
    with pytest.raises(requests.ConnectionError):
        send()
    gateway.fault = GatewayFault.NONE
    assert send().content == SENT


def test_bent_answers(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    gateway.script = [
        GatewayFault.TRUNCATED_JSON,
        GatewayFault.WRONG_CONTENT_TYPE,
        GatewayFault.GZIP,
    ]
    assert SENT.startswith(send().content)
    odd = send()
    assert (odd.content, odd.headers["Content-Type"]) == (SENT, "text/html; charset=UTF-8")
    packed = send()
    assert (packed.content, packed.headers["Content-Encoding"]) == (SENT, "gzip")
    assert len(gateway.received) == 3


def test_drip(gateway: Gateway) -> None:
    gateway.drip_seconds = 0.01
    gateway.fault = GatewayFault.DRIP
    query = "&".join(f"{name}={value}" for name, value in BASE.items())
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(f"GET /send-message?{query} HTTP/1.0\r\n\r\n".encode())
        pieces = [sock.recv(100) for _ in range(10)]
    assert b"HTTP/1.1 2".startswith(b"".join(pieces)[:10])
    assert max(len(piece) for piece in pieces) <= 3


def test_many_calls_at_once(gateway: Gateway, send: Callable[..., requests.Response]) -> None:
    gateway.connected = False
    gateway.disconnected_delay = 0.2
    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [call.status for call in gateway.calls] == [400] * 10
