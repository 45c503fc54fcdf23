"""The log's file: how it goes on when it is full, and for whom it is."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from qubix_worker.log_files import OLD_FILES, last_lines, newest_first
from qubix_worker.own_log import OwnFile


def written(path: Path, lines: int, most_bytes: int = 1000) -> list[str]:
    """Logs so many lines of 100 bytes each; what they say."""
    handler = OwnFile(path, most_bytes)
    said = [f"{number:099}" for number in range(lines)]
    for text in said:
        handler.emit(logging.LogRecord("a", logging.INFO, "", 0, text, None, None))
    handler.close()
    return said


def test_a_file_is_never_larger_than_it_may_be(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    written(log, 25)
    assert [file.stat().st_size for file in newest_first(log)[:3]] == [500, 1000, 1000]


def test_lines_stay_in_order_over_all_files_and_the_oldest_go(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    said = written(log, 10 * (OLD_FILES + 3))
    kept = 10 * (OLD_FILES + 1)
    assert last_lines(log, len(said), 1 << 20) == said[-kept:]
    assert len(list(tmp_path.iterdir())) == OLD_FILES + 1


def test_a_line_that_is_longer_than_a_file_is_kept_whole(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    said = written(log, 3, most_bytes=50)
    assert last_lines(log, 3, 1 << 20) == said


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such rights")
def test_no_file_is_for_others_to_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    written(log, 25)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
