"""[whatsapp] and [whatsapp.http]: what each gateway needs, presets, and their faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from eponctl import config
from eponctl.config import HttpRule, HttpSettings, Secret, WhatsAppSettings
from eponctl.errors import ConfigError
from eponctl.gatewaypresets import PRESETS

FILE = Path("/srv/olts.toml")
TO = "6281200000001"


def channel(text: str) -> WhatsAppSettings:
    """The channel of a file that tells one person."""
    return config.parse(f'[whatsapp]\nrecipients = ["{TO}"]\n{text}', FILE).whatsapp


def faults(text: str) -> list[str]:
    """The faults of such a file, without its name."""
    with pytest.raises(ConfigError) as caught:
        channel(text)
    return [str(problem).removeprefix(f"{FILE}: ") for problem in caught.value.problems]


def http(text: str, key: str = 'api_key = "k"') -> WhatsAppSettings:
    return channel(f'provider = "http"\napi_url = "https://gateway.example/send"\n{key}\n{text}')


def http_faults(text: str, key: str = 'api_key = "k"') -> list[str]:
    return faults(f'provider = "http"\napi_url = "https://gateway.example/send"\n{key}\n{text}')


@pytest.mark.parametrize(
    ("provider", "missing"),
    [
        ("fonnte", ["api_key"]),
        ("gowa", ["api_url"]),
        ("waha", ["api_key", "api_url"]),
        ("cloud", ["api_key", "api_url"]),
        ("http", ["api_url"]),
    ],
)
def test_each_gateway_says_all_that_it_lacks(provider: str, missing: list[str]) -> None:
    found = faults(f'provider = "{provider}"')
    assert [f"whatsapp.{key}" for key in missing] == [fault.partition(":")[0] for fault in found]


def test_hosted_gateways_have_an_address_of_their_own() -> None:
    assert channel('provider = "fonnte"\napi_key = "k"').api_url == "https://api.fonnte.com/send"
    other = channel('provider = "fonnte"\napi_key = "k"\napi_url = "https://gateway.example/send"')
    assert other.api_url == "https://gateway.example/send"


def test_own_keys_arrive_in_their_fields() -> None:
    text = 'provider = "cloud"\napi_key = "k"\napi_url = "https://gateway.example/v23.0/1/messages"'
    more = '\nsession = "noc-1"\ntemplate = "olt_alert"\ntemplate_language = "en_US"'
    found = channel(text + more)
    assert ("noc-1", "olt_alert", "en_US") == (
        found.session,
        found.template,
        found.template_language,
    )


def test_faults_of_own_keys_are_told_at_once() -> None:
    text = (
        'provider = "console"\nsession = "a b"\ntemplate = "Olt"\ntemplate_language = "Indonesia"'
    )
    assert ["whatsapp.session", "whatsapp.template", "whatsapp.template_language"] == [
        fault.partition(":")[0] for fault in faults(text)
    ]


def test_a_preset_fills_what_the_file_does_not_say() -> None:
    found = http('http.preset = "whapi"\nhttp.max_chars = 2000').http
    assert PRESETS["whapi"]._replace(max_chars=2000) == found


def test_own_rules_come_before_those_of_the_preset() -> None:
    rule = 'http.preset = "wablas"\n[[whatsapp.http.errors]]\nstatus = 402\nthen = "bad_config"\n'
    found = http(rule).http.errors
    assert HttpRule("bad_config", status=(402,)) == found[0]
    assert PRESETS["wablas"].errors == found[1:]


def test_every_key_arrives_in_its_field() -> None:
    text = """
        [whatsapp.http]
        method = "GET"
        auth = "query"
        auth_name = "token"
        headers = { X-Tenant = "kediri" }
        body_type = "query"
        body = { to = "{{to}}", text = "{{text}}", loud = true, level = 3 }
        group_body = { is_group = "{{is_group}}" }
        person = "c.us"
        groups = false
        keys = { "0812-0000-0001" = "a", "6281200000002" = "env:K", "6281200000003" = "file:k.txt" }
        success_status = 202
        success = { "data.ok" = [true, 1], "data.id" = [] }
        success_text = "ok"
        level = "sent"
        id_path = "data.id"
        error_text = ["why"]
        health_url = "../status/{{session}}"
        health_path = "state"
        health_ok = ["open"]
        max_chars = 1600
        [[whatsapp.http.errors]]
        status = [500, 502]
        path = "code"
        any_of = [3, "3"]
        text = "gone|away"
        wait = "2m"
        then = "retry"
    """
    expected = HttpSettings(
        preset="",
        method="GET",
        auth="query",
        auth_name="token",
        headers={"X-Tenant": "kediri"},
        body_type="query",
        body={"to": "{{to}}", "text": "{{text}}", "loud": True, "level": 3},
        group_body={"is_group": "{{is_group}}"},
        person="c.us",
        groups=False,
        keys={
            TO: Secret(value="a"),
            "6281200000002": Secret(env="K"),
            "6281200000003": Secret(file=Path("/srv/k.txt")),
        },
        success_status=(202,),
        success={"data.ok": (True, 1), "data.id": ()},
        success_text="ok",
        level="sent",
        id_path="data.id",
        errors=(HttpRule("retry", (500, 502), "code", "gone|away", (3, "3"), 120),),
        error_text=("why",),
        health_url="../status/{{session}}",
        health_path="state",
        health_ok=("open",),
        max_chars=1600,
    )
    assert expected == http(text).http


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('preset = "evolutoin"', "http.preset: expected one of callmebot, evolution, neonize"),
        ('auth = "digest"', "http.auth: expected one of none, basic"),
        ('auth = "header"', "http.auth_name: missing, expected the name of the header"),
        ('headers = { Authorization = "Bearer {{key}}" }', "http.headers: expected a table of"),
        ('headers = { X = "a\\r\\nY: b" }', "http.headers: expected a table of header names"),
        ('body = { number = "{{to}}" }', "http.body: expected {{text}} in it"),
        ('body = { n = "{{to}}", m = "{{texte}}" }', "http.body: expected placeholders of {{to}}"),
        ('body = "{{to}}{{text}}"', "http.body: expected a table, as"),
        (
            'body_type = "form"\nbody = { to = "{{to}}", text = { body = "{{text}}" } }',
            "http.body: expected no tables or arrays in it, for body_type form",
        ),
        ('health_url = "//elsewhere.example/x"', "http.health_url: expected a path"),
        ('health_url = "https://elsewhere.example"', "http.health_url: expected a path"),
        ("max_chars = 160", "http.max_chars: expected a whole number from 1000"),
        ("success_status = [20]", "http.success_status: expected HTTP statuses"),
        ('success = { "a b" = [] }', "http.success: expected a path"),
        ('errors = [{ then = "retry" }]', "http.errors[1].status: missing, expected a status"),
        ("errors = [{ status = 400 }]", "http.errors[1].then: missing, expected one of ok, retry"),
        ('errors = [{ any_of = [1], then = "ok" }]', "http.errors[1].path: missing"),
        ('errors = [{ text = "(", then = "ok" }]', "http.errors[1].text: expected a regular"),
        ('keys = { nobody = "hunter9" }', "http.keys: expected a table of recipients and keys"),
        ('keys = { "6281200000001" = 5 }', "http.keys: expected a table of recipients and keys"),
        ('persson = "digits"', 'http.persson: unknown key; did you mean "person"?'),
    ],
)
def test_a_fault_says_where_it_is_and_what_was_expected(text: str, expected: str) -> None:
    (fault,) = http_faults(f"[whatsapp.http]\n{text}")
    assert fault.startswith(f"whatsapp.{expected}")
    assert "hunter9" not in fault


def test_what_a_request_cannot_be_made_without_is_needed() -> None:
    assert http_faults('http.preset = "whapi"', key="") == [
        "whatsapp.api_key: missing, expected one of api_key, api_key_env, api_key_file"
    ]
    (sender,) = http_faults('http.preset = "twilio"', key='api_key = "AC01:x"')
    assert sender.startswith("whatsapp.sender: missing, expected a telephone number")
    (key,) = http_faults('http.preset = "callmebot"', key="")
    assert key.startswith("whatsapp.api_key: missing, expected a key for everybody, or one for")


@pytest.mark.parametrize(
    "provider", ['provider = "gowa"', 'provider = "http"\nhttp.auth = "basic"']
)
def test_a_login_is_a_user_and_a_password(provider: str) -> None:
    text = f'{provider}\napi_url = "https://gateway.example/send/message"\napi_key = "hunter9"'
    assert ["whatsapp.api_key: expected user:password"] == faults(text)
    assert channel(text.replace("hunter9", "noc:hunter9")).enabled


def test_keys_of_recipients_are_secrets_like_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EPONCTL_TEST_UNSET", raising=False)
    path = tmp_path / "olts.toml"
    path.write_text(
        f'[whatsapp]\nprovider = "http"\nrecipients = ["{TO}"]\nhttp.preset = "callmebot"\n'
        f'http.keys = {{ "{TO}" = "hunter9", "6281200000002" = "env:EPONCTL_TEST_UNSET" }}\n'
    )
    path.chmod(0o644)
    found = config.load(path)

    assert "hunter9" not in repr(found)
    assert [f"{path} holds a password and can be read by everyone: chmod 600 {path}"] == (
        config.exposed(found)
    )
    (problem,) = config.secret_problems(found)
    assert ("whatsapp.http.keys", True) == (problem.key, "EPONCTL_TEST_UNSET" in problem.text)
