"""Customers' names beside those of their devices, in whatever is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eponctl.messages.customers import beside, macs_in, with_customers
from eponctl.messages.text import NAME_LIMIT, neutral, units
from eponctl.model import EventKind, Priority
from eponctl.telling.records import Bulletin, Item, Note, Stage

Make = Callable[..., Any]
MAC = "02:11:22:33:44:03"


@pytest.mark.parametrize(
    ("name", "customer", "expected"),
    [
        ("CLIENT-001", "Budi Santoso", "CLIENT-001 (Budi Santoso)"),
        (None, "Budi Santoso", "Budi Santoso"),
        ("CLIENT-001", None, "CLIENT-001"),
        ("budi santoso", "Budi Santoso", "Budi Santoso"),
        ("\u200b", "Budi", "Budi"),
        ("CLIENT-001", "\u202e", "CLIENT-001"),
        (None, None, None),
        ("*A*", "_B_", "∗A∗ (_B_)"),
    ],
)
def test_customer_stands_behind_the_device(
    name: str | None, customer: str | None, expected: str | None
) -> None:
    found = beside(name, customer)

    assert (expected and neutral(expected)) == (found and neutral(found))


@pytest.mark.parametrize("name", ["A" * 200, "🚨" * 60, "* " * 60])
@pytest.mark.parametrize("customer", ["B" * 80, "🚨" * 40])
def test_long_device_name_leaves_the_customer_room_and_both_fit(name: str, customer: str) -> None:
    found = beside(name, customer)

    assert found is not None
    assert units(found) <= NAME_LIMIT
    assert neutral(found) == found
    assert customer[:10] in found


def told(bulletin: Bulletin, made: Make) -> str:
    return "\n".join(
        made(*((item.incident, item.stage) for item in bulletin.items), notes=bulletin.notes)
    )


def test_block_of_one_onu_names_its_customer(
    member: Make, incident: Make, told_texts: Make
) -> None:
    bulletin = Bulletin("x", (Item(incident(member()), Stage.OPENED),))

    text = told(with_customers(bulletin, {MAC: "Budi *Santoso*"}), told_texts)

    assert "🔴 CLIENT-003 (Budi ∗Santoso∗)\n" in text
    assert [MAC] == list(macs_in(bulletin))


def test_lines_of_an_outage_name_those_customers_that_are_known(
    member: Make, incident: Make, told_texts: Make
) -> None:
    lost = incident(*map(member, range(1, 5)), of=8)
    text = told(
        with_customers(Bulletin("x", (Item(lost, Stage.OPENED),)), {MAC: "Budi"}), told_texts
    )

    assert "🔹 CLIENT-002 · 0/1:2\n   🔹 CLIENT-003 (Budi) · 0/1:3\n" in text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (EventKind.RESTARTED, "CLIENT-003 (Budi) · 0/1:3"),
        (EventKind.RENAMED, "0/1:3 · OLD → NEW (Budi)"),
    ],
)
def test_change_names_the_customer(kind: EventKind, expected: str, told_texts: Make) -> None:
    note = Note(
        1, 0, kind, Priority.MEDIUM, "OLT-KEDIRI-01", MAC, "0/1:3", "CLIENT-003", "OLD", "NEW"
    )
    named = with_customers(Bulletin("x", notes=(note,)), {MAC: "Budi"})

    assert expected in told(named, told_texts)


def test_nobody_named_changes_nothing(member: Make, incident: Make) -> None:
    bulletin = Bulletin("x", (Item(incident(member()), Stage.OPENED),))

    assert with_customers(bulletin, {}) is bulletin
