"""Which of these tests are for this system.

What is in `linux` needs its buses and its screens; hours are tested in cities whose clocks change,
of which Windows keeps no list that Python reads.
"""

import sys
import zoneinfo

collect_ignore = [] if sys.platform == "linux" else ["linux"]
if not zoneinfo.available_timezones():
    collect_ignore.append("test_hours.py")
