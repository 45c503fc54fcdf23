"""A slider with its name before it and the amount that is chosen behind it, in words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGridLayout, QSlider, QWidget

from qubix_desktop.parts.label import Label


class Amount(QWidget):
    """Chooses a number between `least` and `most`, in steps. `said` puts one into words."""

    changed = Signal(int)

    def __init__(
        self, name: str, said: Callable[[int], str], *, least: int, most: int, step: int = 1
    ) -> None:
        """`name` may mark its letter for the keyboard with an ampersand."""
        super().__init__()
        self._said = said
        self._step = step
        self._slider = _Slider(Qt.Orientation.Horizontal)
        self._slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._slider.setAccessibleName(name.replace("&", ""))
        self._shown = Label(role="strong", wrap=False)
        self._shown.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._name = Label(name, wrap=False)
        self._name.setBuddy(self._slider)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._name, 0, 0)
        grid.addWidget(self._shown, 0, 1)
        grid.addWidget(self._slider, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.set_range(least, most)
        self._slider.valueChanged.connect(self._moved)
        self._show()

    @property
    def value(self) -> int:
        return self._slider.value() * self._step

    def shows(self, value: int) -> bool:
        """Whether `value` is what is shown, to the nearest step."""
        nearest = round(value / self._step)
        least, most = self._slider.minimum(), self._slider.maximum()
        return min(max(nearest, least), most) == self._slider.value()

    def set_value(self, value: int) -> None:
        """Shows the step that is nearest to `value`, within the range."""
        self._slider.setValue(round(value / self._step))
        self._show()

    def set_range(self, least: int, most: int) -> None:
        self._slider.setRange(least // self._step, most // self._step)
        self._slider.setPageStep(max(1, (self._slider.maximum() - self._slider.minimum()) // 10))
        self._show()

    def _moved(self) -> None:
        self._show()
        self.changed.emit(self.value)

    def _show(self) -> None:
        self._shown.setText(self._said(self.value))
        self._slider.setAccessibleDescription(self._shown.text())


class _Slider(QSlider):
    """The wheel scrolls the page that it stands on, unless somebody is at it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
