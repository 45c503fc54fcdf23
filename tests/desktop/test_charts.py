"""The charts as a person sees them, or has them read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from qubix_desktop import theme
from qubix_desktop.status.window import StatusWindow
from qubix_desktop.watcher import Seen
from qubix_worker.errors import Problem
from qubix_worker.protocol import GraphicsUsage, Usage
from qubix_worker.status import CurrentJob, Shared, Status

if TYPE_CHECKING:
    from .conftest import Person

NOW = 1_900_000_000.0
ABSENT = Problem("worker_not_running", "Not running.", "Start it.")
CARD = GraphicsUsage(
    "A fast card", percent=80, temperature_celsius=71, memory_used_mb=6144, memory_total_mb=12288
)


class Watched:
    """The window, and a clock that only the test moves."""

    def __init__(self, qtbot: QtBot) -> None:
        self.at = 0.0
        self.window = StatusWindow(lambda: NOW, lambda: self.at)
        qtbot.addWidget(self.window)
        self.window.resize(800, 900)
        self.window.show()

    def sees(self, percent: float, *cards: GraphicsUsage, problem: Problem | None = None) -> None:
        self.at += 1
        usage = Usage(cpu_percent=percent, ram_percent=50, gpus=cards)
        status = Status(
            "working", NOW, "desk", "https://h", "H", "w", "1", 1, usage=usage,
            shared=Shared(5400, 72_000),
            jobs=(CurrentJob("a", "wasm", NOW, 20), CurrentJob("b", "wasm", NOW, 70)),
        )  # fmt: skip
        self.window.show_seen(Seen(status, problem))

    def chart(self, name: str) -> QWidget:
        return next(
            widget
            for widget in self.window.findChildren(QWidget)
            if widget.accessibleName() == f"{name}, the last minutes" and widget.isVisible()
        )


@pytest.fixture
def watched(qtbot: QtBot) -> Watched:
    return Watched(qtbot)


def test_a_chart_says_in_words_what_it_shows(watched: Watched) -> None:
    for percent in (12, 80, 37):
        watched.sees(percent)
    said = watched.chart("Processor").accessibleDescription()
    assert said == "Now 37 %, at least 12 %, at most 80 %."


def test_each_card_shows_what_its_driver_tells(
    watched: Watched, person: Person, qtbot: QtBot
) -> None:
    watched.sees(10, CARD, GraphicsUsage("A quiet card", percent=5))
    for text in ("A fast card", "A quiet card", "Temperature", "71 °C", "80 %"):
        person.awaits(watched.window, text)
    assert person.reads(watched.window).count("Temperature") == 1
    watched.sees(10)
    qtbot.waitUntil(lambda: not person.sees(watched.window, "A fast card"))


def test_a_worker_that_is_gone_leaves_no_figure_of_now(watched: Watched) -> None:
    watched.sees(37)
    watched.sees(37, problem=ABSENT)
    said = watched.chart("Processor").accessibleDescription()
    assert said == "Now unknown, at least 37 %, at most 37 %."


def test_each_job_at_work_has_its_bar_and_the_hours_are_there(
    watched: Watched, person: Person
) -> None:
    watched.sees(10)
    for text in ("20 % done", "70 % done", "Shared today", "1.5 h", "Shared this week", "20.0 h"):
        person.awaits(watched.window, text)


@pytest.mark.parametrize("direction", list(Qt.LayoutDirection)[:2])
@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_a_line_is_drawn_up_to_now_and_not_across_a_gap(
    qtbot: QtBot, qapp: QApplication, direction: Qt.LayoutDirection, scheme: Qt.ColorScheme
) -> None:
    theme.wear(qapp, scheme)
    watched = Watched(qtbot)
    watched.window.setLayoutDirection(direction)
    for second in range(300):
        watched.sees(70, problem=ABSENT if 100 <= second < 200 else None)
    chart = watched.chart("Processor")
    picture = chart.grab().toImage()
    colour = QColor(theme.colours_of(chart).link)

    def is_drawn(share: float) -> bool:
        """Whether the line passes there; 1: where now is."""
        if direction == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        x = round(share * (picture.width() - 9)) + 4
        column = [picture.pixelColor(x, y) for y in range(picture.height())]
        return any(
            abs(c.red() - colour.red()) + abs(c.blue() - colour.blue()) < 120 for c in column
        )

    assert [is_drawn(share) for share in (0.1, 0.45, 0.55, 0.9, 1.0)] == [
        True, False, False, True, True,
    ]  # fmt: skip
