"""settings.toml: written whole, read back as it was, and a sentence for what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker import settings
from qubix_worker.errors import SettingsError
from qubix_worker.settings import Settings

CARDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
NAMES = CARDS.filter(str.isprintable)


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "settings.toml") == Settings()


@given(NAMES, st.lists(CARDS, max_size=3), st.integers(64, 1 << 24), st.booleans())
def test_what_was_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, name: str, cards: list[str], mb: int, sign_in: bool
) -> None:
    path = tmp_path_factory.mktemp("config") / "settings.toml"
    chosen = Settings(
        server="https://example.org/qubix",
        name=name,
        memory_limit_mb=mb,
        excluded_cards=tuple(cards),
        start_at_sign_in=sign_in,
    )
    settings.save(path, chosen)
    assert settings.load(path) == chosen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "Invalid value"),
        ("memory_limit_mb = 1", "between 64"),
        ("memory_limit_mb = true", "memory_limit_mb must be a whole number"),
        ("server = 'ftp://h'", "http"),
        (f"name = '{'n' * 65}'", "name must have at most 64 characters"),
        ('name = "a\\u202eb"', "name must have at most 64 characters, all of them visible"),
        ("hours = " + "[" * 100_000, "nested too deeply"),
        ("hours = " + "[" * 300 + "]" * 300, "hours"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=reason) as caught:
        settings.load(path)
    assert str(path) in caught.value.problem.happened


@pytest.mark.parametrize("what", ["loop", "dangling", "dangling folder", "folder"])
def test_only_a_file_that_was_never_written_means_the_defaults(tmp_path: Path, what: str) -> None:
    path = tmp_path / "config" / "settings.toml"
    if what == "dangling folder":
        path.parent.symlink_to("not mounted")
    else:
        path.parent.mkdir()
        if what == "folder":
            path.mkdir()
        else:
            path.symlink_to(path.name if what == "loop" else "not there")
    with pytest.raises(SettingsError) as caught:
        settings.load(path)
    assert "can read that file" in caught.value.problem.todo


def test_a_link_that_goes_in_circles_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.symlink_to(path.name)
    with pytest.raises(OSError, match="symbolic links"):
        settings.save(path, Settings())
    assert path.is_symlink()


def test_a_file_that_begins_with_the_mark_of_utf8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbfidle_minutes = 7\r\n")
    assert settings.load(path) == Settings(idle_minutes=7)
    assert settings.unknown(path) == []


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_is_to_be_saved_as_utf8(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes('name = "B\xfcro"\n'.encode(encoding))
    with pytest.raises(SettingsError) as caught:
        settings.load(path)
    assert "Save that file as UTF-8" in caught.value.problem.todo
    assert "codec" not in caught.value.problem.happened


def test_a_key_that_is_no_setting_is_passed_over_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("idle_minutes = 7\ncolour = 'red'\n[window]\nwidth = 3\n")
    assert settings.load(path) == Settings(idle_minutes=7)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().endswith("passed over: 'colour', 'window'")


def test_a_change_of_what_is_no_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown setting 'colour'"):
        settings.changed(Settings(), {"idle_minutes": 7, "colour": "red"})


def test_a_change_that_is_nested_too_deeply_is_refused() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        settings.changed(Settings(), {"hours": deep})


def test_a_file_that_is_not_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xff\xfe\0")
    with pytest.raises(SettingsError):
        settings.load(path)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "ftp://example.org", "http://", "http://user@host", "http://host?x=1",
        "http://host#x", "http://ho st", "http://host:99999", "http://host/\n", "http://h\u202e",
        "http://" + "a" * 2100,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"server must|Port out of range"):
        settings.check_server_url(url)


def test_a_slash_at_the_end_makes_no_difference() -> None:
    assert settings.check_server_url("https://h:8443/base/") == "https://h:8443/base"
