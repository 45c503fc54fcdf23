"""What every page of the wizard is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from qubix_desktop.flow import Flow
from qubix_desktop.parts.area import Area
from qubix_desktop.parts.label import Label


@dataclass(frozen=True)
class Bar:
    """The buttons below the page, as the page wants them now. An empty text: no such button."""

    forward: str = ""
    forward_enabled: bool = True
    cancel: str = ""
    cancel_enabled: bool = True


class WizardPage(QWidget):
    """One page. `enter` is called each time it is shown, with all that is known by then."""

    answered = Signal(object)
    """The page's Answer: go on."""
    gave_up = Signal()
    """What was begun has been undone: back to the choices."""
    another = Signal()
    """What was begun has been undone: the person wants another code."""
    bar_changed = Signal(object)

    def __init__(self, title: str, subtitle: str = "") -> None:
        super().__init__()
        self.bar = Bar()
        self.title = Label(title, "title")
        self.subtitle = Label(role="muted")
        self.subtitle.say(subtitle)
        inner = QWidget()
        self._area = Area(inner)
        self._area.setAccessibleName(self.tr("Page"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._area)
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(32, 28, 32, 16)
        self.column.setSpacing(12)
        self.column.addWidget(self.title)
        self.column.addWidget(self.subtitle)
        self.column.addSpacing(6)

    @property
    def would_lose(self) -> bool:
        """Whether closing the window now would lose something."""
        return False

    def enter(self, flow: Flow) -> None:
        """The page is shown."""

    def forward(self) -> None:
        """The main button was pressed."""

    def cancel(self) -> None:
        """The cancel button was pressed."""

    def set_bar(self, bar: Bar) -> None:
        if bar != self.bar:
            self.bar = bar
            self.bar_changed.emit(bar)
