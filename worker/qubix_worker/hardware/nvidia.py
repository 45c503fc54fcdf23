"""NVIDIA cards, as `nvidia-smi` tells them in CSV.

The query and its units are those of `nvidia-smi --help-query-gpu`: memory in MiB, temperature
in degrees Celsius, `[N/A]` or `[Not Supported]` where a card does not tell. A figure that is
not a number is not known; it is never made up.
"""

from __future__ import annotations

import csv
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence

from qubix_worker.errors import QubixError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

PROBE_SECONDS = 3.0
OUTPUT_LINES = 64
CARD_QUERY = ("name", "uuid", "memory.total", "driver_version")
USAGE_QUERY = ("name", "utilization.gpu", "temperature.gpu", "memory.used", "memory.total")

Run = Callable[[Sequence[str]], str | None]
"""Runs the query for these fields; None where there is no NVIDIA driver on this computer."""


class NvidiaError(QubixError):
    """The driver's tool is there, but did not tell."""


def cards(run: Run | None = None) -> Iterator[GraphicsCard]:
    """The NVIDIA cards of this computer. Raises NvidiaError where the tool fails or hangs."""
    for name, uuid, memory, driver in _rows(CARD_QUERY, run):
        if text := _text(name):
            total = _number(memory)
            yield GraphicsCard(
                vendor="NVIDIA",
                name=text,
                uuid=_text(uuid),
                memory_total_bytes=int(total * 1024 * 1024) if total else None,
                driver=_text(driver),
            )


def usage(run: Run | None = None) -> tuple[GraphicsUsage, ...]:
    """How the cards are used now. Raises NvidiaError where the tool fails or hangs."""
    found = []
    for name, percent, temperature, used, total in _rows(USAGE_QUERY, run):
        if text := _text(name):
            found.append(
                GraphicsUsage(
                    text,
                    percent=_number(percent, most=100),
                    temperature_celsius=_number(temperature, most=300),
                    memory_used_mb=_number(used),
                    memory_total_mb=_number(total),
                )
            )
    return tuple(found)


def _rows(fields: Sequence[str], run: Run | None) -> Iterator[list[str]]:
    output = (run or query)(fields)
    if output is None:
        return
    for row in csv.reader(output.replace("\0", "").splitlines()[:OUTPUT_LINES]):
        if len(row) == len(fields):
            yield row


def query(fields: Sequence[str]) -> str | None:
    """Asks nvidia-smi, for at most PROBE_SECONDS."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        answer = subprocess.run(
            [tool, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NvidiaError(
            "nvidia_silent",
            "The NVIDIA driver did not answer.",
            "Restart this computer; if it lasts, install the driver anew.",
        ) from error
    if answer.returncode:
        raise NvidiaError(
            "nvidia_failed",
            "The NVIDIA driver reports that it does not work.",
            "Install the current driver for this card, then try again.",
        )
    return answer.stdout.decode("utf-8", errors="replace")


def _text(cell: str) -> str | None:
    """A cell's text; None for the driver's ways to say that it does not know."""
    text = "".join(c for c in cell.strip() if c.isprintable())[:256]
    unknown = not text or text.startswith("[") or text.upper() in ("N/A", "ERR!", "UNKNOWN ERROR")
    return None if unknown else text


def _number(cell: str, most: float = 1e8) -> float | None:
    text = _text(cell)
    if text is None or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= most else None
