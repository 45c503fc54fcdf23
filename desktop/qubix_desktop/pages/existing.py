"""The page for a computer that is set up already: open, or remove."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from qubix_desktop import theme
from qubix_desktop.flow import Existing
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.label import Label


class ExistingPage(WizardPage):
    removal_wanted = Signal()

    def __init__(self, network: str) -> None:
        super().__init__("")
        self.title.setText(self.tr("This computer shares already"))
        self.subtitle.say(
            self.tr("It belongs to {network}.").format(network=network) if network else ""
        )
        self.column.addWidget(
            Label(
                self.tr(
                    "Open QUBIX to see how it is going. To join another network, "
                    "remove QUBIX from this computer first."
                )
            )
        )
        remove = QPushButton(self.tr("Remove from this computer…"))
        theme.dress(remove, "flat")
        remove.clicked.connect(self.removal_wanted)
        row = QHBoxLayout()
        row.addWidget(remove)
        row.addStretch()
        self.column.addLayout(row)
        self.column.addStretch()
        self.set_bar(Bar(self.tr("Open")))

    def forward(self) -> None:
        self.answered.emit(Existing("open"))

    def removed(self) -> None:
        self.answered.emit(Existing("removed"))
