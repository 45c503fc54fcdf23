"""Jobs of the kind `container`, for real."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths

from .conftest import Podman

pytestmark = pytest.mark.slow


def test_a_program_reads_its_input_and_its_arguments_and_is_heard(shell: Any) -> None:
    started = shell('cat; echo "$0 and $HOME"', stdin=base64.b64encode(b"in, ").decode())
    assert started.completion.error is None
    assert started.stdout == b"in, sh and /tmp\n"
