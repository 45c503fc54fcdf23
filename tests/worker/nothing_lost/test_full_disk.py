"""A state folder on a disk that is full: results are kept, and it goes on by itself with room."""

from __future__ import annotations

import contextlib
import errno
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.worker.network.scripted import Request, Visit, serving
from tests.worker.nothing_lost.played import Process, job

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def small_disk_at(place: Path, size: str) -> Iterator[None]:
    place.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("this account may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Leaves not one byte free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(OSError, match="space") as caught:
        (disk / "one more").write_bytes(b"x" * 4096)
    assert caught.value.errno == errno.ENOSPC
    (disk / "one more").unlink()
    return filler


class Away:
    """Gives one job, and takes no result until the test says so."""

    def __init__(self, given: dict[str, object]) -> None:
        self._given = given
        self.takes = False
        self.tries: list[Request] = []
        self.taken: list[Request] = []

    def __call__(self, request: Request, visit: Visit) -> None:
        if request.path.endswith("/complete"):
            self.tries.append(request)
            if self.takes:
                self.taken.append(request)
                visit.answer({"success": True})
            else:
                visit.answer({"error": "full", "code": "storage_full"}, 507, Retry_After="1")
        elif "/heartbeat" in request.path:
            is_new = not self.tries and request.json["status"] == "online"
            visit.answer({"success": True, "pendingJobs": [self._given] if is_new else []})
        else:
            visit.answer({"success": True})


@pytest.mark.provokes("disk_full")
def test_a_result_that_the_disk_does_not_take_is_kept_and_written_once_there_is_room(
    tmp_path: Path,
) -> None:
    away = Away(job(1))
    with serving(away) as server:
        process = Process(tmp_path, server.url)
        with small_disk_at(process.paths.spool, "64k"):
            filler = fill(process.paths.spool)
            process.start()
            try:
                wait_until(lambda: len(away.tries) >= 2, seconds=60)
                assert not list(process.paths.spool.glob("job*"))
                assert process.control.status().unsent_results == 1
                warning = process.control.status().warning
                assert warning
                assert warning.code == "disk_full"
                assert "Free some space" in warning.todo
                filler.unlink()
                (kept,) = wait_until(lambda: list(process.paths.spool.glob("job*.json")))
                assert json.loads(kept.read_bytes())["jobId"] == "job-1"
                # From here on it outlives the worker as well.
                assert process.process
                process.process.kill()
                process.process.wait()
                away.takes = True
                process.start()
                wait_until(lambda: away.taken)
                wait_until(lambda: not list(process.paths.spool.glob("job*")))
                assert len(away.taken) == 1
            finally:
                process.end()


def test_a_worker_starts_on_a_full_disk_and_hands_in_what_it_has(tmp_path: Path) -> None:
    away = Away(job(1))
    disk = tmp_path / "disk"
    with small_disk_at(disk, "8m"), serving(away) as server:
        process = Process(disk / "home", server.url)
        process.start()
        try:
            wait_until(lambda: list(process.paths.spool.glob("job*.json")), seconds=60)
            assert process.process
            process.process.kill()
            process.process.wait()
            fill(disk)
            away.takes = True
            process.start()
            wait_until(lambda: away.taken, seconds=60)
            assert len(away.taken) == 1
        finally:
            process.end()
