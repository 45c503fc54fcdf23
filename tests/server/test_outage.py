"""What the log says while a database is away: some lines, and not thousands."""

from __future__ import annotations

import logging

import pytest

from qubix_server.store.outage import EVERY_SECONDS, Rarely


def test_a_warning_is_not_repeated_at_once_and_says_how_often_it_was_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    times = [0.0, 1.0, 2.0, EVERY_SECONDS, EVERY_SECONDS + 1]
    rarely = Rarely(logging.getLogger("test"), "Not kept", iter(times).__next__)
    for _ in times:
        rarely.warn(OSError("no\nserver"))
    assert caplog.messages == [
        "Not kept: no server",
        "Not kept: no server (2 times more since the last line)",
    ]
