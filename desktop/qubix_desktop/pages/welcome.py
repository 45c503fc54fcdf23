"""Page 1: which network this computer joins, and what joining means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import background, icons, theme
from qubix_desktop.flow import Flow, Network
from qubix_desktop.invitation import Invitation, InvitationError, host_of, read, typed
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.glyph import GlyphLabel
from qubix_desktop.parts.label import Label
from qubix_desktop.parts.problem import ProblemBox
from qubix_desktop.services import Services
from qubix_desktop.spelling import (
    AddressTrouble,
    CodeTrouble,
    address_trouble,
    code_trouble,
    grouped,
)
from qubix_worker.errors import Problem

NO_INVITATION = Invitation()
LINK_LENGTH = 4096
"""Room for a whole link, which is pasted into either field."""


@dataclass(frozen=True)
class Welcoming:
    """All that this page shows."""

    mood: Literal["asking", "known", "failed", "typing"] = "typing"
    invitation: Invitation = NO_INVITATION
    network: Network | None = None
    problem: Problem | None = None


class WelcomePage(WizardPage):
    def __init__(self, services: Services, invitation: Invitation) -> None:
        super().__init__("")
        self.title.setText(self.tr("Share this computer"))
        self.subtitle.say(self.tr(
            "While you don't need it, this computer can work for others. "
            "You decide how much, and you can pause or stop at any time."
        ))  # fmt: skip
        self._services = services
        self._state = Welcoming()
        self._task: background.Task | None = None
        self._joining = _JoiningCard()
        self._joining.other.clicked.connect(self._type_another)
        self._form = _Form()
        self._form.look.clicked.connect(self._find)
        for field in (self._form.address, self._form.code):
            field.returnPressed.connect(self._find)
        self._form.pasted.connect(self._take)
        self._problem = ProblemBox(self.tr("Try again"))
        self._problem.pressed.connect(self._again)
        self.column.addWidget(self._joining)
        self.column.addWidget(self._form)
        self.column.addWidget(self._problem)
        self.column.addSpacing(8)
        for glyph, text in self._promises():
            self.column.addWidget(_Promise(glyph, text))
        self.column.addStretch()
        if invitation.complete:
            self._ask(invitation)
        else:
            self._form.fill(invitation)
            self._show(Welcoming("typing", invitation))

    def enter(self, flow: Flow) -> None:
        if self._state.mood == "typing":
            self._form.focus()

    def invite(self, invitation: Invitation) -> None:
        """An invitation that came later than this page was made."""
        self._ask(invitation)

    def ask_again(self) -> None:
        """After an enrollment that is of no use any more: a person has to bring another one."""
        self._task = None  # what it still brings is not taken
        self._form.fill(replace(self._state.invitation, enrollment=""))
        self._show(Welcoming("typing", self._state.invitation))

    def forward(self) -> None:
        if self._state.mood == "known" and self._state.network:
            self.answered.emit(self._state.network)

    def _promises(self) -> tuple[tuple[icons.Glyph, str], ...]:
        return (
            ("person", self.tr("It runs in your own account and needs no administrator.")),
            ("lock", self.tr(
                "Work for others is locked in: it sees none of your files and no network."
            )),
            ("bin", self.tr("One click takes all of it away again.")),
        )  # fmt: skip

    def _type_another(self) -> None:
        self._form.fill(Invitation(self._state.invitation.servers))
        self._show(Welcoming("typing", self._state.invitation))
        self._form.focus()

    def _find(self) -> None:
        try:
            invitation = typed(self._form.address.text(), self._form.code.text())
        except InvitationError as error:
            self._show(replace(self._state, mood="typing", problem=error.problem))
            return
        self._ask(invitation)

    def _take(self, invitation: Invitation) -> None:
        """A whole link was pasted: nothing is left to type."""
        self._form.fill(invitation)
        self._ask(invitation)

    def _again(self) -> None:
        self._ask(self._state.invitation)

    def _ask(self, invitation: Invitation) -> None:
        self._show(Welcoming("asking", invitation))
        task = background.once(lambda: self._services.look_up(invitation))
        self._task = task
        task.came.connect(self._known)
        task.failed.connect(self._failed)
        task.start()

    def _known(self, network: Network) -> None:
        if self.sender() in (None, self._task):
            self._show(replace(self._state, mood="known", network=network))

    def _failed(self, problem: Problem) -> None:
        if self.sender() in (None, self._task):
            mood: Literal["failed", "typing"] = (
                "typing" if self._state.invitation.source == "typed" else "failed"
            )
            self._show(replace(self._state, mood=mood, problem=problem))

    def _show(self, state: Welcoming) -> None:
        self._state = state
        self._joining.show_state(state)
        typing = state.mood == "typing" or (
            state.mood == "asking" and state.invitation.source == "typed"
        )
        self._joining.setVisible(not typing)
        self._form.setVisible(typing)
        self._form.setEnabled(state.mood == "typing")
        self._form.look.setText(
            self.tr("Looking…") if state.mood == "asking" else self.tr("Find the network")
        )
        self._problem.show_problem(
            state.problem, self.tr("Try again") if state.mood == "failed" else ""
        )
        self.set_bar(Bar(self.tr("Next"), state.mood == "known"))


class _JoiningCard(QFrame):
    """ "You are joining *Example Compute* at *host*"."""

    def __init__(self) -> None:
        super().__init__()
        theme.dress(self, "card")
        self._glyph = GlyphLabel("spinner", "link", 24)
        self._lead = Label(role="muted")
        self._name = Label(role="big", selectable=True)
        self._at = Label(role="muted", selectable=True)
        self.other = QPushButton(self.tr("Not this one?"))
        theme.dress(self.other, "flat")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        for label in (self._lead, self._name, self._at):
            texts.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 14, 12, 14)
        row.setSpacing(14)
        row.addWidget(self._glyph)
        row.addLayout(texts, 1)
        row.addWidget(self.other)

    def show_state(self, state: Welcoming) -> None:
        host = host_of(state.invitation.servers[0]) if state.invitation.servers else ""
        if state.mood == "known" and state.network:
            self._glyph.show_glyph("tick", "good")
            self._lead.say(self.tr("You are joining"))
            name, at = state.network.name, host_of(state.network.server)
            self._name.say(name or at)
            self._at.say(self.tr("at {host}").format(host=at) if name else "")
        elif state.mood == "failed":
            self._glyph.show_glyph("cross", "bad")
            self._lead.say("")
            self._name.say(host)
            self._at.say(self.tr("The network could not be asked."))
        else:
            self._glyph.show_glyph("spinner", "link")
            self._lead.say("")
            self._name.say(host)
            self._at.say(self.tr("Asking for the network's name…"))
        self.setAccessibleName(
            " ".join(label.text() for label in (self._lead, self._name, self._at) if label.text())
        )


class _Form(QFrame):
    """An address and a code, for those whose invitation did not come along. Each is put right and
    checked while it is typed."""

    pasted = Signal(object)
    """A complete Invitation."""

    def __init__(self) -> None:
        super().__init__()
        theme.dress(self, "card")
        self.address = QLineEdit()
        self.address.setPlaceholderText("compute.example.org")
        self.address.setProperty("inputMethodHints", "ImhUrlCharactersOnly")
        self.code = QLineEdit()
        self.code.setPlaceholderText("K7QM-2XWD")
        self.code.setProperty("inputMethodHints", "ImhPreferUppercase|ImhNoPredictiveText")
        self._before = ""
        """The code before the latest key."""
        self._address_trouble = Label(role="warn")
        self._code_trouble = Label(role="warn")
        self.look = QPushButton(self.tr("Find the network"))
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        form.addRow(self.tr("&Address"), _above(self.address, self._address_trouble))
        form.addRow(self.tr("&Code"), _above(self.code, self._code_trouble))
        for field, name in ((self.address, self.tr("Address")), (self.code, self.tr("Code"))):
            field.setMaxLength(LINK_LENGTH)
            field.setAccessibleName(name)
            label = form.labelForField(field.parentWidget() or field)
            if isinstance(label, QLabel):
                label.setBuddy(field)
                label.setMinimumHeight(field.sizeHint().height())  # in one line with what is typed
        below = QHBoxLayout()
        below.addWidget(
            Label(self.tr("Both stand on the page of the network that you want to join."), "muted"),
            1,
        )
        below.addWidget(self.look)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addLayout(below)
        self.address.textEdited.connect(self._address_edited)
        self.address.editingFinished.connect(lambda: self._check_address(left=True))
        self.code.textEdited.connect(self._code_edited)
        self.code.editingFinished.connect(lambda: self._check_code(left=True))

    def fill(self, invitation: Invitation) -> None:
        self.address.setText(invitation.servers[0] if invitation.servers else "")
        self.code.setText(invitation.enrollment)
        self._before = self.code.text()
        self._check_address(left=False)
        self._check_code(left=False)

    def focus(self) -> None:
        (self.code if self.address.text() else self.address).setFocus()

    def _address_edited(self, text: str) -> None:
        if not self._took_link(text):
            self._check_address(left=False)

    def _code_edited(self, text: str) -> None:
        if self._took_link(text):
            return
        shown, cursor = grouped(text, self.code.cursorPosition(), self._before)
        if shown != text:
            self.code.setText(shown)
            self.code.setCursorPosition(cursor)
        self._before = shown
        self._check_code(left=False)

    def _took_link(self, text: str) -> bool:
        invitation = read(text)
        if invitation.complete:
            self.pasted.emit(invitation)
        return invitation.complete

    def _check_address(self, *, left: bool) -> None:
        trouble = address_trouble(self.address.text(), left=left)
        sentences: dict[AddressTrouble, str] = {
            "spaces": self.tr("An address has no spaces."),
            "malformed": self.tr("An address looks like compute.example.org."),
        }
        _say(self.address, self._address_trouble, sentences[trouble] if trouble else "")

    def _check_code(self, *, left: bool) -> None:
        trouble = code_trouble(self.code.text(), left=left)
        sentences: dict[CodeTrouble, str] = {
            "look-alikes": self.tr(
                "A code has no 0, O, 1, I or L: it must be a letter or digit that looks like it."
            ),
            "signs": self.tr("A code has only letters and digits."),
            "too long": self.tr("A code has eight letters and digits; these are more."),
            "too short": self.tr("A code has eight letters and digits; these are fewer."),
        }
        _say(self.code, self._code_trouble, sentences[trouble] if trouble else "")


def _above(field: QLineEdit, trouble: Label) -> QWidget:
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(field)
    column.addWidget(trouble)
    trouble.hide()
    return both


def _say(field: QLineEdit, label: Label, trouble: str) -> None:
    label.say(trouble)
    field.setAccessibleDescription(trouble)


class _Promise(QWidget):
    def __init__(self, glyph: icons.Glyph, text: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(GlyphLabel(glyph, "link", 20))
        row.addWidget(Label(text), 1)
