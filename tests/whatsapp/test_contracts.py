"""The contracts of Fonnte, GOWA, WAHA, the Cloud API and `http`: answers and network faults.

Each case of EXPECTED and HEALTH is a recording in cassettes/whatsapp/<provider>/.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import vcr

from eponctl.config import Secret, WhatsAppSettings, parse
from eponctl.errors import ConfigError, Outcome, SendError
from eponctl.provider import Health, Level, Provider, Receipt, checkup, load, names
from tests.whatsapp.contract import (
    FAULTS,
    Behaviour,
    Refused,
    drip,
    hang,
    limits,
    no_http,
    said,
    serving,
)

CASSETTES = Path(__file__).parents[2] / "cassettes" / "whatsapp"
SENDER, TO, TEXT = "6281200009999", "6281200000001", "OLT-KEDIRI-01"
HOST = "https://gateway.example"

# --- what each gateway is asked with -----------------------------------------------------------

CHANNELS = {
    "fonnte": f'provider = "fonnte"\napi_url = "{HOST}/send"',
    "gowa": f'provider = "gowa"\napi_url = "{HOST}/send/message"',
    "waha": f'provider = "waha"\napi_url = "{HOST}/api/sendText"',
    "cloud": f'provider = "cloud"\napi_url = "{HOST}/v23.0/100000000000001/messages"',
    "http-plain": f'provider = "http"\napi_url = "{HOST}/send"',
    "http-evolution": f'provider = "http"\napi_url = "{HOST}/message/sendText/{{{{session}}}}"\n'
    'session = "noc"\nhttp.preset = "evolution"',
    "http-wablas": f'provider = "http"\napi_url = "{HOST}/api/v2/send-message"\n'
    'http.preset = "wablas"',
    "http-onesender": f'provider = "http"\napi_url = "{HOST}/api/v1/messages"\n'
    'http.preset = "onesender"',
    "http-whapi": f'provider = "http"\napi_url = "{HOST}/messages/text"\nhttp.preset = "whapi"',
    "http-neonize": f'provider = "http"\napi_url = "{HOST}/send"\nhttp.preset = "neonize"',
    "http-callmebot": f'provider = "http"\napi_url = "{HOST}/whatsapp.php"\n'
    f'http.preset = "callmebot"\nhttp.keys = {{ "{TO}" = "scrubbed" }}',
    "http-twilio": f'provider = "http"\napi_url = "{HOST}/2010-04-01/Accounts/AC01/Messages.json"\n'
    'http.preset = "twilio"',
}
KEYS = {"gowa": "", "http-twilio": "AC01:scrubbed"}
WITH_TEMPLATE = 'template = "olt_alert"\ntemplate_language = "id"'


def gateway(channel: str, more: str = "", host: str = HOST) -> Provider:
    """The provider of a channel, by way of olts.toml."""
    key = KEYS.get(channel, "scrubbed")
    lines = [CHANNELS[channel].replace(HOST, host), f'sender = "{SENDER}"', more]
    lines += [f'api_key = "{key}"'] if key else []
    text = "\n".join(["[whatsapp]", f'recipients = ["{TO}"]', *lines])
    return load(parse(text, Path("/srv/olts.toml")).whatsapp)


def channel_of(case: str) -> str:
    """`http/evolution-sent` is played by http with that preset, `gowa/timeout` by gowa."""
    provider, _, name = case.partition("/")
    return f"http-{name.partition('-')[0]}" if provider == "http" else provider


@contextlib.contextmanager
def replayed(case: str) -> Iterator[Provider]:
    """A gateway that plays this recording, once and whole: nothing may be left over."""
    recorder = vcr.VCR(record_mode="none", match_on=["method", "uri", "body"])
    more = WITH_TEMPLATE if "template" in case and "no-template" not in case else ""
    with recorder.use_cassette(str(CASSETTES / f"{case}.yaml")) as cassette:
        yield gateway(channel_of(case), more)
        assert cassette.all_played


# --- what the answers mean ---------------------------------------------------------------------

Cases = dict[str, Receipt | Refused]
QUEUED, ACCEPTED, SENT = Receipt(Level.QUEUED), Receipt(Level.ACCEPTED), Receipt(Level.SENT)
RETRY, DOWN, BAD_TO = Outcome.RETRY, Outcome.SENDER_DOWN, Outcome.BAD_RECIPIENT
BAD_TEXT, BAD, UNCLEAR = Outcome.BAD_MESSAGE, Outcome.BAD_CONFIG, Outcome.AMBIGUOUS
KEY, URL, PLAN, SCAN = "check api_key", "check api_url", "top up the plan", "scan its QR code"
NUMBER, SESSION, DEVICE, TEMPLATE = "is on WhatsApp", "session", "/devices", "check template"

ANY: Cases = {
    "unauthorized": Refused(BAD, "HTTP 401", KEY),
    "forbidden": Refused(BAD, "HTTP 403", KEY),
    "unknown-path": Refused(BAD, "HTTP 404", URL),
    "throttled": Refused(RETRY, "HTTP 429", retry_after_s=37),
    "server-error": Refused(UNCLEAR, "HTTP 500"),
    "bad-gateway": Refused(RETRY, "HTTP 502"),
    "maintenance": Refused(RETRY, "HTTP 503"),
    "gateway-timeout": Refused(UNCLEAR, "HTTP 504"),
    "garbage": Refused(UNCLEAR, "neither yes nor no"),
    "html-400": Refused(BAD, "HTTP 400, not as such a gateway answers", URL),
    "empty": Refused(UNCLEAR, "neither yes nor no"),
    "json-list": Refused(UNCLEAR, "neither yes nor no"),
    "redirect": Refused(BAD, "redirects to elsewhere.example", URL),
    "unknown-json": Refused(UNCLEAR, "neither yes nor no"),
}
FONNTE: Cases = {
    "queued": Receipt(Level.QUEUED, "80367170"),
    "queued-as-text": Receipt(Level.QUEUED, "80367171"),
    "queued-detail-only": QUEUED,
    "token-invalid": Refused(BAD, "token invalid", "token of the device"),
    "invalid-token": Refused(BAD, "invalid token", "token of the device"),
    "unknown-user": Refused(BAD, "unknown user", "not of the account"),
    "input-invalid": Refused(BAD, "input invalid", "report this"),
    "json-invalid": Refused(BAD, "JSON format invalid", "report this"),
    "target-invalid": Refused(BAD_TO, "target invalid", NUMBER),
    "no-quota": Refused(BAD, "insufficient quota", PLAN),
    "disconnected": Refused(DOWN, "disconnected device", SCAN),
    "disconnected-capitals": Refused(DOWN, "disconnected device", SCAN),
    "unknown-reason": Refused(UNCLEAR, "HTTP 200: url unreachable"),
    "no-reason": Refused(UNCLEAR, "neither yes nor no"),
    "echoes-key": Refused(BAD, "token invalid: *** for 62812…0001", "token of the device"),
}
GOWA: Cases = {
    "acknowledged": Receipt(Level.SERVER_ACK, "3EB0C0FFEE"),
    "validation": Refused(BAD, "message: cannot be blank.", "gateway's own words"),
    "not-on-whatsapp": Refused(BAD_TO, "is not on whatsapp", NUMBER, needed_tries=2),
    "not-connected": Refused(DOWN, "you are not connect to services server", SCAN),
    "not-logged-in": Refused(DOWN, "you are not logged in", SCAN),
    "wrong-password": Refused(BAD, "HTTP 401", KEY),
    "device-id-required": Refused(BAD, "device_id is required", DEVICE),
    "device-not-found": Refused(BAD, "device not found", DEVICE),
    "timelock": Refused(BAD_TO, "(463)", "write to the sender once", retry_after_s=21600),
    "invalid-client": Refused(DOWN, "CLI is invalid", SCAN),
    "internal": Refused(UNCLEAR, "HTTP 500: context canceled"),
    "manager-unavailable": Refused(RETRY, "HTTP 503: device manager is not ready"),
    "timeout": Refused(UNCLEAR, "HTTP 504: request timed out"),
    "unknown-code": Refused(UNCLEAR, "HTTP 400: something new"),
    "success-without-code": Refused(UNCLEAR, "HTTP 200: Message sent"),
    # Without a password there is nothing to mask but the number.
    "echoes-key": Refused(UNCLEAR, "HTTP 500: scrubbed failed for 62812…0001"),
}
WAHA: Cases = {
    "sent-gows": Receipt(Level.SENT, f"true_{TO}@c.us_3EB0C0FFEE"),
    "sent-webjs": Receipt(Level.SENT, f"true_{TO}@c.us_3EB0C0FFEE"),
    "sent-noweb": Receipt(Level.SENT, "3EB0C0FFEE"),
    "sent-200": Receipt(Level.SENT, "3EB0C0FFEE"),
    "sent-without-id": Refused(UNCLEAR, "neither yes nor no"),
    "wrong-key": Refused(BAD, "HTTP 401: Unauthorized", KEY),
    "no-session": Refused(BAD, "We didn't find a session", SESSION),
    "not-working": Refused(DOWN, "session default is SCAN_QR_CODE", SCAN),
    "unprocessable": Refused(UNCLEAR, "HTTP 422: text must be a string"),
    "no-lid": Refused(BAD_TO, "no LID found for 62812…0001", NUMBER, needed_tries=2),
    "exception": Refused(UNCLEAR, "HTTP 500: Evaluation failed: ***"),
    "not-on-whatsapp": Refused(BAD_TO, "the number is not on WhatsApp", NUMBER),
    "look-up-absent": Receipt(Level.SENT, "3EB0C0FFEE"),
    "look-up-garbage": Receipt(Level.SENT, "3EB0C0FFEE"),
}


def meta(outcome: Outcome, hint: str = "", retry_after_s: float | None = None) -> Refused:
    """A refusal by Meta's code."""
    return Refused(outcome, "As Meta words it", hint, retry_after_s)


CLOUD: Cases = {
    "accepted": Receipt(Level.ACCEPTED, "wamid.HBgC0FFEE"),
    "window-closed-no-template": Refused(BAD_TEXT, "24 hours have passed", "set template"),
    "window-closed-template": Receipt(Level.ACCEPTED, "wamid.HBgTEMPLATE"),
    "template-missing": Refused(BAD, "Template name does not exist", TEMPLATE),
    "template-parameter": Refused(BAD_TEXT, "new-line/tab", TEMPLATE),
    "wrong-parameter": Refused(BAD, "Invalid parameter: Unsupported post request", URL),
    "wrong-recipient": Refused(BAD_TO, "Invalid parameter: Recipient phone number", NUMBER),
    "pair-limit-429": Refused(RETRY, "Pair rate limit hit", retry_after_s=16),
    "unknown-code": Refused(UNCLEAR, "HTTP 400: (#199999) Something new"),
    "without-code": Refused(UNCLEAR, "HTTP 500: boom"),
    "yes-without-id": Refused(UNCLEAR, "neither yes nor no"),
    "echoes-key": Refused(BAD, "(#190) Malformed access token *** for 62812…0001", KEY),
    **{f"code-{code}": meta(BAD, KEY) for code in (0, 190, 3, 10, 200, 299)},
    **{f"code-{code}": meta(BAD, URL) for code in (33, 100)},
    **{f"code-{code}": meta(RETRY) for code in (1, 2, 131016, 4, 80007, 130429, 613)},
    "code-131000": meta(UNCLEAR),
    "code-131056": meta(RETRY, retry_after_s=16),
    **{f"code-{c}": meta(BAD, "do not hurry") for c in (131048, 368, 131031, 130497)},
    "code-131042": meta(BAD, PLAN),
    **{f"code-{code}": meta(BAD_TO, NUMBER) for code in (131026, 131021, 131030)},
    **{f"code-{code}": meta(BAD_TEXT) for code in (131049, 131008, 131009, 131051)},
    **{
        f"code-{code}": meta(BAD, TEMPLATE)
        for code in (132000, 132001, 132005, 132007, 132012, 132015, 132016)
    },
}
del CLOUD["code-100"]  # wrong-parameter


def said_by(outcome: Outcome, text: str, hint: str = "", **more: float) -> Refused:
    """A refusal that a rule of http knows; who is not reached is tried once more."""
    tries = more.get("tries", 2 if outcome is BAD_TO else 1)
    return Refused(outcome, text, hint, more.get("wait_s"), int(tries))


EVOLUTION: Cases = {
    "sent": Receipt(Level.SENT, "BAE5C0FFEE"),
    "wrong-key": Refused(BAD, "HTTP 401: Unauthorized", KEY),
    "no-instance": Refused(BAD, 'HTTP 404: The "noc" instance does not exist', URL),
    "not-on-whatsapp": said_by(BAD_TO, "Bad Request", NUMBER),
    "no-group": said_by(BAD_TO, "[object Object]", NUMBER),
    "schema": said_by(BAD, "requires property", KEY),
    "schema-nested": said_by(BAD, "requires property", KEY),
    "text-required": said_by(BAD, "Text is required", KEY),
    "closed-400": said_by(DOWN, "Connection Closed", SCAN),
    "closed-500": said_by(DOWN, "Connection Closed", SCAN),
    "not-loaded": said_by(DOWN, "reading 'textMessage'", SCAN),
    "other-500": Refused(UNCLEAR, "HTTP 500: something new"),
}
WABLAS: Cases = {
    "queued": Receipt(Level.QUEUED, "f5b3"),
    "refused-inside": Refused(UNCLEAR, "HTTP 200: done"),
    "disconnected": said_by(DOWN, "device disconnected", SCAN),
    "secret-invalid": said_by(BAD, "secret key invalid", KEY),
    "token-invalid": said_by(BAD, "token invalid", KEY),
    "no-quota": said_by(BAD, "quota is empty", KEY),
    "expired": said_by(BAD, "device expired", KEY),
    "bad-phone": said_by(BAD_TO, "phone not valid", NUMBER),
    "unknown-text": said_by(BAD_TEXT, "as never seen before", tries=3),
}
CALLMEBOT: Cases = {
    "queued": QUEUED,
    "queued-for-later": QUEUED,
    "wrong-parameters": said_by(BAD, "?", KEY),
    "banned": said_by(BAD_TO, "banned", NUMBER),
    "wrong-key": said_by(BAD, "APIKey is invalid.", KEY),
    "wrong-key-200": said_by(BAD, "APIKey is invalid.", KEY),
    "too-many": said_by(RETRY, "HTTP 204", wait_s=1800),
    "unknown": said_by(RETRY, "HTTP 205", wait_s=1800),
    "down": said_by(RETRY, "down", wait_s=1800),
    "paused": said_by(RETRY, "paused", wait_s=1800),
    "quota": said_by(RETRY, "quota", wait_s=1800),
    "limit": said_by(RETRY, "25 messages per 240 minutes", wait_s=1800),
    "something-else": Refused(UNCLEAR, "HTTP 200: Hello"),
}
TWILIO: Cases = {
    "queued": Receipt(Level.QUEUED, "SMC0FFEE"),
    "no-sid": Refused(UNCLEAR, "neither yes nor no"),
    "too-many": said_by(RETRY, "Too Many Requests", wait_s=9),
    "unknown-code": Refused(UNCLEAR, "HTTP 400: new"),
    **{
        f"code-{code}": said_by(BAD_TO, "As Twilio words it", NUMBER)
        for code in (21211, 21612, 21614, 21610, 21608)
    },
    **{f"code-{code}": said_by(BAD, "As Twilio words it", KEY) for code in (20003, 21606)},
    "code-21611": said_by(RETRY, "As Twilio words it"),
    "code-21617": said_by(BAD_TEXT, "As Twilio words it"),
}
OF_HTTP: dict[str, Cases] = {
    "plain": {
        **ANY,
        "unknown-json": Refused(UNCLEAR, "neither yes nor no"),
        "taken": ACCEPTED,
        "created": ACCEPTED,
        "denied": Refused(UNCLEAR, "HTTP 200: the session is away"),
        "denied-as-text": Refused(UNCLEAR, "neither yes nor no"),
    },
    "evolution": EVOLUTION,
    "wablas": WABLAS,
    "onesender": {"taken": ACCEPTED, "denied": Refused(UNCLEAR, "neither yes nor no")},
    "whapi": {
        "taken": ACCEPTED,
        "wrong-key": Refused(BAD, "HTTP 401: need channel authorization", KEY),
    },
    "neonize": {"taken": ACCEPTED, "denied": Refused(UNCLEAR, "HTTP 200: no")},
    "callmebot": CALLMEBOT,
    "twilio": TWILIO,
}
EXPECTED: Cases = {
    **{f"fonnte/{case}": found for case, found in {**ANY, **FONNTE}.items()},
    **{f"gowa/{case}": found for case, found in {**ANY, **GOWA}.items()},
    **{f"waha/{case}": found for case, found in {**ANY, **WAHA}.items()},
    **{f"cloud/{case}": found for case, found in {**ANY, **CLOUD}.items()},
    **{
        f"http/{preset}-{case}": found
        for preset, cases in OF_HTTP.items()
        for case, found in cases.items()
    },
}
HEALTH: dict[str, Health | Outcome] = {
    "fonnte/health-connected": Health.CONNECTED,
    "fonnte/health-disconnected": Health.DISCONNECTED,
    "fonnte/health-refused": BAD,
    "fonnte/health-absent": BAD,
    "gowa/health-there": Health.UNKNOWN,
    "gowa/health-disconnected": Health.DISCONNECTED,
    "gowa/health-refused": BAD,
    "waha/health-connected": Health.CONNECTED,
    "waha/health-disconnected": Health.DISCONNECTED,
    "waha/health-stopped": Health.DISCONNECTED,
    "waha/health-new-word": Health.UNKNOWN,
    "waha/health-no-session": BAD,
    "waha/health-refused": BAD,
    "http/evolution-health-open": Health.CONNECTED,
    "http/evolution-health-close": Health.DISCONNECTED,
    "http/evolution-health-without-state": Health.UNKNOWN,
    "http/evolution-health-absent": BAD,
}


@pytest.mark.parametrize("case", EXPECTED)
def test_answer_means_what_is_documented(case: str) -> None:
    expected = EXPECTED[case]
    with replayed(case) as provider:
        if isinstance(expected, Receipt):
            assert expected == provider.send(TO, TEXT, limits())
            return
        with pytest.raises(SendError) as caught:
            provider.send(TO, TEXT, limits())
    assert expected == said(caught.value, expected)
    assert "scrubbed" not in caught.value.message or case == "gowa/echoes-key"
    assert TO not in caught.value.message


@pytest.mark.parametrize("case", HEALTH)
def test_health_asks_for_the_session(case: str) -> None:
    with replayed(case) as provider:
        found = checkup(provider, limits())
    assert HEALTH[case] is (found.error.outcome if found.error else found.health)


@pytest.mark.parametrize("channel", ["cloud", "http-plain", "http-twilio"])
def test_gateway_without_a_health_call_is_not_asked(channel: str) -> None:
    assert (Health.UNKNOWN, None) == checkup(gateway(channel, host="http://127.0.0.1:9"), limits())


def test_every_recording_has_its_expectation_and_the_reverse() -> None:
    folders = sorted({case.partition("/")[0] for case in EXPECTED})
    recorded = [
        f"{folder}/{path.stem}"
        for folder in folders
        for path in (CASSETTES / folder).glob("*.yaml")
    ]
    assert sorted([*EXPECTED, *HEALTH]) == sorted(recorded)


def test_every_gateway_that_is_named_has_a_contract() -> None:
    contracts = {path.name for path in CASSETTES.iterdir()}
    assert contracts | {"console", "file"} == set(names())


# --- network faults ----------------------------------------------------------------------------

GATEWAYS = ["fonnte", "gowa", "waha", "cloud", "http-plain", "http-callmebot"]
GROUP = "120363000000000000@g.us"


def reached(channel: str) -> str:
    """To whom a message goes with one request: WAHA asks for a number before."""
    return GROUP if channel == "waha" else TO


@pytest.mark.parametrize("behaves", FAULTS)
@pytest.mark.parametrize("channel", GATEWAYS)
def test_fault_after_the_request_was_written_is_unclear(channel: str, behaves: Behaviour) -> None:
    with serving(behaves) as address, pytest.raises(SendError) as caught:
        gateway(channel, host=address).send(reached(channel), TEXT, limits(0.3, 0.2))
    assert UNCLEAR is caught.value.outcome
    assert caught.value.message.startswith("gateway: ")
    assert "scrubbed" not in caught.value.message


@pytest.mark.parametrize("channel", GATEWAYS)
def test_refused_connection_is_tried_again(channel: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SendError) as caught:
        gateway(channel, host=f"http://127.0.0.1:{port}").send(TO, TEXT, limits())
    assert RETRY is caught.value.outcome


@pytest.mark.parametrize("channel", GATEWAYS)
@pytest.mark.parametrize("behaves", [hang, drip])
def test_send_ends_at_the_deadline(channel: str, behaves: Behaviour) -> None:
    started = time.monotonic()
    with serving(behaves) as address, pytest.raises(SendError):
        gateway(channel, host=address).send(reached(channel), TEXT, limits(0.2, 50.0))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("behaves", FAULTS)
def test_number_that_could_not_be_looked_up_was_surely_not_sent_to(behaves: Behaviour) -> None:
    with serving(behaves) as address, pytest.raises(SendError) as caught:
        gateway("waha", host=address).send(TO, TEXT, limits(0.3, 0.2))
    # JSON that is cut is an answer to the question, and then one to the message.
    assert (UNCLEAR if behaves.__name__ == "cut_json" else RETRY) is caught.value.outcome


@pytest.mark.parametrize("channel", ["fonnte", "gowa", "waha", "http-evolution"])
def test_checkup_says_why_the_gateway_did_not_answer(channel: str) -> None:
    with serving(no_http) as address:
        found = checkup(gateway(channel, host=address), limits(0.5, 0.3))
    assert found.health is Health.UNKNOWN
    assert found.error is not None
    assert found.error.message.startswith("gateway: ")


@pytest.mark.parametrize("channel", GATEWAYS)
@pytest.mark.parametrize("text", ["", " \n\t "])
def test_empty_message_is_refused_here(channel: str, text: str) -> None:
    with pytest.raises(SendError) as caught:
        gateway(channel, host="http://127.0.0.1:9").send(TO, text, limits())
    assert BAD_TEXT is caught.value.outcome


# --- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["two\nlines", "with space", "kunci–panjang"])
@pytest.mark.parametrize("provider", ["fonnte", "waha", "cloud", "http"])
def test_key_that_no_header_can_carry_is_told_without_it(provider: str, key: str) -> None:
    settings = WhatsAppSettings(provider=provider, api_url=f"{HOST}/x", api_key=Secret(key))
    with pytest.raises(ConfigError) as caught:
        load(settings)
    assert "whatsapp.api_key: expected a key of ASCII" in str(caught.value)
    assert key not in str(caught.value)


def test_gowas_key_is_a_user_and_a_password() -> None:
    settings = WhatsAppSettings(provider="gowa", api_url=f"{HOST}/x", api_key=Secret("hunter9"))
    with pytest.raises(ConfigError) as caught:
        load(settings)
    assert "expected user:password" in str(caught.value)
    assert "hunter9" not in str(caught.value)
