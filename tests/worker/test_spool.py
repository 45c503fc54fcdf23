"""Results that wait to be sent: kept whole, in order, whatever the disk does."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_worker.files import write_whole
from qubix_worker.protocol import JobCompletion
from qubix_worker.spool import FILE_BYTES, REFUSED_MOST, Entry, Spool
from qubix_worker.wire import to_wire


def done(text: str = "", attempt: int = 1) -> JobCompletion:
    return JobCompletion(
        "completed",
        result={"exitCode": 0, "stdout": text},
        metrics={"wallSeconds": 1.5},
        attempt=attempt,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def test_results_survive_the_worker_and_come_back_oldest_first(folder: Path) -> None:
    for age, name in enumerate(("b", "a", "c")):
        Spool(folder).put(name, done(name))
        os.utime(folder / f"{name}-1.json", (age, age))
    spool = Spool(folder)
    assert [entry.job_id for entry in spool.pending()] == ["b", "a", "c"]
    assert spool.pending(1) == [Entry("b", done("b"))]
    assert spool.job_ids() == {"a", "b", "c"}


def test_a_result_stays_until_it_is_removed(folder: Path) -> None:
    spool = Spool(folder)
    spool.put("a", done())
    (entry,) = spool.pending()
    assert spool.pending() == [entry]
    spool.remove(entry)
    assert (spool.pending(), spool.job_ids()) == ([], frozenset())
    spool.remove(entry)


def test_the_same_result_put_twice_waits_once_and_each_attempt_by_itself(folder: Path) -> None:
    spool = Spool(folder)
    for attempt in (1, 1, 2):
        spool.put("a-1", done(attempt=attempt))
    assert sorted(entry.completion.attempt or 0 for entry in spool.pending()) == [1, 2]
    assert spool.job_ids() == {"a-1"}


def test_an_empty_spool_needs_no_folder(folder: Path) -> None:
    spool = Spool(folder)
    assert (spool.pending(), spool.job_ids()) == ([], frozenset())
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\0",
        b"[" * 100_000,
        b"null",
        b'{"jobId": "a"}',
        b'{"jobId": "a", "completion": {"status": "maybe"}}',
        b'{"jobId": 7, "completion": {"status": "failed"}}',
        json.dumps({"jobId": "../../a", "completion": {"status": "failed"}}).encode(),
        json.dumps({"jobId": "b", "completion": {"status": "failed"}}).encode(),
    ],
    ids=range(10),
)
def test_a_broken_file_is_set_aside_and_stops_nothing(folder: Path, content: bytes) -> None:
    spool = Spool(folder)
    spool.put("z", done())
    (folder / "a-1.json").write_bytes(content)
    assert spool.pending() == [Entry("z", done())]
    assert spool.pending() == [Entry("z", done())]
    assert (folder / "a-1.json.broken").read_bytes() == content
    assert spool.job_ids() == {"z"}


def test_what_a_killed_worker_was_writing_is_swept_away(folder: Path) -> None:
    folder.mkdir()
    (folder / ".a-1.json.0badcafe.part").write_bytes(b"{")
    assert Spool(folder).pending() == []
    assert list(folder.iterdir()) == []


def test_a_full_disk_costs_no_result_while_the_worker_lives(folder: Path) -> None:
    full = True

    def write(path: Path, data: bytes) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_whole(path, data)

    spool = Spool(folder, write)
    spool.put("a", done("a"))
    assert spool.pending() == [Entry("a", done("a"))]
    assert spool.job_ids() == {"a"}
    full = False
    spool.put("b", done("b"))
    assert {entry.job_id for entry in spool.pending()} == {"a", "b"}
    for entry in spool.pending():
        spool.remove(entry)
    assert spool.pending() == []


def test_what_the_disk_did_not_take_is_written_by_itself_once_there_is_room(folder: Path) -> None:
    full = True

    def write(path: Path, data: bytes) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_whole(path, data)

    spool = Spool(folder, write)
    spool.put("a", done("a"))
    assert spool.trouble
    assert spool.trouble.errno == errno.ENOSPC
    full = False
    assert spool.pending() == [Entry("a", done("a"))]
    assert spool.trouble is None
    assert Spool(folder).pending() == [Entry("a", done("a"))]


def test_a_file_that_this_version_does_not_understand_is_there_for_the_next(folder: Path) -> None:
    spool = Spool(folder)
    later = {"jobId": "a", "completion": {"status": "partly", "attempt": 1}}
    folder.mkdir()
    (folder / "a-1.json").write_text(json.dumps(later))
    assert spool.pending() == []
    assert spool.job_ids() == frozenset()
    assert Spool(folder).job_ids() == {"a"}, "the next worker looks at it once more"


def test_what_was_set_aside_long_ago_is_removed(folder: Path) -> None:
    folder.mkdir()
    (folder / "a-1.json.broken").write_text("{")
    Spool(folder, clock=lambda: (folder / "a-1.json.broken").stat().st_mtime + 8 * 24 * 3600)
    assert list(folder.iterdir()) == []


def test_an_entry_that_can_never_be_read_does_not_stand_in_the_way(folder: Path) -> None:
    spool = Spool(folder)
    spool.put("z", done())
    (folder / "a-1.json").mkdir()
    assert spool.pending() == [Entry("z", done())]
    assert spool.job_ids() == {"z"}


def test_what_was_postponed_comes_last_and_the_longest_postponed_first(folder: Path) -> None:
    spool = Spool(folder)
    for age, name in enumerate("abcd"):
        spool.put(name, done())
        os.utime(folder / f"{name}-1.json", (age, age))
    for name in ("a", "b", "a"):
        spool.postpone(Entry(name, done()))
    assert [entry.job_id for entry in spool.pending()] == ["c", "d", "b", "a"]
    assert [entry.job_id for entry in spool.pending(1, besides={"c-1.json"})] == ["d"]


def test_a_result_that_the_disk_did_not_take_stands_behind_no_others_for_ever(
    folder: Path,
) -> None:
    Spool(folder).put("a", done())

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    spool = Spool(folder, full)
    spool.put("b", done())
    assert [entry.job_id for entry in spool.pending(1)] == ["a"]
    assert [entry.job_id for entry in spool.pending(1, besides={"a-1.json"})] == ["b"]


def test_a_folder_that_cannot_be_looked_into_hides_nothing_that_was_seen_and_is_told_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    spool = Spool(folder)
    spool.put("a", done())
    assert spool.job_ids() == {"a"}
    aside = folder.rename(folder.with_name("aside"))
    folder.write_text("no folder any more")
    for _ in range(3):
        assert spool.job_ids() == {"a"}
        assert spool.pending() == []
    assert spool.is_hidden
    assert [record.levelname for record in caplog.records].count("WARNING") == 2, "and its file"
    folder.unlink()
    aside.rename(folder)
    assert spool.pending() == [Entry("a", done())]
    assert not spool.is_hidden
    assert caplog.messages[-1] == "The spool can be looked into again"


def test_a_folder_that_cannot_be_looked_into_at_the_start_stops_no_worker(folder: Path) -> None:
    folder.write_text("in the way")
    spool = Spool(folder)
    assert (spool.pending(), spool.job_ids(), spool.is_hidden) == ([], frozenset(), True)


@pytest.mark.skipif(sys.platform == "win32", reason="a link to itself is the file's trouble")
def test_a_file_that_cannot_be_looked_at_stands_in_nobodys_way_and_is_told_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(folder)
    spool.put("z", done())
    (folder / "a-1.json").symlink_to("a-1.json")
    assert spool.job_ids() == {"a", "z"}
    for _ in range(3):
        assert spool.pending() == [Entry("z", done())]
    assert len(caplog.records) == 1
    assert spool.job_ids() == {"z"}, "it is set aside"


def test_what_nobody_took_is_kept_aside_the_newest_of_it(folder: Path) -> None:
    spool = Spool(folder)
    for at in range(REFUSED_MOST + 2):
        spool.put(f"j-{at}", done(str(at)))
        (entry,) = spool.pending()
        os.utime(folder / entry.name, (at, at))
        spool.set_apart(entry)
    assert (spool.pending(), spool.job_ids()) == ([], frozenset())
    kept = sorted(path.name for path in (folder / "refused").iterdir())
    assert kept == [f"j-{at}-1.json" for at in range(2, REFUSED_MOST + 2)]
    assert Spool(folder).pending() == []
    assert json.loads((folder / "refused" / kept[0]).read_bytes())["jobId"] == "j-2"


def test_what_is_in_memory_only_can_be_kept_aside_too(folder: Path) -> None:
    def full_at_first(path: Path, data: bytes) -> None:
        if path.parent == folder:
            raise OSError(errno.ENOSPC, "full")
        write_whole(path, data)

    spool = Spool(folder, write=full_at_first)
    folder.mkdir()
    spool.put("a", done())
    (entry,) = spool.pending()
    assert spool.age_seconds(entry) == 0.0
    spool.set_apart(entry)
    assert (spool.pending(), spool.job_ids()) == ([], frozenset())
    assert (folder / "refused" / "a-1.json").exists()


def test_a_result_is_as_old_as_its_file_also_for_the_next_worker(folder: Path) -> None:
    Spool(folder).put("a", done())
    os.utime(folder / "a-1.json", (1000, 1000))
    spool = Spool(folder, clock=lambda: 4600.0)
    assert spool.age_seconds(spool.pending()[0]) == 3600.0


@pytest.mark.parametrize(
    "name",
    [
        "x" * 245 + "-1.json",
        "x" * 65 + "-1.json",
        "-1.json",
        "a.json",
        "a-1234567.json",
        "a-b.json",
        "a-\N{SUPERSCRIPT TWO}.json",
        "\N{LATIN SMALL LETTER E WITH ACUTE}-1.json",
        pytest.param("b\nc-1.json", marks=pytest.mark.skipif(sys.platform == "win32", reason="no")),
    ],
)
def test_a_file_that_no_worker_would_name_so_is_let_lie_and_told_once(
    folder: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    spool = Spool(folder)
    spool.put("z", done())
    (folder / name).write_text("junk")
    for _ in range(3):
        assert spool.job_ids() == {"z"}
        assert spool.pending() == [Entry("z", done())]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].isprintable()
    assert (folder / name).read_text() == "junk"


def test_what_can_be_neither_read_nor_set_aside_is_no_job_of_this_worker(folder: Path) -> None:
    spool = Spool(folder)
    spool.put("z", done())
    (folder / "a-1.json").write_text("junk")
    (folder / "a-1.json.broken").mkdir()
    assert spool.pending() == [Entry("z", done())]
    assert spool.job_ids() == {"z"}
    (folder / "a-1.json").unlink()
    spool.put("a", done())
    assert spool.job_ids() == {"a", "z"}, "the name is free again"


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_sparse_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def a_file_that_is_too_long(path: Path) -> None:
    path.write_bytes(b" " * FILE_BYTES + json.dumps(to_wire(Entry("a", done()))).encode())


def a_link_to_what_never_ends(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_to_another_folder(path: Path) -> None:
    elsewhere = path.parent.with_name("elsewhere.json")
    elsewhere.write_text(json.dumps(to_wire(Entry("a", done()))))
    path.symlink_to(elsewhere)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def a_file_that_nobody_may_read(path: Path) -> None:
    path.write_text("{")
    path.chmod(0)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's kinds of files")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "odd",
    [
        a_pipe,
        a_sparse_file,
        a_file_that_is_too_long,
        a_link_to_what_never_ends,
        a_link_to_another_folder,
        a_link_to_nothing,
        a_file_that_nobody_may_read,
    ],
)
def test_what_is_no_plain_file_of_a_results_size_is_set_aside_unread(
    folder: Path, odd: Callable[[Path], None]
) -> None:
    spool = Spool(folder)
    spool.put("z", done())
    odd(folder / "a-1.json")
    assert spool.pending() == [Entry("z", done())]
    assert spool.job_ids() == {"z"}
    assert os.path.lexists(folder / "a-1.json.broken")
    assert Spool(folder).pending() == [Entry("z", done())]


def test_a_result_that_the_disk_takes_under_no_such_name_keeps_no_other_from_it(
    folder: Path,
) -> None:
    spool = Spool(folder)
    (folder / "a-1.json" / "in the way").mkdir(parents=True)
    spool.put("a", done("a"))
    spool.put("b", done("b"))
    assert (folder / "b-1.json").is_file()
    assert spool.trouble is not None
    assert {entry.job_id for entry in spool.pending()} == {"a", "b"}
