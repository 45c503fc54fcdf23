"""Which of these tests are for this system: what is in `linux` needs its buses and its screens."""

import sys

collect_ignore = [] if sys.platform == "linux" else ["linux"]
