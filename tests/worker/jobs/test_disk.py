"""How much of the disk a job may take, however it hides what it stores."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.kinds.disk import FREE_BYTES, UNSEEN_BYTES, Disk
from qubix_worker.kinds.kind import DISK_BYTES

from .escapes import wasi

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows such files")
GIB = 1 << 30
HIDING = """
    import os, sys
    file = open("x", "wb+")
    os.unlink("x")
    os.truncate(file.fileno(), int(sys.argv[1]))
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hiding(tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """Begins a process with an open file of that size which is in no folder; its number."""
    begun = []

    def begin(size: int) -> int:
        program = "\n".join(line.strip() for line in HIDING.splitlines())
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", program, str(size)],
                cwd=tmp_path,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        assert begun[-1].stdout
        begun[-1].stdout.readline()
        return begun[-1].pid

    yield begin
    for process in begun:
        process.communicate()


@linux
def test_files_that_are_open_and_in_no_folder_count(
    tmp_path: Path, hiding: Callable[[int], int]
) -> None:
    (tmp_path / "half").touch()
    os.truncate(tmp_path / "half", DISK_BYTES // 2)
    half, more = hiding(DISK_BYTES // 2), hiding(1)
    assert Disk(tmp_path).excess([half]) is None
    assert "more than 256 MiB" in (Disk(tmp_path).excess([half, more]) or "")


@linux
def test_a_file_that_two_processes_have_open_counts_once(
    tmp_path: Path, hiding: Callable[[int], int]
) -> None:
    pid = hiding(DISK_BYTES // 2 + 1)
    assert Disk(tmp_path).excess([pid, pid]) is None


@linux
def test_a_process_that_cannot_be_looked_at_hides_no_other(
    tmp_path: Path, hiding: Callable[[int], int]
) -> None:
    proc = tmp_path / "proc"
    proc.mkdir()
    pid = hiding(DISK_BYTES + 1)
    (proc / str(pid)).symlink_to(f"/proc/{pid}")
    (proc / "1").mkdir()
    (proc / "1" / "fd").touch()  # an error, also for root
    assert "more than 256 MiB" in (Disk(tmp_path, processes=proc).excess([1, pid]) or "")


@linux
def test_a_process_that_has_ended_has_nothing_open(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert Disk(tmp_path).excess([process.pid]) is None


@linux
def test_room_behind_the_end_of_a_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    size = str(DISK_BYTES + (1 << 20))
    done = subprocess.run(["fallocate", "-n", "-l", size, path], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this file system gives no room behind the end of a file")
    assert path.stat().st_size == 0
    assert "more than 256 MiB" in (Disk(tmp_path).excess() or "")


def test_a_job_is_ended_where_the_disk_is_nearly_full_and_it_may_have_filled_it(
    tmp_path: Path,
) -> None:
    left = [FREE_BYTES + DISK_BYTES]
    disk = Disk(tmp_path, free=lambda folder: left[0])
    left[0] = FREE_BYTES
    assert disk.excess() is None
    left[0] -= 1
    assert "nearly full" in (disk.excess() or "")


def test_a_disk_that_was_nearly_full_before_is_no_reason(tmp_path: Path) -> None:
    left = [GIB]
    disk = Disk(tmp_path, free=lambda folder: left[0])
    left[0] = DISK_BYTES // 2  # as by the image that was fetched
    disk.begins()
    left[0] = 0
    assert disk.excess() is None


@pytest.mark.parametrize("seen", [True, False])
def test_where_processes_cannot_be_seen_half_of_the_disk_is_the_bound(
    tmp_path: Path, seen: bool
) -> None:
    left = [100 * GIB]
    processes = tmp_path if seen else tmp_path / "none"
    disk = Disk(tmp_path, free=lambda folder: left[0], processes=processes)
    left[0] = 51 * GIB
    assert disk.excess([] if seen else [1]) is None
    left[0] = 49 * GIB
    if seen:
        assert disk.excess([]) is None
    else:
        assert "cannot be seen" in (disk.excess([1]) or "")
        assert "cannot be seen" in (disk.excess(None) or "")


def test_what_a_small_disk_lacks_is_not_taken_for_a_job(tmp_path: Path) -> None:
    left = [UNSEEN_BYTES]
    disk = Disk(tmp_path, free=lambda folder: left[0])
    left[0] = FREE_BYTES
    assert disk.excess(None) is None


@linux
@pytest.mark.slow
def test_a_module_that_removes_its_open_files_is_ended(start: Callable[..., Any]) -> None:
    module = wasi(
        """
        (loop $files
          (local.set $f (call $make "x"))
          (call $need (call $path_unlink_file (i32.const 3) "x"))
          (call $need (call $fd_filestat_set_size (local.get $f) (i64.const 200000000)))
          (br_if $files (i32.lt_u (local.get $f) (i32.const 9))))
        (loop $for_ever (br $for_ever))
        """
    )
    completion = start(module).completion
    assert completion.status == "failed"
    assert "more than 256 MiB" in completion.error
