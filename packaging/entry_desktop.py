"""Where the frozen `qubix` begins."""

import sys

from qubix_desktop.app import main

sys.exit(main())
