"""What the looks of a whole day open and start, which is nothing by default."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from qubix_worker.guest import rules
from qubix_worker.settings import Settings
from tests.worker.guest.linux.computer import NOW, Computer

LOOKS_OF_A_DAY = """
import json, os, sys
opened = []
def note(event, arguments):
    if event in ("socket.connect", "subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork",
                 "os.forkpty", "os.system", "ctypes.dlopen"):
        opened.append(event)
from datetime import datetime
from pathlib import Path
from qubix_worker.guest.senses import Senses
from qubix_worker.guest.watch import Watch
from qubix_worker.settings import Settings
from qubix_worker.system.senses_linux import Linux
sys.addaudithook(note)
clock = [1e9]
body = Linux(Path(sys.argv[1]), {"DISPLAY": ":0", "HOME": "/root"}, monotonic=lambda: clock[0])
watch = Watch(Settings, lambda told: None, Senses(body, list), body)
for look in range(5760):
    watch.look()
    clock[0] += 15
loaded = [name for name in sys.modules if name.startswith(("jeepney", "asyncio"))]
print(json.dumps({"opened": opened, "loaded": loaded}))
"""


def looks_of_a_day(root: Path) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", LOOKS_OF_A_DAY, root], capture_output=True, text=True, check=True
    )
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def test_a_desktop_with_default_settings_starts_nothing_and_opens_no_bus(
    computer: Computer,
) -> None:
    assert looks_of_a_day(computer.root) == {"opened": [], "loaded": []}


def test_where_network_manager_runs_it_is_asked_every_five_minutes_and_nothing_else_is_opened(
    computer: Computer,
) -> None:
    computer.runs_network_manager()
    opened = looks_of_a_day(computer.root)["opened"]
    assert set(opened) == {"socket.connect"}
    assert len(opened) <= 24 * 12


def test_default_settings_do_not_ask_whether_somebody_uses_the_computer() -> None:
    assert "use" not in rules.questions(Settings(), datetime.fromtimestamp(NOW))
