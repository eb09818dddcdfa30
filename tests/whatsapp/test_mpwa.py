"""The MPWA contract: every documented answer (cassettes) and every network fault (loopback)."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vcr

from eponctl.config import Secret, WhatsAppSettings
from eponctl.errors import Outcome, SendError, Unreachable
from eponctl.provider import CHECK_CERTIFICATE, Health, Level, Receipt, checkup, load, unanswered
from eponctl.whatsapp.mpwa import Mpwa
from tests.whatsapp.contract import (
    FAULTS,
    YES,
    Behaviour,
    Refused,
    answer,
    drip,
    hang,
    limits,
    no_http,
    reset_unread,
    said,
    serving,
    whole_request,
)

CASSETTES = Path(__file__).parents[2] / "cassettes" / "whatsapp" / "mpwa"
SENDER, TO, TEXT = "6281200009999", "6281200000001", "OLT-KEDIRI-01"


KEY = "check api_key"
URL = "check api_url"
PLAN = "plan"
SCAN = "scan its QR code"
SENT = Receipt(Level.SENT)
UNCLEAR = "Failed to send message!"
UNREGISTERED = "not registered in WhatsApp"

EXPECTED: dict[str, Receipt | Refused] = {
    "sent": SENT,
    "sent-full": Receipt(Level.SENT, "3EB0C0FFEE"),
    "sent-indonesian": SENT,
    "sent-status-as-text": SENT,
    "failed-disconnected": Refused(Outcome.SENDER_DOWN, "not connected", SCAN),
    "failed-connected": Refused(Outcome.BAD_RECIPIENT, UNCLEAR, "is on WhatsApp", needed_tries=2),
    "failed-no-info-devices": Refused(Outcome.BAD_RECIPIENT, UNCLEAR, "sender", needed_tries=3),
    "failed-indonesian": Refused(Outcome.BAD_RECIPIENT, "Gagal", "WhatsApp", needed_tries=2),
    "failed-unknown-text": Refused(Outcome.BAD_RECIPIENT, "رسالة", "WhatsApp", needed_tries=2),
    "failed-info-of-all-devices": Refused(Outcome.SENDER_DOWN, "not connected", SCAN),
    "failed-info-refused": Refused(Outcome.BAD_RECIPIENT, UNCLEAR, "sender", needed_tries=3),
    "failed-info-garbage": Refused(Outcome.BAD_RECIPIENT, UNCLEAR, "sender", needed_tries=3),
    "not-registered-connected": Refused(
        Outcome.BAD_RECIPIENT, UNREGISTERED, "WhatsApp", needed_tries=2
    ),
    "not-registered-disconnected": Refused(Outcome.SENDER_DOWN, "not connected", SCAN),
    "not-registered-no-info-devices": Refused(
        Outcome.BAD_RECIPIENT, UNREGISTERED, "sender", needed_tries=3
    ),
    "whatsapp-connection": Refused(Outcome.SENDER_DOWN, "Check your whatsapp connection", SCAN),
    "check-parameter": Refused(Outcome.BAD_MESSAGE, "Check your parameter"),
    "worker-down": Refused(Outcome.AMBIGUOUS, "Check your connection!"),
    "worker-down-indonesian": Refused(Outcome.AMBIGUOUS, "Periksa koneksi Anda!"),
    "invalid-parameters": Refused(Outcome.BAD_CONFIG, "Invalid parameters!", URL),
    "invalid-parameters-indonesian": Refused(Outcome.BAD_CONFIG, "Parameter tidak valid!", URL),
    "device-of-another-user": Refused(Outcome.BAD_CONFIG, "Invalid api_key or sender", KEY),
    "unknown-key": Refused(Outcome.BAD_CONFIG, "Invali api_key or sender", KEY),
    "unknown-key-indonesian": Refused(Outcome.BAD_CONFIG, "Kunci api atau pengirim", KEY),
    "plan-lacks-feature": Refused(Outcome.BAD_CONFIG, "You do not have permission", PLAN),
    "plan-lacks-feature-indonesian": Refused(Outcome.BAD_CONFIG, "tidak memiliki izin", PLAN),
    "no-credit": Refused(Outcome.BAD_CONFIG, "no longer have enough messages", PLAN),
    "no-credit-indonesian": Refused(Outcome.BAD_CONFIG, "cukup pesan", PLAN),
    "throttled": Refused(Outcome.RETRY, "HTTP 429", retry_after_s=37),
    "throttled-html": Refused(Outcome.RETRY, "HTTP 429", retry_after_s=900),
    "throttled-until": Refused(Outcome.RETRY, "HTTP 429", retry_after_s=50),
    "throttled-nonsense": Refused(Outcome.RETRY, "HTTP 429"),
    "maintenance": Refused(Outcome.RETRY, "HTTP 503"),
    "bad-gateway": Refused(Outcome.RETRY, "HTTP 502"),
    "proxy-cannot-connect": Refused(Outcome.RETRY, "HTTP 522"),
    "gateway-timeout": Refused(Outcome.AMBIGUOUS, "HTTP 504"),
    "server-error": Refused(Outcome.AMBIGUOUS, "HTTP 500"),
    "proxy-unknown-error": Refused(Outcome.AMBIGUOUS, "HTTP 520"),
    "unauthorized": Refused(Outcome.BAD_CONFIG, "HTTP 401", KEY),
    "forbidden": Refused(Outcome.BAD_CONFIG, "HTTP 403", KEY),
    "unknown-path": Refused(Outcome.BAD_CONFIG, "HTTP 404", URL),
    "method-not-allowed": Refused(Outcome.BAD_CONFIG, "HTTP 405", URL),
    "redirect": Refused(Outcome.BAD_CONFIG, "redirects to elsewhere.example", URL),
    "too-large": Refused(Outcome.BAD_MESSAGE, "HTTP 413", "length"),
    "html-400": Refused(Outcome.BAD_CONFIG, "HTTP 400, not as MPWA answers", URL),
    "garbage": Refused(Outcome.AMBIGUOUS, "neither yes nor no"),
    "empty": Refused(Outcome.AMBIGUOUS, "neither yes nor no"),
    "no-content": Refused(Outcome.AMBIGUOUS, "neither yes nor no"),
    "json-list": Refused(Outcome.AMBIGUOUS, "neither yes nor no"),
    "json-without-status": Refused(Outcome.AMBIGUOUS, "neither yes nor no"),
    "echoes-key": Refused(Outcome.BAD_CONFIG, "api_key=*** sender=62812…9999", KEY),
}
HEALTH = {
    "health-connected": Health.CONNECTED,
    "health-disconnected": Health.DISCONNECTED,
    "health-absent": Health.UNKNOWN,
    "health-refused": Outcome.BAD_CONFIG,
}


@contextlib.contextmanager
def replayed(case: str) -> Iterator[Mpwa]:
    """A gateway that plays this cassette, once and whole: nothing may be left over."""
    recorder = vcr.VCR(record_mode="none", match_on=["method", "uri", "body"])
    with recorder.use_cassette(str(CASSETTES / f"{case}.yaml")) as cassette:
        yield Mpwa("https://gateway.example/send-message", "scrubbed", SENDER)
        assert cassette.all_played


@pytest.mark.parametrize("case", EXPECTED)
def test_answer_means_what_is_documented(case: str) -> None:
    expected = EXPECTED[case]
    with replayed(case) as gateway:
        if isinstance(expected, Receipt):
            assert expected == gateway.send(TO, TEXT, limits())
            return
        with pytest.raises(SendError) as caught:
            gateway.send(TO, TEXT, limits())
    assert expected == said(caught.value, expected)


@pytest.mark.parametrize("case", HEALTH)
def test_health_asks_for_the_session(case: str) -> None:
    with replayed(case) as gateway:
        found = checkup(gateway, limits())
    assert HEALTH[case] is (found.error.outcome if found.error else found.health)


def test_every_cassette_has_its_expectation_and_the_reverse() -> None:
    assert sorted([*EXPECTED, *HEALTH]) == sorted(path.stem for path in CASSETTES.glob("*.yaml"))


def test_echo_of_the_gateway_is_harmless() -> None:
    with replayed("echoes-key") as gateway, pytest.raises(SendError) as caught:
        gateway.send(TO, TEXT, limits())

    message = caught.value.message
    assert message.isprintable()
    assert len(message) < 150
    assert not any(secret in message for secret in ("scrubbed", SENDER, TO))


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_empty_message_is_refused_here(text: str) -> None:
    gateway = Mpwa("http://127.0.0.1:9/send-message", "key", SENDER)
    with pytest.raises(SendError) as caught:
        gateway.send(TO, text, limits())
    assert Outcome.BAD_MESSAGE is caught.value.outcome


def test_provider_is_found_by_its_name() -> None:
    settings = WhatsAppSettings(
        provider="mpwa", api_url="http://127.0.0.1:9/", api_key=Secret("key"), sender=SENDER
    )
    provider = load(settings)
    assert (4000, 60_000, 50.0) == (
        provider.max_chars,
        provider.max_bytes,
        provider.read_timeout_s,
    )


# Network faults, and what goes over the wire.


@contextlib.contextmanager
def gateway_that(behaves: Behaviour, scheme: str = "http") -> Iterator[Mpwa]:
    """A gateway on loopback that treats every connection so."""
    with serving(behaves, scheme) as address:
        yield Mpwa(f"{address}/send-message", "key-1", SENDER)


@pytest.mark.parametrize("behaves", FAULTS)
def test_fault_after_the_request_was_written(behaves: Behaviour) -> None:
    with gateway_that(behaves) as gateway, pytest.raises(SendError) as caught:
        gateway.send(TO, TEXT, limits(0.6, 0.4))
    assert Outcome.AMBIGUOUS is caught.value.outcome
    assert caught.value.message.startswith("gateway: ")


@pytest.mark.parametrize("behaves", [hang, drip])
def test_send_ends_at_the_deadline(behaves: Behaviour) -> None:
    started = time.monotonic()
    with gateway_that(behaves) as gateway, pytest.raises(SendError):
        gateway.send(TO, TEXT, limits(0.5, 50.0))
    assert time.monotonic() - started < 2.5


def test_refused_connection_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gateway = Mpwa(f"http://127.0.0.1:{port}/send-message", "key-1", SENDER)
    with pytest.raises(SendError) as caught:
        gateway.send(TO, TEXT, limits())
    assert Outcome.RETRY is caught.value.outcome


def test_failed_tls_handshake_is_tried_again() -> None:
    def plain(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with gateway_that(plain, "https") as gateway, pytest.raises(SendError) as caught:
        gateway.send(TO, TEXT, limits())
    assert Outcome.RETRY is caught.value.outcome


def test_unknown_host_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    gateway = Mpwa("http://gateway.invalid/send-message", "key-1", SENDER)
    with pytest.raises(SendError) as caught:
        gateway.send(TO, TEXT, limits())
    assert Outcome.RETRY is caught.value.outcome


def test_no_time_left_is_tried_again() -> None:
    gateway = Mpwa("http://127.0.0.1:9/send-message", "key-1", SENDER)
    with pytest.raises(SendError) as caught:
        gateway.send(TO, TEXT, limits(0))
    assert Outcome.RETRY is caught.value.outcome


@pytest.mark.parametrize("behaves", [hang, reset_unread, no_http])
def test_checkup_says_why_the_gateway_did_not_answer(behaves: Behaviour) -> None:
    with gateway_that(behaves) as gateway:
        found = checkup(gateway, limits(0.5, 0.3))
    assert Health.UNKNOWN is found.health
    assert found.error is not None
    assert found.error.message.startswith("gateway: /info-devices: ")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"status":true,"data":{"key":{"id":"\\ud800\\u001b[31m3EB0"}}}', "[31m3EB0"),
        (b'{"status":true,"data":{"key":{"id":"\\ud800"}}}', "?"),
        (b'{"status":true,"data":{"key":{"id":"' + b"A" * 9999 + b'"}}}', "A" * 200),
        (b'{"status":true,"data":{"key":{"id":"3EB0"},"text":"cut amid \xf0\x9f"}}', "3EB0"),
        (b'\xef\xbb\xbf{"status":true,"data":{"key":{"id":"3EB0"}}}', "3EB0"),
    ],
    ids=["no letters", "nothing else", "long", "cut text", "byte order mark"],
)
def test_yes_is_a_yes_whatever_stands_beside_it(body: bytes, name: str) -> None:
    def takes(line: socket.socket) -> None:
        whole_request(line)
        line.sendall(answer(body))

    with gateway_that(takes) as gateway:
        assert Receipt(Level.SENT, name) == gateway.send(TO, TEXT, limits())


def test_certificate_that_nobody_knows_is_no_matter_of_an_olts_setting() -> None:
    error = unanswered(Unreachable("TLS failed", "set verify_tls = false", was_sent=False))
    assert (Outcome.RETRY, CHECK_CERTIFICATE) == (error.outcome, error.hint)


def test_request_is_one_json_post_to_the_whole_address() -> None:
    seen: list[bytes] = []

    def takes(line: socket.socket) -> None:
        seen.append(whole_request(line))
        line.sendall(YES)

    with gateway_that(takes) as gateway:
        gateway.send(TO, "Pagi 🚨\n*tebal* \ud800", limits())

    (request,) = seen
    head, _, body = request.partition(b"\r\n\r\n")
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
    }
    assert head.startswith(b"POST /send-message HTTP/1.1\r\n")
    assert ("application/json", "application/json", "eponctl") == (
        fields["accept"],
        fields["content-type"],
        fields["user-agent"].split("/")[0],
    )
    expected = {
        "api_key": "key-1",
        "sender": SENDER,
        "number": TO,
        "message": "Pagi 🚨\n*tebal* ?",
        "full": 1,
    }
    assert expected == json.loads(body)
