"""The worker's state as lines: with bars for a terminal, as plain sentences elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from qubix_worker.cli.output import BAR_CELLS, BAR_CELLS_LEAST, Row, Style, bar, cut
from qubix_worker.cli.times import span
from qubix_worker.protocol import GraphicsUsage
from qubix_worker.status import CurrentJob, State, Status

LABEL_CELLS = 12
RECENT_JOBS = 3

STATES: dict[State, tuple[str, Style]] = {
    "starting": ("is starting", "bold"),
    "online": ("is online", "green"),
    "working": ("is working", "green"),
    "paused": ("is paused", "yellow"),
    "offline": ("is offline", "red"),
    "attention": ("needs attention", "red"),
}

PAUSERS = {
    "you": "you",
    "schedule": "your plan of hours",
    "use": "somebody using this computer",
    "battery": "the battery",
    "heat": "the heat",
    "metered": "the metered connection",
}


def picture(status: Status, now: float, width: int | None = None) -> list[Row]:
    """What there is to say. `width`: the terminal's, where bars are wanted."""
    return list(_rows(status, now, width))


def describe(status: Status, now: float) -> str:
    """The same in plain lines."""
    return "\n".join(text for text, _ in picture(status, now))


def headline(status: Status) -> Row:
    words, style = STATES[status.state]
    network = f"{status.server_name} ({status.server})" if status.server_name else status.server
    return f"{status.name} {words} on {network}.", style


def _rows(status: Status, now: float, width: int | None) -> Iterator[Row]:
    yield headline(status)
    yield from pause(status, now)
    for trouble in (status.trouble, status.warning):
        if trouble:
            yield f"  {trouble.happened} {trouble.todo}", "yellow"
    if status.state == "offline":
        yield f"  offline for {span(now - status.since)}", ""
    if status.trouble and status.retry_at:
        yield f"  next try in {span(status.retry_at - now)}", ""
    for job in status.jobs:
        yield _job(job, now, width), ""
    yield from _usage(status, width)
    for finished in status.recent_jobs[:RECENT_JOBS]:
        reason = f": {finished.reason}" if finished.reason else ""
        yield (
            f"  job {finished.id} {finished.outcome} after {finished.seconds:.1f} s{reason}",
            "dim",
        )
    if status.unsent_results:
        results = (
            "1 result is" if status.unsent_results == 1 else f"{status.unsent_results} results are"
        )
        yield f"  {results} kept until the network has it", ""
    if status.shared.week_seconds >= 60:
        today, week = span(status.shared.today_seconds), span(status.shared.week_seconds)
        yield f"  shared for {today} today, for {week} this week", "dim"
    if status.last_heartbeat_at:
        ago = span(now - status.last_heartbeat_at)
        yield f"  the network heard from this computer {ago} ago", "dim"


def pause(status: Status, now: float) -> Iterator[Row]:
    """Why it rests and for how long; nothing where it does not."""
    if not status.paused_by:
        return
    who = PAUSERS.get(status.paused_by, status.paused_by)
    if status.paused_until is not None:
        at = datetime.fromtimestamp(status.paused_until)
        day = "" if at.date() == datetime.fromtimestamp(now).date() else f"{at:%a %d %b} "
        until = f"for another {span(status.paused_until - now)}, until {day}{at:%H:%M}"
    else:
        until = "until you resume" if status.paused_by == "you" else "as long as that lasts"
    yield f"  paused by {who}, {until}", "yellow"
    if status.pause_reason and status.paused_by != "you":
        yield f"  {status.pause_reason}", ""


def _job(job: CurrentJob, now: float, width: int | None) -> str:
    notes = [job.operation] if job.operation else []
    notes.append("stands still while the pause lasts" if job.frozen else span(now - job.started_at))
    label = f"job {job.id} ({job.kind})"
    return _measured(label, job.progress_percent, ", ".join(notes), width, done=" done")


def _usage(status: Status, width: int | None) -> Iterator[Row]:
    usage = status.usage
    if width is None:
        if usage.cpu_percent is not None and usage.ram_percent is not None:
            yield f"  processor {usage.cpu_percent:.0f} %, memory {usage.ram_percent:.0f} %", ""
    else:
        if usage.cpu_percent is not None:
            yield _measured("processor", usage.cpu_percent, "", width), ""
        if usage.ram_percent is not None:
            has = (usage.ram_used_gb, usage.ram_total_gb)
            note = "" if None in has else f"{has[0]:.1f} of {has[1]:.1f} GB"
            yield _measured("memory", usage.ram_percent, note, width), ""
    for card in usage.gpus:
        if row := _card(card, width):
            yield row, ""


def _card(card: GraphicsUsage, width: int | None) -> str:
    notes = []
    if card.temperature_celsius is not None:
        notes.append(f"{card.temperature_celsius:.0f} C")
    if card.memory_used_mb is not None:
        total = f" of {card.memory_total_mb / 1024:.1f}" if card.memory_total_mb else ""
        notes.append(f"{card.memory_used_mb / 1024:.1f}{total} GB")
    if card.power_watts is not None:
        notes.append(f"{card.power_watts:.0f} W")
    if card.percent is None and not notes:
        return ""
    return _measured(card.name, card.percent, ", ".join(notes), width)


def _measured(
    label: str, percent: float | None, note: str, width: int | None, done: str = ""
) -> str:
    """`  label  [####....]  42 %  note`: where it does not fit, first the note goes, then the bar.
    Without a bar where the figure is not known, or where no terminal asks for it."""
    figure = "" if percent is None else f"{percent:.0f} %{done}"
    if width is None:
        return "  " + " ".join(filter(None, (label, figure))) + (f", {note}" if note else "")
    start = f"  {cut(label, max(LABEL_CELLS, width - 60)):<{LABEL_CELLS}}  "
    tail = f"  {note}" if note else ""
    if percent is None:
        return cut(start.rstrip() + tail, width - 1)
    for end in (tail, ""):
        cells = min(BAR_CELLS, width - len(f"{start}[] {figure:>5}{end}") - 1)
        if cells >= BAR_CELLS_LEAST:
            return f"{start}{bar(percent / 100, cells)} {figure:>5}{end}"
    return cut(f"  {label} {figure}{tail}", width - 1)
