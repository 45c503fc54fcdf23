"""Which steps there are, in which order, for this program on this machine."""

from __future__ import annotations

from qubix_worker.paths import Paths
from qubix_worker.setup.steps import Choices, Setup


def plan(paths: Paths, choices: Choices) -> Setup:
    """The steps that take this machine to "online" with `choices`."""
    raise NotImplementedError
