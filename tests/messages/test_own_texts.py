"""Somebody's own texts: what they may change, and what becomes of a message when they break."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eponctl import config, notify, textfaults
from eponctl.commands import samples
from eponctl.config import Config
from eponctl.messages import LANGUAGES, LIMIT, repeat_marked, units
from eponctl.messages import test_message as message_of_test
from eponctl.messages.owntexts import LONGEST, oddities
from eponctl.messages.templates import FOLDER, Texts
from eponctl.settings import Words
from eponctl.telling.records import Bulletin, Item, Stage
from tests.messages.conftest import NOW, OLT, _incident, _member

SAMPLE = Path(__file__).parent.parent.parent / "olts.toml"
Own = Callable[..., Words]
PLACE: dict[str, Any] = {"now": NOW, "zone": ZoneInfo("Asia/Jakarta"), "olts": 3}
OURS = message_of_test(language="en", **PLACE)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    """Give a function that writes one file of own texts and returns the words with it."""

    def write(text: str | bytes, name: str = "notes", language: str = "en") -> Words:
        path = tmp_path / language / f"{name}.j2"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Words(language, tmp_path)

    textfaults.taken()
    yield write
    textfaults.taken()


def told() -> list[str]:
    """What was noted, without the folder."""
    return [f"{fault.path.name}:{fault.line}: {fault.what}" for fault in sorted(textfaults.taken())]


# --- what can be changed ---


def test_one_macro_is_changed_and_the_others_stay(own: Own) -> None:
    words = own("{% macro test(time, olts) %}\nHalo NOC, {{ olts }} OLT\n{% endmacro %}")

    assert "Halo NOC, 3 OLT" == message_of_test(language=words, **PLACE)
    assert "x\n(possible repeat)" == repeat_marked("x", words)
    assert [] == told()


def test_own_macro_can_go_on_from_the_built_in_one(own: Own) -> None:
    words = own(
        "{% set ours = test %}\n"
        "{% macro test(time, olts) %}\n{{ ours(time, olts) }}*NOC: 62812-0000-0001*\n{% endmacro %}"
    )

    assert f"{OURS}\n*NOC: 62812-0000-0001*" == message_of_test(language=words, **PLACE)


def test_one_word_of_a_table_is_changed(own: Own) -> None:
    words = own('{% set headings = dict(headings, outage="🚨 KABEL PUTUS:") %}', "incident")
    texts = Texts(words, "incident")

    assert "🚨 KABEL PUTUS:" == texts("heading", "outage")
    assert "🔔 STILL OPEN:" == texts("heading", "reminder")


def test_numbers_are_rounded_in_own_texts_whatever_is_asked_for(own: Own) -> None:
    asked = "{{ 2.345 | round(2) }} {{ 2.1 | round(0, 'ceil') }} {{ 2.5 | round(10**9, 'floor') }}"
    words = own("{% macro test(time, olts) %}" + asked + "{% endmacro %}")

    assert message_of_test(language=words, **PLACE) == "2.35 3.0 2.5"


def test_changed_part_counts_within_built_in_texts(own: Own) -> None:
    words = own("{% macro place(onu) %}\n   🗺️ {{ onu.onu_id }}\n{% endmacro %}", "onu")

    text = _alert(words)

    assert "   🗺️ 0/1:3\n   🚨 Status: Down (Timeout)" in text
    assert "🔗 MAC" not in text


def test_language_without_own_files_is_built_in(own: Own) -> None:
    own("{% macro test(time, olts) %}Halo{% endmacro %}", language="id")

    assert OURS == message_of_test(language=Words("en", own("", "onu").folder), **PLACE)


def test_names_of_customers_are_no_templates(own: Own) -> None:
    words = own("{% macro trouble(onu) %}\n*{{ onu.name }}*\n{% endmacro %}", "onu")

    text = _alert(words, name="{{ 7 * 7 }}{% raw %}*x*")

    assert "49" not in text
    assert "{" not in text
    assert "\n*((" in text


# --- what breaks ---

TEST = "{% macro test(time, olts) %}\n"
END = "\n{% endmacro %}"
BROKEN = {
    "an open tag": (f"{TEST}{{% if olts %}}{END}", r"notes.j2:3: Encountered unknown tag"),
    "an unknown name": (f"\n\n{TEST}{{{{ nmae }}}}{END}", r"notes.j2:4: 'nmae' is undefined"),
    "an unknown value": (f"{TEST}{{{{ time.x }}}}{END}", r"notes.j2:2: str has no 'x'"),
    "too few values": (
        "{% macro test(time) %}x{% endmacro %}",
        r"notes.j2:1: test: .*not more than 1 argument",
    ),
    "an unknown filter": (f"{TEST}{{{{ time | big }}}}{END}", r"notes.j2:2: No filter"),
    "Python's insides": (f"{TEST}{{{{ time.__class__ }}}}{END}", r"notes.j2:2: .*unsafe"),
    "a long range": (f"{TEST}{{{{ range(999999) | list }}}}{END}", r"notes.j2:2: Range too big"),
    "another file": (f'{{% include "x" %}}{TEST}x{END}', r"notes.j2:1: include, import and ext"),
    "itself": (f"{TEST}{{{{ test(time, olts) }}}}{END}", r"notes.j2:2: calls itself without end"),
    "a division by zero": (f"{TEST}{{{{ olts / 0 }}}}{END}", r"notes.j2:2: division by zero"),
    "nothing": (f"{TEST}  {END}", r"notes.j2:1: test: an empty text"),
    "too much": (f'{TEST}{{{{ "x" * 3001 }}}}{END}', r"notes.j2:1: test: 3001 characters, more"),
    "a long text": (f'{TEST}{{{{ "x" * 10**9 }}}}{END}', r"notes.j2:2: \* makes more than a text"),
    "a long list": (f"{TEST}{{{{ 9**9 * [1] }}}}{END}", r"notes.j2:2: \* makes more than a text"),
    "a power": (f"{TEST}{{{{ 9**99999999 }}}}{END}", r"notes.j2:2: \*\* makes more than a text"),
    "a wide field": (
        f'{TEST}{{{{ "%1000000000d" % olts }}}}{END}',
        r"notes.j2:2: makes more than a text needs",
    ),
    "a wide filter": (f"{TEST}{{{{ 'x' | center(10**9) }}}}{END}", r"notes.j2:\d: makes more than"),
    "doubling": (
        TEST + "{% set n = namespace(x='x') %}{% for _ in range(99) %}"
        "{% set n.x = n.x ~ n.x %}{% endfor %}x" + END,
        r"notes.j2:2: makes more than a text needs",
    ),
    "made-up text": (f"{TEST}{{{{ lipsum(9**9) }}}}{END}", r"notes.j2:2: 'lipsum' is undefined"),
    "half a letter": (f'{TEST}x{{{{ "\\ud83d" }}}}{END}', r"notes.j2:1: test: half a letter"),
    "no text": (b"\xff\xfe\n", r"notes.j2:0: line 1: not UTF-8 text"),
    "a huge file": (" " * 300_000, r"notes.j2:0: larger than 200 kB"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_text_is_replaced_by_ours_and_named(own: Own, what: str) -> None:
    source, expected = BROKEN[what]
    words = own(source)

    assert OURS == message_of_test(language=words, **PLACE)
    assert OURS == message_of_test(language=words, **PLACE)
    (fault,) = told()
    assert re.match(expected, fault), fault


@pytest.mark.parametrize(
    "source",
    [
        TEST + "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}" + END,
        "{% set all = range(99999) %}"
        + TEST
        + "{% for a in all %}{% for b in all %}{% endfor %}{% endfor %}x"
        + END,
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}" + TEST + END,
        TEST + "{{ 'x' | slice(10**9) | map('length') | sum }}" + END,
    ],
    ids=["in a macro", "over a variable", "outside of macros", "within a filter"],
)
def test_text_that_is_never_done_is_ended(
    own: Own, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eponctl.messages.sandbox.MAX_SECONDS", 0.05)
    before = sys.gettrace()
    words = own(source)

    assert OURS == message_of_test(language=words, **PLACE)
    assert ["not done after 0.05 s"] == [
        fault.partition(": ")[2].removeprefix("test: ") for fault in told()
    ]
    assert sys.gettrace() is before


def test_text_that_breaks_on_some_ONUs_only_is_not_tried_again(own: Own) -> None:  # noqa: N802
    words = own("{% macro trouble(onu) %}\n{{ onu.temperature.text }}!\n{% endmacro %}", "onu")

    assert "\n45!" in _alert(words)
    assert "NEW DOWN DETECTED" in _alert(words, temperature_c=None)
    assert "\n45!" not in _alert(words)
    assert ["onu.j2:2: None has no 'text'; {% if %} asks whether there is a value"] == told()


def test_built_in_text_that_breaks_by_what_was_changed_is_named(own: Own) -> None:
    words = own('{% set headings = {"outage": "x"} %}', "incident")

    assert "🔔 STILL OPEN:" == Texts(words, "incident")("heading", "reminder")
    assert ["incident.j2:0: with it, ours of heading breaks: dict has no 'reminder'"] == told()


def test_file_that_cannot_be_read_is_named(own: Own, tmp_path: Path) -> None:
    words = own("x")
    (tmp_path / "en" / "notes.j2").chmod(0)
    if _can_read(tmp_path / "en" / "notes.j2"):  # root can
        (tmp_path / "en" / "notes.j2").write_text("{% macro")

    assert OURS == message_of_test(language=words, **PLACE)
    assert 1 == len(told())


def _can_read(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True


# --- lengths ---


def test_long_mark_of_a_repeat_is_ours(own: Own) -> None:
    words = own("{% macro repeat() %}(this may well have been said before){% endmacro %}")

    assert "x\n(possible repeat)" == repeat_marked("x", words)
    assert ["notes.j2:1: repeat: 37 characters, more than the 28 that it may have"] == told()


def test_own_mark_of_a_repeat_leaves_room_for_the_counter(own: Own) -> None:
    words = own("{% macro repeat() %}{{ '(' ~ 'r' * 26 ~ ')' }}{% endmacro %}")

    text = repeat_marked("x" * (LIMIT - 40) + "\n\n(10/12)", words)

    assert units(text) <= LIMIT
    assert text.endswith(f"x\n({'r' * 26})\n\n(10/12)")
    assert text == repeat_marked(text, words)


def test_heads_that_leave_no_room_are_ours_as_a_whole(own: Own, gateway: Config) -> None:
    words = own(
        '{% macro head(time, olts) %}{{ "x" * 500 }}{% endmacro %}'
        '{% macro section(olt_name, olt_id, total, counts) %}{{ "y" * 500 }}{% endmacro %}',
        "bulletin",
    )
    found = gateway._replace(messages_dir=words.folder)

    texts = [text for _, parts in samples.texts(found, NOW, ("down",)) for text in parts]

    ours = [text for _, parts in samples.texts(gateway, NOW, ("down",)) for text in parts]
    assert ours == texts
    assert ["heads leave no room for a block"] == [fault.what for fault in textfaults.taken()]


@pytest.fixture
def gateway() -> Config:
    """Give a configuration whose gateway takes only short messages."""
    text = (
        'language = "en"\n[whatsapp]\nprovider = "http"\napi_url = "https://gateway.example/send"\n'
        'recipients = ["6281200000001"]\nhttp.max_chars = 1000\n'
    )
    return config.parse(text, Path("/srv/olts.toml"))


@pytest.mark.parametrize("kind", samples.ALL_KINDS)
def test_parts_stay_within_the_limit_whatever_the_words_are(
    own: Own, gateway: Config, kind: str
) -> None:
    fill = "{{ 'wort ' * 550 }}"
    own(f"{{% macro trouble(onu) %}}{fill}{{% endmacro %}}", "onu")
    own(f"{{% macro body(it) %}}{fill}{{% endmacro %}}", "incident")
    words = own(f"{{% macro line(olt) %}}{fill}{{% endmacro %}}", "report")
    assert 550 * 5 <= LONGEST
    found = gateway._replace(messages_dir=words.folder)

    parts = [part for _, parts in samples.texts(found, NOW, (kind,)) for part in parts]

    assert parts
    assert max(map(units, parts)) <= (LIMIT if kind in {"summary", "backlog"} else 1000)


# --- all of them ---


def test_copies_of_the_built_in_texts_say_the_same(tmp_path: Path) -> None:
    loaded = config.load(SAMPLE)
    for path in FOLDER.glob("*/*.j2"):
        copy = tmp_path / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    textfaults.taken()
    for language in LANGUAGES:
        ours = loaded._replace(language=language)
        own_ = ours._replace(messages_dir=tmp_path)

        assert list(samples.texts(ours, NOW, samples.ALL_KINDS)) == list(
            samples.texts(own_, NOW, samples.ALL_KINDS)
        )
    assert [] == told()


@pytest.mark.parametrize("name", sorted(path.name for path in (FOLDER / "id").iterdir()))
def test_samples_reach_every_text(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What `messages check` finds is only as much as its samples use."""
    (tmp_path / "id").mkdir()
    source = (FOLDER / "id" / name).read_text("utf-8")
    marked = re.sub(r"({% macro (\w+)\(.*?\) %}\n?)", r"\1⟦\2⟧", source)
    (tmp_path / "id" / name).write_text(marked, "utf-8")
    monkeypatch.setattr("eponctl.messages.owntexts._check", lambda _macro, _text: None)
    loaded = config.load(SAMPLE)._replace(language="id", messages_dir=tmp_path)

    made = "".join(
        part for _, parts in samples.texts(loaded, NOW, samples.ALL_KINDS) for part in parts
    )

    assert [] == [one for one in re.findall(r"{% macro (\w+)\(", source) if f"⟦{one}⟧" not in made]
    assert [] == told()


def test_the_readmes_example_does_what_it_says(own: Own) -> None:
    readme = (SAMPLE.parent / "README.md").read_text("utf-8")
    (example,) = re.findall(r"^```jinja\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)

    text = _alert(own(example, "onu"))

    assert "🔴 ONU MATI:\n🔴 CLIENT-003\n   📍 PON" in text
    assert text.endswith("🆔 #7K3Q\n   ☎️ NOC: *62812-0000-0001*")
    assert [] == told()


# --- what can never be seen ---


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% macro tets() %}x{% endmacro %}", ['1: nothing uses tets; did you mean "test"?']),
        ("{% macro test(time, olts) %}x{% endmacro %}", []),
        ("{% macro mine() %}x{% endmacro %}\n{% macro repeat() %}{{ mine() }}{% endmacro %}", []),
        ("{# a note #}\n\n", []),
        ("{# a note #}\n\nHalo\n", ["3: what stands outside of a macro is never sent"]),
        ("{{ 7 }}", ["1: what stands outside of a macro is never sent"]),
        ("{% macro", []),
    ],
)
def test_what_no_message_can_hold_is_found(own: Own, source: str, expected: list[str]) -> None:
    words = own(source)
    assert words.folder

    found = oddities(words.folder / "en/notes.j2", FOLDER / "en/notes.j2")

    assert expected == [f"{fault.line}: {fault.what}" for fault in found]


def _alert(words: Words, **changes: Any) -> str:
    """An alert of one ONU with these words."""
    loaded = config.parse(f'language = "{words.language}"\n', Path("/srv/olts.toml"))
    item = Item(_incident(_member(**changes)), Stage.OPENED)
    found = loaded._replace(messages_dir=words.folder)
    (text,) = notify.bulletin_texts(Bulletin("", (item,)), {}, {}, found, NOW)
    assert OLT in text
    return text
