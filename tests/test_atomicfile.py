"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eponctl.atomicfile import replacing
from eponctl.errors import EponctlError


def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "new") as file:
            file.write(b"whole")
    finally:
        os.umask(before)

    assert (tmp_path / "new").read_bytes() == b"whole"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_mode_that_is_asked_for_is_a_new_files_whatever_the_umask(
    tmp_path: Path, mode: int
) -> None:
    before = os.umask(0o077)
    try:
        for _ in range(2):
            with replacing(tmp_path / "new", mode) as file:
                file.write(b"x")
        (tmp_path / "old").touch(0o640)
        (tmp_path / "old").chmod(0o640)
        with replacing(tmp_path / "old", mode) as file:
            file.write(b"x")
    finally:
        os.umask(before)

    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("new", "old")]
    assert [mode, 0o640] == modes


def test_nobody_else_can_open_the_draft_of_a_file_with_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").touch(0o600)
    modes: list[int] = []

    def noted(path: Path, flags: int, mode: int = 0o777) -> int:
        modes.append(mode)
        return real(path, flags, mode)

    real = os.open
    monkeypatch.setattr(os, "open", noted)
    with replacing(tmp_path / "secret") as file:
        file.write(b"new")

    assert 0o600 == modes[0]
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_failure_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")

    def fail() -> None:
        with replacing(tmp_path / "kept") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert [tmp_path / "kept"] == list(tmp_path.iterdir())
    assert (tmp_path / "kept").read_text() == "old"


def test_link_stays_and_what_it_points_at_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with replacing(tmp_path / "link") as file:
        file.write(b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_device_is_written_to_not_replaced() -> None:
    with replacing(Path("/dev/null")) as file:
        file.write(b"away")

    assert Path("/dev/null").is_char_device()


def test_pipe_without_a_name_is_written_to_by_its_descriptors_path() -> None:
    reader, writer = os.pipe()
    with replacing(Path(f"/dev/fd/{writer}")) as file:
        file.write(b"through")

    assert b"through" == os.read(reader, 100)
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/file", ["No such file or directory", "folder must exist"]),
        (".", ["Is a directory", "not a folder"]),
        ("x" * 300, ["File name too long"]),
    ],
)
def test_what_cannot_be_written_says_why(tmp_path: Path, name: str, words: list[str]) -> None:
    with pytest.raises(EponctlError) as error, replacing(tmp_path / name):
        pass

    for word in words:
        assert word in f"{error.value} {error.value.hint}"
    assert list(tmp_path.iterdir()) == []


def test_full_disk_says_so() -> None:
    def fill() -> None:
        with replacing(Path("/dev/full")) as file:
            file.write(b"x" * 100_000)

    with pytest.raises(EponctlError, match="No space left") as error:
        fill()

    assert "make room" in error.value.hint


def test_drafts_that_somebody_was_killed_over_go_after_an_hour(tmp_path: Path) -> None:
    old, new = tmp_path / ".eponctl-0123.tmp", tmp_path / ".eponctl-4567.tmp"
    other = tmp_path / "page.tmp"
    for path in (old, new, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (0, 0))
    with replacing(tmp_path / "page") as file:
        file.write(b"whole")

    assert {new, other, tmp_path / "page"} == set(tmp_path.iterdir())


def test_link_that_leads_back_to_itself_is_an_error_and_stays(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(EponctlError) as caught, replacing(link) as file:
        file.write(b"whole")

    assert "back to itself" in caught.value.hint
    assert [link] == list(tmp_path.iterdir())
