"""The worker's own tests, run against its one file instead of the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qubix_worker.amalgamation import amalgamate

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_the_worker_passes_its_own_tests_as_one_file(tmp_path: Path) -> None:
    file = tmp_path / "one file" / "qubix_worker.py"
    file.parent.mkdir()
    file.write_bytes(amalgamate())
    environment = {**os.environ, "PYTHONPATH": str(file.parent)}
    where = "import qubix_worker; print(qubix_worker.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(file))  # and not the package, which is installed here
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*tests, REPOSITORY / "tests/worker"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=480,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
