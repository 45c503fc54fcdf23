"""What installer.bat does in Python: takes values and worker from the script, and starts setup.

It stands word for word in installer.bat, below place.py; the command interpreter never sees the
values. Sections begin at a line with `:: === `: the values as one line of JSON, this program, and
the worker, up to the end.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from qubix_server.installers.place import place  # not in installer.bat: it stands above

STOPPED = 130
"""The exit status of a setup that was stopped, and has undone what it began."""


def main(script: str, arguments: list[str], environment: Mapping[str, str]) -> int:
    """Does what `arguments` ask for; the exit status. `script` is the path of installer.bat."""
    values, worker = read(script)
    folder = data_folder(environment)
    path = folder / "qubix_worker.py"
    dry_run, uninstall = "--dry-run" in arguments, "--uninstall" in arguments
    rest = [given for given in arguments if given not in ("--dry-run", "--uninstall")]
    if uninstall and not path.exists():
        sys.stdout.write("QUBIX is not on this computer.\n")
        return 0
    asked = ["uninstall"] if uninstall else ["setup", "--server", values["backend"]]
    command = [sys.executable, str(path), *asked, *rest]
    if dry_run:
        if not uninstall:
            sys.stdout.write(f"Would write the worker, SHA-256 {values['sha256']}, to {path}\n")
        sys.stdout.write(f"Would run {subprocess.list2cmdline(command)}\nNothing was done.\n")
        return 0
    fresh = not path.exists()
    if not uninstall:
        place(worker, values["sha256"], folder)
    enrollment = values["enrollment"] or environment.get("QUBIX_ENROLLMENT", "")
    with subprocess.Popen(command, env={**environment, "QUBIX_ENROLLMENT": enrollment}) as setup:
        try:
            status = setup.wait()
        except KeyboardInterrupt:  # setup has had it too: it stops, undoes, and says so
            status = setup.wait() or STOPPED
    if status == STOPPED and fresh and not uninstall:
        take_back(path)
    return status


def take_back(worker: Path) -> None:
    """Removes the worker that this run has put there, and the folders that are empty without it."""
    worker.unlink(missing_ok=True)
    for folder in (worker.parent, worker.parent.parent):
        try:
            folder.rmdir()
        except OSError:
            return  # what else is in there stays


def read(script: str) -> tuple[dict[str, str], bytes]:
    """The values and the worker that `script` holds."""
    text = Path(script).read_bytes().replace(b"\r\n", b"\n")
    parts = text.split(b"\n:: === ", 3)
    if len(parts) != 4:
        sys.exit("qubix: This file was cut short. Download it again, then run it.")
    values, worker = (part.partition(b"\n")[2] for part in parts[1::2])
    return json.loads(values), worker


def data_folder(environment: Mapping[str, str]) -> Path:
    """Where the worker keeps its program: as it decides itself (qubix_worker.paths)."""
    if home := environment.get("QUBIX_HOME"):
        return Path(home).absolute() / "data"
    return Path(environment["LOCALAPPDATA"]) / "qubix" / "data"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:], os.environ))
