"""The second tab: every setting that a person may change. It is in force when its row says so."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from qubix_desktop.parts.area import Area
from qubix_desktop.parts.card import card
from qubix_desktop.parts.editors import Choice, Editor, Number, Switch, Text
from qubix_desktop.parts.problem import ProblemBox
from qubix_desktop.status.cards import CardsEditor
from qubix_desktop.status.hours import OnlyAtHours
from qubix_desktop.status.setting import Setting
from qubix_worker.bounds import NAME_LENGTH
from qubix_worker.chosen import Chosen
from qubix_worker.errors import Problem
from qubix_worker.hardware.detect import Finding
from qubix_worker.identity import default_name
from qubix_worker.protocol import SLOTS_MOST
from qubix_worker.settings import Settings


class SettingsTab(Area):
    chosen = Signal(str, object)
    """A setting's key, and the value that a person wants."""
    cards_wanted = Signal()
    """It is not known yet which cards there are: `show_cards` is awaited."""
    setup_wanted = Signal()

    def __init__(self) -> None:
        inside = QWidget()
        super().__init__(inside)
        self.setAccessibleName(self.tr("Settings"))
        self._settings: list[Setting] = []
        self._asked = False
        self._unknown = ProblemBox()
        self._cards = CardsEditor()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._unknown)
        for frame in (self._when(), self._how_much(), self._cards_card(), self._besides()):
            column.addWidget(frame)
        column.addStretch()
        self.show_settings(Chosen(Settings(), in_force=False))

    def keys(self) -> tuple[str, ...]:
        """The settings that it shows, by their names in the file."""
        return tuple(setting.key for setting in self._settings)

    def show_settings(self, chosen: Chosen) -> None:
        now = chosen.settings
        self._unknown.show_problem(None)
        for setting in self._settings:
            setting.show_value(getattr(now, setting.key))

    def show_unknown(self, problem: Problem) -> None:
        """It can't be told what is in force."""
        self._unknown.show_problem(problem)

    def show_kept(self, key: str, chosen: Chosen) -> None:
        for setting in self._of(key):
            setting.show_kept(in_force=chosen.in_force)

    def show_refused(self, key: str, problem: Problem) -> None:
        for setting in self._of(key):
            setting.show_refused(problem)

    def show_cards(self, findings: Sequence[Finding]) -> None:
        """What this computer has."""
        self._cards.show_cards(findings)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for setting in self._settings:
            setting.forget()
        if not self._asked:
            self._asked = True
            self.cards_wanted.emit()

    def _of(self, key: str) -> list[Setting]:
        return [one for one in self._settings if one.key == key]

    def _when(self) -> QFrame:
        frame, column = card(self.tr("When to share"))
        self._add(column, "hours", OnlyAtHours(self.tr("Only at these hours")))
        self._add(column, "only_when_idle", Switch(self.tr("Only when I'm not using it")))
        self._add(
            column, "idle_minutes", Number(1, 24 * 60, suffix=self.tr(" min")),
            self.tr("I'm not using it when untouched for"),
        )  # fmt: skip
        self._add(column, "on_battery", Switch(self.tr("Also on battery")))
        self._add(column, "on_metered", Switch(self.tr("Also where the connection is paid by use")))
        self._add(
            column, "stop_above_celsius",
            Number(40, 120, suffix=self.tr(" °C"), none=self.tr("Never")),
            self.tr("Rest while it is hotter than"),
            self.tr("The processor, or a graphics card that is shared."),
        )  # fmt: skip
        return frame

    def _how_much(self) -> QFrame:
        frame, column = card(self.tr("How much to share"))
        self._add(
            column, "processor", Switch(self.tr("Share the processor")),
            note=self.tr("Without it, only graphics cards are shared."),
        )  # fmt: skip
        self._add(
            column, "processor_percent", Number(1, 100, 5, self.tr(" %")),
            self.tr("Most of the processor for all jobs together"),
        )  # fmt: skip
        self._add(
            column, "memory_limit_mb", Number(64, 1 << 24, 256, self.tr(" MB")),
            self.tr("Most memory for one job"),
        )  # fmt: skip
        self._add(
            column, "jobs_at_once", Number(1, SLOTS_MOST, none=self.tr("As many as fit")),
            self.tr("Jobs at once"),
        )  # fmt: skip
        self._add(
            column, "priority",
            Choice((
                ("idle", self.tr("Only what nothing else wants")),
                ("low", self.tr("Less than my own programs")),
                ("normal", self.tr("As much as my own programs")),
            )),
            self.tr("How much of the processor jobs get"),
        )  # fmt: skip
        return frame

    def _cards_card(self) -> QFrame:
        frame, column = card(self.tr("Graphics cards"))
        self._add(column, "excluded_cards", self._cards)
        return frame

    def _besides(self) -> QFrame:
        frame, column = card(self.tr("Besides"))
        self._add(
            column, "start_at_sign_in", Switch(self.tr("Start when I sign in")),
            note=self.tr("It then shares without a window, and is in the tray."),
        )  # fmt: skip
        self._add(
            column, "when_paused",
            Choice((
                ("end", self.tr("Is given to another computer")),
                ("freeze", self.tr("Stands still for up to ten minutes")),
            )),
            self.tr("When a pause begins, a job at work"),
        )  # fmt: skip
        self._add(
            column, "keep_awake", Switch(self.tr("Keep awake while a job is at work")),
            note=self.tr("Never on battery."),
        )  # fmt: skip
        self._add(
            column, "container_network",
            Switch(self.tr("Let jobs in containers use the internet")),
        )  # fmt: skip
        self._add(
            column, "name", Text(NAME_LENGTH, default_name()), self.tr("Name of this computer"),
            self.tr("So that you recognise it on the network's page."),
        )  # fmt: skip
        again = QPushButton(self.tr("Set up again…"))
        again.setToolTip(self.tr("To repair, to join another network, or to remove it"))
        again.clicked.connect(self.setup_wanted)
        column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeading)
        return frame

    def _add(
        self, column: QVBoxLayout, key: str, editor: Editor, title: str = "", note: str = ""
    ) -> None:
        setting = Setting(key, title, note, editor, wide=not title)
        setting.chosen.connect(self._choose)
        self._settings.append(setting)
        column.addWidget(setting)

    def _choose(self, key: str, value: object) -> None:
        for setting in self._settings:
            if setting.key != key:
                setting.forget()
        self.chosen.emit(key, value)
