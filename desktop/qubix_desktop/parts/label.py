"""Text that wraps, can be selected where that helps, and never reads what others wrote as HTML."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from qubix_desktop import theme


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
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        if selectable:
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        if role:
            theme.dress(self, role)
        self.setText(text)

    def say(self, text: str) -> None:
        """Shows `text`; with none the label takes no room."""
        self.setText(text)
        self.setVisible(bool(text))
