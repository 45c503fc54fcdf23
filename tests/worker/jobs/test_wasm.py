"""What a wasm program is given, what it cannot reach, and what is said of how it ended."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths

from .escapes import importing, small_module_of_huge_functions

Start = Callable[..., Any]
Program = Callable[..., bytes]
Wat = Callable[[str], bytes]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# --- What it is given --------------------------------------------------------------------------


def test_a_program_reads_its_input_and_its_output_is_the_result(
    start: Start, program: Program
) -> None:
    data = bytes(range(256)) * 1000
    job = start(program("relay", stream=1, code=0), stdin=encoded(data))
    assert job.completion.status == "completed"
    assert job.completion.error is None
    assert job.completion.result["exitCode"] == 0
    assert job.stdout == data
    assert job.completion.metrics["memoryMb"] == 0.125
    assert job.completion.attempt == 1


def test_a_program_is_given_its_arguments_and_an_empty_environment(
    start: Start, program: Program
) -> None:
    job = start(program("arguments"), args=["one", "", "drei \u00fc"])
    assert job.stdout == "module.wasm\0one\0\0drei \u00fc\0".encode()
    assert job.completion.result["exitCode"] == 0, "the number of its variables"


def test_a_program_has_a_folder_of_its_own(start: Start, program: Program) -> None:
    job = start(program("note"))
    assert (job.completion.error, job.stdout) == (None, b"it was kept")


# --- What it cannot reach ----------------------------------------------------------------------


def test_a_program_can_open_its_own_folder(start: Start, program: Program) -> None:
    """Without this, the refusals in test_escapes_wasm would say nothing."""
    assert start(program("open"), args=["."]).completion.status == "completed"
    assert start(program("open"), args=["link/link", "."]).completion.status == "completed"


def test_a_program_that_needs_more_than_wasi_preview_1_is_told_what_is_missing(
    start: Start,
) -> None:
    assert start(importing("sock_open")).completion.error == (
        "The module needs the function wasi_snapshot_preview1::sock_open,"
        " which WASI preview 1 does not have."
    )


# --- How it ended ------------------------------------------------------------------------------


def test_a_program_that_loops_for_ever_ends_with_its_time_limit(
    start: Start, program: Program
) -> None:
    job = start(program("loop"), timeout=1)
    assert job.completion.error == "The job ran for its whole time limit of 1 s and was stopped."
    assert 1 <= job.end.seconds < 10


@pytest.mark.slow
def test_a_program_that_waits_in_the_system_ends_with_its_time_limit(
    start: Start, program: Program
) -> None:
    job = start(program("sleep"), timeout=1)
    assert job.completion.error == "The job ran for its whole time limit of 1 s and was stopped."
    assert 1 <= job.end.seconds < 10


@pytest.mark.slow
def test_a_module_that_is_made_to_compile_for_long_ends_with_its_time_limit(start: Start) -> None:
    job = start(small_module_of_huge_functions(), timeout=1)
    assert job.completion.error == "The job ran for its whole time limit of 1 s and was stopped."
    assert 1 <= job.end.seconds < 10


def test_a_program_that_eats_memory_ends_at_its_limit(start: Start, program: Program) -> None:
    job = start(program("hungry"), memoryMb=8)
    assert job.completion.error == (
        "The program trapped: unreachable code was reached, as at an abort or a panic,"
        " after it had reached its memory limit of 8 MiB."
    )
    assert job.completion.metrics["memoryMb"] == 8


TRAPS = {
    "unreachable": "unreachable code was reached, as at an abort or a panic.",
    "(drop (i32.load (i32.const -4)))": "out of bounds memory access.",
    "(drop (i32.div_u (i32.const 1) (i32.const 0)))": "integer division by zero.",
    "(call 0)": "its call stack was exhausted.",
    "(drop (memory.grow (i32.const 900))) unreachable": (
        "unreachable code was reached, as at an abort or a panic,"
        " while it held 56.31 MiB of at most 64 MiB of memory."
    ),
}


@pytest.mark.parametrize("code", TRAPS)
def test_a_trap_is_told_in_words(start: Start, wat: Wat, code: str) -> None:
    job = start(wat(f'(module (memory (export "memory") 1) (func (export "_start") {code}))'))
    assert job.completion.status == "failed"
    assert job.completion.error == f"The program trapped: {TRAPS[code]}"
    assert "exitCode" not in job.completion.result


REFUSED = {
    '(module (memory (export "memory") 1))': (
        "The module has no function '_start': it is a library, not a program."
    ),
    '(module (func (export "_start") (param i32)))': (
        "The module's function '_start' must take and return nothing."
    ),
    '(module (memory (export "memory") 2000) (func (export "_start")))': (
        "The module needs 125 MiB of memory to begin with; its limit is 64 MiB."
    ),
    '(module (memory 2000) (func (export "_start")))': (
        "The module cannot be started: memory minimum size of 2000 pages exceeds memory limits."
    ),
    '(module (table 2000000 funcref) (func (export "_start")))': (
        "The module cannot be started: table minimum size of 2000000 elements exceeds table limits."
    ),
    '(module (func $f unreachable) (start $f) (func (export "_start")))': (
        "The program trapped: unreachable code was reached, as at an abort or a panic."
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_module_that_is_no_program_is_told_why(start: Start, wat: Wat, text: str) -> None:
    assert start(wat(text)).completion.error == REFUSED[text]


def test_a_module_that_is_broken_after_its_beginning_is_refused(start: Start) -> None:
    error = start(b"\0asm\1\0\0\0and so on").completion.error
    assert error.startswith("The module is not a valid WebAssembly program: ")


def test_an_exit_code_is_told_with_the_last_words(start: Start, program: Program) -> None:
    job = start(program("relay", stream=2, code=3), stdin=encoded(b"first\nlast\nprogress: 7\n\n"))
    assert job.completion.status == "failed"
    assert job.completion.error == (
        "The program ended with exit code 3. The last line of its error output: last"
    )
    assert job.completion.result["exitCode"] == 3
    assert job.completion.result["stderr"] == "first\nlast\nprogress: 7\n\n"


def test_an_exit_code_that_wasi_does_not_know_is_told(start: Start, program: Program) -> None:
    assert start(program("relay", stream=2, code=200)).completion.error == (
        "The program ended with an exit code that is not between 0 and 125."
    )


def test_control_characters_of_a_program_reach_no_terminal(start: Start, program: Program) -> None:
    rude = "\x1b]0;title\x07\x1b[31mred\u202egnorw\x00\u00a0end\n".encode() + b"\xff\n"
    job = start(program("relay", stream=2, code=1), stdin=encoded(rude + b"\x1b[2J\x9b"))
    assert job.completion.error.endswith(": \ufffd[2J\ufffd")
    assert job.completion.error.isprintable()
    assert all(c.isprintable() or c in "\n\t" for c in job.completion.result["stderr"])
    assert "red\ufffdgnorw\ufffd end\n" in job.completion.result["stderr"]


@pytest.mark.parametrize(("stream", "name"), [(1, "output"), (2, "error")])
def test_a_flood_of_output_ends_the_job(
    start: Start, program: Program, stream: int, name: str
) -> None:
    job = start(program("flood", stream=stream))
    assert job.completion.status == "failed"
    assert job.completion.error == f"The program wrote more than 16 MiB to its standard {name}."
    assert job.end.seconds < 15
    assert len(job.stdout) <= 64 * 1024
    assert len(job.completion.result["stderr"]) <= 64 * 1024


def test_the_most_output_that_is_allowed_fits_into_a_result(start: Start, program: Program) -> None:
    data = b"0123456789abcdef" * (16 << 16)
    job = start(program("relay", stream=1, code=0), stdin=encoded(data))
    assert job.stdout == data
    assert len(job.completion.result["stdout"]) < 22 << 20


def test_a_link_that_a_program_leaves_is_removed_and_not_what_it_names(
    start: Start, program: Program, paths: Paths
) -> None:
    precious = paths.state / "precious"
    precious.mkdir(parents=True)
    (precious / "file").write_text("here")
    job = start(program("open"), args=["link", "../../../precious"])
    assert job.completion.status == "failed"
    assert list(paths.jobs.iterdir()) == []
    assert (precious / "file").read_text() == "here"


def test_a_bad_specification_fails_the_job_without_a_process(start: Start, paths: Paths) -> None:
    runner = JobRunner(paths, ["/nowhere/qubix-worker"], Limits(64), spare_seconds=0)
    job = start(module=None, on=runner, args=[])
    assert job.completion.error.startswith("The job's spec must have either 'module'")
    runner.stop()


def test_a_job_of_a_kind_that_this_computer_does_not_have_is_given_back(start: Start) -> None:
    job = start(kind="abacus")
    assert job.end.given_back and not job.end.no_room
    assert job.completion.error == "This computer cannot run jobs of the kind 'abacus'."


# --- Environment and fuel ----------------------------------------------------------------------


def test_a_program_is_given_the_environment_of_the_job_and_no_other(
    start: Start, program: Program
) -> None:
    job = start(program("environment"), env={"NAME": "value \u00fc", "EMPTY": ""})
    assert sorted(job.stdout.split(b"\0")) == [b"", b"EMPTY=", "NAME=value \u00fc".encode()]


def test_a_program_that_uses_up_its_fuel_ends_there(start: Start, program: Program) -> None:
    job = start(program("loop"), fuel=100_000)
    assert job.completion.error == "The program used up its fuel of 100000 and was stopped."
    assert job.completion.metrics["fuelUsed"] == 100_000


def test_the_same_work_takes_the_same_fuel(start: Start, program: Program) -> None:
    jobs = [
        start(program("mandelbrot"), id=id, args=["3", "2", "3", "8"], fuel=10**9) for id in "ab"
    ]
    assert [job.completion.status for job in jobs] == ["completed"] * 2
    first, second = (job.completion.metrics["fuelUsed"] for job in jobs)
    assert first == second > 1000


def test_a_spec_that_is_nested_too_deeply_fails_the_job(start: Start, program: Program) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    job = start(program("note"), unknown=deep)
    assert job.completion.error == "The job's spec is nested too deeply."


# --- What is told while it runs ----------------------------------------------------------------


def test_the_lines_of_a_program_are_passed_on_and_made_harmless(
    start: Start, program: Program
) -> None:
    said = b"one\n\x1b[31mtwo\nprogress: 50 half\nthree"
    job = start(program("relay", stream=2, code=0), stdin=encoded(said))
    assert job.completion.status == "completed"
    lines = [line for news in job.progress for line in news.lines]
    assert lines == ["one", "\ufffd[31mtwo", "three"]
    assert (job.progress[-1].percent, job.progress[-1].operation) == (50, "half")


def test_a_program_that_tells_no_progress_has_none(start: Start, program: Program) -> None:
    job = start(program("relay", stream=2, code=0), stdin=encoded(b"hello\n"))
    assert job.completion.status == "completed"
    assert [news.percent for news in job.progress] == [None]
