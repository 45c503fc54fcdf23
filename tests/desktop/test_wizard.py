"""The wizard as a person meets it: what is on the screen, and what pressing does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from qubix_desktop import background, icons
from qubix_desktop.flow import Flow, Page, Prepared
from qubix_desktop.invitation import Invitation
from qubix_desktop.pages.steps import StepsPage
from qubix_desktop.wizard import Wizard
from qubix_worker.errors import Problem, ServerError
from qubix_worker.hardware.detect import Finding
from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Phase, Progress, Setup

if TYPE_CHECKING:
    from .conftest import Person, World

CODE_EXPIRED = Problem("enrollment_expired", "The code has expired.", "Get a new one.")
INVITED = Invitation(("https://compute.example.org",), "K7QM-2XWD", "file name")


@pytest.fixture
def open_wizard(qtbot: QtBot, world: World) -> Iterator[Any]:
    made: list[Wizard] = []

    def make(invitation: Invitation = INVITED, **more: Any) -> Wizard:
        wizard = Wizard(world.services(), invitation, Settings(), **more)
        made.append(wizard)
        wizard.show()
        return wizard

    yield make
    for wizard in made:  # not closed: some would ask whether to stop what they are at
        wizard.abandon()
        assert background.end_all(20)
        QApplication.processEvents()
        wizard.hide()
        wizard.deleteLater()


def test_it_has_the_mark_in_all_sizes_once_it_is_on_the_screen(
    open_wizard: Any, qtbot: QtBot
) -> None:
    wizard = open_wizard()
    qtbot.waitUntil(lambda: not wizard.windowIcon().isNull())
    assert {size.width() for size in wizard.windowIcon().availableSizes()} == set(icons.SIZES)


def at_sharing(person: Person, wizard: Wizard) -> None:
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    assert wizard.page is Page.SHARING


def test_next_is_always_right(open_wizard: Any, person: Person, qtbot: QtBot, world: World) -> None:
    wizard = open_wizard()
    person.awaits(wizard, "Example Compute")
    assert person.sees(wizard, "at compute.example.org")
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online as desk")
    with qtbot.waitSignal(wizard.closed) as closed:
        person.presses(wizard, "Finish")
    assert closed.args == [True]
    (choices,) = world.planned
    assert choices.server == "https://compute.example.org"
    assert choices.enrollment == "K7QM-2XWD"
    assert choices.settings == Settings(server="https://compute.example.org")


def test_the_keyboard_alone_is_enough(open_wizard: Any, person: Person, qtbot: QtBot) -> None:
    wizard = open_wizard()
    wizard.activateWindow()
    qtbot.waitUntil(wizard.isActiveWindow)
    for page in (Page.WELCOME, Page.COMPUTER):
        assert wizard.page is page
        qtbot.waitUntil(lambda: person.button(wizard, "Next").isEnabled())
        qtbot.waitUntil(lambda: person.button(wizard, "Next").hasFocus())
        QTest.keyClick(wizard.focusWidget(), Qt.Key.Key_Space)
    for _ in range(10):
        if wizard.focusWidget() is person.button(wizard, "Next"):
            break
        QTest.keyClick(wizard.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(wizard.focusWidget(), Qt.Key.Key_Space)
    person.awaits(wizard, "This computer is online")


def test_each_thing_has_a_card_with_a_verdict(open_wizard: Any, person: Person) -> None:
    wizard = open_wizard()
    person.presses(wizard, "Next")
    for text in (
        "A fast processor",
        "8 cores",
        "32 GB of memory",
        "400 GB free",
        "Card one",
        "Can share",
    ):
        person.awaits(wizard, text)
    person.awaits(wizard, "Can share after a driver update")


def test_a_graphics_card_can_be_left_out(open_wizard: Any, person: Person, world: World) -> None:
    wizard = open_wizard()
    person.presses(wizard, "Next")
    person.awaits(wizard, "Card one")
    assert person.button(wizard, "Share Card one").isChecked()
    person.button(wizard, "Share Card one").click()
    person.awaits(wizard, "Left out")
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online")
    assert world.planned[0].settings.excluded_cards == ("GPU-1",)


def test_without_a_graphics_card_the_processor_is_shared(
    open_wizard: Any, person: Person, world: World
) -> None:
    world.findings = world.findings[:3]
    wizard = open_wizard()
    person.presses(wizard, "Next")
    person.awaits(wizard, "No card was found that can share")
    person.presses(wizard, "Next")
    assert not person.button(wizard, "Share the processor").isEnabled()
    assert person.button(wizard, "Share the processor").isChecked()


def test_a_probe_that_fails_costs_its_own_card_only(
    open_wizard: Any, person: Person, world: World
) -> None:
    failed = Finding("disk", problem=Problem("not_readable", "The disk did not tell.", ""))
    world.findings = (*world.findings[:2], failed)
    wizard = open_wizard()
    person.presses(wizard, "Next")
    person.awaits(wizard, "The disk did not tell.")
    person.presses(wizard, "Next")
    assert wizard.page is Page.SHARING


def test_the_choices_reach_the_setup(open_wizard: Any, person: Person, world: World) -> None:
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.types(wizard, "Name of this computer", "living room")
    person.presses(wizard, "Start when I sign in")
    person.presses(wizard, "Share the processor")
    person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online")
    settings = world.planned[0].settings
    assert (settings.name, settings.start_at_sign_in, settings.processor) == (
        "living room", False, False,
    )  # fmt: skip


def test_enter_goes_on_from_wherever_one_types(open_wizard: Any, person: Person) -> None:
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.types(wizard, "Name of this computer", "study")
    field = wizard.focusWidget()
    assert isinstance(field, QLineEdit)
    QTest.keyClick(field, Qt.Key.Key_Return)
    person.awaits(wizard, "This computer is online")


def test_back_keeps_what_was_chosen(open_wizard: Any, person: Person) -> None:
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.types(wizard, "Name of this computer", "living room")
    person.presses(wizard, "Back")
    assert wizard.page is Page.COMPUTER
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online")


def test_another_network_can_be_typed(open_wizard: Any, person: Person, world: World) -> None:
    wizard = open_wizard()
    person.awaits(wizard, "Example Compute")
    person.presses(wizard, "Not this one?")
    person.types(wizard, "Address", "other.example.org")
    person.types(wizard, "Code", "abcd efgh")
    person.presses(wizard, "Find the network")
    person.awaits(wizard, "You are joining")
    assert world.asked[-1] == Invitation(("https://other.example.org",), "ABCD-EFGH", "typed")


def test_a_code_that_is_none_is_said_before_anyone_is_asked(
    open_wizard: Any, person: Person, world: World
) -> None:
    wizard = open_wizard(Invitation())
    person.types(wizard, "Address", "other.example.org")
    person.types(wizard, "Code", "nonsense")
    person.presses(wizard, "Find the network")
    person.awaits(wizard, "A code has eight letters and digits")
    assert not person.button(wizard, "Next").isEnabled()
    assert world.asked == []


def test_a_network_that_does_not_answer_can_be_asked_again(
    open_wizard: Any, person: Person, world: World, refused: ServerError
) -> None:
    working, world.network = world.network, refused
    wizard = open_wizard()
    person.awaits(wizard, "Nothing answers there.")
    assert person.sees(wizard, "Try again in a few minutes.")
    assert not person.button(wizard, "Next").isEnabled()
    world.network = working
    person.presses(wizard, "Try again")
    person.awaits(wizard, "Example Compute")


def test_a_step_that_failed_is_tried_again_and_the_others_are_not(
    open_wizard: Any, person: Person, world: World
) -> None:
    world.step("confirm").problems = [Problem("refused", "Nobody is there.", "Wait a little.")]
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "Nobody is there.")
    assert person.sees(wizard, "Wait a little.")
    person.presses(wizard, "Try again")
    person.awaits(wizard, "This computer is online")
    assert (world.step("register").ran, world.step("confirm").ran) == (1, 2)


def test_a_cancel_while_a_step_runs_takes_all_of_it_back(
    open_wizard: Any, person: Person, world: World, qtbot: QtBot
) -> None:
    world.step("confirm").gate = threading.Event()
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "a note")
    person.presses(wizard, "Cancel")
    qtbot.waitUntil(lambda: wizard.page is Page.SHARING)
    assert [step.undone for step in world.steps] == [1, 1, 1]


def test_a_cancel_after_a_failure_takes_all_of_it_back(
    open_wizard: Any, person: Person, world: World, qtbot: QtBot
) -> None:
    world.step("confirm").problems = [Problem("refused", "Nobody is there.", "Wait a little.")]
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "Nobody is there.")
    person.presses(wizard, "Cancel")
    qtbot.waitUntil(lambda: wizard.page is Page.SHARING)
    assert [step.undone for step in world.steps] == [1, 1, 1]


class SlowToRelease:
    """A setup's lock that is let go of only when the test says so."""

    def __init__(self) -> None:
        self.releasing = threading.Event()
        self.gate = threading.Event()

    def acquire(self) -> None:
        pass

    def release(self) -> None:
        self.releasing.set()
        assert self.gate.wait(20)


def test_a_cancel_just_as_a_step_fails_takes_it_back_once(
    open_wizard: Any, person: Person, world: World, qtbot: QtBot
) -> None:
    """The run has failed and has not ended yet: its end must not pass for that of the undoing."""
    lock = world.setup_lock = SlowToRelease()
    world.step("settings").problems = [Problem("refused", "Nobody is there.", "Wait a little.")]
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    qtbot.waitUntil(lock.releasing.is_set)
    QApplication.processEvents()
    assert not person.has_button(wizard, "Try again")
    person.presses(wizard, "Cancel")
    lock.gate.set()
    qtbot.waitUntil(lambda: wizard.page is Page.SHARING)
    assert background.end_all(20)
    QApplication.processEvents()
    assert wizard.page is Page.SHARING
    assert world.step("settings").undone == 1


def test_an_expired_code_can_be_replaced(
    open_wizard: Any, person: Person, world: World, qtbot: QtBot
) -> None:
    world.step("register").problems = [CODE_EXPIRED]
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.presses(wizard, "Use another code")
    qtbot.waitUntil(lambda: wizard.page is Page.WELCOME)
    person.types(wizard, "Code", "ABCD-EFGH")
    person.presses(wizard, "Find the network")
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online")


def test_details_are_folded_and_can_be_copied_without_the_code(
    open_wizard: Any, person: Person, world: World
) -> None:
    world.step("register").problems = [Problem("odd", "The code K7QM-2XWD was odd.", "Ask.")]
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "was odd")
    assert not person.has_button(wizard, "Copy for support")
    person.presses(wizard, "Show details")
    person.presses(wizard, "Copy for support")
    copied = QGuiApplication.clipboard().text()
    assert "register: failed [odd]" in copied
    assert "K7QM" not in copied


@pytest.mark.parametrize("pages", [0, 1, 2])
def test_closing_asks_nothing_where_nothing_is_lost(
    open_wizard: Any, person: Person, qtbot: QtBot, pages: int
) -> None:
    wizard = open_wizard()
    for _ in range(pages):
        person.presses(wizard, "Next")
    with qtbot.waitSignal(wizard.closed) as closed:
        wizard.close()
    assert closed.args == [False]


@pytest.mark.parametrize("answer", ["Go on", "Stop"])
def test_closing_asks_while_a_step_runs(
    open_wizard: Any, person: Person, world: World, qtbot: QtBot, answer: str
) -> None:
    stays = answer == "Go on"
    gate = world.step("confirm").gate = threading.Event()
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "a note")

    def reply() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        person.presses(box, answer)

    QTimer.singleShot(0, reply)
    wizard.close()
    assert wizard.isVisible() is stays
    if stays:
        gate.set()
        person.awaits(wizard, "This computer is online")
    else:
        qtbot.waitUntil(lambda: world.step("register").undone == 1)


def test_a_computer_that_is_set_up_can_be_opened(
    open_wizard: Any, person: Person, qtbot: QtBot
) -> None:
    wizard = open_wizard(existing=True)
    assert person.sees(wizard, "This computer shares already")
    with qtbot.waitSignal(wizard.closed) as closed:
        person.presses(wizard, "Open")
    assert closed.args == [True]


def test_a_name_from_outside_is_never_read_as_markup(
    open_wizard: Any, person: Person, world: World
) -> None:
    world.network = type(world.network)("https://h.example", "<b>Bold</b> & co", "K7QM-2XWD")
    person.awaits(open_wizard(), "<b>Bold</b> & co")


def test_the_window_answers_while_a_probe_hangs(
    open_wizard: Any, person: Person, world: World, qtbot: QtBot
) -> None:
    gate = world.step("settings").gate = threading.Event()
    wizard = open_wizard()
    at_sharing(person, wizard)
    person.presses(wizard, "Next")
    person.awaits(wizard, "a note")
    turns = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(1))
    timer.start(1)
    qtbot.waitUntil(lambda: len(turns) > 20, timeout=2000)
    gate.set()
    person.awaits(wizard, "This computer is online")


def test_a_download_tells_how_much_and_how_fast_and_when_it_stands_still(
    person: Person, qtbot: QtBot
) -> None:
    now = 100.0
    news: queue.Queue[Progress | None] = queue.Queue()
    page = StepsPage("prepare", lambda: Setup([Fetching(news)]), Prepared, clock=lambda: now)
    qtbot.addWidget(page)
    page.show()
    page.enter(Flow())
    news.put(Progress("fetch", "running", "wasmtime", 0.0, 8 << 20, "bytes"))
    person.awaits(page, "wasmtime · 0 of 8 MB")
    now += 2
    news.put(Progress("fetch", "running", "wasmtime", 3 << 20, 8 << 20, "bytes"))
    person.awaits(page, "wasmtime · 3 of 8 MB, 1.5 MB/s")
    now += 20
    person.awaits(page, "Waiting for the download to go on…")
    assert not person.sees(page, "/s")
    news.put(None)
    person.awaits(page, "Done")


class Fetching:
    """A download whose news the test gives; None is its end."""

    key, title, weight = "fetch", "Fetching", 30.0
    phase: Phase = "prepare"

    def __init__(self, news: queue.Queue[Progress | None]) -> None:
        self._news = news

    def is_done(self) -> bool:
        return False

    def undo(self) -> None:
        pass

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        while (one := self._news.get(timeout=20)) is not None:
            yield one
