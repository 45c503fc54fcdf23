"""Runs the benchmarks, prints a table, and writes the same as JSON to build/bench.json.

Ends with 1 where a figure is above its bound."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from bench import desktop, downloads, heartbeats, idle, jobs, scale
from bench.figures import Figure

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "heartbeats": heartbeats.run,
    "downloads": downloads.run,
    "jobs": jobs.run,
    "idle": idle.run,
    "scale": scale.run,
    "desktop": desktop.run,
}


def main() -> int:
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in wanted if name not in BENCHMARKS]:
        sys.stderr.write(f"bench: no benchmark is called {unknown[0]}\n")
        return 2
    figures = [figure for name in wanted for figure in BENCHMARKS[name]()]
    for figure in figures:
        sys.stdout.write(f"{figure}\n")
    output = Path("build/bench.json")
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
