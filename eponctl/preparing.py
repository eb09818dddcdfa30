"""Requests as they go on the wire.

requests prepares what has a body, a query or cookies. A GET of a page has nothing to prepare, and
most devices are asked for nothing else: their polls do not wait until requests is loaded, which
takes longer than asking 50 of them does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from requests.cookies import RequestsCookieJar
    from urllib3.response import BaseHTTPResponse


class Prepared(NamedTuple):
    """One request: the whole url, every header of ours, the body as bytes or text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | str | None = None


class Parts(NamedTuple):
    """What may be in a request beside its url and headers."""

    json: Any = None
    form: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None


NO_PARTS = Parts()


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic. In UTF-8: requests would take latin-1, which lacks letters."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


class Cookies:
    """What a host wants to hear again."""

    def __init__(self) -> None:
        self._jar: RequestsCookieJar | None = None

    def keep(self, asked: Prepared, answer: BaseHTTPResponse) -> None:
        """Take those of an answer."""
        if "Set-Cookie" not in answer.headers:
            return
        from requests.cookies import RequestsCookieJar, extract_cookies_to_jar

        self._jar = self._jar or RequestsCookieJar()
        extract_cookies_to_jar(self._jar, asked, answer)  # type: ignore[no-untyped-call]

    def prepared(
        self, method: str, url: str, headers: Mapping[str, str], parts: Parts = NO_PARTS
    ) -> Prepared:
        """A request with those that go with it. Raises exceptions of requests, all OSErrors."""
        if method == "GET" and parts is NO_PARTS and not self._jar:
            return Prepared(method, url, headers)
        import requests

        one = requests.Request(
            method,
            url,
            headers=headers,
            json=parts.json,
            data=parts.form,
            params=parts.query,
            cookies=self._jar,
        ).prepare()
        return Prepared(method, str(one.url), one.headers, one.body)
