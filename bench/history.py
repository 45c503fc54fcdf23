"""How large the history of metrics gets: `python -m bench.history [WORKERS [DAYS]]`.

Time is simulated: each worker beats every 30 s, and the server's own housekeeping thins what
becomes old. A row costs the same whoever's it is, so that a few workers stand for many.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from qubix_server.settings import load
from qubix_server.store.database import Database
from qubix_server.store.engine import writing_engine
from qubix_server.store.metrics import DAY_MS, MINUTE_MS
from qubix_server.store.migrate import migrate
from qubix_server.store.schema import metrics, providers
from qubix_server.thinning import Thinning

BEGIN_MS = 1_700_000_000_000
STEP_MS = 5 * MINUTE_MS
BEAT_MS = 30_000
PROVIDER = {
    "type": "cpu", "hardware": "{}", "capabilities": "[]", "worker_version": "",
    "worker_sha256": "", "registered_at": 0, "is_online": True, "is_enabled": True,
    "state": "online", "total_jobs": 0,
}  # fmt: skip


async def main(workers: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load({}, {"QUBIX_HOME": folder})
        migrate(settings)
        engine = writing_engine(settings.database_url)
        names = [{"id": str(n), "worker_id": str(n), "name": str(n)} for n in range(workers)]
        with engine.begin() as connection:
            connection.execute(insert(providers), [PROVIDER | name for name in names])
        file = settings.database_file
        assert file
        await simulate(engine.url.render_as_string(), workers, days, Path(file))
        engine.dispose()


async def simulate(url: str, workers: int, days: int, file: Path) -> None:
    engine = writing_engine(url)
    database = Database(url)
    thinning = Thinning(database, between_seconds=0)
    spent = 0.0
    empty = _bytes(file)
    for step in range(days * DAY_MS // STEP_MS):
        now = BEGIN_MS + (step + 1) * STEP_MS
        with engine.begin() as connection:
            connection.execute(
                insert(metrics),
                [
                    {
                        "provider_seq": worker + 1, "at": at,
                        "cpu_percent": (at + worker) % 1000 / 10, "ram_percent": 40.5,
                        "gpu_percent": at % 1000 / 10, "gpu_temp": 60.5,
                        "gpu_mem_used": 4321.5,
                    }
                    for at in range(now - STEP_MS, now, BEAT_MS)
                    for worker in range(workers)
                ],
            )  # fmt: skip
        began = time.monotonic()
        await thinning.go_on(now)
        spent += time.monotonic() - began
        if (step + 1) * STEP_MS % DAY_MS == 0:
            size = (_bytes(file) - empty) / workers
            with engine.begin() as connection:
                rows = connection.exec_driver_sql("SELECT count(*) FROM metrics").scalar_one()
            sys.stdout.write(
                f"day {now // DAY_MS - BEGIN_MS // DAY_MS}: {rows / workers:.0f} rows and "
                f"{size / 1024:.0f} KiB for a worker, {size * 10_000 / 2**30:.2f} GiB for 10,000; "
                f"{spent / (step + 1) / workers * 1e3:.2f} ms of thinning for each in 5 minutes\n"
            )
            sys.stdout.flush()
    database.close()
    engine.dispose()


def _bytes(file: Path) -> int:
    return file.stat().st_size  # its log is some MB, however many there are


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*(numbers + [100, 7][len(numbers) :])))
