"""Bounds of what travels that are asked for without it: by settings, and by windows before they are
seen. Importing these alone costs nothing; `protocol` has them too.
"""

from __future__ import annotations

import re

WORKER_ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_LENGTH = 64
SLOTS_MOST = 64
"""Most jobs that a worker runs at once."""
