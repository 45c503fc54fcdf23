"""`python -m qubix_worker`: the worker's command line."""

import gc
import sys
from pathlib import Path

LOADED_OBJECTS = 100_000
"""More than wasmtime and what belongs to it are, in what `gc` counts."""


def main() -> int:
    """Runs one command. Returns its exit code."""
    if len(sys.argv) == 3 and sys.argv[1] == "run-job":
        # A job waits for this: nothing is loaded that only a person at a terminal needs, and no
        # rubbish is looked for among what has just been loaded, which is a tenth of the time.
        gc.set_threshold(LOADED_OBJECTS)
        from qubix_worker.kinds import child  # noqa: PLC0415

        child.main(Path(sys.argv[2]))
    from qubix_worker.cli import main as command_line  # noqa: PLC0415

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
