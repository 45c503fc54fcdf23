"""A screen of the test's own, and a person's hands on it."""

from __future__ import annotations

import os
import subprocess

from tests.conftest import wait_until


class Screen:
    """A person's hands on a screen of its own."""

    def __init__(self, display: str) -> None:
        self.display = display

    def do(self, *command: str) -> str:
        done = subprocess.run(
            ["xdotool", *command], env={**os.environ, "DISPLAY": self.display},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    def window(self, title: str) -> str:
        found: str = wait_until(
            lambda: self.do("search", "--onlyvisible", "--name", title).split("\n")[0]
        )
        return found

    def presses_enter_until_gone(self, title: str) -> None:
        """As somebody who wants no questions: Enter, again and again, till the window is gone."""
        self.do("windowactivate", "--sync", self.window(title))

        def gone() -> bool:
            self.do("key", "--delay", "50", "Return")
            return not self.do("search", "--onlyvisible", "--name", title)

        wait_until(gone, seconds=90)
