"""The provider `http`: what goes over the wire, and that no text can change it."""

from __future__ import annotations

import json
import logging
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from eponctl.config import parse
from eponctl.errors import Outcome, SendError
from eponctl.provider import Level, Receipt, load
from eponctl.whatsapp.cloud import PARAMETER_CHARS, one_line
from eponctl.whatsapp.http import filled
from tests.whatsapp.contract import answer, limits, serving, whole_request

TO, GROUP = "6281200000001", "120363000000000000@g.us"
HOSTILE = 'a "quote" \\ {{recipient_key}} {{to}}\n&phone=6281200000009 🚨'


def sent(
    settings: str, to: str = TO, text: str = HOSTILE, path: str = "/send"
) -> tuple[str, dict[str, str], bytes]:
    """Target, headers and body of the one request that a message makes."""
    seen: list[bytes] = []

    def takes(line: socket.socket) -> None:
        seen.append(whole_request(line))
        line.sendall(answer(b'{"ok":true}'))

    with serving(takes) as address:
        config = parse(
            f'[whatsapp]\nprovider = "http"\napi_url = "{address}{path}"\napi_key = "key-1:x"\n'
            f'sender = "6281200009999"\nrecipients = ["{TO}"]\n{settings}',
            Path("/srv/olts.toml"),
        )
        assert Receipt(Level.ACCEPTED) == load(config.whatsapp).send(to, text, limits())
    (request,) = seen
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = (line.partition(":") for line in lines)
    return first, {name.lower(): value.strip() for name, _, value in fields}, body


def test_json_is_built_from_the_tree_and_not_from_text() -> None:
    first, headers, body = sent(
        '[whatsapp.http]\nauth = "bearer"\nheaders = { X-Tenant = "kediri" }\n'
        'body = { to = "{{to}}", text = { body = "{{text}}" }, from = "+{{sender}}", n = 1 }'
    )
    assert first == "POST /send HTTP/1.1"
    expected = {"to": TO, "text": {"body": HOSTILE}, "from": "+6281200009999", "n": 1}
    assert expected == json.loads(body)
    assert ("Bearer key-1:x", "kediri", "application/json") == (
        headers["authorization"],
        headers["x-tenant"],
        headers["accept"],
    )


def test_form_and_query_carry_one_number_whatever_the_text() -> None:
    for body_type, method in (("form", "POST"), ("query", "GET")):
        first, headers, body = sent(
            f'[whatsapp.http]\nbody_type = "{body_type}"\nmethod = "{method}"\nauth = "basic"\n'
            'body = { phone = "{{to}}", text = "{{text}}" }\nperson = "e164"'
        )
        target = first.split(" ")[1]
        given = parse_qs(body.decode() if body_type == "form" else urlsplit(target).query)
        assert {"phone": [f"+{TO}"], "text": [HOSTILE]} == given
        assert headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("auth", "place"),
    [("header", "header"), ("query", "target"), ("field", "body")],
)
def test_key_goes_where_auth_says(auth: str, place: str) -> None:
    first, headers, body = sent(f'[whatsapp.http]\nauth = "{auth}"\nauth_name = "x-key"')
    places = {
        "header": headers.get("x-key"),
        "target": parse_qs(urlsplit(first.split(" ")[1]).query).get("x-key", [None])[0],
        "body": json.loads(body).get("x-key"),
    }
    assert {place: "key-1:x"} == {name: key for name, key in places.items() if key}


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("digits", TO),
        ("e164", f"+{TO}"),
        ("c.us", f"{TO}@c.us"),
        ("s.whatsapp.net", f"{TO}@s.whatsapp.net"),
        ("whatsapp+e164", f"whatsapp:+{TO}"),
    ],
)
def test_number_has_the_form_that_is_asked_for(person: str, expected: str) -> None:
    _, _, body = sent(f'[whatsapp.http]\nperson = "{person}"')
    assert expected == json.loads(body)["number"]


def test_key_or_number_in_the_address_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "eponctl.web")
    first, _, _ = sent("", path="/a/{{recipient_key}}/{{to}}")
    assert first == f"POST /a/key-1%3Ax/{TO} HTTP/1.1"
    (line,) = caplog.messages
    assert line.startswith("POST /a/***/62812…0001 200 ")


@pytest.mark.parametrize("no", ['"sent":false', '"ok":false', '"error":"no session"'])
def test_yes_that_is_denied_inside_is_none(no: str) -> None:
    def denies(line: socket.socket) -> None:
        whole_request(line)
        line.sendall(answer(f'{{"id":"x",{no}}}'.encode()))

    with serving(denies) as address:
        provider = f'provider = "http"\napi_url = "{address}/send"\nhttp.preset = "neonize"'
        config = parse(f'[whatsapp]\n{provider}\nrecipients = ["{TO}"]', Path("/srv/olts.toml"))
        with pytest.raises(SendError) as caught:
            load(config.whatsapp).send(TO, "x", limits())
    assert Outcome.AMBIGUOUS is caught.value.outcome


def test_groups_are_sent_to_as_their_body_says() -> None:
    _, _, body = sent('http.preset = "onesender"', to=GROUP, text="x")
    expected = {"recipient_type": "group", "to": GROUP, "type": "text", "text": {"body": "x"}}
    assert expected == json.loads(body)
    _, _, body = sent('http.body = { t = "{{to}}", m = "{{text}}", g = "{{is_group}}" }', to=GROUP)
    assert json.loads(body)["g"] is True


def test_gateway_without_groups_is_not_asked_for_one() -> None:
    config = parse(
        f'[whatsapp]\nprovider = "http"\nhttp.preset = "callmebot"\napi_key = "k"\n'
        f'recipients = ["{GROUP}"]',
        Path("/srv/olts.toml"),
    )
    with pytest.raises(SendError) as caught:
        load(config.whatsapp).send(GROUP, "x", limits())
    assert Outcome.BAD_RECIPIENT is caught.value.outcome


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("{{text}}", "a {{to}}"),
        ("<{{text}}> {{to}}", "<a {{to}}> 62"),
        ({"x": ["{{to}}", 1, True, {"y": "{{is_group}}"}]}, {"x": ["62", 1, True, {"y": False}]}),
        ("{{unknown}}", ""),
    ],
)
def test_what_is_filled_in_is_not_looked_at_again(tree: Any, expected: Any) -> None:
    assert expected == filled(tree, {"to": "62", "text": "a {{to}}", "is_group": False})


@pytest.mark.parametrize("text", ["a\nb\tc", "a      b", "──────────\nx", "y\r\n\r\nz", "w" * 5000])
def test_templates_take_one_short_line(text: str) -> None:
    line = one_line(text)
    assert not any(mark in line for mark in ("\n", "\r", "\t", "     ", "───"))
    assert 0 < len(line) <= PARAMETER_CHARS
