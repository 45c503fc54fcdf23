"""Writes docs/troubleshooting.md: every failure that a person can meet, from the very sources that
say it (`told.py`), in the order in which one meets them.

    .venv/bin/python tools/troubleshooting.py
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from told import PAGE, ROOT, SCRIPTS, Told, everything

CAUSES: dict[str, str] = tomllib.loads((ROOT / "tools" / "causes.toml").read_text(encoding="utf-8"))
DOCUMENT = ROOT / "docs" / "troubleshooting.md"
WORKER = "worker/qubix_worker/"
DESKTOP = "desktop/qubix_desktop/"
SERVER = "server/qubix_server/"

HEAD = """\
# When something does not work

Made by `tools/troubleshooting.py` from the messages themselves; do not edit it here.

Each failure says what happened and what to do next, in the same words in the installer, the
application, the terminal and the log. Look here for the words that you see; what differs from
case to case stands in ‹ ›. The word in `this type` is the failure's code, by which programs and
the log know it.
"""

LOGS = """\
## Where the log is

The log tells more than a message can. What the setup did is in `setup.log`, what the worker does
in `worker.log`, both in:

| system | folder |
|---|---|
| Linux | `~/.local/state/qubix/` |
| macOS | `~/Library/Application Support/qubix/state/` |
| Windows | `%LOCALAPPDATA%\\qubix\\state\\` |
| anywhere, with `QUBIX_HOME` set | `state/` in that folder |

A failure stands there with its code and its sentences. While a script installer prepares the
software there is no log yet but `environment.log`, beside the program (`~/.local/share/qubix/`,
or `data` instead of `state` in the folders above). In the application: the status window, Log.
`qubix-worker logs` shows it in a terminal. "Copy for support" takes the end of the log without
anything secret.
"""


@dataclass(frozen=True)
class Section:
    """What a person is doing, and the sources that speak to them then, perhaps of one `#code`."""

    title: str
    sources: tuple[str, ...]
    words: str = ""

    def place(self, told: Told) -> int | None:
        """Which of the sources it is of, counted from 0; None where it is of none."""
        full = f"{told.source}#{told.code}"
        return next((n for n, at in enumerate(self.sources) if full.startswith(at)), None)


SECTIONS = (
    Section("Getting the installer", (PAGE,), "What the page says in your browser."),
    Section(
        "Starting the installer",
        (SCRIPTS, WORKER + "cli/bootstrap.py"),
        "What the script says in its window.",
    ),
    Section(
        "Preparing the software",
        (WORKER + "setup/environment.py",),
        "A script installer fetches the libraries that the worker needs. The application brings "
        "them along, and has none of these.",
    ),
    Section(
        "The invitation",
        (
            WORKER + "setup/joining.py",
            WORKER + "cli/joining.py",
            DESKTOP + "invitation.py",
            DESKTOP + "services.py#no_address",
            SERVER + "registration.py",
            SERVER + "routes/enrollments.py",
            SERVER + "limits.py",
        ),
        "For a new invitation: open the network's page and press Share my GPU, or ask the people "
        "who run the network for a code. It is good for one hour and one computer.",
    ),
    Section(
        "Reaching the network",
        (WORKER + "failures.py", SERVER, WORKER + "identity.py"),
        "In the installer, in the application, and while the computer shares.",
    ),
    Section(
        "Going online",
        (WORKER + "setup/starting.py", WORKER + "lock.py", WORKER + "cli/running.py"),
    ),
    Section("Disks and folders", (WORKER + "setup/steps.py",)),
    Section(
        "While this computer shares",
        (
            WORKER + "control.py", WORKER + "link.py", WORKER + "courier.py",
            WORKER + "settings.py", WORKER + "settings_file.py",
            DESKTOP + "services.py", DESKTOP + "background.py",
        ),
    ),
    Section("Graphics cards and other parts", (WORKER + "hardware/",)),
    Section("Removing it", (WORKER + "setup/uninstall.py",)),
    Section("In the terminal", (WORKER + "cli/",)),
)  # fmt: skip


class HomelessError(Exception):
    """A failure stands in no section."""


def document() -> str:
    """The whole text. Raises HomelessError for a failure that no section takes."""
    parts = [HEAD, LOGS]
    sorted_in = by_section(everything())
    parts += [_section(section, told) for section, told in sorted_in.items()]
    return "\n".join(parts)


def by_section(failures: Sequence[Told]) -> dict[Section, list[Told]]:
    """Each under the first section that names its source; none twice in the same words."""
    found: dict[Section, list[Told]] = {section: [] for section in SECTIONS}
    seen = set()
    for told in failures:
        home = next((s for s in SECTIONS if s.place(told) is not None), None)
        if home is None:
            raise HomelessError(f"{told.source} ({told.code}) is in no section of {__name__}")
        words = (
            home.title,
            told.code,
            told.happened,
            told.todo,
        )
        if words not in seen:
            seen.add(words)
            found[home].append(told)
    return {
        section: sorted(told, key=lambda one: section.place(one) or 0)
        for section, told in found.items()
    }


def _section(section: Section, failures: Sequence[Told]) -> str:
    words = f"{section.words}\n\n" if section.words else ""
    return f"## {section.title}\n\n{words}" + "\n".join(map(_entry, failures))


def _entry(told: Told) -> str:
    return "".join(_lines(told))


def _lines(told: Told) -> Iterator[str]:
    yield f"**{told.happened}** `{told.code}`\n\n"
    if why := CAUSES.get(told.code):
        yield f"* Why: {why}\n"
    yield f"* What to do: {told.todo}\n"


def main() -> int:
    DOCUMENT.write_text(document(), encoding="utf-8")
    print(f"wrote {DOCUMENT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
