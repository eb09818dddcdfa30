"""Parts of a url: what is the same host, and what of it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; the port is -1 where it is no number. Raises ValueError for no url."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    default = _DEFAULT_PORTS.get(parts.scheme, 80)
    return parts.scheme, (parts.hostname or "").lower(), default if port is None else port


def origin_text(url: str) -> str:
    """The same in letters, without user name and password."""
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}"


def path_of(url: str) -> str:
    """Path and query, for a log line: no credentials, no host."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
