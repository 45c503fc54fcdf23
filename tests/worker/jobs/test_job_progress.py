"""The lines by which a job tells how far it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from qubix_worker.kinds.progress import Progress, ProgressTail


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (b"progress: 42\n", Progress(42)),
        (b"progress:7.5% half \x1b[31mred\r\n", Progress(7.5, "half \ufffd[31mred")),
        (b"progress: 0\n", Progress(0)),
        (b"noise\nprogress: 10 a\nprogress: 20 b\nnoise\n", Progress(20, "b")),
        (b"progress: 20\nprogress: 10\n", Progress(20)),
        (b"\xff\xfe\nprogress: 1 \xff\n", Progress(1, "\ufffd")),
        (b"progress: 42", None),
        (b"progress: 101\n", None),
        (b"progress: -1\n", None),
        (b"progress: nan\n", None),
        (b"progress: 1e9\n", None),
        (b"my progress: 42\n", None),
        (b"progress: 42words\n", None),
    ],
)
def test_a_line_is_understood_or_left_alone(
    tmp_path: Path, line: bytes, progress: Progress | None
) -> None:
    (tmp_path / "stderr").write_bytes(line)
    assert ProgressTail(tmp_path / "stderr").poll() == progress


def test_progress_comes_at_most_once_a_second_and_only_when_it_is_news(tmp_path: Path) -> None:
    path, clock = tmp_path / "stderr", Clock()
    tail = ProgressTail(path, clock)
    assert tail.poll() is None, "there is no file yet"
    path.write_bytes(b"progress: 1\nprogr")
    assert tail.poll() == Progress(1)
    with path.open("ab") as file:
        file.write(b"ess: 2\n")
    clock.now = 0.9
    assert tail.poll() is None
    clock.now = 1.1
    assert tail.poll() == Progress(2)
    clock.now = 9
    assert tail.poll() is None


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    path.write_bytes(b"x" * 1_000_000 + b"\nprogress: 5\n")
    tail = ProgressTail(path)
    assert next(filter(None, (tail.poll() for _ in range(10)))) == Progress(5)
    assert len(tail._rest) <= 4096
