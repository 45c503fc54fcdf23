"""The kind `container`, in the job's child process: fetches the image, makes the container, begins
it, and says how it ended.

The container is made first and begun then, so that what the engine has to say about making it is
never mixed up with what the program says. It is not removed here: `container.tidy` does that,
after every end, however sudden.

The one thing to know before changing it: the engine, not this process, holds the program. When
this process, or the worker, is killed, the program goes on until somebody removes its container.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Literal

from qubix_worker.kinds import container, container_engine, exchange, line
from qubix_worker.kinds.container_engine import (
    PATIENT_SECONDS,
    Engine,
    EngineError,
    SilentError,
    begin,
    environment_of,
    said,
)
from qubix_worker.kinds.container_images import Image, Images, OverdueError, Reference
from qubix_worker.kinds.container_options import HOSTS, Wanted, card_options, create, start
from qubix_worker.kinds.container_trouble import gone, not_begun, not_made, out_of_reach, stuck
from qubix_worker.kinds.folder import FILES, STDERR, STDIN, STDOUT
from qubix_worker.kinds.harmless import last_line
from qubix_worker.kinds.kind import (
    OUTPUT_BYTES,
    NotHereError,
    Outcome,
    SpecError,
    Task,
    flooded,
    timed_out,
)

POLL_SECONDS = 0.02
DRAIN_SECONDS = 2.0
NAME_SECONDS = 0.3
NAME_TRIES = 20
CHUNK_BYTES = 64 * 1024
KILLED = 137
"""128 and the number of SIGKILL."""
REMOVAL_SECONDS = 1.0
"""Who removes a container has its program killed first: for so long it may still be there."""
REMOVED = "The job's container was removed while it was at work."

Stream = Literal["stdout", "stderr"]


def run(task: Task) -> Outcome:
    """Runs the program of `task`. Raises SpecError where it cannot be begun, NotHereError where it
    cannot be begun here, or the engine has ended under it."""
    place = Path.cwd()
    engine = container_engine.find(seconds=PATIENT_SECONDS)
    if engine is None:
        raise NotHereError("This computer has no Podman or Docker that answers.", "no_engine")
    over = threading.Event()
    line.when_over(over.set)
    wanted = _wanted(engine, task, place)
    _fill(place, engine, task)
    images = Images(engine, place.parent.parent / container.CONTAINERS, place)
    reference = Reference.of(container.image(task.spec))
    try:
        found = _image(images, reference, task, over)
        wanted = replace(wanted, volumes=found.volumes)
        # From here on there is something that must be removed.
        engine.save(place)
        _create(engine, wanted)
        return _execute(engine, wanted, over)
    except SilentError as error:
        raise stuck(error) from error
    except EngineError as error:
        raise gone(engine) from error
    except OverdueError:
        return Outcome("failed", error=timed_out(task.timeout_seconds))


def _wanted(engine: Engine, task: Task, place: Path) -> Wanted:
    spec, limits = task.spec, task.limits
    return Wanted(
        name=container.container_name(place),
        label=container.label(place.parent),
        image=container.image(spec)[0],
        place=place,
        memory_mb=container.memory_mb(spec, limits),
        cores=limits.cores,
        pids=container.pids(spec),
        seconds=task.timeout_seconds,
        priority=limits.priority,
        entrypoint=container.entrypoint(spec),
        args=container.arguments(spec),
        env=container.environment(spec),
        network=container.network(spec, limits),
        devices=card_options(engine, container.cards(spec, limits)),
    )


def _image(images: Images, reference: Reference, task: Task, over: threading.Event) -> Image:
    try:
        return images.ready(reference, task.limits.network, over)
    except OverdueError as error:
        raise out_of_reach(reference.registry) from error


def _fill(place: Path, engine: Engine, task: Task) -> None:
    """Puts what the program is given into the job's folder."""
    (place / STDIN).write_bytes(container.stdin(task.spec))
    (place / HOSTS).write_text("127.0.0.1 localhost job\n::1 localhost\n", encoding="ascii")
    (place / HOSTS).chmod(0o644)  # whoever the program is; the folder around it stays shut
    files = place / FILES
    exchange.write(files, exchange.given(task.spec))
    for path in [files, *files.rglob("*")]:
        _hand_over(path, engine)


def _hand_over(path: Path, engine: Engine) -> None:
    """Lets the program, whoever it is, read and write `path`. The folder around it stays shut to
    everybody else."""
    if engine.remote:
        path.chmod(0o777 if path.is_dir() else 0o666)
    elif hasattr(os, "geteuid") and os.geteuid() == 0 and not engine.userns:
        user, group = engine.user.split(":")
        os.chown(path, int(user), int(group))


def _create(engine: Engine, wanted: Wanted) -> None:
    process = begin(
        [*engine.command, *create(engine, wanted)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment_of(os.environ),
    )
    try:
        errors = process.communicate(timeout=PATIENT_SECONDS)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        raise SilentError(f"It did not answer within {PATIENT_SECONDS:.0f} s.") from None
    if process.returncode:
        sentence = f"The container could not be made: {said(errors)}"
        raise _not_made(engine, wanted, sentence, errors, process.returncode)
    mounts = engine.inspect(wanted.name, "Mounts", PATIENT_SECONDS) if wanted.volumes else []
    if any(mount.get("Type") == "volume" for mount in mounts or ()):
        raise SpecError("The image wants to write to folders of its own on the disk.")


def _execute(engine: Engine, wanted: Wanted, over: threading.Event) -> Outcome:
    with Path(STDIN).open("rb") as stdin:
        process = begin(
            [*engine.command, *start(wanted)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment_of(os.environ),
        )
    line.say("running")
    if not engine.remote:
        threading.Thread(target=_name_program, args=(engine, wanted), daemon=True).start()
    pumps = [
        _Pump(process.stdout, Path(STDOUT), "stdout"),
        _Pump(process.stderr, Path(STDERR), "stderr"),
    ]
    try:
        while process.poll() is None and not any(pump.flooded for pump in pumps):
            if over.wait(POLL_SECONDS):
                raise OverdueError
    finally:
        process.kill()
        process.wait()
    for pump in pumps:
        pump.join(DRAIN_SECONDS)
    for pump in pumps:
        if pump.flooded:
            return Outcome("failed", error=flooded(pump.stream))
    return _ended(engine, wanted)


def _name_program(engine: Engine, wanted: Wanted) -> None:
    """Tells the worker which process it is, for it to look at; short programs end before that."""
    for _ in range(NAME_TRIES):
        time.sleep(NAME_SECONDS)
        with contextlib.suppress(EngineError, OSError, ValueError):
            if pid := int(engine.inspect(wanted.name, "State", PATIENT_SECONDS)["Pid"]):
                whole = wanted.place / f"{container.PROGRAM}.part"
                whole.write_bytes(b"%d" % pid)
                whole.replace(wanted.place / container.PROGRAM)
                return


class _Pump(threading.Thread):
    """Writes what the program says to a file of the job's folder, up to a little too much."""

    def __init__(self, pipe: IO[bytes] | None, path: Path, stream: Stream) -> None:
        super().__init__(daemon=True)
        self.stream = stream
        self.flooded = False
        self._pipe = pipe
        self._path = path
        self.start()

    def run(self) -> None:
        if self._pipe is None:
            return
        with self._path.open("ab", buffering=0) as file:
            room = OUTPUT_BYTES + 1 - file.tell()
            while room > 0 and (data := os.read(self._pipe.fileno(), CHUNK_BYTES)):
                file.write(data[:room])
                room -= len(data)
        self.flooded = room <= 0


def _ended(engine: Engine, wanted: Wanted) -> Outcome:
    state = _state_of(engine, wanted)
    if int(state.get("ExitCode") or 0) == KILLED and not state.get("OOMKilled"):
        time.sleep(REMOVAL_SECONDS)
        state = _state_of(engine, wanted)
    code = int(state.get("ExitCode") or 0)
    trouble = str(state.get("Error") or "")
    if state.get("Running"):
        raise NotHereError("The container could not be followed to its end.", "no_engine")
    if state.get("Status") != "exited" or (trouble and code in (126, 127, 128)):
        said_of_it = trouble or last_line(Path(STDERR))
        raise _not_made(engine, wanted, not_begun(said_of_it), said_of_it.encode(), 0)
    if code == 0:
        return Outcome("completed", exit_code=0)
    sentence = f"The program ended with exit code {code}."
    if state.get("OOMKilled"):
        sentence = f"The program reached its memory limit of {wanted.memory_mb} MiB and was ended."
    elif code == KILLED:
        sentence = (
            f"The program was killed (exit code {code}), as happens where it reaches its memory"
            f" limit of {wanted.memory_mb} MiB."
        )
    return Outcome("failed", exit_code=code, error=_with_last_words(sentence))


def _state_of(engine: Engine, wanted: Wanted) -> dict[str, Any]:
    try:
        state: dict[str, Any] = engine.inspect(wanted.name, "State", PATIENT_SECONDS)
    except SilentError:
        raise
    except (EngineError, ValueError) as error:
        if not engine.answers():
            raise gone(engine) from error
        # By the computer's owner, or since it could not be paused when he wanted his computer.
        raise NotHereError(REMOVED) from error
    if state.get("Status") == "removing":
        raise NotHereError(REMOVED)
    return state


def _not_made(
    engine: Engine, wanted: Wanted, sentence: str, output: bytes, code: int
) -> SpecError | NotHereError:
    chosen = [wanted.entrypoint or "", *wanted.args, wanted.image, *wanted.env.values()]
    return not_made(engine, sentence, output.decode("utf-8", "replace"), code, chosen)


def _with_last_words(sentence: str) -> str:
    last = last_line(Path(STDERR))
    return f"{sentence} The last line of its error output: {last}" if last else sentence
