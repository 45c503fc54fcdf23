"""`python -m qubix_desktop` is `qubix`."""

import sys

from qubix_desktop.app import main

sys.exit(main())
