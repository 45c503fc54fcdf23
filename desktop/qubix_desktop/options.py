"""What `qubix` may be told when it is started; a double-click tells it nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from qubix_worker import __version__

if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Shares this computer's idle processor and graphics card with a compute network.

Started without anything, it sets this computer up, or, where that was done before, shows in the
tray how sharing is going. Nothing needs an administrator, and all of it can be removed again.
"""

EPILOG = """\
An invitation to a network comes from the application's own file name, from the link on the
network's page, or from QUBIX_ENROLLMENT; without one you are asked for a code.
QUBIX_HOME names a folder that then holds everything; nothing is written outside it.
Exit codes: 0 done, 1 failed, 2 wrong usage or no screen.
"""


class Options(NamedTuple):
    link: str = ""
    server: str = ""
    unattended: bool = False
    uninstall: bool = False
    background: bool = False

    @classmethod
    def read(cls, arguments: Sequence[str]) -> Options:
        """What these say. Ends the process where they make no sense, or ask for help."""
        if not arguments:
            return cls()  # what reads them takes a while to load
        return cls(**vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    import argparse  # noqa: PLC0415 - see `Options.read`

    parser = argparse.ArgumentParser(
        prog="qubix",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("link", nargs="?", default="", help="a qubix://join?… link of a network")
    parser.add_argument("--server", default="", metavar="URL", help="the network's address")
    parser.add_argument(
        "--unattended",
        action="store_true",
        help="set up with no window: progress in the terminal, exit code 0 only when online",
    )
    parser.add_argument("--uninstall", action="store_true", help="remove QUBIX from this computer")
    parser.add_argument(
        "--background",
        action="store_true",
        help="show the tray only, without a window (for starting at sign-in)",
    )
    parser.add_argument("--version", action="version", version=f"qubix {__version__}")
    return parser
