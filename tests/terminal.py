"""A terminal that a program runs in, and what it shows there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType

PATIENCE_SECONDS = 30


class Terminal:
    """Runs `command` in a pseudo-terminal of `columns` and `rows`; `text` is what it has shown."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self._master, inside = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)  # winsize, ioctl_tty(2)
        fcntl.ioctl(inside, termios.TIOCSWINSZ, size)
        kept = {k: v for k, v in environment.items() if k not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command, env=kept, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
        )
        os.close(inside)
        self._parts: list[bytes] = []
        self._open = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        return b"".join(self._parts).decode("utf-8", "replace")

    def _read(self) -> None:
        # Linux tells by EIO that nobody has the terminal open any more.
        with contextlib.suppress(OSError):
            while part := os.read(self._master, 1 << 16):
                self._parts.append(part)

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def ended(self) -> int:
        """How the program ended, once it has and all that it said is read."""
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        if self._open:
            self._reader.join(PATIENCE_SECONDS)
        return code

    def close(self) -> None:
        """As when its window is closed."""
        if self._open:
            self._open = False
            os.close(self._master)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close()
