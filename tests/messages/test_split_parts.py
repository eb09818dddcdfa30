"""Parts of a long message: nothing lost, nothing cut, nothing too long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl.messages import LIMIT, Group, Section, clip, pack, units
from eponctl.messages.split import MAX_BYTES, MIN_LIMIT

TEXT = st.text(alphabet="ab😀é", min_size=1, max_size=300)
GROUP = st.builds(
    Group,
    head=st.text(alphabet="H😀", max_size=40),
    blocks=st.lists(TEXT, max_size=12).map(tuple),
    gap=st.sampled_from(["\n", "\n\n"]),
)
SECTION = st.builds(
    Section,
    head=st.text(alphabet="S", max_size=60),
    groups=st.lists(GROUP, max_size=4).map(tuple),
    again=st.text(alphabet="S", max_size=60),
)


def _plain(head: str, *blocks: str) -> Section:
    return Section(head, (Group("", blocks),), again=head)


def test_what_fits_is_one_message_without_a_counter() -> None:
    section = Section("S", (Group("G", ("a", "b")), Group("", ("c",), gap="\n")), again="S again")

    assert pack("HEAD", [section]) == ["HEAD\n\nS\n\nG\na\n\nb\n\nc"]


def test_heads_are_repeated_where_a_section_goes_on() -> None:
    blocks = tuple(letter * 400 for letter in "abc")
    section = Section("S\nstatus", (Group("G", blocks),), again="S")

    first, second = pack("HEAD", [section], again="AGAIN", limit=1250)

    start = "\n\n".join(blocks[:-1])
    assert first == f"HEAD\n\nS\nstatus\n\nG\n{start}\n\n(1/2)"
    assert second == f"AGAIN\n\nS\n\nG\n{blocks[-1]}\n\n(2/2)"


def test_a_section_that_begins_in_a_later_part_has_its_whole_head() -> None:
    later = Section("T\nstatus", (Group("", ("b" * 500,)),), again="T")

    texts = pack("HEAD", [_plain("S", "a" * 500), later], limit=1000)

    assert texts[1] == f"T\nstatus\n\n{'b' * 500}\n\n(2/2)"


def test_a_block_longer_than_a_part_goes_on_at_the_end_of_a_line() -> None:
    lines = [f"{place} {'x' * 90}" for place in range(30)]

    texts = pack("HEAD", [_plain("S", "\n".join(lines))], limit=1000)

    assert all(units(text) <= MIN_LIMIT for text in texts)
    assert [line for text in texts for line in text.split("\n") if "x" in line] == lines


def test_a_limit_without_room_for_heads_is_refused() -> None:
    with pytest.raises(ValueError, match="999"):
        pack("HEAD", [], limit=999)
    with pytest.raises(ValueError, match="no room"):
        pack("HEAD" * 300, [_plain("S", "a")], limit=1000)


@given(st.lists(SECTION, max_size=5), st.integers(1000, 4000))
@settings(deadline=None)
def test_every_block_arrives_whole_and_in_order(sections: list[Section], limit: int) -> None:
    texts = pack("HEAD", sections, again="AGAIN", limit=limit)

    blocks = [block for section in sections for group in section.groups for block in group.blocks]
    rest = "\n".join(texts)
    for block in blocks:
        _, found, rest = rest.partition(block)
        assert found
    for text in texts:
        assert len(text) <= units(text) <= limit
        assert len(text.encode()) <= MAX_BYTES
        assert text == text.strip()
        assert "\n\n\n" not in text


@given(st.lists(TEXT, min_size=1, max_size=60))
@settings(deadline=None)
def test_parts_are_counted(blocks: list[str]) -> None:
    texts = pack("HEAD", [_plain("", *blocks)], limit=1000)

    counters = [f"\n\n({place}/{len(texts)})" for place in range(1, len(texts) + 1)]
    if len(texts) == 1:
        counters = [blocks[-1]]
    for text, counter in zip(texts, counters, strict=True):
        assert text.endswith(counter)


def test_a_limit_above_mpwas_column_is_held_in_bytes() -> None:
    texts = pack("HEAD", [_plain("", *["あ" * 900] * 200)], limit=100_000)

    assert max(len(text.encode()) for text in texts) <= MAX_BYTES


@given(st.text(max_size=100), st.integers(2, 50))
@settings(deadline=None)
def test_a_clipped_text_fits(text: str, limit: int) -> None:
    clipped = clip(text, limit)

    assert units(clipped) <= limit
    assert clipped == text or clipped.endswith("…")


def test_the_limit_is_what_every_gateway_takes() -> None:
    assert (LIMIT, MAX_BYTES) == (4000, 60_000)
