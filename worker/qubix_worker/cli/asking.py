"""`status`, `detect`, `logs`: commands that look and change nothing."""

from __future__ import annotations

import argparse
import time

from qubix_worker.cli.output import Output
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.hardware.detect import detect as detect_hardware
from qubix_worker.hardware.detect import find
from qubix_worker.paths import Paths
from qubix_worker.protocol import Disk, GraphicsCard, Memory, Processor
from qubix_worker.status import Status

NOT_RUNNING = 3
GIB = 1 << 30

STATES = {
    "starting": "starting",
    "online": "online",
    "working": "working",
    "paused": "paused",
    "offline": "offline",
    "attention": "needs attention",
}


def status(arguments: argparse.Namespace, output: Output) -> int:
    try:
        found = Control(Paths.of_user()).status()
    except ControlError as error:
        if error.problem.code != "worker_not_running":
            raise
        output.problem(error.problem)
        return NOT_RUNNING
    output.value(found, describe(found, time.time()))
    return 0


def describe(status: Status, now: float) -> str:
    """The state in lines for a person."""
    network = status.server_name or status.server
    lines = [f"{status.name} is {STATES[status.state]} on {network} ({status.server})."]
    if status.paused_by:
        until = "until you resume" if status.paused_until is None else (
            f"for another {_span(status.paused_until - now)}"
        )  # fmt: skip
        lines.append(f"  paused by {status.paused_by}, {until}")
    if status.trouble:
        lines.append(f"  {status.trouble.happened} {status.trouble.todo}")
        if status.retry_at:
            lines.append(f"  next try in {_span(status.retry_at - now)}")
    if status.job:
        share = status.job.progress_percent
        done = "" if share is None else f", {share:.0f} % done"
        lines.append(f"  job {status.job.id} ({status.job.kind}){done}")
    for job in status.recent_jobs[:3]:
        reason = f": {job.reason}" if job.reason else ""
        lines.append(f"  job {job.id} {job.outcome} after {job.seconds:.1f} s{reason}")
    usage = status.usage
    if usage.cpu_percent is not None and usage.ram_percent is not None:
        lines.append(f"  processor {usage.cpu_percent:.0f} %, memory {usage.ram_percent:.0f} %")
    for card in usage.gpus:
        if card.percent is not None:
            lines.append(f"  {card.name} {card.percent:.0f} %")
    if status.last_heartbeat_at:
        ago = _span(now - status.last_heartbeat_at)
        lines.append(f"  the network heard from this computer {ago} ago")
    return "\n".join(lines)


def detect(arguments: argparse.Namespace, output: Output) -> int:
    if output.json:
        output.value(detect_hardware(), "")
        return 0
    cards = 0
    for finding in find():
        match finding.value:
            case Processor() as processor:
                cores = f"{processor.logical_cores} cores"
                output.line(f"Processor  {processor.model or 'unknown model'}, {cores}")
            case Memory() as memory:
                output.line(f"Memory     {memory.total_bytes / GIB:.1f} GB")
            case Disk() as disk:
                free, total = disk.free_bytes / GIB, disk.total_bytes / GIB
                output.line(f"Disk       {free:.0f} GB free of {total:.0f} GB")
            case GraphicsCard() as card:
                cards += 1
                output.line(f"Graphics   {_card(card)}")
            case None if finding.problem:
                output.line(f"           {finding.problem.happened}")
    if not cards:
        output.line("Graphics   no card found that can share")
    return 0


def logs(arguments: argparse.Namespace, output: Output) -> int:
    """From the file itself, so that it also works when the worker does not."""
    try:
        text = Paths.of_user().log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    for line in text.splitlines()[-arguments.lines :] if arguments.lines > 0 else ():
        output.value({"line": line}, line)
    return 0


def _card(card: GraphicsCard) -> str:
    parts = [card.name]
    if card.memory_total_bytes:
        parts.append(f"{card.memory_total_bytes / GIB:.1f} GB")
    if card.driver:
        parts.append(f"driver {card.driver}")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    seconds = max(0, round(seconds))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
