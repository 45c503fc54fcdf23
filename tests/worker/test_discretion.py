"""The last sieve before the log and the terminal, on lines that were made to hold it up or to get
something past it. (What it takes out of common words is told in test_cli_words.py.)"""

from __future__ import annotations

import pytest

from qubix_worker.discretion import EDGE_LENGTH, LINE_LENGTH, without_credentials

SECRET = "abcdef0123456789"


def test_a_line_that_is_too_long_is_cut_and_says_so() -> None:
    text = without_credentials(f"before\n{'x' * 600_000}\nafter")
    before, line, after = text.split("\n")
    assert (before, after) == ("before", "after")
    assert line == "x" * LINE_LENGTH + "[cut: the line had 600000 characters]"


def test_a_line_that_is_long_enough_stays_whole() -> None:
    assert without_credentials("x" * LINE_LENGTH) == "x" * LINE_LENGTH


@pytest.mark.parametrize("shown", range(1, 40))
def test_a_password_that_the_cut_goes_through_is_not_shown(shown: int) -> None:
    start = "x" * (LINE_LENGTH - len(" http://user:") - shown)
    text = without_credentials(f"{start} http://user:{SECRET}@proxy {'x' * EDGE_LENGTH}")
    assert SECRET[:4] not in text


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["x", "-", "secret", "token-", "a.", "a+", "a://", "://", ":", "a://:", "a:// ", "secret ",
     "secret' ", "bearer ", "bearer\t", "authorization ", "http://u:p"],
)  # fmt: skip
@pytest.mark.parametrize("start", ["", "a://", "secret", "bearer "])
def test_a_line_of_repeated_pieces_does_not_hide_what_comes_after_them(
    start: str, piece: str
) -> None:
    end = f" {{'workerSecret': '{SECRET}'}}"
    line = start + piece * ((LINE_LENGTH - len(start) - len(end)) // len(piece)) + end
    assert len(line) <= LINE_LENGTH
    assert SECRET not in without_credentials(line)


def test_every_name_that_a_secret_goes_by_may_be_part_of_a_longer_one() -> None:
    for name in ("workerSecret", "X_API_TOKEN", "qubix-enrollment", "proxy_password", "PASSWD"):
        assert without_credentials(f"{name}={SECRET}") == f"{name}=[removed]"
