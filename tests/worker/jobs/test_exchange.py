"""Files that a job is given and gives back."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.kinds import SpecError, exchange
from qubix_worker.kinds.exchange import LeftError

Start = Callable[..., Any]
Program = Callable[..., bytes]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# --- What is asked for -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "must be an object"),
        ({"": ""}, "must be relative"),
        ({"/etc/passwd": ""}, "must be relative"),
        ({"..": ""}, "must be relative"),
        ({"a/../b": ""}, "must be relative"),
        ({"./a": ""}, "must be relative"),
        ({"a//b": ""}, "must be relative"),
        ({"a/": ""}, "must be relative"),
        ({"a\0b": ""}, "must not contain control characters"),
        ({"a\x1b[2J": ""}, "must not contain control characters"),
        ({"a\u202eb": ""}, "must not contain control characters"),
        ({"a\ud800": ""}, "must not contain control characters"),
        ({"..\\a": ""}, "is not a name that every system takes"),
        ({"C:": ""}, "is not a name that every system takes"),
        ({"a:b": ""}, "is not a name that every system takes"),
        ({"a ": ""}, "is not a name that every system takes"),
        ({"a.": ""}, "is not a name that every system takes"),
        ({"NUL": ""}, "is not a name that every system takes"),
        ({"a/com1.txt": ""}, "is not a name that every system takes"),
        ({"x" * 256: ""}, "is too long"),
        ({"/".join("a" * 17): ""}, "is too long"),
        ({"/".join(["x" * 200] * 6): ""}, "is too long"),
        ({"a": "", "A": ""}, "names a path twice"),
        ({"a": "", "A/b": ""}, "is a file and a folder"),
        ({"a": "?"}, "'a' in the job's 'files' is not valid base64"),
        ({"a": 7}, "'a' in the job's 'files' must be a text in base64"),
        ({"a": None}, "'a' in the job's 'files' must be a text in base64"),
        ({str(n): "" for n in range(1001)}, "at most 1000"),
    ],
)
def test_files_with_bad_names_or_data_are_refused(files: Any, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence) as refusal:
        exchange.given({"files": files})
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("outputs", ["a", {"a": 1}, [7], [None], ["../a"], ["a", "a"], ["a\\b"]])
def test_outputs_that_are_no_list_of_good_names_are_refused(outputs: Any) -> None:
    with pytest.raises(SpecError):
        exchange.wanted({"outputs": outputs})


def test_without_any_there_are_none() -> None:
    assert exchange.given({}) == {}
    assert exchange.wanted({}) == ()


# --- What was left -----------------------------------------------------------------------------


def test_files_and_whole_folders_are_read_in_order(tmp_path: Path) -> None:
    exchange.write(tmp_path, {"b": b"1", "out/z": b"2", "out/deep/a": b"3", "other": b"4"})
    found = exchange.read(tmp_path, ("out", "b"))
    assert list(found) == ["out/deep/a", "out/z", "b"]
    assert [base64.b64decode(data) for data in found.values()] == [b"3", b"2", b"1"]


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    for name in ("out", "out/file"):
        with pytest.raises(LeftError, match=f"left no '{name}'"):
            exchange.read(tmp_path, (name,))


@pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")
@pytest.mark.parametrize("name", ["soft", "folder", "folder/passwd", "hard", "pipe", "loop"])
def test_nothing_is_read_through_a_link_or_from_what_is_no_file(tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    place = tmp_path / "place"
    place.mkdir()
    (place / "soft").symlink_to(secret)
    (place / "folder").symlink_to("/etc")
    (place / "loop").symlink_to("loop")
    os.link(secret, place / "hard")
    os.mkfifo(place / "pipe")
    with pytest.raises(LeftError):
        exchange.read(place, (name,))


def test_all_of_it_together_is_bounded(tmp_path: Path) -> None:
    exchange.write(tmp_path, {"a": b"x" * 60, "b": b"x" * 50})
    with pytest.raises(LeftError, match="more than 16 MiB together"):
        exchange.read(tmp_path, ("a", "b"), 100)
    assert len(exchange.read(tmp_path, ("a", "b"), 110)) == 2


def test_the_names_of_all_outputs_together_are_bounded(tmp_path: Path) -> None:
    exchange.write(tmp_path, {f"d/{number:03}" + "\u00e9" * 100: b"" for number in range(700)})
    with pytest.raises(LeftError, match="names are too long"):
        exchange.read(tmp_path, ("d",))


# --- With a program ----------------------------------------------------------------------------


def test_a_program_reads_the_files_that_it_is_given(start: Start, program: Program) -> None:
    job = start(program("open"), args=["in/data"], files={"in/data": encoded(b"what it is")})
    assert (job.completion.error, job.stdout) == (None, b"what it is")


def test_a_program_gives_back_the_files_that_it_was_asked_for(
    start: Start, program: Program
) -> None:
    job = start(program("note"), outputs=["note"])
    assert job.completion.result["files"] == {"note": encoded(b"it was kept")}


def test_a_program_that_leaves_too_little_has_failed(start: Start, program: Program) -> None:
    job = start(program("note"), outputs=["note", "more"])
    assert job.completion.status == "failed"
    assert job.completion.error == "The program left no 'more'."
    assert "files" not in job.completion.result
