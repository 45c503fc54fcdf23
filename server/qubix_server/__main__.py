"""`python -m qubix_server`: the server's command line."""

import sys

from qubix_server.cli import main

if __name__ == "__main__":
    sys.exit(main())
