"""A computer and a network that exist only in pictures and in the tests of all windows.

What can be seen is here, made up in one place; what draws it is the real thing.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qubix_desktop.flow import Network
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import Services
from qubix_desktop.updates import Versions
from qubix_worker.chosen import Chosen
from qubix_worker.errors import Problem, QubixError, SetupError
from qubix_worker.hardware.detect import Finding
from qubix_worker.paths import Paths
from qubix_worker.protocol import Disk, GraphicsCard, GraphicsUsage, Memory, Processor, Usage
from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Cancelled, Choices, Phase, Progress, Setup
from qubix_worker.setup.uninstall import TITLES
from qubix_worker.status import CurrentJob, FinishedJob, Shared, Status, Trouble

NOW = 1_900_000_000.0
INVITATION = Invitation(("https://compute.example.org",), "K7QM-2XWD", "file name")
NETWORK = Network("https://compute.example.org", "Example Compute", "K7QM-2XWD")
SETTINGS = Settings(name="marie-desktop", server=NETWORK.server)
CHOSEN = Chosen(replace(SETTINGS, hours=("mon-fri 20:00-07:00", "sat,sun")), in_force=True)
REFUSED = Problem(
    "refused",
    "compute.example.org can be reached, but nothing answers there.",
    "The server is probably not running. Try again in a few minutes.",
)
EXPIRED = Problem(
    "enrollment_expired",
    "compute.example.org answered: This invitation has ended.",
    "Open the network's page again and press Share my GPU for a new one.",
)
ABSENT = Problem("worker_not_running", "QUBIX is not running on this computer.", "")
FULL = Problem(
    "disk_full", "There is no room left on the disk.", "Free about 200 MB, then try again."
)
STEPS: Sequence[tuple[str, str, Phase, float]] = (
    ("environment", "Preparing the software", "prepare", 30),
    ("settings", "Saving your choices", "prepare", 1),
    ("register", "Joining the network", "join", 2),
    ("autostart", "Starting at sign-in", "join", 1),
    ("start", "Starting to share", "join", 2),
    ("confirm", "Going online", "join", 3),
)
FINDINGS = (
    Finding("processor", Processor(16, 8, "AMD Ryzen 7 5800X 8-Core Processor")),
    Finding("memory", Memory(32 << 30)),
    Finding("disk", Disk(1000 << 30, 412 << 30)),
    Finding(
        "graphics:0",
        GraphicsCard("NVIDIA", "NVIDIA GeForce RTX 4070", "GPU-1", 12282 << 20, "550.54.14"),
    ),
    Finding("graphics:1", GraphicsCard("NVIDIA", "NVIDIA GeForce GTX 970")),
)
NOTHING_FOUND = (
    *FINDINGS[:2],
    Finding("disk", Disk(1000 << 30, 412 << 20)),
    Finding(
        "graphics:0",
        problem=Problem("slow", "The NVIDIA driver did not answer.", "Restart this computer."),
    ),
)
LOG: Sequence[str] = (
    "2030-03-17T17:44:02Z INFO qubix_worker.worker: started, version 0.1.0",
    "2030-03-17T17:44:03Z INFO qubix_worker.link: online at https://compute.example.org",
    "2030-03-17T17:44:33Z INFO qubix_worker.jobs: job 6f19 (wasm) begun",
    "2030-03-17T17:44:45Z INFO qubix_worker.jobs: job 6f19 cancelled by the network",
    "2030-03-17T17:45:03Z INFO qubix_worker.jobs: job 6f1a (wasm) begun",
    "2030-03-17T17:45:08Z WARNING qubix_worker.jobs: job 6f1a ran for its whole time limit of 5 s",
)
CRASH = """\
Traceback (most recent call last):
  File "qubix_desktop/status/window.py", line 61, in show_seen
    self._title.setText(self._view.title)
ValueError: this line is only here to be seen
"""


@dataclass
class Gate:
    """Holds what is under way until the picture is taken."""

    opened: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def wait(self, cancel: threading.Event | None = None) -> None:
        self.reached.set()
        while not self.opened.wait(0.02):
            if cancel and cancel.is_set():
                raise Cancelled

    def open(self) -> None:
        self.opened.set()


@dataclass
class FakeStep:
    key: str
    title: str
    phase: Phase
    weight: float
    gate: Gate | None = None
    problem: Problem | None = None

    def is_done(self) -> bool:
        return False

    def undo(self) -> None:
        pass

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        if self.gate and self.phase == "prepare":
            yield Progress(self.key, "running", "wasmtime", 6.1e6, 9.8e6, "bytes")
        else:
            yield Progress(self.key, "running")
        if self.gate:
            self.gate.wait(cancel)
        if self.problem:
            raise SetupError(self.problem.code, self.problem.happened, self.problem.todo)


class FakeWorker:
    def status(self) -> Status:
        return statuses()["online"]

    def pause(self, seconds: float | None) -> Status:
        return self.status()

    def resume(self) -> Status:
        return self.status()

    def stop(self) -> None:
        pass

    def logs(self, lines: int) -> list[str]:
        return list(LOG)


def services(
    paths: Paths,
    *,
    gates: Mapping[str, Gate] | None = None,
    problems: Mapping[str, Problem] | None = None,
    findings: Sequence[Finding] = FINDINGS,
) -> Services:
    """A world in which a step (or "network", "hardware", "removal") waits at its gate, and meets
    its problem."""
    gates, problems = gates or {}, problems or {}

    def pass_by(name: str) -> None:
        if name in gates:
            gates[name].wait()
        if name in problems:
            problem = problems[name]
            raise QubixError(problem.code, problem.happened, problem.todo)

    def look_up(_: Invitation) -> Network:
        pass_by("network")
        return NETWORK

    def find() -> Iterator[Finding]:
        yield from findings[:2]
        pass_by("hardware")
        yield from findings[2:]

    def plan(_: Choices) -> Setup:
        return Setup([FakeStep(*row, gates.get(row[0]), problems.get(row[0])) for row in STEPS])

    def uninstall(_: bool) -> Iterator[Progress]:
        for key in list(TITLES)[:2]:
            yield Progress(key, "running")
            yield Progress(key, "done")
        yield Progress("remove", "running")
        pass_by("removal")
        yield Progress("remove", "done")

    return Services(
        paths=paths,
        worker=FakeWorker(),
        look_up=look_up,
        find_hardware=find,
        plan=plan,
        start_worker=lambda: None,
        uninstall=uninstall,
        versions=lambda: Versions(NETWORK.server, "0.1.0"),
        former_version=lambda: None,
        support=lambda _: "\n".join(LOG),
        kept=lambda: SETTINGS,
        chosen=lambda: CHOSEN,
        change=lambda _: CHOSEN,
        plan_change=plan,
    )


def statuses() -> dict[str, Status]:
    """One status for each state."""
    jobs = (
        FinishedJob("6f1c", "wasm", "completed", NOW - 120, 41.2),
        FinishedJob("6f1b", "wasm", "completed", NOW - 340, 39.8),
        FinishedJob(
            "6f1a", "wasm", "failed", NOW - 900, 5.0,
            "The job ran for its whole time limit of 5 s and was stopped.",
        ),
        FinishedJob("6f19", "wasm", "cancelled", NOW - 4000, 12.4),
    )  # fmt: skip
    usage = Usage(cpu_percent=37, ram_percent=58, gpus=(card(81, 64, 6150),))
    online = Status(
        "online", NOW - 8000, "marie-desktop", "https://compute.example.org", "Example Compute",
        "w-3f0c", "0.1.0", 4711, recent_jobs=jobs, last_heartbeat_at=NOW - 12, usage=usage,
        shared=Shared(3.4 * 3600, 26.5 * 3600),
    )  # fmt: skip
    lost = Trouble("no_network", "The connection to compute.example.org failed.", "")
    gone = Trouble(
        "unauthorized",
        "compute.example.org answered: This computer is not known here any more.",
        "Join the network again from its page.",
    )
    return {
        "starting": replace(online, state="starting"),
        "online": online,
        "working": replace(
            online,
            state="working",
            jobs=(CurrentJob("6f1d", "wasm", NOW - 25, progress_percent=62),),
        ),
        "paused": replace(online, state="paused", paused_by="you", paused_until=NOW + 3600),
        "hot": replace(
            online,
            state="paused",
            paused_by="heat",
            pause_reason="Resting until the graphics card NVIDIA GeForce RTX 4070 has cooled "
            "down: it was at 91 °C.",
        ),
        "offline": replace(online, state="offline", trouble=lost, retry_at=NOW + 20),
        "attention": replace(online, state="attention", trouble=gone, forgotten=True),
    }


def card(percent: float, celsius: float, used_mb: float) -> GraphicsUsage:
    return GraphicsUsage("NVIDIA GeForce RTX 4070", percent, celsius, used_mb, 12282, uuid="GPU-1")


def looks(status: Status, count: int = 240) -> Iterator[Status]:
    """The same computer, looked at once a second for some minutes: the last is `status` itself."""
    dice = random.Random(11)  # noqa: S311 - nothing secret: the same picture each time
    cpu, gpu, heat = 30.0, 60.0, 58.0
    for at in range(count - 1):
        cpu = min(96, max(4, cpu + dice.uniform(-7, 7)))
        gpu = min(98, max(0, gpu + dice.uniform(-9, 9)))
        heat = min(82, max(42, heat + (gpu - 60) / 60))
        usage = Usage(
            cpu_percent=cpu,
            ram_percent=56 + at / 120,
            gpus=(card(gpu, round(heat), 5200 + 4 * at),),
        )
        yield replace(status, usage=usage)
    yield status
