"""Tray and status window: both show the worker's one state, and tell it what a person wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon, QImage
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from qubix_desktop import background, icons, updates
from qubix_desktop.desk import Desk
from qubix_desktop.notices import Notices
from qubix_desktop.removal import RemovalDialog
from qubix_desktop.tray import Tray, seconds_until_tomorrow
from qubix_desktop.updates import Versions
from qubix_desktop.view import view
from qubix_desktop.watcher import Seen
from qubix_worker import __version__
from qubix_worker.errors import Problem
from qubix_worker.files import write_whole
from qubix_worker.protocol import Usage
from qubix_worker.settings import Settings
from qubix_worker.status import CurrentJob, FinishedJob, State, Status, Trouble

if TYPE_CHECKING:
    from .conftest import Person, World

NOW = 1_900_000_000.0
STATES: tuple[State, ...] = ("starting", "online", "working", "paused", "offline", "attention")


@pytest.fixture
def desk(qtbot: QtBot, world: World) -> Iterator[Desk]:
    desk = Desk(world.services(), Settings(), now=lambda: NOW)
    qtbot.addWidget(desk.window)
    yield desk
    desk.close()  # before its window goes: it would go on to show what it sees
    background.end_all(20)
    QApplication.processEvents()


def status(world: World, state: State) -> Status:
    return replace(world.worker.current, state=state)


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_an_icon_of_its_own(world: World, qtbot: QtBot, state: State) -> None:
    shown = view(Seen(status(world, state)), NOW)
    assert shown.icon == state
    images = {name: image(icons.of_state(name)) for name in STATES}
    assert [name for name in STATES if images[name] == images[state]] == [state]
    assert not images[state].isNull()


def test_the_tray_wears_the_lighter_icon_while_the_account_is_dark(
    world: World, qtbot: QtBot
) -> None:
    account = ["light"]
    tray = Tray(lambda: NOW, is_dark=lambda: account == ["dark"])
    tray.show_seen(Seen(status(world, "online")))
    plain, lighter = (image(icons.of_state("online", dark=dark)) for dark in (False, True))
    assert image(tray.icon.icon()) == plain != lighter
    account[:] = ["dark"]
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert image(tray.icon.icon()) == lighter
    assert image(tray.headline.icon()) == lighter


def image(icon: QIcon) -> QImage:
    return icon.pixmap(22).toImage()


def test_the_tooltip_has_the_essential_figure(world: World) -> None:
    working = replace(
        status(world, "working"), jobs=(CurrentJob("j", "wasm", NOW, progress_percent=62.4),)
    )
    assert "62 %" in view(Seen(working), NOW).tooltip
    paused = replace(status(world, "paused"), paused_by="you")
    assert view(Seen(paused), NOW).detail == "You paused it. It goes on when you resume."
    for_a_time = replace(paused, paused_until=NOW + 3600)
    assert view(Seen(for_a_time), NOW).detail.startswith("You paused it until ")
    why = "It runs on its battery."
    battery = replace(paused, paused_by="battery", pause_reason=why)
    assert view(Seen(battery), NOW).detail == why
    schedule = replace(battery, paused_by="schedule", paused_until=NOW + 60)
    assert view(Seen(schedule), NOW).detail.startswith(f"{why} Until ")
    trouble = Trouble("no_network", "The connection failed.", "Check it.")
    offline = replace(status(world, "offline"), trouble=trouble, retry_at=NOW + 20)
    assert "The connection failed. Trying again in 20 s." in view(Seen(offline), NOW).tooltip
    assert re.search(r"Offline since \d\d?:\d\d", view(Seen(offline), NOW).tooltip)
    for_days = replace(offline, since=NOW - 3 * 86_400)
    assert re.search(r"Offline since \S.*\d, \d\d?:\d\d", view(Seen(for_days), NOW).tooltip)
    attention = replace(status(world, "attention"), trouble=trouble)
    assert "Check it." in view(Seen(attention), NOW).tooltip
    warned = replace(status(world, "attention"), warning=trouble)
    assert "Check it." in view(Seen(warned), NOW).tooltip
    two = replace(working, jobs=working.jobs * 2)
    assert "2 jobs" in view(Seen(two), NOW).tooltip


def test_a_worker_that_is_gone_or_hangs_is_told_apart(world: World) -> None:
    gone = Problem("worker_not_running", "Not running.", "Start it.")
    hung = Problem("worker_hangs", "It did not answer.", "Wait.")
    assert view(Seen(status(world, "online"), gone), NOW).can_start
    shown = view(Seen(status(world, "online"), hung), NOW)
    assert (shown.icon, shown.can_restart) == ("attention", True)
    assert shown.detail.startswith("Sharing does not answer.")


def test_the_menu_fits_the_state(world: World, person: Person, qtbot: QtBot) -> None:
    tray = Tray(lambda: NOW)
    tray.show_seen(Seen(status(world, "online")))
    assert tray.menu.actions()[0].text() == "Online"
    assert person.entry(tray.menu, "Pause").isVisible()
    assert not person.entry(tray.menu, "Resume").isVisible()
    tray.show_seen(Seen(replace(status(world, "paused"), paused_by="battery")))
    assert person.entry(tray.menu, "Pause").isVisible()
    assert not person.entry(tray.menu, "Resume").isVisible()
    tray.show_seen(Seen(replace(status(world, "paused"), paused_by="you")))
    assert not person.entry(tray.menu, "Pause").isVisible()
    assert person.entry(tray.menu, "Resume").isVisible()
    tray.show_seen(Seen(problem=Problem("worker_not_running", "Not running.", "Start it.")))
    assert person.entry(tray.menu, "Start sharing").isVisible()


PAUSES = {
    "For 1 hour": 3600.0,
    "Until tomorrow": seconds_until_tomorrow(NOW),
    "Until I resume": None,
}


@pytest.mark.parametrize("entry", PAUSES)
def test_a_pause_reaches_the_worker_and_comes_back(
    desk: Desk, world: World, person: Person, qtbot: QtBot, entry: str
) -> None:
    desk.open_tray(start=False)
    qtbot.waitUntil(lambda: desk.tray.menu.actions()[0].text() == "Online")
    person.chooses(desk.tray.menu, "Pause", entry)
    qtbot.waitUntil(lambda: desk.tray.menu.actions()[0].text() == "Paused")
    assert world.worker.told == [("pause", PAUSES[entry])]
    person.chooses(desk.tray.menu, "Resume")
    qtbot.waitUntil(lambda: desk.tray.menu.actions()[0].text() == "Online")


def test_until_tomorrow_is_the_next_morning() -> None:
    assert 8 * 3600 <= seconds_until_tomorrow(NOW) <= 33 * 3600


def test_quit_can_keep_sharing_or_stop_it(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    desk.open_tray(start=False)
    qtbot.waitUntil(lambda: desk.tray.menu.actions()[0].text() == "Online")
    with qtbot.waitSignal(desk.over):
        person.chooses(desk.tray.menu, "Quit", "Quit and keep sharing")
    assert world.worker.told == []
    with qtbot.waitSignal(desk.over):
        person.chooses(desk.tray.menu, "Quit", "Quit and stop sharing")
    assert world.worker.told == [("stop", None)]


def test_opening_starts_a_worker_only_where_none_runs(
    desk: Desk, world: World, qtbot: QtBot
) -> None:
    world.worker.running = False
    desk.open_tray(start=True)
    qtbot.waitUntil(lambda: world.started == 1)
    desk.start_sharing()
    qtbot.waitUntil(lambda: desk.tray.menu.actions()[0].text() == "Online")
    assert world.started == 1


def test_the_window_shows_the_state_and_what_it_does(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    world.worker.current = replace(
        status(world, "working"),
        jobs=(CurrentJob("j1", "wasm", NOW - 25, progress_percent=62),),
        recent_jobs=(FinishedJob("j0", "wasm", "failed", NOW - 90, 5.0, "Out of memory."),),
        usage=Usage(cpu_percent=37, ram_percent=58),
    )
    desk.watcher.start()
    desk.open_status()
    person.awaits(desk.window, "A wasm job, for 25 s: 62 % done")
    for text in ("Working", "desk", "Example Compute", "compute.example.org", "37 %", "5 s ago"):
        assert person.sees(desk.window, text), text


def test_a_network_that_has_forgotten_this_computer_can_be_joined_again_by_a_button(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    trouble = Trouble("provider_unknown", "It is not known here any more.", "Join again.")
    world.worker.current = replace(status(world, "attention"), forgotten=True, trouble=trouble)
    desk.watcher.start()
    desk.open_status()
    person.awaits(desk.window, "Needs attention")
    with qtbot.waitSignal(desk.window.setup_wanted):
        person.presses(desk.window, "Set up again…")
    warned = replace(world.worker.current, forgotten=False, trouble=None, warning=trouble)
    desk.window.show_seen(Seen(warned))
    assert not person.sees(desk.window, "Set up again…")


def test_a_worker_that_was_killed_is_shown_and_can_be_started(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    desk.watcher.start()
    desk.open_status()
    person.awaits(desk.window, "Online")
    world.worker.running = False
    person.awaits(desk.window, "Not sharing")
    person.presses(desk.window, "Start sharing")
    person.awaits(desk.window, "Online")


def test_what_cannot_be_done_is_said_in_the_window(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    desk.watcher.start()
    desk.open_status()
    person.awaits(desk.window, "Online")
    world.worker.running = False
    person.presses(desk.window, "Pause")
    person.awaits(desk.window, "QUBIX is not running on this computer.")


def test_the_log_is_copied_for_support_without_secrets(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    write_whole(world.paths.log, b"Authorization: Bearer hunter2\none line\n")
    desk.watcher.start()
    desk.open_status()
    person.awaits(desk.window, "Online")
    desk.window.show_tab("log")
    QGuiApplication.clipboard().clear()
    person.presses(desk.window, "Copy for support")
    person.awaits(desk.window, "Copied, without secrets.")
    copied = QGuiApplication.clipboard().text()
    assert "State: Online" in copied
    assert "one line" in copied
    assert "hunter2" not in copied


def test_without_a_tray_the_window_says_so(desk: Desk, person: Person) -> None:
    desk.open_status()  # the offscreen platform has no tray
    assert person.sees(desk.window, "This desktop shows no small icons")


def test_removing_asks_first_and_then_says_what_it_does(
    world: World, person: Person, qtbot: QtBot
) -> None:
    dialog = RemovalDialog(world.services())
    qtbot.addWidget(dialog)
    dialog.show()
    assert person.sees(dialog, "Remove QUBIX from this computer?")
    person.presses(dialog, "Forget my choices as well")
    person.presses(dialog, "Remove")
    person.awaits(dialog, "QUBIX has been removed")
    assert world.removed == [True]
    with qtbot.waitSignal(dialog.removed):
        person.presses(dialog, "Close")


def test_keeping_it_removes_nothing(world: World, person: Person, qtbot: QtBot) -> None:
    dialog = RemovalDialog(world.services())
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.assertNotEmitted(dialog.removed):
        person.presses(dialog, "Keep it")
    assert world.removed == []


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isVisible() and action.text()]


def test_the_menu_is_the_one_that_people_know(world: World, person: Person) -> None:
    tray = Tray(lambda: NOW)
    tray.show_seen(Seen(status(world, "online")))
    assert texts(tray.menu) == [
        "Online", "Open status", "Pause", "Settings…", "Logs", "Check for updates",
        "Set up again…", "Remove from this computer…", "Quit",
    ]  # fmt: skip
    pause = person.entry(tray.menu, "Pause").menu()
    assert isinstance(pause, QMenu)
    assert texts(pause) == list(PAUSES)


@pytest.mark.parametrize(
    ("entry", "seen"), [("Settings…", "When to share"), ("Logs", "Copy for support")]
)
def test_an_entry_opens_the_window_where_it_leads(
    desk: Desk, person: Person, qtbot: QtBot, entry: str, seen: str
) -> None:
    desk.open_tray(start=False)
    person.chooses(desk.tray.menu, entry)
    person.awaits(desk.window, seen)


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        (Versions("https://h", "99.0"), "Version 99.0 is there"),
        (Versions("https://h", __version__), "is up to date"),
        (Versions("https://h", "0.0.1"), "is up to date"),
        (Versions("https://h", ""), "is up to date"),
        (Versions("https://h", __version__, "0.0.9"), "0.0.9 is still at work"),
    ],
)
def test_check_for_updates_answers_in_words(
    desk: Desk, world: World, person: Person, versions: Versions, words: str
) -> None:
    world.versions = versions
    desk.open_tray(start=False)
    person.chooses(desk.tray.menu, "Check for updates")
    person.awaits(desk.window, words)


def test_ten_comes_after_nine() -> None:
    assert "Version 0.10.0" in updates.told(Versions("h", "0.10.0", None, "0.9.3"))
    assert "up to date" in updates.told(Versions("h", "0.9.3", None, "0.10.0"))


def test_an_update_is_told_once(tmp_path: Path) -> None:
    note = tmp_path / "state" / "desktop.version"
    assert updates.former_version(note) is None  # the first version of all is no update
    assert updates.former_version(note) is None
    note.write_text("0.0.9")
    assert updates.former_version(note) == "0.0.9"
    assert updates.former_version(note) is None


def test_who_was_updated_is_told(desk: Desk, world: World, qtbot: QtBot) -> None:
    world.former_version = "0.0.9"
    with qtbot.waitSignal(desk.tray.announced) as told:
        desk.open_tray(start=False)
    assert told.args == ["QUBIX has been updated", f"It is version {__version__} now."]


def test_attention_is_told_once_for_each_trouble(world: World) -> None:
    notices = Notices()
    at = 0.0

    def looks(seen: Seen, count: int) -> int:
        nonlocal at
        told = 0
        for _ in range(count):
            at += 1
            told += notices.is_news(seen, view(seen, NOW), at)
        return told

    fine = Seen(status(world, "online"))
    no_room = Trouble("no_room", "The disk is full.", "Free some.")
    full = Seen(replace(status(world, "attention"), warning=no_room))
    hung = Seen(fine.status, Problem("worker_hangs", "It hangs.", "Wait."))
    assert looks(fine, 10) == 0
    assert looks(hung, 2) == 0, "what mends itself at once is no news"
    assert looks(fine, 1) == 0
    assert looks(full, 50) == 1
    assert looks(hung, 50) == 1
    assert looks(fine, 30) == 0
    assert looks(full, 50) == 0, "it is the same trouble still"
    assert looks(fine, 700) == 0
    assert looks(full, 50) == 1


def test_a_hung_worker_is_restarted_by_the_button(desk: Desk, world: World, person: Person) -> None:
    world.worker.hangs = True
    desk.watcher.start()
    desk.open_status()
    person.awaits(desk.window, "Sharing does not answer")
    person.presses(desk.window, "Restart sharing")
    person.awaits(desk.window, "Online")
    assert world.started == 1
