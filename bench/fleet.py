"""A server with many providers in its database, and the heartbeats of some of them."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import free_port, post, started

BEAT = {
    "status": "online",
    "usage": {"cpuPercent": 12.5, "ramPercent": 40.1, "ramUsedGb": 6.4, "ramTotalGb": 16.0},
}
HARDWARE = {
    "os": {"name": "linux", "version": "", "architecture": ""},
    "processor": {"logicalCores": 1},
    "memory": {"totalBytes": 1 << 34},
}
MEASURED = "[1900000000000,12.5,40.1,null,null,null]"
STRIDE = 618_029
"""A prime, so that each worker of a fleet has its turn."""
# SHA-256 in SQL would be slow; the secret of each worker is told apart by its number.
_COPY = """
INSERT INTO providers ({names}) SELECT {values} FROM providers,
 (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n)
 WHERE worker_id = 'bench-0'
"""


@contextmanager
def fleet(home: Path, count: int) -> Iterator[tuple[str, int]]:
    """A server that knows workers `bench-0` to `bench-N`; its address and process id."""
    port = free_port()
    environment = {"QUBIX_HOME": str(home), "QUBIX_PORT": str(port)}
    with started([sys.executable, "-m", "qubix_server", "serve"], environment, port) as (url, pid):
        register(url)
        copy(next(home.rglob("*.db")), count)
        yield url, pid


def register(url: str) -> None:
    """Joins as `bench-0`; the secret is then made that of its number, as of all."""
    post(
        f"{url}/api/providers/register",
        {
            "workerId": "bench-0",
            "name": "bench",
            "hardware": HARDWARE,
            "workerVersion": "0",
            "workerSha256": "",
            "capabilities": [],
            "enrollment": post(f"{url}/api/enrollments", {})["enrollment"],
        },
    )


def copy(database: Path, count: int) -> None:
    from qubix_server.credentials import digest  # noqa: PLC0415 - only where there is a server
    from qubix_server.store.recent import LEAST  # noqa: PLC0415

    connection = sqlite3.connect(database, timeout=60)
    with connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(providers)")]
        names = [name for name in columns if name != "seq"]
        # In the order in which `beats` has them beat.
        turn = f"i * {pow(STRIDE, -1, count) if count > 1 else 0} % {count}"
        changed = {
            "id": "'id-' || i", "worker_id": "'bench-' || i", "is_online": "1", "state": "'online'",
            "last_heartbeat_at": f"registered_at + {turn}",
            "usage": f"'{json.dumps(BEAT['usage'])}'", "recent": _measured(str(2 * LEAST)),
        }  # fmt: skip
        values = ", ".join(changed.get(name, name) for name in names)
        if count > 1:
            connection.execute(_COPY.format(names=", ".join(names), values=values, most=count - 1))
        # As if they had beaten for long: the pages have room for what a row may grow to, and with
        # the next heartbeat a sixth have so many that they go into `metrics`.
        connection.execute(
            "UPDATE providers SET is_online = 1, state = 'online', "  # noqa: S608 - numbers of ours
            f"recent = {_measured(f'1 + seq % {LEAST}')}"
        )
        connection.execute("DELETE FROM worker_secrets")
        rows = connection.execute("SELECT seq, worker_id FROM providers").fetchall()
        connection.executemany(
            "INSERT INTO worker_secrets (secret_hash, provider_seq, created_at) VALUES (?, ?, 0)",
            ((digest(f"secret-{worker_id}"), seq) for seq, worker_id in rows),
        )
    connection.close()


def _measured(times: str) -> str:
    """In SQL: so many measurements, as `recent` holds them."""
    return f"'[' || substr(replace(hex(zeroblob({times})), '00', ',{MEASURED}'), 2) || ']'"


def beats(script: Path, count: int) -> Path:
    """The script for wrk by which workers beat as they do: whoever was heard longest ago is next.
    Neighbours in time are none in the tables."""
    script.write_text(
        f"""
wrk.method = "POST"
wrk.body = {json.dumps(json.dumps(BEAT))}
wrk.headers["Content-Type"] = "application/json"
local turn = math.random(0, {count - 1})
request = function()
  turn = (turn + 1) % {count}
  local id = "bench-" .. (turn * {STRIDE} % {count})
  wrk.headers["Authorization"] = "Bearer secret-" .. id
  return wrk.format(nil, "/api/providers/" .. id .. "/heartbeat")
end
"""
    )
    return script
