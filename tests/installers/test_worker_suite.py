"""The worker's own tests, run against its one file instead of the package.

The quick tests all run so; of the slow ones, those that have the file start itself again as the
worker, and as the children of its jobs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker.amalgamation import amalgamate

REPOSITORY = Path(__file__).parents[2]
QUICK = ["-m", "not slow", "tests/worker"]
RUNNING = [
    "tests/worker/test_worker.py", "-k",
    "jobs_are_done or traps or killed_worker or pause_gives or cancelled or signal",
]  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where other accounts may go, as some tests do; into the tests' usual ones they may not."""
    with tempfile.TemporaryDirectory(prefix="qubix one file ") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("tests", [QUICK, RUNNING], ids=["quick", "running"])
def test_the_worker_passes_its_own_tests_as_one_file(tests: list[str], folder: Path) -> None:
    file = folder / "qubix_worker.py"
    file.write_bytes(amalgamate())
    file.chmod(0o644)
    # First on the path, so before the package, which is installed here; also for every process
    # that a test starts with `python -m qubix_worker`.
    path = os.pathsep.join(filter(None, (str(file.parent), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path}
    where = "import qubix_worker; print(qubix_worker.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(file))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    assert " passed" in done.stdout
