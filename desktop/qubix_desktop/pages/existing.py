"""The page for a computer that is set up already: open, change, repair, move, or remove."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from qubix_desktop import icons, theme
from qubix_desktop.flow import Existing, Flow
from qubix_desktop.invitation import Invitation, host_of
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.glyph import GlyphLabel
from qubix_desktop.parts.label import Label


class ExistingPage(WizardPage):
    removal_wanted = Signal()

    def __init__(self, invitation: Invitation) -> None:
        super().__init__("")
        self.title.setText(self.tr("This computer shares already"))
        self._invitation = invitation
        self._again = ""
        """What lets this computer in once more where it belongs already."""
        self._elsewhere = _Choice("network", self.tr("Join another network"), self.tr("Join…"))
        self._change = _Choice("sliders", self.tr("Change how it shares"), self.tr("Change…"))
        self._change.text.say(
            self.tr("When, how much, and which graphics cards. It holds at once.")
        )
        self._repair = _Choice("repair", self.tr("Repair"), self.tr("Repair"))
        self._repair.text.say(
            self.tr("Checks every step of the setup, mends what is amiss, and starts it again.")
        )
        self._remove = _Choice("bin", self.tr("Remove from this computer"), self.tr("Remove…"))
        self._remove.text.say(self.tr("It stops sharing, and the program is taken away."))
        self._change.button.clicked.connect(lambda: self.answered.emit(Existing("change")))
        self._repair.button.clicked.connect(
            lambda: self.answered.emit(Existing("repair", self._again))
        )
        self._elsewhere.button.clicked.connect(lambda: self.answered.emit(Existing("move")))
        self._remove.button.clicked.connect(self.removal_wanted)
        for choice in (self._elsewhere, self._change, self._repair, self._remove):
            self.column.addWidget(choice)
        self.column.addStretch()
        self.set_bar(Bar(self.tr("Open")))

    def enter(self, flow: Flow) -> None:
        server = flow.kept.server
        invited = self._invitation if self._invitation.complete else Invitation()
        belongs = server in invited.servers
        self._again = invited.enrollment if belongs else ""
        self.subtitle.say(
            self.tr("It belongs to {network}.").format(network=host_of(server)) if server else ""
        )
        if invited.servers and not belongs:
            self._elsewhere.say(
                self.tr("Join {network} instead").format(network=host_of(invited.servers[0]))
            )
        self._elsewhere.text.say(
            self.tr("It leaves {network} as soon as the other one has taken it in.").format(
                network=host_of(server)
            )
        )

    def invite(self, invitation: Invitation) -> None:
        self._invitation = invitation

    def forward(self) -> None:
        self.answered.emit(Existing("open"))

    def removed(self) -> None:
        self.answered.emit(Existing("removed"))


class _Choice(QFrame):
    """A thing to do, what it means, and its button."""

    def __init__(self, glyph: icons.Glyph, name: str, button: str) -> None:
        super().__init__()
        theme.dress(self, "card")
        self.name = Label(name, "strong")
        self.text = Label(role="muted")
        self.button = QPushButton(button)
        self.button.setAccessibleName(name)
        self.button.setMinimumWidth(100)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 11, 16, 11)
        row.setSpacing(14)
        row.addWidget(GlyphLabel(glyph, "link", 24))
        row.addLayout(texts, 1)
        row.addWidget(self.button)

    def say(self, name: str) -> None:
        self.name.setText(name)
        self.button.setAccessibleName(name)
