"""The worker that this server hands out, and announces to the workers that it has."""

from __future__ import annotations

import functools

import qubix_worker
from qubix_worker import amalgamation
from qubix_worker.protocol import WorkerRelease


@functools.cache
def release() -> WorkerRelease:
    """Its version, and the SHA-256 of its one file."""
    return WorkerRelease(version=qubix_worker.__version__, sha256=amalgamation.sha256())
