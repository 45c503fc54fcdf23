"""Runs the benchmarks, prints a table, and writes the same as JSON to build/bench.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from bench import heartbeats, idle, jobs
from bench.figures import Figure

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "heartbeats": heartbeats.run,
    "jobs": jobs.run,
    "idle": idle.run,
}


def main() -> int:
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in wanted if name not in BENCHMARKS]:
        sys.stderr.write(f"bench: no benchmark is called {unknown[0]}\n")
        return 2
    figures = [figure for name in wanted for figure in BENCHMARKS[name]()]
    for figure in figures:
        sys.stdout.write(
            f"{figure.name:44} {figure.value:10.1f} {figure.unit:8} "
            f"{figure.ratio:6.2f} of {figure.baseline} ({figure.baseline_value:.1f})\n"
        )
    output = Path("build/bench.json")
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
