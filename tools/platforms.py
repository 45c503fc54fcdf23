"""Runs the installers' tests on every machine that can be had here, and writes docs/platforms.md.

    python tools/platforms.py               runs them (about five minutes), then writes
    python tools/platforms.py --from DIR    writes what an earlier run has left in DIR

The tests leave a file each (tests/installers/platforms.py); nothing else is put into the table.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "platforms.md"

INTRODUCTION = """\
# Machines that the installers were run on

Each row is a test: the script that a real server hands out, run on a machine of that kind, to the
end that stands there. Written by `tools/platforms.py` from the tests' results; a test compares it
with them at each run of all tests, and it may not be edited by hand.

"Online" is what the server sees, not what the script says. "And away again" means that
`--uninstall` was run after it, and that every file of the machine was compared with what was there
before: paths, sizes, modes, owners and contents. Where apt-get has installed packages, these are
the ones that the person has read of, and whatever came is theirs or apt-get's own.
"""

HEADER = (
    "| machine | what was there | account | run by | how it ended |",
    "|---|---|---|---|---|",
)

NOT_RUN = (
    ("macOS", "nothing here runs it. The script keeps to what its bash 3.2 and zsh know: "
     "ShellCheck and zsh stand in for them at each run, and that bash, built from its sources, has "
     "passed its tests once (ADR 0062). The application is built and started on a macOS machine by "
     "the workflow, the script is not."),
    ("Windows itself", "nothing here runs it. The .bat is run by Wine's cmd with Windows' own "
     "build of Python; curl, tar, certutil, where, uv, winget, the launcher py and the Store's "
     "stub are stand-ins, and PowerShell, SmartScreen and Defender were never met. Wine's cmd ends "
     "at Ctrl+C without its question, reads a % in a path twice, does not read DelayedExpansion in "
     "the registry (/v:on stands in for it), and loses accents in what reg.exe prints."),
    ("A Linux desktop with systemd", "the machines above are folders with a root of their own, on "
     "one kernel, without a service manager; the autostart's files are written and compared there, "
     "but nobody signs in."),
    ("Fedora, Arch, openSUSE", "their packages could not be had here; their package managers' "
     "commands are only words in the script."),
    ("Alpine", "its packages, apk among them, and a Python built for musl could not be had here. "
     "What could is in the table: a busybox of the same sources, linked to musl, alone on a "
     "machine, where the script loads uv, checks it, unpacks it and runs it, and uv looks for a "
     "Python for musl. The worker has not been run with musl."),
    ("uv and Python from their own publishers", "these cannot be reached from everywhere. Where "
     "a row names a stand-in, it hands out the real uv, in the build for musl that runs "
     "everywhere, and a Python that pyenv has built, with its libraries; to Debian 11, for which "
     "that is too new, with its C library as well (tests/installers/matrix/handed_out.py). On the "
     "other machines the address leads nowhere."),
    ("sudo, asked by the script", "the machines have no terminal to ask on; its question and each "
     "answer are tested with a stand-in (tests/installers/)."),
    ("Processors other than x86-64", "no such machine was there."),
)  # fmt: skip
"""What no row says, and why. By hand: leave nothing out."""


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--from"] and len(arguments) == 2:
        return _write(Path(arguments[1]))
    if arguments:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tests = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup",
                 "-m", "platform", "tests/installers"]  # fmt: skip
        kept = os.environ | {"QUBIX_PLATFORMS": folder}
        failed = subprocess.run(tests, cwd=ROOT, env=kept, check=False).returncode
        return _write(Path(folder)) or failed


def document(records: Iterable[Mapping[str, str]]) -> str:
    rows = sorted({row(one) for one in records}, key=_natural)
    missing = [f"* **{what}:** {why}" for what, why in NOT_RUN]
    return "\n".join(
        [INTRODUCTION, *HEADER, *rows, "", "## What was not run, and why", "", *missing, ""]
    )


def row(record: Mapping[str, str]) -> str:
    """A line of the table. One that did not pass says so in place of its result."""
    result = record["result"]
    if record["outcome"] != "passed":
        result = f"**{record['outcome']}**: {record['reason'] or 'see its test'}"
    cells = [record[name] for name in ("platform", "has", "account", "shell")]
    return "| " + " | ".join(_cell(text) for text in (*cells, result)) + " |"


def rows_of(text: str) -> list[str]:
    """The table's rows in a document."""
    return [line for line in text.splitlines() if line.startswith("| ") and line not in HEADER]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


def _write(folder: Path) -> int:
    records = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    if not records:
        print(f"platforms: no results in {folder}")
        return 1
    DOCUMENT.write_text(document(records), encoding="utf-8")
    for record in records:
        if record["outcome"] != "passed":
            print(f"platforms: {record['outcome']}: {record['test']}")
    print(f"platforms: {len(records)} cases in {DOCUMENT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
