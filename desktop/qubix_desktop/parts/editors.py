"""Editors of one value each. They say when a person has chosen, not at each key that is pressed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

FIELD_HEIGHT = 30
FIELD_WIDTH = 90
LINE_WIDTH = 200

SETTLED_MILLISECONDS = 500
"""An arrow that is held, or pressed again within this time, is one choice."""


class Editor(QWidget):
    """Shows a value, and emits the one that a person has chosen."""

    chosen = Signal(object)

    @abstractmethod  # for mypy: Qt's widgets have a metaclass of their own, so ABC cannot be theirs
    def show_value(self, value: Any) -> None:
        """Puts it in place of what is there; nothing is emitted."""

    def is_edited(self) -> bool:
        """Whether somebody is at it, so that nothing may be put in its place."""
        return False

    def name(self, name: str, description: str) -> None:
        """For who has it read aloud."""
        if (proxy := self.focusProxy()) is not None:
            proxy.setAccessibleName(name)
            proxy.setAccessibleDescription(description)

    def hold(self, widget: QWidget) -> None:
        """`widget` is what the keyboard reaches."""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(widget)
        self.setFocusProxy(widget)


class Switch(Editor):
    """On or off, with its text beside the box."""

    def __init__(self, text: str, on: Any = True, off: Any = False) -> None:
        super().__init__()
        self._on, self._off = on, off
        self._box = QCheckBox(text)
        self._box.clicked.connect(lambda now: self.chosen.emit(self._on if now else self._off))
        self.hold(self._box)

    def show_value(self, value: Any) -> None:
        self._box.setChecked(value == self._on)


class Number(Editor):
    """A whole number. `none`: what the least one stands for, which is 0 then."""

    def __init__(
        self, least: int, most: int, step: int = 1, suffix: str = "", none: str = ""
    ) -> None:
        super().__init__()
        self._box = _SpinBox()
        self._none = least - 1 if none else None
        self._box.setRange(least if self._none is None else self._none, most)
        self._box.setSpecialValueText(none)
        self._box.setSingleStep(step)
        self._box.setSuffix(suffix)
        self._box.setKeyboardTracking(False)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MILLISECONDS)
        self._settled.timeout.connect(self._choose)
        self._typed = False
        self._shown: int | None = None
        self._box.lineEdit().textEdited.connect(self._begin)
        self._box.valueChanged.connect(lambda _: self._settled.start())
        self._box.editingFinished.connect(self._finish)
        self.hold(self._box)

    def show_value(self, value: Any) -> None:
        self._shown = value
        self._box.blockSignals(True)
        self._box.setValue(self._none if value == 0 and self._none is not None else value)
        self._box.blockSignals(False)

    def is_edited(self) -> bool:
        return self._typed or self._settled.isActive()

    def _begin(self) -> None:
        self._typed = True

    def _finish(self) -> None:
        if self.is_edited():
            self._choose()

    def _choose(self) -> None:
        self._settled.stop()
        self._typed = False
        value = self._box.value()
        value = 0 if value == self._none else value
        if value != self._shown:
            self._shown = value
            self.chosen.emit(value)


class Text(Editor):
    """A few words of one's own. `without`: what stands for none, where there is any."""

    def __init__(self, most: int, without: str = "") -> None:
        super().__init__()
        self._line = QLineEdit()
        self._line.setMaxLength(most)
        self._line.setMinimumSize(LINE_WIDTH, FIELD_HEIGHT)
        self._line.setPlaceholderText(without)
        self._line.editingFinished.connect(self._finish)
        self.hold(self._line)

    def show_value(self, value: Any) -> None:
        if value != self._line.text():
            self._line.setText(value)
            self._line.setCursorPosition(0)
        self._line.setModified(False)

    def is_edited(self) -> bool:
        return self._line.isModified()

    def _finish(self) -> None:
        if self.is_edited():
            self._line.setModified(False)
            self.chosen.emit(self._line.text().strip())


class Choice(Editor):
    """One of a few, each with its text."""

    def __init__(self, options: Sequence[tuple[Any, str]]) -> None:
        super().__init__()
        self._box = ComboBox()
        for value, text in options:
            self._box.addItem(text, value)
        self._box.activated.connect(lambda at: self.chosen.emit(self._box.itemData(at)))
        self.hold(self._box)

    def show_value(self, value: Any) -> None:
        self._box.setCurrentIndex(self._box.findData(value))

    def is_edited(self) -> bool:
        return self._box.view().isVisible()


class _SpinBox(QSpinBox):
    """The wheel scrolls the page that it stands on, unless somebody is at it."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(FIELD_HEIGHT)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ComboBox(QComboBox):
    """As wide as its texts, where there is room for that."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(FIELD_WIDTH, FIELD_HEIGHT)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
