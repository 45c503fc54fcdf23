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
from collections.abc import Sequence

from tests.installers.windows.machine import WINE, Done, Windows

CTRL_C = b"\x03"
ROWS, COLUMNS = 60, 250
"""So large that nothing is wrapped or goes out of sight."""
_MOVES = re.compile(rb"\x1b\[[?0-9;]*[A-Za-z]|\x1b\][^\x07]*\x07")


def at_console(
    windows: Windows,
    *command: str,
    typed: Sequence[tuple[str, bytes]] = (),
    seconds: float = 120,
    **environment: str,
) -> Done:
    """Runs `command` in a window. `typed`: each is pressed once its text is on the screen."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with subprocess.Popen(
        [WINE, *command], env=windows.around(TERM="xterm", **environment), cwd=windows.elsewhere,
        stdin=its, stdout=its, stderr=its, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(its)
        try:
            screen = _screen(process, ours, list(typed), time.monotonic() + seconds)
        finally:
            process.kill()
            os.close(ours)
    return Done(process.returncode, screen)


def _screen(
    process: subprocess.Popen[bytes], ours: int, typed: list[tuple[str, bytes]], until: float
) -> str:
    shown, text = b"", ""
    while True:
        has_ended = process.poll() is not None
        if select.select([ours], [], [], 0 if has_ended else 0.1)[0]:
            try:
                shown += os.read(ours, 1 << 16)
            except OSError:  # the last who had it has closed it
                process.wait(max(0.1, until - time.monotonic()))
                return text
            text = _MOVES.sub(b"", shown).decode("utf-8", "replace").replace("\r", "")
        elif has_ended:
            return text
        if typed and typed[0][0] in text:
            os.write(ours, typed.pop(0)[1])
        if time.monotonic() > until:
            raise AssertionError(text)
