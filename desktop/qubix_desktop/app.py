"""`qubix`: the application with a window. What it can do, the command line can do as well."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qubix_desktop import early
from qubix_desktop.invitation import Invitation, find
from qubix_desktop.options import Options
from qubix_worker import __version__, lock, system
from qubix_worker.errors import QubixError
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from qubix_desktop.desk import Desk

log = logging.getLogger(__name__)

FAILED = 1
WRONG_USAGE = 2
LAST_SECONDS = 20.0
"""How long work that is under way may take to end cleanly, when the application ends."""

PAINTED_MILLISECONDS = 100
"""Until then a window is usually on the screen: what it does not need can begin."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the application. Returns its exit code."""
    options = Options.read(sys.argv[1:] if argv is None else argv)
    invitation = find(options.link, options.server, os.environ, _started_as(os.environ))
    if options.unattended:
        return _unattended(options, invitation)
    begun = False
    if options.background:
        if not _is_set_up(paths := Paths.of_user()):
            return 0  # nothing is to be seen at sign-in (any more)
        begun = _begin_sharing(paths)
    if not options.background:
        early.read_fonts(getattr(sys, "_MEIPASS", ""))
    gc.disable()  # what is imported lives on: nothing is found, and the window would wait for it
    if sentence := _no_screen(os.environ) or _no_libraries():
        if options.background:
            return 0  # it shares all the same; nobody is there to read why there is no tray
        sys.stderr.write(f"qubix: {sentence}\n")
        return WRONG_USAGE
    return _with_windows(options, invitation, begun=begun)


def _begin_sharing(paths: Paths) -> bool:
    """Starts the worker before anything that may fail for want of a screen. False where that
    failed: the tray, where there is one, tries again and says why."""
    if not lock.is_held(paths.lock):
        from qubix_worker import launcher  # noqa: PLC0415

        try:
            launcher.start_worker(paths)
        except OSError:
            return False
    return True


def _started_as(environment: Mapping[str, str]) -> str:
    """The file that a person has started: an AppImage tells it by $APPIMAGE."""
    return environment.get("APPIMAGE") or (
        sys.executable if getattr(sys, "frozen", False) else sys.argv[0]
    )


def _unattended(options: Options, invitation: Invitation) -> int:
    """The same setup as the wizard's, by the command line's own code."""
    from qubix_worker.cli import main as worker_main  # noqa: PLC0415 - not needed by a window

    if options.uninstall:
        return worker_main(["uninstall", "--yes"])
    if invitation.enrollment:
        os.environ["QUBIX_ENROLLMENT"] = invitation.enrollment
    server = _answering(invitation)
    return worker_main(["setup", "--yes", *(["--server", server] if server else [])])


def _answering(invitation: Invitation) -> str:
    """The address of the invitation that answers, where there is more than one to try."""
    from qubix_desktop.services import look_up  # noqa: PLC0415

    if len(invitation.servers) > 1:
        with contextlib.suppress(QubixError):  # setup meets the same failure, and tells it
            return look_up(invitation).server
    return invitation.servers[0] if invitation.servers else ""


def _no_screen(environment: Mapping[str, str]) -> str:
    """Why no window can be opened, or an empty text. Qt itself would abort."""
    if any(environment.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return ""
    if system.current().name != "linux":
        return ""
    return (
        "There is no screen to open a window on. "
        "Run it in a desktop session, or set this computer up with `qubix --unattended`."
    )


def _no_libraries() -> str:
    """Which of the system's libraries Qt misses, as a sentence, or an empty text."""
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return (
            f"This system lacks a library that windows need ({error}). Install it (on Debian: "
            "apt-get install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0), or set this "
            "computer up with `qubix --unattended`."
        )
    return ""


def _with_windows(options: Options, invitation: Invitation, *, begun: bool) -> int:
    """`begun`: the worker runs, or has just been started and is about to."""
    from PySide6.QtCore import QTimer  # noqa: PLC0415 - only where there is a screen
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from qubix_desktop import background, languages, single, theme  # noqa: PLC0415
    from qubix_desktop.collector import Collector  # noqa: PLC0415
    from qubix_desktop.crash import CrashReporter  # noqa: PLC0415
    from qubix_desktop.desk import Desk  # noqa: PLC0415
    from qubix_desktop.services import Services  # noqa: PLC0415

    paths = Paths.of_user()
    QApplication.setApplicationName("qubix")
    QApplication.setApplicationDisplayName("QUBIX")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("qubix")
    app = QApplication(sys.argv[:1])
    Collector(app)  # before there are other threads
    app.setQuitOnLastWindowClosed(False)
    languages.speak(app, languages.wanted(os.environ))
    theme.install(app)
    try:
        first = single.first_or_raise(paths, invitation)
    except OSError as error:
        sys.stderr.write(f"qubix: The folder {paths.state} cannot be used: {error.strerror}.\n")
        return FAILED
    if first is None:
        return 0
    with _log_to(paths.state / "desktop.log"), contextlib.ExitStack() as later:
        reporter = CrashReporter(paths.state / "desktop.fatal")
        services = Services.real(paths)
        settings = services.kept()
        desk = Desk(services, settings)
        desk.over.connect(app.quit)
        desk.removal_began.connect(first.close)
        first.raise_wanted.connect(desk.come_up)
        _open(desk, paths, options, invitation, settings, begun=begun)

        def begin_the_rest() -> None:
            later.enter_context(_ending_by_signal())
            first.listen()

        QTimer.singleShot(PAINTED_MILLISECONDS, begin_the_rest)
        code = app.exec()
        desk.close()
        ended = background.end_all(LAST_SECONDS)
        first.close()
        reporter.close()
    if not ended:
        # A probe or a call that hangs must not keep a closed application alive.
        logging.shutdown()
        os._exit(code)
    return code


def _open(
    desk: Desk,
    paths: Paths,
    options: Options,
    invitation: Invitation,
    settings: Settings,
    *,
    begun: bool,
) -> None:
    """What a start means: the wizard where nothing is set up, else the tray."""
    set_up = _is_set_up(paths)
    if options.uninstall:
        desk.remove()
    elif not set_up:
        desk.open_wizard(invitation)
    elif invitation.complete and settings.server not in invitation.servers:
        desk.open_wizard(invitation, existing=True)
    else:
        # A second one would wait for its turn, and share on after the first was stopped.
        desk.open_tray(start=not begun)
        if not options.background:
            desk.open_status()


def _is_set_up(paths: Paths) -> bool:
    from qubix_worker import identity  # noqa: PLC0415

    try:
        who = identity.load(paths.identity)
    except QubixError:
        log.warning("who this computer is could not be read", exc_info=True)
        return False
    return who is not None and who.secret is not None


@contextlib.contextmanager
def _ending_by_signal() -> Iterator[None]:
    """SIGINT and SIGTERM end the event loop as a person would."""
    import socket  # noqa: PLC0415 - not for a first window

    from PySide6.QtCore import QSocketNotifier, QTimer  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    # Python runs its handlers between two of its own instructions, and Qt's loop has none: the
    # wakeup descriptor turns a signal into an event.
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    notifier = QSocketNotifier(here.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: here.recv(64))
    numbers = (signal.SIGINT, signal.SIGTERM)

    def end(*_: object) -> None:
        # By an event: before the loop has begun, to quit would be forgotten.
        QTimer.singleShot(0, QApplication.quit)

    former = {number: signal.signal(number, end) for number in numbers}
    before = signal.set_wakeup_fd(there.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in former.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        here.close()
        there.close()


@contextlib.contextmanager
def _log_to(path: Path) -> Iterator[None]:
    from qubix_worker.own_log import log_to  # noqa: PLC0415

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # without a log it works too
            stack.enter_context(log_to(path))
        yield
