"""Where the frozen `qubix-worker` begins."""

import sys

from qubix_worker.cli import main

sys.exit(main())
