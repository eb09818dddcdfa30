"""Messages on a stream instead of a telephone, to see what would be sent. Needs no key.

Quirks: what the stream's encoding cannot show becomes `?`; control characters are left out, since
the stream may be a terminal.
"""

from __future__ import annotations

import re
import sys
from typing import TextIO

from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.provider import Health, Level, Receipt
from eponctl.web import Limits

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def provider(settings: WhatsAppSettings) -> Console:  # noqa: ARG001  (every provider's signature)
    """Write to what is stdout when a message is sent."""
    return Console()


class Console:
    """A stream that takes every message."""

    max_chars = 4000
    max_bytes = 60_000
    read_timeout_s = 1.0
    pause_s = 0.0

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, to: str, text: str, limits: Limits) -> Receipt:  # noqa: ARG002
        """Write recipient and text. Raises SendError RETRY: the stream is closed."""
        stream = self._stream or sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        block = _CONTROL.sub("", f"──── WhatsApp to {to}\n{text}\n\n")
        try:
            stream.write(block.encode(encoding, "replace").decode(encoding))
            stream.flush()
        except (OSError, ValueError) as error:
            raise SendError(Outcome.RETRY, f"console: cannot be written ({error})") from error
        return Receipt(Level.SENT)

    def health(self, limits: Limits) -> Health:  # noqa: ARG002
        """Always there."""
        return Health.CONNECTED
