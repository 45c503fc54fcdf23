"""Starts both frozen executables, once each, and says whether they run: for systems on which the
tests' ways of looking (/proc, X) do not exist. Run it after build.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bundle

STAYS_SECONDS = 15
"""A window that is still there after this has opened; a missing library shows at once."""


def main() -> int:
    target = bundle.target_for(sys.platform)
    dist = bundle.PROJECT / "dist"
    folder = dist / "QUBIX.app" / "Contents" / "MacOS" if target.app_bundle else dist / "qubix"
    with tempfile.TemporaryDirectory(prefix="qubix é ") as home:
        environment = os.environ | {"QUBIX_HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        worker = target.executable(folder, "qubix-worker")
        said = subprocess.run(
            [worker, "--version"], env=environment, capture_output=True, check=True, timeout=60
        )
        found = subprocess.run(
            [worker, "detect", "--json"],
            env=environment, capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        cores = json.loads(found.stdout.splitlines()[-1])["processor"]["logicalCores"]
        sys.stdout.write(f"{said.stdout.decode().strip()}: finds {cores} processor cores\n")
        stays(target.executable(folder, "qubix"), environment)
    return 0


def stays(window: Path, environment: dict[str, str]) -> None:
    """Raises SystemExit where the window's process ends by itself."""
    with subprocess.Popen([window], env=environment) as process:
        try:
            code = process.wait(STAYS_SECONDS)
        except subprocess.TimeoutExpired:
            sys.stdout.write(f"{window.name}: runs\n")
            process.kill()
        else:
            raise SystemExit(f"{window.name} ended by itself, with {code}")


if __name__ == "__main__":
    raise SystemExit(main())
