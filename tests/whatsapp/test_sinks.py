"""The console and the file: places that take every message, for trying things out."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest

from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.masking import masked
from eponctl.provider import Health, Level, Receipt, load, quoted
from eponctl.web import Limits
from eponctl.whatsapp.console import Console
from eponctl.whatsapp.file import File

TO = "6281200000001"
LIMITS = Limits(1.0, 1.0, time.monotonic() + 3600)
SENT = Receipt(Level.SENT)


def test_console_writes_recipient_and_text_where_stdout_is_now(
    capsys: pytest.CaptureFixture[str],
) -> None:
    provider = load(WhatsAppSettings(provider="console"))

    assert SENT == provider.send(TO, "Pagi 🚨\nbaris dua", LIMITS)
    assert f"──── WhatsApp to {TO}\nPagi 🚨\nbaris dua\n\n" == capsys.readouterr().out
    assert Health.CONNECTED is provider.health(LIMITS)


def test_console_sends_no_escape_to_a_terminal() -> None:
    stream = io.StringIO()
    Console(stream).send(TO, "a\x1b[31mb\r\x9bc\td", LIMITS)

    assert f"──── WhatsApp to {TO}\na[31mbcd\n\n" == stream.getvalue()


def test_console_without_letters_for_it_shows_question_marks() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert SENT == Console(stream).send(TO, "🚨 ok", LIMITS)


def test_closed_console_is_tried_again() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(SendError) as caught:
        Console(stream).send(TO, "text", LIMITS)
    assert Outcome.RETRY is caught.value.outcome


def test_file_holds_one_json_line_a_message_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    provider = File(str(path), now=lambda: 1_700_000_000.9)
    for text in ("Pagi 🚨\nbaris dua", "\ud800"):
        assert SENT == provider.send(TO, text, LIMITS)

    expected = [
        {"at": "2023-11-14T22:13:20+00:00", "to": TO, "text": text}
        for text in ("Pagi 🚨\nbaris dua", "?")
    ]
    assert expected == [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert 0o600 == path.stat().st_mode & 0o777


def test_file_is_found_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    provider = load(WhatsAppSettings(provider="file", api_url=str(path)))

    assert SENT == provider.send(TO, "text", LIMITS)
    assert 1 == len(path.read_text("utf-8").splitlines())
    assert Health.CONNECTED is provider.health(LIMITS)


def test_file_that_cannot_be_written_is_bad_config(tmp_path: Path) -> None:
    with pytest.raises(SendError) as caught:
        File(str(tmp_path)).send(TO, "text", LIMITS)

    assert Outcome.BAD_CONFIG is caught.value.outcome
    assert "api_url" in caught.value.hint


def test_pipe_that_nobody_reads_does_not_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(SendError) as caught:
        File(str(pipe)).send(TO, "text", LIMITS)
    assert Outcome.BAD_CONFIG is caught.value.outcome


def test_full_disk_is_tried_again() -> None:
    with pytest.raises(SendError) as caught:
        File("/dev/full").send(TO, "text", LIMITS)
    assert Outcome.RETRY is caught.value.outcome


def test_line_that_was_not_written_whole_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "messages.jsonl"
    provider = File(str(path))
    provider.send(TO, "first", LIMITS)
    before = path.read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:10]))

    with pytest.raises(SendError) as caught:
        provider.send(TO, "second", LIMITS)
    assert Outcome.RETRY is caught.value.outcome
    assert before == path.read_bytes()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6281200000001", "62812…0001"),
        ("120363000000000042@g.us", "12036…0042@g.us"),
        ("to 12345678.", "to …5678."),
        ("HTTP 502, 1234567", "HTTP 502, 1234567"),
    ],
)
def test_numbers_are_masked_but_for_their_ends(text: str, expected: str) -> None:
    assert expected == masked(text)


def test_quoted_text_is_one_short_harmless_line() -> None:
    text = quoted("key=s3cret\n\x1b[31m" + "x" * 500, "s3cret", "")
    assert text.startswith("key=*** [31mxxx")
    assert 120 == len(text)
