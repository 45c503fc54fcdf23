"""All that a person chooses about sharing, as one form: for the wizard, and for the settings."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLineEdit, QVBoxLayout, QWidget

from qubix_desktop import theme, words
from qubix_desktop.flow import Computer, Sharing
from qubix_desktop.parts.amount import Amount
from qubix_desktop.parts.hours import HoursEditor
from qubix_desktop.parts.label import Label
from qubix_worker.bounds import NAME_LENGTH
from qubix_worker.settings import Settings

MIB = 1 << 20
STEP_MB = 256
COOLEST, HOTTEST = 60, 105
"""Degrees Celsius; what is above them all stands for never."""


class SharingForm(QWidget):
    """Shows settings, and gives what was chosen."""

    changed = Signal()
    """A person has chosen something else."""

    def __init__(self) -> None:
        super().__init__()
        self._computer: Computer | None = None
        self._filling = False
        self._kept = Settings()
        self._name = QLineEdit()
        self._name.setMaxLength(NAME_LENGTH)
        self._name.setPlaceholderText(platform.node().split(".")[0])
        self._name.setAccessibleName(self.tr("Name of this computer"))
        self._idle = QCheckBox(self.tr("Only when I'm not using it"))
        self._minutes = Amount(
            self.tr("How long nobody has touched it"), self._for_minutes, least=1, most=60
        )
        self._timed = QCheckBox(self.tr("Only between certain hours"))
        self._hours = HoursEditor()
        self._off_battery = QCheckBox(self.tr("Not on battery"))
        self._processor = QCheckBox(self.tr("Share the &processor"))
        self._processor_note = Label(role="muted")
        self._share = Amount(
            self.tr("Most of the processor"), words.percent, least=5, most=100, step=5
        )
        self._memory = Amount(
            self.tr("Most &memory for one job"),
            lambda mb: words.size(mb * MIB),
            least=STEP_MB,
            most=STEP_MB * 64,
            step=STEP_MB,
        )
        self._heat = Amount(
            self.tr("Stop when it is hotter than"), self._degrees, least=COOLEST, most=HOTTEST + 1
        )
        self._sign_in = QCheckBox(self.tr("&Start when I sign in"))
        self._named = self._name_card()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for card in (self._when_card(), self._much_card(), self._named, self._start_card()):
            column.addWidget(card)
        column.addStretch()
        self._listen()
        self.fill(Settings())

    def fill(self, settings: Settings) -> None:
        """Shows `settings`."""
        self._filling = True
        self._kept = settings
        self._name.setText(settings.name)
        self._idle.setChecked(settings.only_when_idle)
        self._minutes.set_value(settings.idle_minutes)
        self._timed.setChecked(bool(settings.hours))
        self._hours.set_hours(settings.hours)
        self._off_battery.setChecked(not settings.on_battery)
        self._processor.setChecked(settings.processor)
        self._share.set_value(settings.processor_percent)
        self._set_memory(settings.memory_limit_mb)
        self._heat.set_value(settings.stop_above_celsius or HOTTEST + 1)
        self._sign_in.setChecked(settings.start_at_sign_in)
        self._filling = False
        self._show()

    def show_computer(self, computer: Computer, *, default: bool = True) -> None:
        """What there is to give. `default`: nobody has chosen yet how much memory a job may take;
        then it is at most half of it."""
        chosen = self._memory.value
        total_mb = (computer.memory_total_bytes or 0) // MIB
        if default and total_mb and self._computer is None:
            chosen = min(chosen, max(STEP_MB, total_mb // 2))
        self._computer = computer
        self._filling = True
        self._set_memory(chosen)
        if not computer.shares_graphics:
            self._processor.setChecked(True)  # else nothing would be left to share
        self._filling = False
        self._show()

    def hide_name(self, hidden: bool) -> None:
        """The name is part of having joined: who has, can't change it here."""
        self._named.setVisible(not hidden)

    @property
    def sharing(self) -> Sharing:
        kept = self._kept
        return Sharing(
            name=self._name.text().strip(),
            only_when_idle=self._idle.isChecked(),
            idle_minutes=_same(kept.idle_minutes, self._minutes),
            hours=self._hours.hours if self._timed.isChecked() else (),
            on_battery=not self._off_battery.isChecked(),
            processor=self._processor.isChecked(),
            processor_percent=_same(kept.processor_percent, self._share),
            memory_limit_mb=_same(kept.memory_limit_mb, self._memory),
            stop_above_celsius=self._heat.value if self._heat.value <= HOTTEST else 0,
            start_at_sign_in=self._sign_in.isChecked(),
        )

    def _listen(self) -> None:
        for box in (self._idle, self._timed, self._off_battery, self._processor, self._sign_in):
            box.toggled.connect(self._touched)
        for amount in (self._minutes, self._share, self._memory, self._heat):
            amount.changed.connect(self._touched)
        self._hours.changed.connect(self._touched)
        self._name.textEdited.connect(self._touched)

    def _touched(self) -> None:
        if not self._filling:
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        self._minutes.setVisible(self._idle.isChecked())
        self._hours.setVisible(self._timed.isChecked())
        self._share.setVisible(self._processor.isChecked())
        alone = self._computer is not None and not self._computer.shares_graphics
        self._processor.setEnabled(not alone)
        self._processor_note.say(
            self.tr("It is what this computer shares: no graphics card does.")
            if alone
            else self.tr("Without it, only graphics cards are shared.")
        )
        self._when.setText(self._in_words())

    def _in_words(self) -> str:
        if self._idle.isChecked() and self._timed.isChecked():
            return self.tr("Between these hours, when I'm away")
        if self._idle.isChecked():
            return self.tr("When I'm away")
        return self.tr("Between these hours") if self._timed.isChecked() else self.tr("Always")

    def _set_memory(self, wanted_mb: int) -> None:
        """The slider reaches up to what this computer has."""
        total = self._computer.memory_total_bytes if self._computer else None
        total_mb = (total or 16 << 30) // MIB
        most = max(STEP_MB, total_mb * 9 // 10)
        self._memory.set_range(STEP_MB, most if total else max(most, wanted_mb))
        self._memory.set_value(wanted_mb)

    def _for_minutes(self, minutes: int) -> str:
        return self.tr("%Ln minute(s)", "", minutes)

    def _degrees(self, celsius: int) -> str:
        if celsius > HOTTEST:
            return self.tr("Never")
        return words.celsius(celsius)

    def _when_card(self) -> QFrame:
        card, column = _card(self.tr("When it shares"))
        self._when = Label(role="muted")
        column.addWidget(self._when)
        column.addWidget(self._idle)
        column.addWidget(_indented(self._minutes, self.layoutDirection()))
        column.addWidget(self._timed)
        column.addWidget(_indented(self._hours, self.layoutDirection()))
        column.addWidget(self._off_battery)
        return card

    def _much_card(self) -> QFrame:
        card, column = _card(self.tr("How much it gives"))
        column.addWidget(self._processor)
        column.addWidget(_indented(self._processor_note, self.layoutDirection()))
        column.addWidget(_indented(self._share, self.layoutDirection()))
        column.addWidget(self._memory)
        column.addWidget(self._heat)
        return card

    def _name_card(self) -> QFrame:
        label = Label(self.tr("&Name of this computer"), "strong", wrap=False)
        label.setBuddy(self._name)
        card, column = _card(label)
        column.addWidget(self._name)
        column.addWidget(Label(self.tr("So that you recognise it on the network's page."), "muted"))
        return card

    def _start_card(self) -> QFrame:
        card, column = _card(None)
        column.addWidget(self._sign_in)
        note = Label(self.tr("It then shares without a window, and is in the tray."), "muted")
        column.addWidget(_indented(note, self.layoutDirection()))
        return card


def _same(kept: int, amount: Amount) -> int:
    """What was chosen; a value between two steps, written by hand, stays while nobody moves it."""
    return kept if amount.shows(kept) else amount.value


def _indented(widget: QWidget, direction: Qt.LayoutDirection) -> QWidget:
    by = theme.INDENT
    is_mirrored = direction == Qt.LayoutDirection.RightToLeft
    widget.setContentsMargins(0 if is_mirrored else by, 0, by if is_mirrored else 0, 0)
    return widget


def _card(head: Label | str | None) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    theme.dress(card, "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(18, 14, 18, 14)
    column.setSpacing(8)
    if head is not None:
        column.addWidget(head if isinstance(head, Label) else Label(head, "strong", wrap=False))
    return card, column
