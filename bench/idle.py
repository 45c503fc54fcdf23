"""What a worker costs that has nothing to do: a real one, online at a real server.

`python -m bench.idle 10` looks for 10 minutes, `make bench` for half a minute. Linux only: the
figures are those of /proc. The bounds are the product's own; the end is 1 where one is passed.

In its first hour such a worker writes nothing, then once an hour for how long it has shared. Should
it write to its log, that is printed: something happened, and it was not idle.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Figure
from qubix_worker.shared_time import KEEP_SECONDS

SECONDS = 30.0
SETTLING_SECONDS = 15.0
"""Its start is over by then: what it imports late, its first heartbeats, its first look around."""
HEARTBEAT_SECONDS = 30

CPU_PERCENT_MOST = 0.2
RSS_RATIO_MOST = 1.25
WAKEUPS_PER_MINUTE_MOST = 120.0
"""About its timers. Two threads compare clocks every 5 s (24 a minute); a look at the battery, the
heat and the like every 15 s, and a heartbeat every 30 s, wake several times each, since a thread
that asks a driver is waited for by another. Nothing polls: a poll of 0.1 s would be 600."""
KEPT_BYTES_MOST = 48 * 1024
"""What it costs to keep for how long it has shared: on ext4 16 to 40 KiB. One page of that is the
file; the rest are the file system's own: a folder's entry, an inode, maps of what is free."""


@dataclass(frozen=True)
class Sample:
    """What /proc says of one process, or of two at the ends of a span."""

    cpu_seconds: float
    wakeups: int
    written_bytes: int
    write_calls: int
    rss_bytes: int
    threads: int


def run(seconds: float = SECONDS) -> list[Figure]:
    if not sys.platform.startswith("linux"):
        return []
    with tempfile.TemporaryDirectory() as folder, _online(Path(folder)) as (pid, home):
        time.sleep(SETTLING_SECONDS)
        bare = _bare_rss()
        files = _files(home)
        began, before = time.monotonic(), sample(pid)
        time.sleep(seconds)
        after, lasted = sample(pid), time.monotonic() - began
        changed = {str(path) for path, at in _files(home).items() if files.get(path) != at}
        log = _added(home / "state" / "worker.log", files)
    sys.stderr.write(
        f"idle: written to meanwhile: {', '.join(sorted(changed)) or 'nothing'}\n{log}"
    )
    keeps = int((SETTLING_SECONDS + seconds) // KEEP_SECONDS)
    kept = {"state/shared.json"} if keeps else set()
    cpu = (after.cpu_seconds - before.cpu_seconds) / lasted * 100
    minutes = lasted / 60
    wakeups = (after.wakeups - before.wakeups) / minutes
    written = after.written_bytes - before.written_bytes
    mib = 1 << 20
    return [
        Figure(
            "idle: processor", cpu, "% core", "bound", CPU_PERCENT_MOST, most=CPU_PERCENT_MOST
        ),
        Figure(
            "idle: memory", after.rss_bytes / mib, "MiB", "bare + imports", bare / mib,
            most=RSS_RATIO_MOST * bare / mib,
        ),
        Figure(
            "idle: wake-ups", wakeups, "/min", "bound", WAKEUPS_PER_MINUTE_MOST,
            most=WAKEUPS_PER_MINUTE_MOST,
        ),
        Figure(
            "idle: written", written / 1024, "KiB", "minutes", minutes,
            most=keeps * KEPT_BYTES_MOST / 1024,
        ),
        Figure("idle: files written", len(changed - kept), "", "minutes", minutes, most=0),
        Figure("idle: threads", after.threads, "", "at first", before.threads),
    ]  # fmt: skip


def sample(pid: int) -> Sample:
    """The costs of process `pid` with all of its threads (proc(5))."""
    process = Path(f"/proc/{pid}")
    ticks = os.sysconf("SC_CLK_TCK")
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    wakeups = 0
    threads = list((process / "task").iterdir())
    for thread in threads:
        wakeups += int(_keyed(thread / "status")["voluntary_ctxt_switches"])
    io = _keyed(process / "io")
    return Sample(
        cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks,
        wakeups=wakeups,
        written_bytes=int(io["write_bytes"]),
        write_calls=int(io["syscw"]),
        rss_bytes=int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
        threads=len(threads),
    )


def _keyed(file: Path) -> dict[str, str]:
    lines = (line.partition(":") for line in file.read_text().splitlines())
    return {key: value.strip() for key, _, value in lines}


def _files(home: Path) -> dict[Path, tuple[int, int]]:
    found = {}
    for path in home.rglob("*"):
        if path.is_file():
            stat = path.stat()
            found[path.relative_to(home)] = (stat.st_size, stat.st_mtime_ns)
    return found


def _added(log: Path, before: dict[Path, tuple[int, int]]) -> str:
    """Why it has written: what the log says since then, as where the computer has slept."""
    size, _ = before.get(log.relative_to(log.parents[1]), (0, 0))
    with log.open(encoding="utf-8") as lines:
        lines.seek(size)
        return lines.read()


# --- The baseline ----------------------------------------------------------------------------

_LIST = """\
import sys
before = set(sys.modules)
import qubix_worker.cli.running, qubix_worker.worker, qubix_worker.cli.parser
names = {name for name in set(sys.modules) - before if name.partition(".")[0] != "qubix_worker"}
sys.stdout.write("\\n".join(sorted(names)))
"""

_BARE = """\
import contextlib, importlib, sys
for name in sys.argv[1].split():
    with contextlib.suppress(ImportError):  # a name that another module has made up
        importlib.import_module(name)
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def _bare_rss() -> int:
    """The memory of a Python that has imported what the worker has, but for the worker, and does
    nothing. What the worker imports later, as it needs it, is not in there."""
    names = subprocess.run(
        [sys.executable, "-c", _LIST], capture_output=True, text=True, check=True
    ).stdout
    bare = subprocess.Popen(
        [sys.executable, "-c", _BARE, names], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert bare.stdin
    assert bare.stdout
    bare.stdout.readline()
    rss = sample(bare.pid).rss_bytes
    bare.stdin.close()
    bare.wait()
    return rss


# --- The real thing --------------------------------------------------------------------------


@contextmanager
def _online(folder: Path) -> Iterator[tuple[int, Path]]:
    """A worker's process and its home; it is online at a server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home, url = folder / "worker", f"http://127.0.0.1:{port}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    served = kept | {
        "QUBIX_HOME": str(folder / "server"),
        "QUBIX_HEARTBEAT_INTERVAL_SECONDS": str(HEARTBEAT_SECONDS),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "qubix_server", "serve", "--port", str(port)], env=served,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until_ready(url)
        asked = urllib.request.Request(f"{url}/api/enrollments", method="POST")  # noqa: S310
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - our own server
            token = json.load(answer)["enrollment"]
        own = kept | {"QUBIX_HOME": str(home), "QUBIX_ENROLLMENT": token}
        _worker(own, "setup", "--server", url, "--name", "idle")
        try:
            yield _worker(own, "status", "--json")["pid"], home
        finally:
            _worker(own, "stop")
    finally:
        server.terminate()
        server.wait()


def _worker(environment: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "qubix_worker", *arguments], env=environment, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(done.stdout) if "--json" in arguments else None


def _until_ready(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2).close()  # noqa: S310 - our own
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS / 60
    figures = run(minutes * 60)
    for figure in figures:
        sys.stdout.write(f"{figure}\n")
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
