"""The server: hands out installers, keeps enrollments, providers and jobs, tells what changes.

Nothing in here imports the desktop; of the worker it knows only what travels between them
(`qubix_worker.protocol`, `qubix_worker.wire`) and the sources that it hands out.
"""

from __future__ import annotations

from qubix_worker import __version__

__all__ = ["__version__"]
