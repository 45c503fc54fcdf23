"""Page 3: how this computer shares. The defaults are good: Next is always right."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QVBoxLayout,
)

from qubix_desktop import theme
from qubix_desktop.flow import Flow, Sharing
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.label import Label
from qubix_desktop.words import size
from qubix_worker.protocol import NAME_LENGTH
from qubix_worker.settings import Settings

MIB = 1 << 20
STEP_MB = 256
LEAST_MB = 256


class SharingPage(WizardPage):
    def __init__(self) -> None:
        super().__init__("")
        self.title.setText(self.tr("How to share"))
        self.subtitle.say(
            self.tr("These choices suit most computers. You can change them at any time.")
        )
        self._shown: Settings | None = None
        """The settings that the fields began with."""
        self._name = QLineEdit()
        self._name.setMaxLength(NAME_LENGTH)
        self._name.setPlaceholderText(platform.node().split(".")[0])
        self._name.setAccessibleName(self.tr("Name of this computer"))
        self._memory = QSlider(Qt.Orientation.Horizontal)
        self._memory.setAccessibleName(self.tr("Most memory for one job"))
        self._amount = Label(role="strong", wrap=False)
        self._memory.valueChanged.connect(self._show_amount)
        self._processor = QCheckBox(self.tr("Share the &processor"))
        self._processor_note = Label(role="muted")
        self._sign_in = QCheckBox(self.tr("&Start when I sign in"))
        self._named = self._name_card()
        self.column.addWidget(self._named)
        self.column.addWidget(self._memory_card())
        self.column.addWidget(self._switches_card())
        self.column.addStretch()
        self._fill(Settings())
        self.set_bar(Bar(self.tr("Next")))

    def enter(self, flow: Flow) -> None:
        if self._shown != flow.kept:
            self._shown = flow.kept
            self._fill(flow.kept)
        # To the network that knows it by its name it would have to introduce itself anew.
        self._named.setVisible(flow.wish != "change")
        computer = flow.computer
        if computer:
            self._set_memory(computer.memory_total_bytes, self._memory.value() * STEP_MB)
            alone = not computer.shares_graphics
            # Without a graphics card nothing would be left to share.
            self._processor.setEnabled(not alone)
            if alone:
                self._processor.setChecked(True)
            self._processor_note.say(
                self.tr("It is what this computer shares: no graphics card does.")
                if alone
                else self.tr("Without it, only graphics cards are shared.")
            )
        if flow.wish != "change":
            self._name.setFocus()
            self._name.selectAll()

    def forward(self) -> None:
        self.answered.emit(
            Sharing(
                name=self._name.text().strip(),
                memory_limit_mb=self._memory.value() * STEP_MB,
                processor=self._processor.isChecked(),
                start_at_sign_in=self._sign_in.isChecked(),
            )
        )

    def _fill(self, kept: Settings) -> None:
        self._name.setText(kept.name)
        self._processor.setChecked(kept.processor)
        self._sign_in.setChecked(kept.start_at_sign_in)
        self._set_memory(None, kept.memory_limit_mb)

    def _set_memory(self, total_bytes: int | None, wanted_mb: int) -> None:
        """The slider reaches up to what this computer has; the default is at most half of it."""
        total_mb = (total_bytes or 16 << 30) // MIB
        most = max(LEAST_MB, total_mb * 9 // 10) // STEP_MB
        wanted = min(wanted_mb, max(LEAST_MB, total_mb // 2)) if total_bytes else wanted_mb
        self._memory.setRange(LEAST_MB // STEP_MB, most)
        self._memory.setPageStep(max(1, 1024 // STEP_MB))
        self._memory.setValue(max(LEAST_MB, wanted) // STEP_MB)
        self._show_amount(self._memory.value())

    def _show_amount(self, steps: int) -> None:
        self._amount.setText(size(steps * STEP_MB * MIB))
        self._memory.setAccessibleDescription(self._amount.text())

    def _name_card(self) -> QFrame:
        card, column = _card()
        label = Label(self.tr("&Name of this computer"), "strong", wrap=False)
        label.setBuddy(self._name)
        column.addWidget(label)
        column.addWidget(self._name)
        column.addWidget(Label(self.tr("So that you recognise it on the network's page."), "muted"))
        return card

    def _memory_card(self) -> QFrame:
        card, column = _card()
        label = Label(self.tr("Most &memory for one job"), "strong", wrap=False)
        label.setBuddy(self._memory)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addStretch()
        top.addWidget(self._amount)
        column.addLayout(top)
        column.addWidget(self._memory)
        return card

    def _switches_card(self) -> QFrame:
        card, column = _card()
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.addWidget(self._processor, 0, 0)
        grid.addWidget(self._processor_note, 1, 0)
        grid.setRowMinimumHeight(2, 6)
        grid.addWidget(self._sign_in, 3, 0)
        grid.addWidget(
            Label(self.tr("It then shares without a window, and is in the tray."), "muted"), 4, 0
        )
        for row in (1, 4):
            item = grid.itemAtPosition(row, 0)
            if item and (note := item.widget()):
                note.setContentsMargins(*_indented(self.layoutDirection()))
        column.addLayout(grid)
        return card


def _indented(direction: Qt.LayoutDirection) -> tuple[int, int, int, int]:
    by = theme.INDENT
    return (0, 0, by, 0) if direction == Qt.LayoutDirection.RightToLeft else (by, 0, 0, 0)


def _card() -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    theme.dress(card, "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(18, 14, 18, 14)
    column.setSpacing(8)
    return card, column
