"""What can go wrong in the installer scripts: one sentence of what happened, one of what to do.

The scripts take their words from here (each stands word for word in the script that is handed
out), and docs/troubleshooting.md is written from here, so that what a person reads in a window can
be found in the documents (after a change: tools/troubleshooting.py). The worker's own failures,
which come after these, are in its modules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PLAIN = re.compile(r"[A-Za-z0-9 .,:;/\"()-]+")
"""What means the same to every shell and to cmd within an echo, and to Python in quotes."""


@dataclass(frozen=True)
class Failure:
    code: str
    happened: str
    todo: str

    def __post_init__(self) -> None:
        for sentence in (self.happened, self.todo):
            if not PLAIN.fullmatch(sentence) or not sentence.endswith("."):
                raise ValueError(f"{self.code}: not a plain sentence: {sentence}")

    @property
    def slot(self) -> str:
        """Its name in a template: @NOPYTHON@ for no_python."""
        return self.code.replace("_", "").upper()


FAILURES = (
    Failure(
        "unknown_option",
        "There is no such option, or its value is missing.",
        "Nothing was done; --help tells which there are.",
    ),
    Failure(
        "not_together",
        "These options contradict each other: --purge goes only with --uninstall, "
        "and what is for setting up does not go with that.",
        "Nothing was done; say only one of the two.",
    ),
    Failure(
        "no_home",
        "HOME is not set to a whole path, so there is no place to put things.",
        "Set it to the folder of your account, then run this again.",
    ),
    Failure(
        "no_commands",
        "One of the commands that every system has is not found by way of PATH.",
        "Open a new terminal, and run this again there.",
    ),
    Failure(
        "damaged",
        "The worker in this file is damaged.",
        "Download the file again, then run it.",
    ),
    Failure(
        "not_written",
        "The worker could not be written to its folder.",
        "Mend what is said in brackets, then run this again.",
    ),
    Failure(
        "cannot_write",
        "The folder for the worker could not be made.",
        "Look whether the disk is full and the folder above it is yours, then run this again.",
    ),
    Failure(
        "stopped",
        "Stopped before the end.",
        "What was begun has been taken back; run this again when you like.",
    ),
    Failure(
        "other_setup",
        "Another setup of QUBIX is under way on this computer.",
        "Wait until it has ended, or end it, then run this again.",
    ),
    Failure(
        "no_python",
        "This computer has no Python 3.11 or newer, and none could be fetched.",
        "Install Python as shown below, then run this again.",
    ),
    Failure(
        "no_uv_build",
        "There is no ready-made Python for this kind of computer.",
        "Install Python 3.11 or newer by its package manager, then run this again.",
    ),
    Failure(
        "uv_failed",
        "A Python could not be fetched with uv, for the reason above.",
        "Check the connection to the internet, then run this again.",
    ),
    Failure(
        "python_in_use",
        "The Python that was fetched for QUBIX is damaged, and in use, so it stays as it is.",
        "Restart this computer, then run this again.",
    ),
    Failure(
        "no_downloader",
        "Nothing on this computer can download a file: there is no curl, no wget and no Python.",
        "Install curl, or Python 3.11 or newer, then run this again.",
    ),
    Failure(
        "not_unseen",
        "The address of a download has a password in it, and the wget of this computer would show "
        "it to everybody here.",
        "Install curl, or Python 3.11 or newer, then run this again.",
    ),
    Failure(
        "proxy_refused",
        "A download did not come through the proxy of this network.",
        "Check the proxy that is set in this terminal or in the settings of this computer; "
        "if it is right, run this again later.",
    ),
    Failure(
        "host_unknown",
        "The address of a download is not known to this network.",
        "Check the connection to the internet and its name server, then run this again.",
    ),
    Failure(
        "not_reached",
        "The server of a download could not be reached.",
        "Check the connection to the internet, and whether a firewall holds it up, "
        "then run this again.",
    ),
    Failure(
        "not_there",
        "The server of a download does not have the file, or does not give it out.",
        "Try again later; if it lasts, download this installer again.",
    ),
    Failure(
        "no_room",
        "A download could not be written to the disk.",
        "Free about 500 MB, then run this again.",
    ),
    Failure(
        "too_slow",
        "A download did not come in time.",
        "Try again later, or over another connection.",
    ),
    Failure(
        "not_secure",
        "A download could not be made over a secure connection.",
        "Check the date and time of this computer, and on Linux that the package ca-certificates "
        "is installed, then run this again.",
    ),
    Failure(
        "not_fetched",
        "A download failed, or broke off.",
        "Run this again; if it lasts, try over another connection.",
    ),
    Failure(
        "not_expected",
        "What was downloaded is not the file that was expected, so it was not used.",
        "Run this again; if it lasts, somebody may be changing what you download.",
    ),
    Failure(
        "not_unpacked",
        "What was downloaded could not be unpacked.",
        "Look whether the disk is full and tar and gzip are there, then run this again.",
    ),
    Failure(
        "in_zip",
        "This file is still inside of a ZIP file, which was only looked into.",
        "Extract it first: drag it out to your desktop, then run it there.",
    ),
    Failure(
        "no_folder",
        "Windows does not say where your account keeps its programs (LOCALAPPDATA is not set).",
        "Sign out and in again, then run this again.",
    ),
    Failure(
        "no_curl",
        "This Windows has nothing that can download a file (curl.exe came with Windows 10).",
        "Install Python 3.11 or newer, then run this again.",
    ),
)


def words() -> dict[str, str]:
    """For templates: by slot, the two sentences as one."""
    return {failure.slot: f"{failure.happened} {failure.todo}" for failure in FAILURES}
