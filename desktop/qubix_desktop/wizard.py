"""The wizard's window: draws the page that the flow is at, and hands answers to the flow."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import icons, theme
from qubix_desktop.flow import Answer, Existing, Flow, FlowError, Online, Page, Prepared
from qubix_desktop.invitation import Invitation
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.rail import Rail
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from qubix_desktop.pages.existing import ExistingPage
    from qubix_desktop.pages.welcome import WelcomePage
    from qubix_desktop.services import Services
    from qubix_worker.setup.steps import Setup

PAINTED_MILLISECONDS = 100
"""Until then it is usually on the screen."""


class Wizard(QWidget):
    closed = Signal(bool)
    """The window is gone. True: this computer is set up, show how it is going."""
    status_wanted = Signal()
    went_online = Signal()
    removal_began = Signal()

    def __init__(
        self,
        services: Services,
        invitation: Invitation,
        kept: Settings,
        *,
        existing: bool = False,
        forgotten: bool = False,
    ) -> None:
        """`existing`: this computer is set up; `forgotten`: but its network does not know it any
        more, so that only another invitation helps."""
        super().__init__()
        self.setWindowTitle(self.tr("Set up QUBIX"))
        self.resize(840, 610)
        self.setMinimumSize(720, 520)
        self._services = services
        self._flow = Flow(Page.SET_UP if existing else Page.WELCOME, kept=kept)
        self._setup: Setup | None = None
        self._plan: Callable[[], Setup] | None = None
        self._invitation = invitation
        self._pages: dict[Page, WizardPage] = {}
        self._rail = Rail()
        self._stack = QStackedWidget()
        self._back = QPushButton(self.tr("&Back"))
        self._back.clicked.connect(lambda: self._go(self._flow.back()))
        self._cancel = QPushButton()
        self._cancel.clicked.connect(self._pressed_cancel)
        self._forward = QPushButton()
        self._forward.clicked.connect(self._pressed_forward)
        theme.dress(self._forward, "primary")
        self._stack.setCurrentWidget(self._page)  # made before the buttons are put below it
        self._lay_out()
        # Ten pictures, which the first page does not wait for.
        QTimer.singleShot(
            PAINTED_MILLISECONDS, self, lambda: self.setWindowIcon(icons.application())
        )
        self._go(self._flow.answered(Existing("move")) if forgotten else self._flow)

    @property
    def page(self) -> Page:
        return self._flow.page

    @property
    def _page(self) -> WizardPage:
        """The page that the flow is at; each is made when it is come to."""
        page = self._pages.get(self._flow.page)
        if page is None:
            page = self._pages[self._flow.page] = self._made(self._flow.page)
            self._stack.addWidget(page)
            page.answered.connect(self._answered)
            page.gave_up.connect(self._gave_up)
            page.another.connect(self._another)
            page.bar_changed.connect(self._bar_changed)
        return page

    def _buttons_last(self) -> None:
        """Tab reaches the buttons after a page that was made later than they."""
        from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large

        last: QWidget | None = self.previousInFocusChain()
        while last and last is not self and not last.focusPolicy() & Qt.FocusPolicy.TabFocus:
            last = last.previousInFocusChain()
        if last is None or last is self:
            return
        for button in (self._cancel, self._back, self._forward):
            self.setTabOrder(last, button)
            last = button

    def _made(self, page: Page) -> WizardPage:
        makers: dict[Page, Callable[[], WizardPage]] = {
            Page.SET_UP: lambda: self._existing,
            Page.WELCOME: lambda: self._welcome,
            Page.COMPUTER: self._computer,
            Page.SHARING: self._sharing,
            Page.PREPARING: self._preparing,
            Page.JOINING: self._joining,
            Page.DONE: self._done,
        }
        return makers[page]()

    def _computer(self) -> WizardPage:
        from qubix_desktop.pages.computer import ComputerPage  # noqa: PLC0415

        return ComputerPage(self._services)

    def _sharing(self) -> WizardPage:
        from qubix_desktop.pages.sharing import SharingPage  # noqa: PLC0415

        return SharingPage()

    def _preparing(self) -> WizardPage:
        from qubix_desktop.pages.steps import StepsPage  # noqa: PLC0415

        return StepsPage("prepare", self._planned, Prepared)

    def _joining(self) -> WizardPage:
        from qubix_desktop.pages.steps import StepsPage  # noqa: PLC0415

        return StepsPage("join", self._planned, self._online)

    def _done(self) -> WizardPage:
        from qubix_desktop.pages.done import DonePage  # noqa: PLC0415

        done = DonePage()
        done.status_wanted.connect(self.status_wanted)
        return done

    @functools.cached_property
    def _welcome(self) -> WelcomePage:
        from qubix_desktop.pages.welcome import WelcomePage  # noqa: PLC0415

        return WelcomePage(self._services, self._invitation)

    @functools.cached_property
    def _existing(self) -> ExistingPage:
        from qubix_desktop.pages.existing import ExistingPage  # noqa: PLC0415

        existing = ExistingPage(self._invitation)
        existing.removal_wanted.connect(self._remove)
        return existing

    def closeEvent(self, event: QCloseEvent) -> None:
        page = self._pages.get(self._flow.page)
        if page and page.would_lose and not self._may_lose():
            event.ignore()
            return
        self.abandon()
        super().closeEvent(event)
        self.closed.emit(self._flow.is_set_up)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on from wherever the person types, and presses a button that has the focus."""
        from PySide6.QtCore import Qt  # noqa: PLC0415

        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focus = self.focusWidget()
        button = focus if isinstance(focus, QPushButton) else self._forward
        if button.isVisible() and button.isEnabled():
            button.click()

    def invite(self, invitation: Invitation) -> None:
        """An invitation that came while the window is open; it counts where one still chooses."""
        if not invitation.complete:
            return
        self._invitation = invitation
        if Page.SET_UP in self._pages:
            self._existing.invite(invitation)
        if Page.WELCOME in self._pages:
            self._welcome.invite(invitation)
        if self._flow.page is Page.SET_UP:
            self._existing.enter(self._flow)

    def abandon(self) -> None:
        """The application ends: what runs is cancelled, and takes back what it has begun."""
        page = self._pages.get(self._flow.page)
        if page and page.would_lose:
            page.cancel()

    def _lay_out(self) -> None:
        bar = QFrame()
        theme.dress(bar, "bar")
        buttons = QHBoxLayout(bar)
        buttons.setContentsMargins(32, 14, 24, 14)
        buttons.setSpacing(10)
        buttons.addWidget(self._cancel)
        buttons.addStretch()
        buttons.addWidget(self._back)
        buttons.addWidget(self._forward)
        for button in (self._back, self._forward, self._cancel):
            button.setMinimumWidth(100)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._stack, 1)
        right.addWidget(bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addLayout(right, 1)

    def _go(self, flow: Flow) -> None:
        self._flow = flow
        if flow.page is Page.CLOSED:
            self.close()
            if flow.wish == "open":
                self.status_wanted.emit()
            return
        if flow.page is Page.PREPARING:
            plan = self._services.plan_change if flow.wish == "change" else self._services.plan
            choices = flow.choices()
            self._setup, self._plan = None, lambda: plan(choices)
        if flow.page is Page.DONE:
            self.went_online.emit()
        self._rail.show_page(flow.page)
        self._stack.setCurrentWidget(self._page)
        if len(self._pages) > 1:
            self._buttons_last()
        self._back.setVisible(flow.can_go_back)
        self._show_bar(self._page.bar)
        # Not to whichever button Qt finds next: the main one takes it as soon as it can be pressed.
        self._stack.setFocus()
        self._focus_forward()
        self._page.enter(flow)

    def _pressed_forward(self) -> None:
        self._page.forward()

    def _pressed_cancel(self) -> None:
        self._page.cancel()

    def _answered(self, answer: Answer) -> None:
        self._go(self._flow.answered(answer))

    def _gave_up(self) -> None:
        if self.isVisible():
            self._go(self._flow.given_up())

    def _another(self) -> None:
        self._welcome.ask_again()
        self._go(self._flow.another_network())

    def _bar_changed(self, bar: Bar) -> None:
        if self.sender() is self._pages.get(self._flow.page):
            self._show_bar(bar)

    def _show_bar(self, bar: Bar) -> None:
        was_off = not self._forward.isEnabled() or self._forward.isHidden()
        self._forward.setText(bar.forward)
        self._forward.setVisible(bool(bar.forward))
        self._forward.setEnabled(bar.forward_enabled)
        self._cancel.setText(bar.cancel)
        self._cancel.setVisible(bool(bar.cancel))
        self._cancel.setEnabled(bar.cancel_enabled)
        self._forward.setDefault(True)
        if was_off:
            self._focus_forward()

    def _focus_forward(self) -> None:
        """Enter goes on, unless the person is busy elsewhere."""
        focus = self.focusWidget()
        idle = focus in (None, self._stack) or not focus.isVisible() or not focus.isEnabled()
        if idle and self._forward.isEnabled() and not self._forward.isHidden():
            self._forward.setFocus()

    def _planned(self) -> Setup:
        """The setup of this run. The first to ask has it planned, which reads from the disk: not on
        the GUI thread. One asks after the other."""
        if self._setup is None:
            if self._plan is None:
                raise FlowError("the setup was asked for before anything was chosen")
            self._setup = self._plan()
        return self._setup

    def _online(self) -> Online:
        return Online(self._services.worker.status().name)

    def _remove(self) -> None:
        from qubix_desktop.removal import RemovalDialog  # noqa: PLC0415

        dialog = RemovalDialog(self._services, self)
        dialog.began.connect(self.removal_began)
        dialog.removed.connect(self._removed)
        dialog.open()

    def _removed(self) -> None:
        # What a purge has taken away is not to be written anew.
        self._flow = self._flow._replace(kept=self._services.kept())
        self._existing.removed()

    def _may_lose(self) -> bool:
        from PySide6.QtWidgets import QMessageBox  # noqa: PLC0415

        box = QMessageBox(self)
        box.setWindowTitle(self.windowTitle())
        box.setText(self.tr("Stop setting up QUBIX?"))
        box.setInformativeText(self.tr("What was begun is taken back."))
        stop = box.addButton(self.tr("Stop"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(self.tr("Go on"), QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is stop
