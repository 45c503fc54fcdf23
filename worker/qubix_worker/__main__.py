"""`python -m qubix_worker`: the worker's command line."""

import sys

from qubix_worker.cli import main

if __name__ == "__main__":
    sys.exit(main())
