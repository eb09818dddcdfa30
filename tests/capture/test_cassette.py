"""The YAML of a recording: what PyYAML and vcr read is what was written."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from eponctl.capture import cassette
from eponctl.capture.recording import Exchange

URL = "http://olt.example/x.asp?oltponno=0/1"


def exchange(body: bytes = b"", **headers: str) -> Exchange:
    return Exchange("GET", URL, 200, headers, body, {"Authorization": "Basic secret"})


def body_of(document: str) -> bytes:
    (_, (response,)) = deserialize(document, yamlserializer)
    found: bytes = response["body"]["string"]
    return found


lines = st.lists(
    st.sampled_from(["", " x", "a: b", "# c", "- d", "\t", "'", '"', "\\", "\\n", "é", "---", "x "])
)


@given(st.binary(max_size=300) | st.text().map(lambda text: text.encode("utf-8", "replace")))
@example(b"")
@example(b"\n")
@example(b"a\n\n")
@example(b" a\n")
@example(b"a\r\nb\n")
@example(b"a\\nb\nc\nd\n")
@example("\x85\u2028\ufeff\U0001f600\x00".encode())
def test_body_is_read_as_it_was(body: bytes) -> None:
    assert body == body_of(cassette.document([exchange(body)]))


@given(lines, st.sampled_from(["\n", "", "\n\n"]))
def test_lines_are_read_as_they_were(parts: list[str], end: str) -> None:
    body = ("\n".join(parts) + end).encode()

    assert body == body_of(cassette.document([exchange(body)]))


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_texts_are_read_as_they_were(text: str) -> None:
    found: Any = yamlserializer.deserialize(cassette.document([exchange(Server=text)]))

    assert {"Server": [text]} == found["interactions"][0]["response"]["headers"]
    assert URL == found["interactions"][0]["request"]["uri"]


def test_nothing_of_what_was_sent_is_written() -> None:
    assert "secret" not in cassette.document([exchange(b"x")])


def test_recording_of_nothing_is_a_document() -> None:
    assert {"interactions": [], "version": 1} == yamlserializer.deserialize(cassette.document([]))


def test_remark_cannot_leave_its_comment() -> None:
    document = cassette.document([], ["a\nversion: 2"])

    assert {"interactions": [], "version": 1} == yamlserializer.deserialize(document)
