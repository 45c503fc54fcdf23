"""Installers as they are handed out, against a file of the same bytes by bare Starlette."""

from __future__ import annotations

import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path

from bench.figures import Figure
from bench.fleet import fleet
from bench.load import Load, free_port, load, started, there_is_wrk

ROUNDS = 3
STATIC = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[2]))])
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", access_log=False, log_level="warning")
"""


def run() -> list[Figure]:
    if not there_is_wrk("downloads"):
        return []
    with tempfile.TemporaryDirectory() as folder, fleet(Path(folder) / "home", 1) as (ours, _):
        script = f"{ours}/api/installer/linux?enrollment=K7QM-2XWD"
        with urllib.request.urlopen(script, timeout=30) as answer:  # noqa: S310 - our own server
            (Path(folder) / "static").mkdir()
            (Path(folder) / "static" / "installer.sh").write_bytes(answer.read())
        port = free_port()
        command = [sys.executable, "-c", STATIC, str(port), f"{folder}/static"]
        loads: tuple[list[Load], list[Load]] = ([], [])
        with started(command, {}, port) as (static, _):
            for _ in range(ROUNDS):
                loads[1].append(load(f"{static}/installer.sh"))
                loads[0].append(load(script))
    ours_rate, bare_rate = (statistics.median(one.per_second for one in each) for each in loads)
    return [
        Figure("installers handed out", ours_rate, "a second", "a static file", bare_rate),
    ]
