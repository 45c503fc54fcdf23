"""A worker that has nothing to do costs next to nothing: a real one, at a real server."""

from __future__ import annotations

import sys

import pytest

from bench import idle

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the figures are of /proc"),
]

SECONDS = 60.0


def test_an_idle_worker_keeps_to_its_bounds_and_writes_nothing() -> None:
    figures = {figure.name: figure for figure in idle.run(SECONDS)}
    bounded = {name for name, figure in figures.items() if figure.most is not None}
    assert bounded == {
        "idle: processor", "idle: memory", "idle: wake-ups", "idle: written", "idle: files written"
    }  # fmt: skip
    assert [str(figure) for figure in figures.values() if not figure.kept] == []
