"""How a system tells what a good guest must know: chosen once, here.

Each answer is None where the system does not tell; each may raise, which its caller logs once.
Nothing is opened, started or imported before it is asked for.
"""

from __future__ import annotations

import sys
from typing import Protocol

FILM_SECONDS = 4 * 3600.0
"""A screen that is taken up or kept on counts as somebody who watches, for this long without any
input; whoever leaves such a program on overnight has gone."""


class Body(Protocol):
    """This computer, as it tells of itself. To be used by one thread only."""

    def on_battery(self) -> bool | None:
        """False where it is plugged in; None where it has no battery of its own."""
        ...

    def metered(self) -> bool | None:
        """Whether its connection is paid by what is sent."""
        ...

    def idle_seconds(self) -> float | None:
        """Since somebody touched it last; infinite where nobody can be at it."""
        ...

    def stay_awake(self, why: str) -> None:
        """It does not fall asleep by itself from now on, until `may_sleep` or the end of this
        process, however that ends. Raises OSError where that cannot be had."""
        ...

    def may_sleep(self) -> None: ...

    def close(self) -> None: ...


def current() -> Body:
    """The computer that this process runs on."""
    if sys.platform == "win32":
        from qubix_worker.system import senses_windows  # noqa: PLC0415

        return senses_windows.Windows()
    if sys.platform == "darwin":
        from qubix_worker.system import senses_macos  # noqa: PLC0415

        return senses_macos.MacOS()
    from qubix_worker.system import senses_linux  # noqa: PLC0415

    return senses_linux.Linux()
