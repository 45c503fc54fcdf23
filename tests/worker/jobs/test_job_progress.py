"""The lines by which a job tells how far it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qubix_worker.kinds.progress import LINES_IN_ALL, News, ProgressTail


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("line", "news"),
    [
        (b"progress: 42\n", News(42)),
        (b"progress:7.5% half \x1b[31mred\r\n", News(7.5, "half \ufffd[31mred")),
        (b"progress: 0\n", News(0)),
        (b"a\nprogress: 10 x\nprogress: 20 y\nb\n", News(20, "y", ("a", "b"))),
        (b"progress: 20\nprogress: 10\n", News(20)),
        (b"\xff\xfe\nprogress: 1 \xff\n", News(1, "\ufffd", ("\ufffd\ufffd",))),
        (b"progress: 42", None),
        (b"\n  \n", None),
        (b"progress: 101\n", None),
        (b"progress: -1\n", News(lines=("progress: -1",))),
        (b"progress: nan\n", News(lines=("progress: nan",))),
        (b"progress: 1e9\n", News(lines=("progress: 1e9",))),
        (b"my progress: 42\n", News(lines=("my progress: 42",))),
        (b"progress: 42words\n", News(lines=("progress: 42words",))),
        (b"\x1b[2J\x07bell\n", News(lines=("\ufffd[2J\ufffdbell",))),
    ],
)
def test_a_line_is_understood_or_passed_on(tmp_path: Path, line: bytes, news: News | None) -> None:
    (tmp_path / "stderr").write_bytes(line)
    assert ProgressTail(tmp_path / "stderr").poll() == news


def test_news_come_at_most_once_a_second_and_only_when_there_are_some(tmp_path: Path) -> None:
    path, clock = tmp_path / "stderr", Clock()
    tail = ProgressTail(path, clock)
    assert tail.poll() is None, "there is no file yet"
    path.write_bytes(b"progress: 1\nprogr")
    assert tail.poll() == News(1)
    with path.open("ab") as file:
        file.write(b"ess: 2\nhello\n")
    clock.now = 0.9
    assert tail.poll() is None
    clock.now = 1.1
    assert tail.poll() == News(2, lines=("hello",))
    clock.now = 9
    assert tail.poll() is None


def test_what_came_in_the_last_second_is_told_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    path.write_bytes(b"progress: 1\n")
    tail = ProgressTail(path, Clock())
    tail.poll()
    path.write_bytes(b"progress: 1\nprogress: 100\nlast words")
    assert tail.last() == News(100, lines=("last words",))
    assert tail.last() is None


def test_a_flood_of_lines_is_cut_and_says_how_much_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    path.write_bytes(b"line\n" * 100)
    news = ProgressTail(path).poll()
    assert news == News(lines=("line",) * 40 + ("(60 more lines are left out here)",))


def test_lines_that_are_large_as_json_are_cut_earlier(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    path.write_bytes("\U0001f600".encode() * 300 + b"\n")
    with path.open("ab") as file:
        file.write(("\U0001f600" * 300 + "\n").encode() * 30)
    news = ProgressTail(path).poll()
    assert news is not None
    assert len(json.dumps(news.lines)) < 20_000


def test_a_job_that_never_stops_talking_is_not_listened_to_for_ever(tmp_path: Path) -> None:
    path, clock = tmp_path / "stderr", Clock()
    path.write_bytes(b"line\n" * 2 * LINES_IN_ALL)
    tail = ProgressTail(path, clock)
    heard: list[str] = []
    for _ in range(3 * LINES_IN_ALL // 40):
        clock.now += 1
        with path.open("ab") as file:
            file.write(b"more\n" * 40)
        news = tail.poll()
        heard += news.lines if news else ()
    kept = [line for line in heard if not line.startswith("(")]
    assert len(kept) == LINES_IN_ALL
    assert heard[-1] == "(no more lines are passed on)"


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    path.write_bytes(b"x" * 1_000_000 + b"\nprogress: 5\n")
    tail = ProgressTail(path, Clock())
    found = [news for news in (tail.poll() for _ in range(10)) if news]
    last = tail.last()
    assert [news.percent for news in (*found, last) if news][-1] == 5
    assert len(tail._rest) <= 4096
