"""Jobs of the kind `container`, for real: what a program is given, and how its end is told."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits, available
from qubix_worker.paths import Paths

from .conftest import Podman

pytestmark = pytest.mark.slow


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_computer_with_podman_can_run_containers(podman: Podman) -> None:
    assert "container" in available()


def test_a_program_reads_its_input_and_its_arguments_and_is_heard(shell: Any) -> None:
    started = shell('cat; echo "$0 and $HOME"; echo so >&2', stdin=encoded("in, "))
    assert started.completion.status == "completed"
    assert started.completion.error is None
    assert started.completion.result["exitCode"] == 0
    assert started.stdout == b"in, sh and /tmp\n"
    assert started.completion.result["stderr"] == "so\n"


def test_a_program_without_input_reads_an_empty_one(shell: Any) -> None:
    assert shell("cat | wc -c").stdout == b"0\n"


def test_much_goes_in_and_out_whole(shell: Any) -> None:
    data = bytes(range(256)) * 12_000
    started = shell("cat", stdin=base64.b64encode(data).decode())
    assert started.stdout == data


def test_a_job_has_variables_of_its_own(shell: Any) -> None:
    started = shell('echo "$A|$HOME"', env={"A": "x=y $(reboot)\n--z", "HOME": "/files"})
    assert started.stdout == b"x=y $(reboot)\n--z|/files\n"


def test_a_job_may_name_the_program(start_container: Any) -> None:
    started = start_container("--help me", entrypoint="/bin/echo")
    assert started.stdout == b"--help me\n"


def test_files_go_in_and_come_out(shell: Any) -> None:
    started = shell(
        "pwd; cat a/in.txt; mkdir out; tr a-z A-Z < a/in.txt > out/up.txt",
        files={"a/in.txt": encoded("hello\n")},
        outputs=["out"],
    )
    assert started.completion.error is None
    assert started.stdout == b"/files\nhello\n"
    assert started.completion.result["files"] == {"out/up.txt": encoded("HELLO\n")}


def test_a_link_is_no_file_that_comes_out(shell: Any) -> None:
    started = shell("ln -s /etc/passwd out", outputs=["out"])
    assert started.completion.status == "failed"
    assert "is a link" in started.completion.error
    assert "root:" not in str(started.completion)


def test_how_far_it_is_is_told_while_it_runs(start_container: Any, wait_until: Any) -> None:
    script = "echo 'progress: 40 baking' >&2; while ! test -e enough; do sleep 0.1; done"
    started = start_container("sh", "-c", script)
    wait_until(lambda: any(news.percent == 40 for news in started.progress))
    assert not started.ended.is_set()


@pytest.mark.parametrize("code", [1, 125, 126, 127, 137, 255])
def test_a_program_that_fails_tells_by_what_code_and_its_last_words(code: int, shell: Any) -> None:
    started = shell(f"echo 'no luck' >&2; exit {code}")
    assert started.completion.status == "failed"
    assert started.completion.result["exitCode"] == code
    assert f"exit code {code}" in started.completion.error
    assert started.completion.error.endswith("no luck")


def test_a_program_that_the_image_lacks_is_named(start_container: Any) -> None:
    started = start_container(entrypoint="/bin/no-such-program")
    assert "has no such program" in started.completion.error
    assert "no-such-program" in started.completion.error


def test_a_program_without_the_right_to_be_run_is_said_to_be(start_container: Any) -> None:
    started = start_container(entrypoint="/etc/passwd")
    assert "could not be begun" in started.completion.error


def test_two_jobs_at_once_do_not_meet(
    start_container: Any, new_runner: Callable[..., JobRunner], podman: Podman
) -> None:
    runner = new_runner()
    script = "echo $0 > mine; sleep 1; cat *; ls /proc | grep -c '^[0-9]'"
    jobs = [
        start_container("sh", "-c", script, f"job-{n}", on=runner, id=f"job-{n}") for n in (1, 2)
    ]
    # Themselves, and what asks.
    assert [job.stdout.split()[0] for job in jobs] == [b"job-1", b"job-2"]
    assert all(int(job.stdout.split()[1]) <= 4 for job in jobs)
    assert not podman.containers()


def test_less_than_a_core_is_what_it_gets(
    start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    runner = container_runner(Limits(64, cores=0.2))
    script = (
        "cd /sys/fs/cgroup; cat cpu.max 2>/dev/null"
        " || cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us"
    )
    started = start_container("sh", "-c", script, on=runner)
    quota, period = started.stdout.split()
    assert int(quota) / int(period) == pytest.approx(0.2)


def test_a_frozen_container_stands_still_for_as_long_as_it_is(
    start_container: Any,
    new_runner: Callable[..., JobRunner],
    podman: Podman,
    paths: Paths,
    wait_until: Any,
) -> None:
    runner = new_runner()
    script = "while echo x; do sleep 0.05; done > ticks"
    started = start_container("sh", "-c", script, on=runner, timeout=3)
    ticks = paths.jobs / "job-1-1" / "files" / "ticks"
    wait_until(lambda: ticks.exists() and ticks.stat().st_size)
    runner.freeze()
    (name,) = podman.containers()
    wait_until(lambda: "paused" in podman("inspect", "--format={{.State.Status}}", name))
    before = ticks.stat().st_size
    # Longer than all of its time, which does not pass for it.
    assert not started.ended.wait(4)
    assert ticks.stat().st_size == before
    runner.thaw()
    wait_until(lambda: ticks.stat().st_size > before)
    assert "whole time limit of 3 s" in started.completion.error


def test_a_frozen_container_can_be_cancelled(
    start_container: Any, new_runner: Callable[..., JobRunner], podman: Podman, wait_until: Any
) -> None:
    runner = new_runner()
    started = start_container("sleep", "60", on=runner)
    wait_until(podman.containers)
    (name,) = podman.containers()
    wait_until(lambda: "running" in podman("inspect", "--format={{.State.Status}}", name))
    runner.freeze()
    wait_until(lambda: "paused" in podman("inspect", "--format={{.State.Status}}", name))
    began = time.monotonic()
    runner.cancel("job-1")
    assert started.end.cancelled
    assert time.monotonic() - began < 5
    assert not podman.containers()


def test_a_job_that_begins_frozen_begins_when_it_is_let_go_on(
    start_container: Any, new_runner: Callable[..., JobRunner]
) -> None:
    runner = new_runner()
    start_container("sleep", "60", on=runner, id="job-0")
    runner.freeze()
    started = start_container("echo", "hello", on=runner)
    assert not started.ended.wait(1)
    runner.thaw()
    assert started.stdout == b"hello\n"


def test_an_engine_that_has_gone_away_is_a_reason(
    start_container: Any, new_runner: Callable[..., JobRunner], podman: Podman, wait_until: Any
) -> None:
    started = start_container("sleep", "60", on=new_runner())
    wait_until(podman.containers)
    (name,) = podman.containers()
    wait_until(lambda: "running" in podman("inspect", "--format={{.State.Status}}", name))
    podman("rm", "--force", "--time=0", name)
    assert started.completion.status == "failed"
    # Its end may be told before it is gone, or after.
    assert re.search("removed while it was at work|was killed", started.completion.error)


def test_an_image_that_is_nowhere_is_a_reason(start_container: Any) -> None:
    started = start_container("true", image=f"localhost/no-such@sha256:{'0' * 64}")
    assert "The image is not on this computer" in started.completion.error
