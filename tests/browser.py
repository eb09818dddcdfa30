"""Chromium without a window, asked by WebDriver's protocol: a page as a person's browser has it.

Sources: W3C WebDriver; chromedriver's own /goog/cdp and /se/log. By requests, which is there
anyway: selenium brings a dozen packages, and looks for a browser to download where it finds none.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key that WebDriver names an element by."""
_TIMEOUT_S = 30
_ARGUMENTS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


class Browser:
    """One session: one page at a time."""

    def __init__(self, address: str, program: str) -> None:
        self._web = requests.Session()
        self._web.trust_env = False
        # Its sandbox does not work as root, which is who runs tests in a container.
        arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        wanted = {
            "goog:chromeOptions": {"binary": program, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self._address = f"{address}/session"
        opened = self._ask("post", "", {"capabilities": {"alwaysMatch": wanted}})
        self._address = f"{self._address}/{opened['sessionId']}"

    def close(self) -> None:
        """End the session, and with it the browser."""
        self._ask("delete", "")
        self._web.close()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body or {}) if method == "post" else None
        answer = self._web.request(method, self._address + path, data=data, timeout=_TIMEOUT_S)
        value = answer.json()["value"]
        assert answer.ok, value
        return value

    def command(self, name: str, **values: Any) -> Any:
        """A command of the DevTools protocol."""
        return self._ask("post", "/goog/cdp/execute", {"cmd": name, "params": values})

    def show(
        self, width: int, height: int, *, is_dark: bool = False, is_phone: bool = False
    ) -> None:
        """Have a screen of this size."""
        scale = 2 if is_phone else 1
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=is_phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        # A click would miss what still glides into sight.
        motion = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.command("Emulation.setEmulatedMedia", features=[scheme, motion])

    def open(self, address: str) -> None:
        """Go there, and wait until all of it is there."""
        self._ask("post", "/url", {"url": address})

    def run(self, script: str, *values: Any) -> Any:
        """What a script returns."""
        return self._ask("post", "/execute/sync", {"script": script, "args": list(values)})

    def wait(self, script: str) -> Any:
        """What a script returns once that is something; no later than WebDriver's own patience."""
        code = (
            "const done = arguments[0]; const look = () => {"
            f"const found = (() => {{ {script} }})();"
            "found ? done(found) : setTimeout(look, 10) }; look()"
        )
        return self._ask("post", "/execute/async", {"script": code, "args": []})

    def _find(self, selector: str) -> str:
        found = self._ask("post", "/element", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    def click(self, selector: str) -> None:
        """Click what a person could click there: not what is covered, or hidden."""
        self._ask("post", f"/element/{self._find(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self._ask("post", f"/element/{self._find(selector)}/value", {"text": text})

    def log(self, kind: str) -> list[dict[str, Any]]:
        """What was logged since this was last asked: of the `browser`, or its `performance`."""
        return list(self._ask("post", "/se/log", {"type": kind}))

    def requested(self) -> list[str]:
        """Addresses that the page asked for since this was last asked."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def picture(self, path: Path) -> None:
        """What is on the screen."""
        path.write_bytes(base64.b64decode(self._ask("get", "/screenshot")))


def program(*names: str) -> str:
    """The first of these programs that is there."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(
            f"{names[0]} is missing: apt-get install chromium chromium-driver (.ci/run does)"
        )
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for some tests, with nothing of anybody's in it."""
    chrome = program("chromium", "chromium-browser", "google-chrome")
    with tempfile.TemporaryDirectory() as home:
        driver = subprocess.Popen(
            [program("chromedriver"), "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "HOME": home, "TMPDIR": home},
        )
        assert driver.stdout
        try:
            ports = (re.search(r"on port (\d+)", line) for line in driver.stdout)
            port = next((found[1] for found in ports if found and found[1] != "0"), None)
            assert port, "chromedriver did not start"
            browser = Browser(f"http://127.0.0.1:{port}", chrome)
            try:
                yield browser
            finally:
                browser.close()
        finally:
            driver.terminate()
            driver.communicate()
