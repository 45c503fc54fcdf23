"""`make lint`: every check of the sources, all of them run, one exit code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def checks() -> list[list[str]]:
    python = sys.executable
    here = Path(python).parent
    scripts = ["tools/lock.sh", ".ci/run"]
    return [
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "mypy"],
        [python, "-m", "mypy", "--platform", "darwin", "-m", "qubix_worker.system.macos"],
        [python, "-m", "mypy", "--platform", "win32", "-m", "qubix_worker.system.windows"],
        [python, "-m", "mypy", "-p", "bench"],
        [python, "-m", "mypy", *sorted(map(str, (ROOT / "tools").glob("*.py")))],
        [str(here / "lint-imports"), "--no-cache"],
        ["shellcheck", *scripts],
    ]


def main() -> int:
    failed = []
    for command in checks():
        name = " ".join([Path(command[0]).name, *command[1:]])
        if not shutil.which(command[0]):
            print(f"lint: {command[0]} is missing; `apt-get install {command[0]}`", flush=True)
            failed.append(name)
            continue
        print(f"lint: {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    for name in failed:
        print(f"lint: FAILED {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
