"""Which graphics cards are left out: a switch for each card that this computer has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from qubix_desktop.pages.computer import Looking
from qubix_desktop.parts.editors import Editor, Switch
from qubix_desktop.parts.label import Label
from qubix_worker.hardware.detect import Finding
from qubix_worker.protocol import GraphicsCard


class CardsEditor(Editor):
    """Its value: the cards that are left out, as the setting names them."""

    def __init__(self) -> None:
        super().__init__()
        self._looking = Looking()
        self._switches: list[Switch] = []
        self._note = Label(self.tr("Looking for graphics cards…"), "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self._note)

    def show_value(self, value: Any) -> None:
        if tuple(value) != self._looking.excluded:
            self._show(Looking(self._looking.findings, tuple(value), self._looking.over))

    def show_cards(self, findings: Sequence[Finding]) -> None:
        """What this computer has."""
        for switch in self._switches:
            switch.hide()
            switch.deleteLater()
        self._switches = []
        self._looking = Looking(tuple(findings), self._looking.excluded, over=True)
        for card in self._looking.cards:
            switch = Switch(self.tr("Share {card}").format(card=card.name))
            switch.chosen.connect(lambda on, card=card: self._share(card, on))
            self._switches.append(switch)
            self._column.addWidget(switch)
        none = "" if self._switches else self.tr("This computer has none that is known.")
        self._note.say(none)
        self._show(self._looking)

    def _show(self, looking: Looking) -> None:
        self._looking = looking
        for card, switch in zip(looking.cards, self._switches, strict=False):
            switch.show_value(not looking.leaves_out(card))

    def _share(self, card: GraphicsCard, on: bool) -> None:
        self._show(self._looking.sharing(card, on))
        self.chosen.emit(list(self._looking.excluded))
