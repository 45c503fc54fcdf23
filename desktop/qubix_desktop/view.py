"""The worker's state in words: tray, menu and window all show this one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from qubix_desktop import icons, words
from qubix_desktop.watcher import Seen

if TYPE_CHECKING:
    from qubix_worker.status import Status

translate = QCoreApplication.translate


@dataclass(frozen=True)
class View:
    """What is shown of a state. `detail` is the essential figure or the reason."""

    icon: icons.StateIcon
    title: str
    detail: str = ""
    can_pause: bool = False
    can_resume: bool = False
    can_start: bool = False
    can_stop: bool = False
    can_restart: bool = False
    """It does not answer, or not in a way that is understood."""
    can_join: bool = False
    """The network does not know this computer any more: nothing else helps."""

    @property
    def tooltip(self) -> str:
        return f"QUBIX: {self.title}" + (f"\n{self.detail}" if self.detail else "")


def view(seen: Seen, now: float) -> View:
    """What to show of what was seen."""
    if seen.problem and not seen.running:
        return View(
            "offline",
            translate("View", "Not sharing"),
            translate("View", "Nothing is shared now."),
            can_start=True,
        )
    if seen.problem:
        return View(
            "attention",
            translate("View", "Needs attention"),
            _silent(seen),
            can_stop=True,
            can_restart=True,
        )
    if seen.status is None:
        return View("starting", translate("View", "Starting…"))
    return _of_status(seen.status, now)


def _silent(seen: Seen) -> str:
    if seen.problem and seen.problem.code in ("worker_hangs", "worker_unreachable"):
        return translate(
            "View", "Sharing does not answer. Wait a moment; if that lasts, restart it."
        )
    return words.told(seen.problem) if seen.problem else ""


def _of_status(status: Status, now: float) -> View:
    network = status.server_name or status.server
    trouble = words.said(f"{status.trouble.happened}") if status.trouble else ""
    match status.state:
        case "starting":
            return View("starting", translate("View", "Starting…"), can_stop=True)
        case "online":
            text = translate("View", "Ready for work on {network}.").format(network=network)
            return View("online", translate("View", "Online"), text, can_pause=True, can_stop=True)
        case "working":
            return View(
                "working", translate("View", "Working"), _job(status), can_pause=True, can_stop=True
            )
        case "paused":
            # What the computer's own state asks for ends by itself; a person may still add to it.
            asked = status.paused_by == "you"
            return View("paused", translate("View", "Paused"), _pause(status, now),
                        can_pause=not asked, can_resume=asked, can_stop=True)  # fmt: skip
        case "offline":
            again = ""
            if status.retry_at is not None:
                wait = words.span(max(1.0, status.retry_at - now))
                again = translate("View", "Trying again in {time}.").format(time=wait)
            time = words.moment(status.since, now)
            since = translate("View", "Offline since {time}.").format(time=time)
            detail = " ".join(part for part in (trouble, again, since) if part)
            return View(
                "offline", translate("View", "Offline"), detail, can_pause=True, can_stop=True
            )
        case "attention":
            what = status.trouble or status.warning
            detail = f"{words.said(what.happened)} {words.said(what.todo)}" if what else ""
            return View("attention", translate("View", "Needs attention"), detail,
                        can_stop=True, can_join=status.forgotten)  # fmt: skip


def _job(status: Status) -> str:
    if status.job is None:
        return ""
    if len(status.jobs) > 1:
        return translate("View", "%Ln job(s) are running.", None, len(status.jobs))
    kind = status.job.kind
    if status.job.progress_percent is None:
        return translate("View", "A {kind} job is running.").format(kind=kind)
    share = words.percent(status.job.progress_percent)
    return translate("View", "{share} of a {kind} job is done.").format(share=share, kind=kind)


def _pause(status: Status, now: float) -> str:
    time = "" if status.paused_until is None else words.moment(status.paused_until, now)
    if status.paused_by == "you":
        if time:
            return translate("View", "You paused it until {time}.").format(time=time)
        return translate("View", "You paused it. It goes on when you resume.")
    until = translate("View", "Until {time}.").format(time=time) if time else ""
    return " ".join(part for part in (words.said(status.pause_reason or ""), until) if part)
