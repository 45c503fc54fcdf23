"""Jobs of the kind `container`, for real."""

from __future__ import annotations

import base64
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_a_program_reads_its_input_and_its_arguments_and_is_heard(shell: Any) -> None:
    started = shell('cat; echo "$0 and $HOME"', stdin=base64.b64encode(b"in, ").decode())
    assert started.completion.error is None
    assert started.stdout == b"in, sh and /tmp\n"
