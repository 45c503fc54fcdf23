"""NVIDIA cards as `nvidia-smi` tells them, where the driver's library cannot be asked.

The fields and their units are those of `nvidia-smi --help-query-gpu`: memory in MiB, temperature
in degrees Celsius, power in watts, `[N/A]` or `[Not Supported]` where a card does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from qubix_worker.errors import Problem
from qubix_worker.hardware import figures
from qubix_worker.hardware.nvml import failed
from qubix_worker.hardware.probe import ProbeError, SilentError
from qubix_worker.hardware.tools import Told, Tools, ToolSilentError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

OUTPUT_LINES = 64
CARD_FIELDS = ("index", "name", "uuid", "memory.total", "driver_version", "pci.bus_id")
LATER_FIELDS = ("compute_cap", "mig.mode.current")
"""Unknown to drivers before 510, which then refuse the whole question."""
USAGE_FIELDS = (
    "index",
    "name",
    "uuid",
    "utilization.gpu",
    "temperature.gpu",
    "memory.used",
    "memory.total",
    "power.draw",
)
FOLDERS = ("/usr/lib/wsl/lib", r"C:\Windows\System32")
"""Where it is, but not always on the PATH: in WSL, and for a Windows service."""

Run = Callable[[Sequence[str]], Told | None]
"""Runs the tool with these arguments; None where there is none. Raises ToolSilentError."""

SILENT = Problem(
    "nvidia_silent",
    "The NVIDIA driver did not answer.",
    "Restart this computer; if it lasts, install the driver anew.",
)
_LISTED_CARD = re.compile(r"GPU \d+: .*\(UUID: (GPU-[\w-]+)\)", re.ASCII)
_LISTED_PART = re.compile(r"\s+MIG (\S+)\s+Device\s+\d+: \(UUID: (MIG-[\w/-]+)\)", re.ASCII)
_COMPUTE = re.compile(r"\d{1,2}\.\d", re.ASCII)


def runner(tools: Tools) -> Run:
    return lambda arguments: tools.run("nvidia-smi", arguments, also=FOLDERS)


def cards(run: Run) -> tuple[GraphicsCard, ...]:
    """Each card, followed by its partitions. Raises ProbeError where the tool fails or hangs."""
    rows = _rows((*CARD_FIELDS, *LATER_FIELDS), run, may_refuse=True)
    if rows is None:
        rows = [[*row, "", ""] for row in _rows(CARD_FIELDS, run) or []]
    divided = any(figures.text(row[-1]) == "Enabled" for row in rows)
    parts = _partitions(run) if divided else {}
    found: list[GraphicsCard] = []
    for _, name, uuid, memory, driver, address, compute, _ in rows:
        called = figures.name(name)
        if called is None:
            continue
        total = figures.memory_bytes(memory, figures.MIB)
        card = GraphicsCard(
            vendor="NVIDIA",
            name=called,
            uuid=figures.text(uuid),
            memory_total_bytes=total,
            driver=figures.version(driver),
            compute=_matching(_COMPUTE, compute),
            pci_address=figures.pci_address(address),
            form="discrete" if total else None,
        )
        found.append(card)
        for profile, part in parts.get(card.uuid or "", ()):
            found.append(
                GraphicsCard(
                    vendor="NVIDIA",
                    name=f"{called} MIG {profile}",
                    uuid=part,
                    driver=card.driver,
                    compute=card.compute,
                    form="partition",
                    part_of=card.uuid,
                )
            )
    return tuple(found)


def usage(run: Run) -> tuple[GraphicsUsage, ...]:
    """How the cards are used now. Raises ProbeError where the tool fails or hangs."""
    found = []
    for _, name, uuid, percent, heat, used, total, watts in _rows(USAGE_FIELDS, run) or []:
        if called := figures.name(name):
            memory = figures.memory_bytes(total, figures.MIB)
            most = figures.MEMORY_BYTES_MOST / figures.MIB
            found.append(
                GraphicsUsage(
                    called,
                    percent=figures.number(percent, 100),
                    temperature_celsius=figures.number(heat, figures.CELSIUS_MOST),
                    memory_used_mb=figures.number(used, most),
                    memory_total_mb=memory / figures.MIB if memory else None,
                    power_watts=figures.number(watts, figures.WATTS_MOST),
                    uuid=figures.text(uuid),
                )
            )
    return tuple(found)


def _rows(fields: Sequence[str], run: Run, *, may_refuse: bool = False) -> list[list[str]] | None:
    """A row for each card, once. None where the tool refuses to be asked this."""
    told = _told(run, [f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"])
    if told is None:
        return []
    if told.exit_code:
        if may_refuse:
            return None
        raise _reported(told)
    rows: dict[int, list[str]] = {}
    for line in figures.lines(told.output, OUTPUT_LINES):
        cells = line.split(",")
        index = figures.number(cells[0], OUTPUT_LINES) if len(cells) == len(fields) else None
        if index is not None and int(index) not in rows:
            rows[int(index)] = cells
    return list(rows.values())


def _partitions(run: Run) -> dict[str, list[tuple[str, str]]]:
    """Of each card's uuid: the profile and the uuid of its parts, as `nvidia-smi -L` lists them."""
    told = _told(run, ["-L"])
    found: dict[str, list[tuple[str, str]]] = {}
    seen: set[str] = set()
    card = None
    for line in figures.lines(told.output, OUTPUT_LINES * 8) if told and not told.exit_code else ():
        if listed := _LISTED_CARD.fullmatch(line):
            card = listed[1]
        elif not line.startswith((" ", "\t")):
            card = None  # whose parts follow is not known
        elif card and (part := _LISTED_PART.fullmatch(line)) and part[2] not in seen:
            seen.add(part[2])
            found.setdefault(card, []).append((part[1], part[2]))
    return found


def _told(run: Run, arguments: Sequence[str]) -> Told | None:
    try:
        return run(arguments)
    except ToolSilentError as error:
        raise SilentError(SILENT) from error


def _reported(told: Told) -> ProbeError:
    """What the tool's failure means. Its words: docs.nvidia.com, "Driver/library version mismatch"
    after an update without a restart."""
    if b"version mismatch" in told.output:
        return ProbeError(
            "nvidia_updated",
            "The NVIDIA driver was updated, but its old version still runs.",
            "Restart this computer.",
        )
    return failed()


def _matching(pattern: re.Pattern[str], cell: str) -> str | None:
    found = figures.text(cell)
    return found if found and pattern.fullmatch(found) else None
