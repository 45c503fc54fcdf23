"""A disk that is full when a job begins: the job is given back, not failed."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qubix_worker.paths import Paths

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a small disk is mounted"
)

Start = Callable[..., Any]
Program = Callable[..., bytes]


@pytest.fixture
def disk_of(paths: Paths) -> Iterator[Callable[[int], None]]:
    """Gives the worker's state folder a disk of its own, of so many KiB."""

    def mount(kib: int) -> None:
        paths.state.mkdir(parents=True)
        options = ["-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(paths.state)]
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(done.stderr)

    yield mount
    subprocess.run(["umount", "--lazy", str(paths.state)], capture_output=True, check=False)


def test_a_job_that_finds_no_room_for_its_folder_is_given_back(
    disk_of: Callable[[int], None], start: Start, program: Program, paths: Paths
) -> None:
    disk_of(8)
    job = start(program("mandelbrot"), stdin=base64.b64encode(bytes(64 * 1024)).decode())
    assert job.end.given_back and job.end.no_room
    assert not job.end.cancelled
    assert job.completion.error == (
        "This computer could not begin the job: No space left on device."
    )
    assert list(paths.jobs.iterdir()) == []


def test_a_job_that_finds_no_room_for_its_input_is_given_back(
    disk_of: Callable[[int], None], start: Start, program: Program, paths: Paths
) -> None:
    disk_of(400)
    job = start(program("note"), stdin=base64.b64encode(bytes(200 * 1024)).decode())
    assert job.end.given_back and job.end.no_room
    assert job.completion.error == "This computer has no room on its disk to begin the job."
    assert list(paths.jobs.iterdir()) == []


def test_a_program_that_fills_the_disk_itself_has_failed(
    disk_of: Callable[[int], None], start: Start, program: Program
) -> None:
    disk_of(400)
    job = start(program("flood", stream=1))
    assert not job.end.given_back
    assert job.completion.status == "failed"
    assert job.completion.error == "This computer's disk was full when the program ended."


def test_there_is_room_otherwise(
    disk_of: Callable[[int], None], start: Start, program: Program, paths: Paths
) -> None:
    disk_of(400)
    assert start(program("note")).completion.status == "completed"
