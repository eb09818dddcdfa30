"""Edits of olts.toml: only the lines of one table change, and a failed edit changes nothing."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eponctl import config, configfile
from eponctl.errors import ConfigError

SAMPLE = Path(__file__).parent.parent / "olts.toml"
NEW = {"id": "NEW", "url": "http://10.0.0.9", "username": "admin", "password": "p'\"#\\"}
OLD = """\
# The OLTs of Kediri.
language = "en"  # for now

[[olt]] # the first
  id = "A"   # do not rename
  url = 'http://10.0.0.1'
  password = "x"  # old
  username = "admin"
  # driver = "hioso"

# The one in the shed.
[[ olt ]]
username = "admin"
id = "B"
url = "http://10.0.0.2"
password = "y"
# Everybody:
[whatsapp]
provider = "console"
recipients = [
  "6281200000001", # [[olt]]
]

[[whatsapp.route]]
recipients = ["6281200000002"]

[alerts] # at night
quiet = { from = "22:00", to = "06:00" }

[[maintenance]]
target = "A:0/1"   # [[olt]]
weekly = "Sun 01:00-03:00"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "olts.toml"
    file.write_text(OLD, "utf-8")
    return file


def text_of(path: Path) -> str:
    return path.read_bytes().decode()


def ids(found: config.Config) -> list[str]:
    return [olt.id for olt in found.olts]


def alone(path: Path) -> bool:
    """No temporary file is left beside it."""
    return [path.name] == [file.name for file in path.parent.iterdir()]


# --- edit ---


def test_a_changed_value_leaves_its_line_and_all_others(path: Path) -> None:
    found = configfile.edit_olt(path, "A", {"password": "new", "url": "https://10.0.0.1:8443"})
    expected = OLD.replace('"x"', '"new"').replace("'http://10.0.0.1'", '"https://10.0.0.1:8443"')
    assert expected == text_of(path)
    assert config.load(path) == found


def test_a_value_that_stays_keeps_its_spelling(path: Path) -> None:
    before = path.stat().st_ino
    configfile.edit_olt(path, "A", {"url": "http://10.0.0.1", "driver": None})
    assert before == path.stat().st_ino
    assert text_of(path) == OLD


def test_a_new_key_goes_to_its_place_with_its_neighbours_indent(path: Path) -> None:
    configfile.edit_olt(path, "A", {"name": "OLT Kediri", "enabled": False})
    expected = OLD.replace(
        'id = "A"   # do not rename\n', 'id = "A"   # do not rename\n  name = "OLT Kediri"\n'
    ).replace('  username = "admin"\n  #', '  username = "admin"\n  enabled = false\n  #')
    assert expected == text_of(path)


def test_a_key_that_is_taken_out_takes_its_line_along(path: Path) -> None:
    found = configfile.edit_olt(path, "A", {"password": None, "password_env": "OLT_A"})
    expected = OLD.replace('  password = "x"  # old\n', "").replace(
        '  username = "admin"\n  #', '  username = "admin"\n  password_env = "OLT_A"\n  #'
    )
    assert expected == text_of(path)
    assert config.Secret(env="OLT_A") == found.olts[0].password


def test_an_olt_may_get_another_id(path: Path) -> None:
    assert ids(configfile.edit_olt(path, "B", {"id": "C"})) == ["A", "C"]
    assert OLD.replace('id = "B"', 'id = "C"') == text_of(path)


def test_an_unknown_olt_is_named_with_the_nearest(path: Path) -> None:
    configfile.edit_olt(path, "B", {"id": "OLT-KEDIRI-01"})
    with pytest.raises(ConfigError, match='no OLT with the id "OLT-KEDIR-01"; did you mean "OLT-K'):
        configfile.edit_olt(path, "OLT-KEDIR-01", {"enabled": False})


def test_a_change_that_would_be_a_fault_tells_all_faults_and_writes_nothing(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configfile.edit_olt(path, "B", {"url": "10.0.0.2", "username": None, "speed": 3})
    expected = ["olt[2].url", "olt[2].username", "olt[2].speed"]
    assert expected == [problem.key for problem in caught.value.problems]
    assert text_of(path) == OLD
    assert alone(path)


def test_two_olts_of_one_id_cannot_be_told_apart(path: Path) -> None:
    path.write_text(OLD.replace('"B"', '"A"'), "utf-8")
    with pytest.raises(ConfigError, match='there are 2 OLTs with the id "A"'):
        configfile.remove_olt(path, "A")


# --- add ---


def test_a_new_olt_stands_behind_the_last_one(path: Path) -> None:
    found = configfile.add_olt(path, {"driver": None, **NEW, "enabled": True})
    lines = [
        "",
        "[[olt]]",
        'id = "NEW"',
        'url = "http://10.0.0.9"',
        'username = "admin"',
        'password = "p\'\\"#\\\\"',
        "enabled = true",
        "",
    ]
    expected = OLD.replace('"y"\n', '"y"\n' + "\n".join(lines) + "\n")
    assert expected == text_of(path)
    assert ids(found) == ["A", "B", "NEW"]
    assert config.load(path) == found


def test_a_missing_file_is_made_for_its_owner_only_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "eponctl" / "olts.toml"
    configfile.add_olt(path, NEW)
    assert text_of(path).startswith('[[olt]]\nid = "NEW"\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert alone(path)


def test_a_file_that_ends_without_a_newline_gets_one(path: Path) -> None:
    path.write_text('language = "id"', "utf-8")
    configfile.add_olt(path, NEW)
    assert text_of(path).startswith('language = "id"\n\n[[olt]]\nid = "NEW"\n')
    path.write_text(text_of(path).rstrip("\n"), "utf-8")
    configfile.edit_olt(path, "NEW", {"enabled": False})
    assert text_of(path).endswith('\\\\"\nenabled = false\n')


def test_an_id_that_is_taken_is_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match=r'olt\[3\]\.id: expected an id of its own, got "A"'):
        configfile.add_olt(path, {**NEW, "id": "A"})
    assert text_of(path) == OLD


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match="a value holds bytes that are no text"):
        configfile.add_olt(path, {**NEW, "name": os.fsdecode(b"OLT \xff")})
    assert text_of(path) == OLD


# --- remove ---


def test_a_removed_olt_takes_its_lines_and_inner_comments_along(path: Path) -> None:
    found = configfile.remove_olt(path, "A")
    at, end = OLD.index("[[olt]] # the first"), OLD.index("# The one in the shed")
    assert OLD[:at] + OLD[end:] == text_of(path)
    assert ids(found) == ["B"]


def test_a_comment_that_leads_to_the_next_table_stays(path: Path) -> None:
    configfile.remove_olt(path, "B")
    at, end = OLD.index("[[ olt ]]"), OLD.index("# Everybody:")
    assert OLD[:at] + OLD[end:] == text_of(path)


def test_the_last_olt_can_go_too(path: Path) -> None:
    configfile.remove_olt(path, "A")
    assert ids(configfile.remove_olt(path, "B")) == []
    assert ids(configfile.add_olt(path, NEW)) == ["NEW"]


def test_tables_without_a_blank_line_between_stay_so(path: Path) -> None:
    one = '[[olt]]\nid = "A"\nurl = "http://h"\nusername = "a"\npassword = "b"\n'
    path.write_text("[poll]\nretries = 2\n" + one + "\n[report]\n", "utf-8")
    configfile.remove_olt(path, "A")
    assert text_of(path) == "[poll]\nretries = 2\n\n[report]\n"


# --- odd files ---


def test_windows_line_endings_stay(path: Path) -> None:
    path.write_bytes(OLD.replace("\n", "\r\n").encode())
    configfile.add_olt(path, NEW)
    configfile.edit_olt(path, "A", {"password": None, "password_env": "X", "name": "Kediri"})
    assert "\n" not in text_of(path).replace("\r\n", "")


def test_a_byte_order_mark_stays(path: Path) -> None:
    path.write_text("\ufeff" + OLD.partition("\n\n")[2], "utf-8")
    configfile.edit_olt(path, "A", {"password": "new"})
    assert text_of(path).startswith("\ufeff[[olt]] # the first\n")


def test_strings_that_look_like_tables_do_not_deceive(path: Path) -> None:
    text = (
        '[[olt]]\nid = "A"\nurl = "http://10.0.0.1"\nusername = "admin"\n'
        'password = """\n[[olt]]\nid = "B"\npassword = \\"x\\" # """"\n'
        "name = '[[olt]] # \"'\n\n"
        "[[olt]]\n\"id\" = 'B' # [[olt]]\nurl = 'http://10.0.0.2'\nusername = '''admin'''\n"
        "password = '''\n[[olt]]\nid = \"A\"\n'''\n"
    )
    path.write_text(text, "utf-8")
    configfile.edit_olt(path, "B", {"id": "C", "username": "root"})
    expected = text.replace("\"id\" = 'B'", '"id" = "C"').replace("'''admin'''", '"root"')
    assert expected == text_of(path)
    configfile.remove_olt(path, "A")
    assert expected[expected.index('[[olt]]\n"id"') :] == text_of(path)


@pytest.mark.parametrize(
    "text",
    [
        'olt = [{id = "A", url = "http://h", username = "a", password = "b"}]',
        "olt = []",
        'olt = "A"',
        '[olt]\nid = "A"',
        '[[olt]]\nid = "A"\n[olt.extra]\nurl = 1\n',
    ],
)
def test_a_file_that_is_not_made_of_olt_tables_is_left_alone(text: str, path: Path) -> None:
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError):
        configfile.add_olt(path, NEW)
    with pytest.raises(ConfigError):
        configfile.edit_olt(path, "A", {"enabled": False})
    with pytest.raises(ConfigError):
        configfile.remove_olt(path, "A")
    assert text == text_of(path)


def test_an_inline_array_says_why_it_cannot_be_edited(path: Path) -> None:
    path.write_text('olt = [{id = "A"}]', "utf-8")
    with pytest.raises(ConfigError, match=r"olt: is not written as \[\[olt\]\] tables") as caught:
        configfile.add_olt(path, NEW)
    assert "edit the file by hand" in caught.value.hint


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no regular file"):
        configfile.add_olt(tmp_path, NEW)
    with pytest.raises(ConfigError, match="is no regular file"):
        configfile.add_olt(Path("/dev/null"), NEW)
    (tmp_path / "plain").touch()
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        configfile.add_olt(tmp_path / "plain" / "olts.toml", NEW)


def test_the_sample_can_be_edited(path: Path) -> None:
    path.write_bytes(SAMPLE.read_bytes())
    configfile.add_olt(path, NEW)
    configfile.edit_olt(path, "OLT-SIM-01", {"enabled": False})
    configfile.remove_olt(path, "NEW")
    configfile.edit_olt(path, "OLT-SIM-01", {"enabled": None})
    assert text_of(SAMPLE) == text_of(path).rstrip("\n") + "\n"


# --- how it is written ---


def test_mode_owner_and_link_stay(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    before = path.stat()
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    configfile.add_olt(link, NEW)
    after = path.stat()
    assert link.is_symlink()
    assert (before.st_mode, before.st_uid, before.st_gid) == (
        after.st_mode,
        after.st_uid,
        after.st_gid,
    )
    assert ids(config.load(path)) == ["A", "B", "NEW"]


@pytest.mark.parametrize(
    ("function", "code", "hint"),
    [
        ("os.fsync", errno.ENOSPC, "make room"),
        ("os.open", errno.EROFS, "read-only"),
        ("os.fchmod", errno.EPERM, "must be writable"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    function: str, code: int, hint: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(function, fail)
    with pytest.raises(ConfigError, match="cannot be written, and is as it was") as caught:
        configfile.add_olt(path, NEW)
    assert hint in caught.value.hint
    assert text_of(path) == OLD
    assert alone(path)


def test_an_edit_by_somebody_else_meanwhile_is_not_undone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = OLD + "# theirs\n"
    monkeypatch.setattr(os, "fsync", lambda _: path.write_text(theirs, "utf-8"))
    with pytest.raises(ConfigError, match="was changed by somebody else"):
        configfile.add_olt(path, NEW)
    assert theirs == text_of(path)
    assert alone(path)


# --- any file ---

COMMENTS = st.sampled_from(
    ["", "\n", "# [[olt]]\n", '  # """\n', "# id = 'A' '''\n\n", "\n# [x\n\n", "#\n"]
)
TOP_KEYS = st.lists(
    st.sampled_from(
        [
            "language = 'en' # [[olt]]\n",
            'retention = { alerts = 3, "stats" = 4 }\n',
            "report . hourly = false\n",
        ]
    ),
    unique=True,
)
OTHER_TABLES = st.lists(
    st.sampled_from(
        [
            "[poll]\nretries = 2 # [[olt]]\n",
            "[ thresholds ] # x\n\t'temperature_high' = 70.0\n",
            "[alerts] # [[olt]]\nquiet = { from = '22:00', to = '06:00' } # [[olt]]\n",
            "[[maintenance]] # x\ntarget = '[[olt]]'\nweekly = \"Sun 01:00-03:00\" # id = 'A'\n",
            "[whatsapp]\nenabled = false\nrecipients = [ # ]\n '6281200000000', # [[olt]]\n\n]\n",
            '[whatsapp]\nenabled = false\n[[whatsapp.route]]\nrecipients = ["6281200000000"]\n',
        ]
    ),
    unique_by=lambda text: text[:4],
)
STRINGS = st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(str.strip)


@st.composite
def values(draw: st.DrawFn, olt_id: str) -> dict[str, str]:
    """The keys of an OLT, each value as text of TOML."""
    password = draw(
        st.sampled_from(
            [
                '"x" # y',
                "'''\n[[olt]]\nid = \"0\"\n'''",
                '"""\\\n  [[olt]] \\"""\n#"""""',
                "'#'",
                '"\\"[["',
            ]
        )
    )
    found = {
        "id": f"'{olt_id}'",
        "url": f'"http://h{olt_id}/"',
        "username": "'a#b'",
        "password": password,
    }
    extra = {"driver": '"auto"', "enabled": "true", "verify_tls": "false # ="}
    return found | {key: extra[key] for key in draw(st.sets(st.sampled_from(sorted(extra))))}


@st.composite
def olt_texts(draw: st.DrawFn, olt_id: str) -> str:
    keys = draw(values(olt_id))
    lines = [draw(st.sampled_from(["[[olt]]\n", "[[ olt ]] # [[olt]]\n", " [['olt']]\n"]))]
    for key in draw(st.permutations(sorted(keys))):
        spelled = draw(st.sampled_from([key, f'"{key}" ', f"  {key}\t"]))
        lines.append(f"{spelled} = {keys[key]}\n")
        lines.append(draw(COMMENTS))
    return "".join(lines)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, str]:
    """A file's text before, in and behind the table of the OLT "1"."""
    olts = [draw(olt_texts(str(number))) for number in range(draw(st.integers(2, 3)))]
    tables = draw(OTHER_TABLES)
    cut = draw(st.integers(0, len(tables)))
    before = [*draw(TOP_KEYS), *tables[:cut], olts[0]]
    after = [*tables[cut:], *olts[2:]]
    newline = draw(st.sampled_from(["\n", "\r\n"]))

    def joined(texts: list[str]) -> str:
        return "".join(text.rstrip("\n") + "\n" + draw(COMMENTS) for text in texts)

    head, table, tail = joined(before), olts[1], joined(after)
    return head.replace("\n", newline), table.replace("\n", newline), tail.replace("\n", newline)


ANY_FILE = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100
)


@ANY_FILE
@given(
    files(),
    st.dictionaries(st.sampled_from(["name", "password"]), STRINGS),
    st.fixed_dictionaries({"enabled": st.booleans(), "verify_tls": st.none()}),
)
def test_an_edit_changes_no_line_outside_its_table(
    path: Path, parts: tuple[str, str, str], texts: dict[str, str], others: dict[str, object]
) -> None:
    before, table, after = parts
    path.write_bytes("".join(parts).encode())
    changes: dict[str, object] = {**texts, **others}
    configfile.edit_olt(path, "1", changes)
    new = text_of(path)
    assert new.startswith(before)
    assert new.endswith(after)
    inside = tomllib.loads(new[len(before) : len(new) - len(after)])["olt"]
    wanted = {**tomllib.loads(table)["olt"][0], **changes}
    del wanted["verify_tls"]
    assert [wanted] == inside
    if "password" not in texts:  # the lines of a password may look like anything
        commented = [line for line in table.splitlines() if "#" in line]
        gone = re.compile(r"\W*verify_tls")
        assert all(line in new for line in commented if not gone.match(line))


@ANY_FILE
@given(files(), STRINGS)
def test_an_added_olt_changes_no_line_that_was_there(
    path: Path, parts: tuple[str, str, str], name: str
) -> None:
    old = "".join(parts)
    path.write_bytes(old.encode())
    found = configfile.add_olt(path, {**NEW, "name": name})
    new = text_of(path)
    added = len(new) - len(old)
    assert any(new[:at] + new[at + added :] == old for at in range(len(old) + 1))
    assert (name, "NEW") in [(olt.name, olt.id) for olt in found.olts]
    assert len(tomllib.loads(old)["olt"]) + 1 == len(found.olts)


@ANY_FILE
@given(files())
def test_a_removed_olt_leaves_every_line_outside_its_table(
    path: Path, parts: tuple[str, str, str]
) -> None:
    before, _, after = parts
    path.write_bytes("".join(parts).encode())
    found = configfile.remove_olt(path, "1")
    new = text_of(path)
    assert new.startswith(before)
    left = new[len(before) :]
    assert left.endswith(after.lstrip("\r\n"))
    assert "1" not in ids(found)


@ANY_FILE
@given(st.one_of(STRINGS, st.text()))
def test_any_text_arrives_as_it_was_given_or_is_refused(path: Path, password: str) -> None:
    path.write_text(OLD, "utf-8")
    try:
        found = configfile.edit_olt(path, "B", {"password": password})
    except ConfigError:
        assert text_of(path) == OLD
    else:
        assert config.Secret(value=password) == found.olts[1].password
        assert found == config.load(path)
