"""A worker that is killed while it writes: each of its files is the old one or the new one."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from qubix_worker import identity, pause, settings
from qubix_worker.paths import Paths
from qubix_worker.spool import Spool

pytestmark = pytest.mark.slow

WRITER = """
import itertools, pathlib, sys
from qubix_worker import identity, pause, settings
from qubix_worker.identity import Identity
from qubix_worker.paths import Paths
from qubix_worker.pause import Pause
from qubix_worker.protocol import JobCompletion
from qubix_worker.settings import Settings
from qubix_worker.spool import Spool
paths = Paths.under(pathlib.Path(sys.argv[1]))
spool = Spool(paths.spool)
print("writing", flush=True)
for number in itertools.count():
    long = "x" * (number % 50 + 1)
    identity.save(paths.identity, Identity("w-1", "http://h", long, secret=long))
    settings.save(paths.settings, Settings(name=long))
    pause.save(paths.pause, Pause(long, float(number)))
    spool.put(f"job-{number % 7}", JobCompletion("completed", {"stdout": long * 1000}, attempt=1))
"""


def test_files_are_whole_whenever_their_writer_is_killed(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201 - shown where the test fails
    draw = random.Random(seed)
    paths = Paths.under(tmp_path)
    for _ in range(25):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout
            writer.stdout.readline()
            threading.Event().wait(draw.uniform(0.02, 0.25))
            writer.kill()
        who = identity.load(paths.identity)
        assert who
        assert who.name == who.secret
        assert settings.load(paths.settings).name.strip("x") == ""
        kept = pause.load(paths.pause)
        assert kept
        assert kept.until is not None
        spool = Spool(paths.spool)
        assert not list(paths.spool.glob("*.broken"))
        for entry in spool.pending(100):
            assert entry.completion.result
        assert not list(paths.spool.glob("*.broken"))
        assert not list(paths.spool.glob(".*")), "the next worker sweeps up"
