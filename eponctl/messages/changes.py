"""What happened to ONUs and has no end (moved, renamed, registered, ...), a line each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from eponctl.messages.split import Group
from eponctl.messages.templates import Texts
from eponctl.messages.text import neutral
from eponctl.messages.views import ID_LIMIT, Occasion, kind_sign, kind_word, onu_label, onu_name
from eponctl.model import EventKind
from eponctl.telling.records import Note

MAX_LINES = 20
"""So many lines at most; the others are counted."""
_KNOWN = frozenset(
    {
        EventKind.MOVED,
        EventKind.RENAMED,
        EventKind.REGISTERED,
        EventKind.REMOVED,
        EventKind.RESTARTED,
    }
)


def changes_group(notes: Sequence[Note], occasion: Occasion) -> Group:
    """Return an OLT's changes under one heading, the oldest first."""
    texts = Texts(occasion.language, "bulletin")
    lines = [change_line(note, occasion) for note in notes[:MAX_LINES]]
    if len(notes) > MAX_LINES:
        lines.append(texts("more_changes", len(notes) - MAX_LINES))
    return Group(texts("changes_heading"), tuple(lines), gap="\n")


def change_line(note: Note, occasion: Occasion, *, olt: str = "") -> str:
    """Return one change; `olt` stands before the ONU's name where several OLTs are mixed."""
    texts = Texts(occasion.language, "bulletin")
    what = _what(note)
    label = _label(note, what)
    label = f"{olt} · {label}" if olt else label
    if note.kind not in _KNOWN:
        return texts("other_change", kind_sign(note.kind), kind_word(note.kind), label)
    before, after = _change(note, what)
    return texts("change", what, label, before, after)


def _what(note: Note) -> str:
    if note.kind is EventKind.MOVED and note.detail == "distance":
        return "distance"
    if note.kind is EventKind.REGISTERED and note.before:
        return "replaced"
    return note.kind.value


def _label(note: Note, what: str) -> str:
    """Return name and id, but only the id of an ONU whose names follow, or name whose ids do."""
    onu_id, mac = note.onu_id or "", note.mac or ""
    if what == "renamed":
        return onu_name(None, onu_id, mac)
    if what == "moved":
        return onu_name(note.name, "", mac)
    return onu_label(note.name, onu_id, mac)


def _change(note: Note, what: str) -> tuple[str, str]:
    """Return from and to; of what has only one of them, that one as the first."""
    match what:
        case "distance":
            return _metres(note.before), _metres(note.after)
        case "renamed":
            return neutral(note.before or ""), neutral(note.after or "")
        case "moved":
            return neutral(note.before or "?", ID_LIMIT), neutral(note.after or "?", ID_LIMIT)
        case "replaced":
            return neutral(note.before or "", ID_LIMIT), neutral(note.mac or "", ID_LIMIT)
        case "registered" | "removed":
            return neutral(note.mac or "", ID_LIMIT), ""
        case _:
            return "", ""


def _metres(text: str | None) -> str:
    return f"{neutral(text or '?', ID_LIMIT).removesuffix('m').strip()} m"
