"""Any gateway that takes a message by one HTTP request: [whatsapp.http] says how, or its preset.

`api_url` is the whole address for sending. The key goes where `auth` says; nothing of a message or
a key is ever put into a text that is parsed afterwards, so no name can change a request.

Quirks: what no rule knows is unclear. A yes that nothing describes is a JSON object that does not
deny it.

Source: field/whatsapp-gateways.md sections 12 and 14; its presets are in gatewaypresets.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin

from eponctl.answers import (
    asked,
    found,
    identity,
    is_no,
    parsed,
    plain,
    refused,
    sendable,
    unknown,
    words,
)
from eponctl.config import HttpRule, HttpSettings, WhatsAppSettings
from eponctl.errors import ConfigError, Outcome, Problem, SendError
from eponctl.provider import (
    CHECK_API_KEY,
    CHECK_NUMBER,
    CHECK_SENDER,
    Health,
    Level,
    Receipt,
    key_of,
)
from eponctl.web import Limits, Page, Web

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_PERSONS = {
    "digits": "{}",
    "e164": "+{}",
    "c.us": "{}@c.us",
    "s.whatsapp.net": "{}@s.whatsapp.net",
    "whatsapp+e164": "whatsapp:+{}",
}
_HINTS = {
    Outcome.SENDER_DOWN: CHECK_SENDER,
    Outcome.BAD_RECIPIENT: CHECK_NUMBER,
    Outcome.BAD_CONFIG: CHECK_API_KEY,
}


def provider(settings: WhatsAppSettings) -> Http:
    """The gateway that [whatsapp.http] describes. Raises ConfigError: a key cannot be had."""
    how = settings.http
    key = key_of(settings)
    if how.auth == "basic" and ":" not in key:
        what = 'expected user:password, for auth = "basic"'
        raise ConfigError([Problem("whatsapp.api_key", "", what)])
    keys = {to: secret.reveal() for to, secret in how.keys.items()}
    return Http(settings, key, keys)


class Http:
    """One gateway, asked as its settings say."""

    max_bytes = 60_000
    read_timeout_s = 50.0
    pause_s = 6.0

    def __init__(self, settings: WhatsAppSettings, key: str, keys: Mapping[str, str]) -> None:
        self._settings = settings
        self._how = settings.http
        self._key = key
        self._keys = keys
        # A user name is none.
        own = key.partition(":")[2] if settings.http.auth == "basic" else key
        self._secrets = (own, *keys.values())
        self.max_chars = settings.http.max_chars

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Fill in the request, and judge the answer."""
        how, is_group = self._how, "@" in to
        if is_group and not how.groups:
            raise SendError(Outcome.BAD_RECIPIENT, "this gateway reaches no groups or channels")
        places = self._places | {
            "to": to if is_group else _PERSONS[how.person].format(to),
            "text": sendable(text),
            "recipient_key": self._keys.get(to, self._key),
            "is_group": is_group,
        }
        tree = {**how.body, **how.group_body} if is_group else how.body
        url = _url(self._settings.api_url, places)
        page = self._ask(how.method, url, limits, how.body_type, filled(tree, places))
        answer, rule = parsed(page), _rule(how, page)
        if _is_taken(how, page, answer) or (rule and rule.then == "ok"):
            return Receipt(Level(how.level), identity(answer, how.id_path))
        said = words(answer, *how.error_text) or ("" if answer else self._bare(page))
        if rule is None:
            raise unknown(page, said, secrets=self._secrets)
        outcome = Outcome(rule.then)
        usual = _NEEDED_TRIES if outcome is Outcome.BAD_RECIPIENT else 1
        raise refused(
            page,
            outcome,
            said,
            hint=_HINTS.get(outcome, ""),
            secrets=self._secrets,
            needed_tries=rule.tries or usual,
            wait_s=rule.wait_s or None,
        )

    def health(self, limits: Limits) -> Health:
        """Ask `health_url`, where there is one and what it needs is known. Raises SendError."""
        how = self._how
        if not how.health_url or ("{{session}}" in how.health_url and not self._settings.session):
            return Health.UNKNOWN
        url = _url(urljoin(self._settings.api_url, how.health_url), self._places)
        page = self._ask("GET", url, limits, "json", None)
        state = words(parsed(page), how.health_path) if page.status < 300 else ""  # noqa: PLR2004
        if page.status >= 300:  # noqa: PLR2004
            said = words(parsed(page), *how.error_text)
            raise unknown(page, said, secrets=self._secrets)
        if not state:
            return Health.UNKNOWN
        is_there = state.lower() in {word.lower() for word in how.health_ok}
        return Health.CONNECTED if is_there else Health.DISCONNECTED

    @property
    def _places(self) -> dict[str, Any]:
        return {"sender": self._settings.sender, "session": self._settings.session}

    def _ask(self, method: str, url: str, limits: Limits, body_type: str, body: Any) -> Page:
        how = self._how
        headers, query = dict(how.headers), dict[str, str]()
        if how.auth == "bearer":
            headers["Authorization"] = f"Bearer {self._key}"
        elif how.auth == "header":
            headers[how.auth_name] = self._key
        elif how.auth == "query":
            query[how.auth_name] = self._key
        elif how.auth == "field" and body is not None:
            body = {**body, how.auth_name: self._key}
        parts: dict[str, Any] = {}
        if body is not None and body_type == "query":
            query |= _flat(body)
        elif body is not None:
            parts = {"json": body} if body_type == "json" else {"form": _flat(body)}
        user, _, password = self._key.partition(":")
        login = (user, password) if how.auth == "basic" else None
        with Web(url, limits, login=login) as web, web.within():
            return asked(
                web, method, url, headers=headers, query=query, secrets=self._secrets, **parts
            )

    def _bare(self, page: Page) -> str:
        """The words of an answer that is no JSON, where that is what the gateway speaks."""
        return plain(page) if self._how.success_text else ""


_NEEDED_TRIES = 2


def filled(tree: Any, places: Mapping[str, Any]) -> Any:
    """A tree with its placeholders filled in; one that stands alone keeps its kind. Pure."""
    if isinstance(tree, Mapping):
        return {name: filled(value, places) for name, value in tree.items()}
    if isinstance(tree, list):
        return [filled(value, places) for value in tree]
    if not isinstance(tree, str):
        return tree
    alone = _PLACE.fullmatch(tree)
    if alone:
        return places.get(alone[1], "")
    # In one go: what is filled in is not looked at again.
    return _PLACE.sub(lambda place: str(places.get(place[1], "")), tree)


def _url(url: str, places: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda place: quote(str(places.get(place[1], "")), safe=""), url)


def _flat(body: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in body.items()
    }


def _is_taken(how: HttpSettings, page: Page, answer: Mapping[str, Any]) -> bool:
    if page.status not in how.success_status:
        return False
    if how.success_text and how.success_text.lower() not in plain(page).lower():
        return False
    if not (how.success or how.success_text):
        return bool(answer) and not _is_denied(answer)
    return all(_fits(found(answer, path), values) for path, values in how.success.items())


def _is_denied(answer: Mapping[str, Any]) -> bool:
    is_no_said = any(is_no(found(answer, key)) for key in ("status", "success", "sent", "ok"))
    return is_no_said or bool(found(answer, "error"))


def _rule(how: HttpSettings, page: Page) -> HttpRule | None:
    answer = parsed(page)
    return next((rule for rule in how.errors if _is_of(rule, page, answer)), None)


def _is_of(rule: HttpRule, page: Page, answer: Mapping[str, Any]) -> bool:
    if rule.status and page.status not in rule.status:
        return False
    if rule.any_of and not _fits(found(answer, rule.path), rule.any_of):
        return False
    place = words(answer, rule.path) if rule.path else page.body.decode("utf-8", "replace")
    return not rule.text or bool(re.search(rule.text, place, re.IGNORECASE))


def _fits(value: object, wanted: tuple[Any, ...]) -> bool:
    """Whether a value is one of those, of the same kind (true is not 1); any, where none is."""
    if not wanted:
        return value is not None and value != ""
    return any(type(one) is type(value) and one == value for one in wanted)
