"""The examples: what they compute, and that each program is the one that its source describes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


def steps(cx: float, cy: float) -> int:
    x = y = 0.0
    for n in range(1, 256):
        x, y = x * x - y * y + cx, 2 * x * y + cy
        if not x * x + y * y <= 4:
            return n
    return 0


def tile(zoom: int, x: int, y: int, size: int) -> bytes:
    side = 4 / 2**zoom
    left, top, step = -2.5 + x * side, -2 + y * side, side / size
    rows = (
        bytes(steps(left + (i + 0.5) * step, top + (j + 0.5) * step) for i in range(size))
        for j in range(size)
    )
    return b"P5\n%d %d\n255\n" % (size, size) + b"".join(rows)


@pytest.mark.parametrize("source", sorted(EXAMPLES.glob("*.wat")), ids=lambda path: path.stem)
def test_each_program_is_a_fresh_build_of_its_source(source: Path) -> None:
    spec = importlib.util.spec_from_file_location("build", EXAMPLES / "build.py")
    assert spec and spec.loader
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert source.with_suffix(".wasm").read_bytes() == build.build(source)


@pytest.mark.parametrize(
    "numbers", [(0, 0, 0, 64), (3, 2, 3, 48), (40, 687_194_767_360, 549_755_813_888, 4)]
)
def test_a_mandelbrot_tile_is_what_the_same_arithmetic_gives_in_python(
    start: Callable[..., Any], program: Callable[..., bytes], numbers: tuple[int, ...]
) -> None:
    job = start(program("mandelbrot"), args=[str(number) for number in numbers])
    assert job.completion.status == "completed"
    assert job.completion.result["exitCode"] == 0
    assert job.stdout == tile(*numbers)


def test_mandelbrot_without_arguments_draws_for_a_terminal(
    start: Callable[..., Any], program: Callable[..., bytes]
) -> None:
    job = start(program("mandelbrot"))
    lines = job.stdout.decode("ascii").splitlines()
    assert [len(line) for line in lines] == [72] * 28
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            n = steps(-2.3 + (column + 0.5) * 0.045, -1.26 + (row + 0.5) * 0.09)
            assert character == (" .,:;-=+*#%"[min(n - 1, 10)] if n else "@")
    assert job.progress[-1].percent == 100


@pytest.mark.parametrize("args", [["1"], ["0", "0", "1"], ["0", "0", "x"], ["0", "0", "0", "4097"]])
def test_mandelbrot_says_how_it_is_used(
    start: Callable[..., Any], program: Callable[..., bytes], args: list[str]
) -> None:
    completion = start(program("mandelbrot"), args=args).completion
    assert completion.status == "failed"
    assert completion.result["exitCode"] == 2
    assert "usage: mandelbrot.wasm" in completion.error
