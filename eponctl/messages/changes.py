"""What happened to ONUs and has no end (moved, renamed, registered, ...), a line each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from eponctl.messages.split import Group
from eponctl.messages.templates import Texts
from eponctl.messages.text import neutral
from eponctl.messages.views import ID_LIMIT, Occasion, kind_sign, kind_word, onu_label, onu_name
from eponctl.model import EventKind
from eponctl.telling.records import Note

CROWD = 3
"""So many restarts of a PON at once are one line."""
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
    bundles = _bundles(notes)
    lines = [_bundle_line(bundle, occasion) for bundle in bundles[:MAX_LINES]]
    others = sum(map(len, bundles[MAX_LINES:]))
    if others:
        lines.append(texts("more_changes", others))
    return Group(texts("changes_heading"), tuple(lines), gap="\n")


def _bundles(notes: Sequence[Note]) -> list[list[Note]]:
    """Return each change by itself, but the restarts of a PON in one poll together.

    When an OLT restarts, all of its ONUs do; a line each would push out what else there is to say.
    """
    together: dict[tuple[int, str], list[Note]] = {}
    for note in notes:
        if note.kind is EventKind.RESTARTED and _pon(note):
            together.setdefault((note.at, _pon(note)), []).append(note)
    crowds = {key: some for key, some in together.items() if len(some) >= CROWD}
    bundles: list[list[Note]] = []
    for note in notes:
        key = note.at, _pon(note)
        if note.kind is not EventKind.RESTARTED or key not in crowds:
            bundles.append([note])
        elif crowds[key] not in bundles:
            bundles.append(crowds[key])
    return bundles


def _pon(note: Note) -> str:
    return (note.onu_id or "").rpartition(":")[0]


def _bundle_line(bundle: Sequence[Note], occasion: Occasion) -> str:
    first = bundle[0]
    if len(bundle) == 1:
        return change_line(first, occasion)
    texts = Texts(occasion.language, "bulletin")
    return texts("restarts", neutral(_pon(first), ID_LIMIT), len(bundle))


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
