"""Text that wraps, can be selected where that helps, and never reads what others wrote as HTML."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from qubix_desktop import theme

LEAST_WIDTH = 120


class Label(QLabel):
    """A plain text in a role. Names of networks and cards come from outside: no rich text."""

    def __init__(
        self,
        text: str = "",
        role: theme.Role | None = None,
        *,
        wrap: bool = True,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirrored = False
        # By names, here and in Area: to touch the class Qt makes all of its hundred enumerations,
        # which takes a tenth of the time to the first page.
        self.setProperty("textFormat", "PlainText")
        self.setWordWrap(wrap)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        if selectable:
            self.setProperty(
                "textInteractionFlags", "TextSelectableByMouse|TextSelectableByKeyboard"
            )
        if role:
            theme.dress(self, role)
        self._align()
        self.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self.isRightToLeft() != self._mirrored:
            self._align()

    def _align(self) -> None:
        """At the edge where reading begins: a name in Latin letters too, in a window in Arabic."""
        self._mirrored = self.isRightToLeft()
        side = "AlignRight" if self._mirrored else "AlignLeft"
        self.setProperty("alignment", f"{side}|AlignAbsolute|AlignVCenter")

    def sizeHint(self) -> QSize:
        return self._as_high_as_needed(super().sizeHint())

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return self._as_high_as_needed(QSize(min(least.width(), LEAST_WIDTH), least.height()))

    def _as_high_as_needed(self, hint: QSize) -> QSize:
        """QLabel asks for the height that a narrow column would need; the true width is known."""
        if not self.wordWrap():
            return hint
        return QSize(hint.width(), self.heightForWidth(max(self.width(), hint.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.wordWrap() and event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def say(self, text: str) -> None:
        """Shows `text`; with none the label takes no room."""
        self.setText(text)
        self.setVisible(bool(text))
