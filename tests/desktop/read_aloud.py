"""The windows as a process of their own, for a screen reader: `python read_aloud.py HOME`.

Shows one scene after the other. Says its name on a line, and goes on at the next line that it is
told: "tab" presses Tab, anything else leads to the next scene.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

sys.path.append(str(Path(__file__).parents[2] / "tools"))

import scenes

from qubix_desktop import languages, theme
from qubix_worker.paths import Paths


class Orders(QObject):
    """What is told on the standard input, in the event loop."""

    came = Signal(str)

    def listen(self) -> None:
        for line in sys.stdin:
            self.came.emit(line.strip())
        self.came.emit("end")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    app = QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    languages.speak(app, ["en"])
    theme.wear(app, Qt.ColorScheme.Light)
    orders, told = Orders(), list[str]()
    orders.came.connect(told.append)
    threading.Thread(target=orders.listen, daemon=True).start()
    wanted = sys.argv[2:]
    for scene in scenes.scenes(Paths.under(Path(sys.argv[1]))):
        if scene.name not in wanted:
            continue
        say(scene.name)
        while True:
            while not told:
                QTest.qWait(5)
            order = told.pop(0)
            if order == "end":
                os._exit(0)
            if order != "tab":
                break
            QTest.keyClick(QApplication.focusWidget() or scene.window, Qt.Key.Key_Tab)
            scenes.settle()
            say("pressed")
    os._exit(0)


if __name__ == "__main__":
    main()
