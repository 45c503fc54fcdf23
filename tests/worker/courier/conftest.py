"""A courier at work, ended with its test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.courier.sending import Begin, Sending
from tests.worker.network.scripted import Scripted


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Sending] = []

    def begin(server: Scripted) -> Sending:
        begun.append(Sending(server.url, tmp_path / "spool"))
        begun[-1].courier.start()
        return begun[-1]

    yield begin
    for sending in begun:
        sending.courier.stop()
