"""What the first window is shown without: each of these would keep it off the screen for longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SHOWN = """
import sys
from qubix_desktop import app, background, crash, languages, single, theme
from qubix_desktop.desk import Desk
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import Services
from qubix_worker.paths import Paths
from PySide6.QtWidgets import QApplication

qt = QApplication([])
languages.speak(qt, ["en"])
theme.install(qt)
paths = Paths.of_user()
with app._log_to(paths.state / "desktop.log"):
    services = Services.real(paths)
    desk = Desk(services, services.kept())
    desk.open_wizard(Invitation())
    print(*sys.modules)
"""
NOT_FOR_IT = {
    "datetime", "multiprocessing", "platform", "requests", "socket", "subprocess", "unicodedata",
    "qubix_desktop.tray", "qubix_desktop.crash_dialog", "qubix_desktop.pages.computer",
    "qubix_desktop.status.window", "qubix_worker.client", "qubix_worker.control",
    "qubix_worker.protocol", "qubix_worker.setup.steps",
}  # fmt: skip


def test_the_first_window_waits_for_nothing_that_it_does_not_show(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SHOWN],
        env=os.environ | {"QUBIX_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    names = set(said.stdout.split())
    assert "qubix_desktop.pages.welcome" in names
    assert names & NOT_FOR_IT == set()
