"""What schemathesis makes of the API's description: `python tools/fuzz_api.py 20000`, in short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools/fuzz_api.py"


@pytest.mark.slow
def test_no_request_is_answered_with_a_5xx_or_outside_the_description() -> None:
    done = subprocess.run(
        [sys.executable, TOOL, "400", "--short"],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5000:]
