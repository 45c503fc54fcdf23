"""A window of Windows' console for a command: it has a code page, a keyboard, and Ctrl+C.

What is run by `Windows.run` has a pipe in its place, and no window. Wine shows a console on a
terminal, which is played here.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from functools import partial

from tests.installers.windows.machine import PYTHON, WINE, Done, Windows

PRESSED = r"C:\dl\pressed"
PRESSER = rf"""
import ctypes, os, time
while not os.path.exists(r"{PRESSED}"):
    time.sleep(0.05)
ctypes.windll.kernel32.GenerateConsoleCtrlEvent(0, 0)
"""
ROWS, COLUMNS = 60, 250
"""So large that nothing is wrapped or goes out of sight."""
_MOVES = re.compile(rb"\x1b\[[?0-9;]*[A-Za-z]|\x1b\][^\x07]*\x07")


def at_console(
    windows: Windows,
    *command: str,
    typed: Sequence[tuple[str, bytes | None]] = (),
    seconds: float = 120,
    **environment: str,
) -> Done:
    """Runs `command` in a window. `typed`: each is pressed once its text is on the screen; None
    lets `PRESSER` go on."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with subprocess.Popen(
        [WINE, *command], env=windows.around(TERM="xterm", **environment), cwd=windows.elsewhere,
        stdin=its, stdout=its, stderr=its, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(its)
        try:
            keys = [
                (
                    text,
                    partial(os.write, ours, key) if key else partial(windows.place, PRESSED, b""),
                )
                for text, key in typed
            ]
            screen = _screen(process, ours, keys, time.monotonic() + seconds)
        finally:
            process.kill()
            os.close(ours)
    return Done(process.returncode, screen)


def stopped_at(windows: Windows, script: str, text: str) -> Done:
    """Runs `script` in a window, and presses Ctrl+C once `text` is on the screen: all in the window
    are told so by Windows' own event, since Wine makes none of the key."""
    presser = windows.place(r"C:\dl\presser.py", PRESSER.encode())
    both = rf'@start /b "" {PYTHON}\python.exe {presser}' + '\r\n@"%SCRIPT%"\r\n'
    by = windows.place(r"C:\dl\stopped.bat", both.encode())
    return at_console(windows, "cmd", "/c", by, typed=[(text, None)], SCRIPT=script)


def _screen(
    process: subprocess.Popen[bytes],
    ours: int,
    typed: list[tuple[str, Callable[[], object]]],
    until: float,
) -> str:
    shown, text = b"", ""
    while True:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 1 << 16)
            except OSError:  # the last in the window has ended: after Ctrl+C, that is not cmd
                process.wait(max(0.1, until - time.monotonic()))
                return text
            text = _MOVES.sub(b"", shown).decode("utf-8", "replace").replace("\r", "")
        if typed and typed[0][0] in text:
            typed.pop(0)[1]()
        if time.monotonic() > until:
            raise AssertionError(text)
