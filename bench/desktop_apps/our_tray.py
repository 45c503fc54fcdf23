"""Our tray on a worker that is made up, looked at as often as in an hour, as fast as it goes.

    python our_tray.py HOME LOOKS

Says "ready" when it is shown, "looked N" after each tenth of the looks, and stays.
"""

import hmac as _hmac  # noqa: F401 - what real looks prove with that they know the key
import itertools
import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from qubix_desktop import app as _whole  # noqa: F401 - all that the application imports
from qubix_desktop import crash as _crash  # noqa: F401
from qubix_desktop import languages, single, theme
from qubix_desktop.collector import Collector
from qubix_desktop.desk import Desk
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import Services
from qubix_worker import control as _control  # noqa: F401 - what real looks go through
from qubix_worker.paths import Paths
from qubix_worker.protocol import Usage
from qubix_worker.settings import Settings
from qubix_worker.status import State, Status

STATES: tuple[State, ...] = ("online", "working", "paused", "online", "offline")


class Worker:
    """One that changes its state every minute, and its use at each look."""

    def __init__(self) -> None:
        self._looks = itertools.count()

    def status(self) -> Status:
        at = next(self._looks)
        return Status(
            STATES[at // 60 % len(STATES)],
            since=1.9e9,
            name="desk",
            server="https://a.example",
            server_name="Example",
            worker_id="1",
            version="1.0.0",
            pid=1,
            usage=Usage(cpu_percent=at % 100, ram_percent=50),
        )

    def pause(self, seconds: float | None) -> Status:
        return self.status()

    def resume(self) -> Status:
        return self.status()

    def stop(self) -> None: ...

    def logs(self, lines: int) -> list[str]:
        return []


def main() -> None:
    looks = int(sys.argv[2])
    app = QApplication(sys.argv[:1])
    Collector(app)
    app.setQuitOnLastWindowClosed(False)
    languages.speak(app, ["en"])
    theme.install(app)
    paths = Paths.under(Path(sys.argv[1]))
    first = single.first_or_raise(paths, Invitation())
    assert first
    first.listen()
    services = replace(Services.real(paths), worker=Worker())
    desk = Desk(services, Settings())
    desk.open_tray(start=False)
    done = itertools.count(1)

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def looked() -> None:
        at = next(done)
        if at % (looks // 10) == 0:
            say(f"looked {at}")
        if at >= looks:
            hurry.stop()

    # A look is refused while one is under way, so it is asked for again and again.
    hurry = QTimer(interval=0)
    hurry.timeout.connect(desk.watcher.look)
    desk.watcher.seen.connect(looked)
    hurry.start()
    say("ready")
    sys.exit(app.exec())


main()
