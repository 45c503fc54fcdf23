"""`make run`: the main job, on this machine alone.

Prepares the software, starts a server on 127.0.0.1, and brings this computer online with it: by
the wizard where there is a display, else in the terminal. All state is in .qubix/ of this clone.
Ctrl+C ends all that was started. Needs nothing but Python; the rest it fetches.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import bootstrap

ROOT = bootstrap.ROOT
HOME = ROOT / ".qubix"
BIN = bootstrap.VENV / "bin"
READY_SECONDS = 60
STOP_SECONDS = 25


class FailedError(Exception):
    """Something did not work; the message is for a person."""


def main() -> int:
    try:
        HOME.mkdir(exist_ok=True)
        with only_one():
            window = prepare()
            with stop_signals() as stop:
                run(stop, window=window)
    except (FailedError, bootstrap.UnreadyError) as reason:
        say(str(reason), sys.stderr)
        return 1
    except OSError as error:
        say(bootstrap.explain(str(error)), sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("Stopped; the next start goes on from here.", sys.stderr)
        return 130
    return 0


def prepare() -> bool:
    """Gets the software; whether there will be a window."""
    window = has_display() and bootstrap.system_packages(bootstrap.WINDOW_PACKAGES)
    if has_display() and not window:
        say("Without them there is no window, so the setup goes on in this terminal.")
    bootstrap.ensure("desktop" if window else "server")
    return window


def run(stop: threading.Event, *, window: bool) -> None:
    with ends_all() as started:
        server = started.server = start_server()
        wait_until_ready(server, stop)
        if stop.is_set():
            return
        invitation = {} if has_joined() else new_enrollment()
        if has_joined() or not window:
            set_up(invitation, stop)
        if window and not stop.is_set():
            started.window = subprocess.Popen(
                [BIN / "qubix", "--server", address()], env=environment() | invitation
            )
            wait_for_wizard(started, stop)
        if not stop.is_set():
            say(closing_words(after_setup=not window))
        watch(started, stop)
    say("All that was started has ended. What it knows is kept in .qubix/.")


class Started:
    """What this run has started, and therefore ends."""

    server: subprocess.Popen[bytes] | None = None
    window: subprocess.Popen[bytes] | None = None


@contextmanager
def only_one() -> Iterator[None]:
    """One `make run` in a clone at a time."""
    with (HOME / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FailedError(
                "QUBIX is already running from this folder. Press Ctrl+C in its terminal to end "
                "it, or look at it: " + shown("qubix-worker", "status")
            ) from None
        yield


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl+C and SIGTERM set; the second time they interrupt at once."""
    stop = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    yield stop


@contextmanager
def ends_all() -> Iterator[Started]:
    """Whatever happens, what was started is ended: the window, the worker, the server."""
    started = Started()
    try:
        yield started
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print(flush=True)
        if started.window and started.window.poll() is None:
            end(started.window)
        if is_held(HOME / "state" / "worker.lock"):
            subprocess.run([BIN / "qubix-worker", "stop", "-q"], env=environment(), check=False)
        if started.server and started.server.poll() is None:
            assert started.server.stdin is not None
            started.server.stdin.close()
            end(started.server)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_server() -> subprocess.Popen[bytes]:
    # It ends when its standard input does, so that it never outlives this process.
    return subprocess.Popen(
        [BIN / "qubix-server", "serve", "--until-stdin-closes"],
        env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def wait_until_ready(server: subprocess.Popen[bytes], stop: threading.Event) -> None:
    """Until this very server answers; another one at the same port is not taken for it."""
    assert server.stdout is not None
    first = server.stdout.readline()  # it speaks once the port is its own
    threading.Thread(target=copy, args=(first, server.stdout), daemon=True).start()
    for _ in range(READY_SECONDS * 10):
        if not first or server.poll() is not None:
            raise FailedError("The server could not be started; the reason stands above.")
        with contextlib.suppress(OSError), fetch(f"{address()}/healthz", seconds=1):
            return
        if stop.wait(0.1):
            return
    raise FailedError(f"The server did not answer at {address()} within {READY_SECONDS} seconds.")


def copy(first: bytes, rest: IO[bytes]) -> None:
    """What the server says, as its own lines in this terminal."""
    for line in itertools.chain([first], rest):
        sys.stdout.write(line.decode(errors="replace"))
        sys.stdout.flush()


def set_up(invitation: dict[str, str], stop: threading.Event) -> None:
    """The setup in this terminal; where this computer has joined before, it only starts it."""
    command = [str(BIN / "qubix-worker"), "setup", "--server", address()]
    failed = subprocess.run(command, env=environment() | invitation, check=False).returncode
    if failed and not stop.is_set():  # Ctrl+C has reached it, too
        raise FailedError("This computer could not be brought online; the reason stands above.")


def wait_for_wizard(started: Started, stop: threading.Event) -> None:
    """Until the person has gone through the wizard, or has closed it."""
    window, server = started.window, started.server
    assert window is not None and server is not None
    while not has_joined() or not is_held(HOME / "state" / "worker.lock"):
        if stop.wait(0.2):
            return
        if server.poll() is not None:
            raise FailedError("The server has ended unexpectedly.")
        if window.poll() is not None:
            raise FailedError("The window was closed before this computer was online.")


def watch(started: Started, stop: threading.Event) -> None:
    """Until Ctrl+C; says what has ended by itself, and ends when nothing is left."""
    assert started.server is not None
    alive = {"server": True, "worker": True}
    while any(alive.values()) and not stop.wait(0.5):
        now = {
            "server": started.server.poll() is None,
            "worker": is_held(HOME / "state" / "worker.lock"),
        }
        for name, was in alive.items():
            if was and not now[name]:
                say(f"The {name} has ended. Ctrl+C ends the rest; `make run` starts all again.")
            elif now[name] and not was:
                say(f"The {name} is back.")
        alive = now


def new_enrollment() -> dict[str, str]:
    with fetch(f"{address()}/api/enrollments", b"{}") as answer:
        return {"QUBIX_ENROLLMENT": json.load(answer)["enrollment"]}


def fetch(
    url: str, body: bytes | None = None, *, seconds: float = 10
) -> contextlib.closing[IO[bytes]]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    return contextlib.closing(direct.open(request, timeout=seconds))


def has_joined() -> bool:
    try:
        who = json.loads((HOME / "state" / "identity.json").read_bytes())
        return bool(who.get("secret")) and who.get("server") == address()
    except (OSError, ValueError, AttributeError):
        return False


def is_held(lock: Path) -> bool:
    try:
        with lock.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def address() -> str:
    return f"http://127.0.0.1:{os.environ.get('QUBIX_PORT', '3001')}"


def environment() -> dict[str, str]:
    """The environment of what is started: everything it writes stays in the clone."""
    return dict(os.environ) | {
        "QUBIX_HOME": str(HOME),
        "XDG_CACHE_HOME": str(HOME / "cache"),
        "QUBIX_HOST": "127.0.0.1",
    }


def shown(program: str, *arguments: str) -> str:
    """A command as a person types it in this folder."""
    here = "." if Path.cwd() == ROOT else str(ROOT)
    port = os.environ.get("QUBIX_PORT")
    prefix = f"QUBIX_HOME={shlex.quote(os.path.normpath(f'{here}/.qubix'))} " + (
        f"QUBIX_PORT={shlex.quote(port)} " if port and program == "qubix-server" else ""
    )
    path = shlex.quote(os.path.normpath(f"{here}/.venv/bin/{program}"))
    return f"{prefix}{path} {shlex.join(arguments)}"


def closing_words(*, after_setup: bool) -> str:
    """How to go on. After a setup in this terminal, what it has said is not said again."""
    example = os.path.relpath(ROOT / "examples" / "mandelbrot.wasm")
    lines = [
        "",
        f"The server is at {address()}",
        f"  its page      {address()}/   (Share my GPU, for other computers)",
        f"  give it a job {shown('qubix-server', 'jobs', 'submit', example)}",
    ]
    if not after_setup:
        lines += [
            f"  see it        {shown('qubix-worker', 'status')}",
            f"  pause it      {shown('qubix-worker', 'pause', '--for', '1h')}",
            f"  resume it     {shown('qubix-worker', 'resume')}",
        ]
    return "\n".join([*lines, "Ctrl+C here ends the worker and the server."])


def say(text: str, stream: IO[str] = sys.stdout) -> None:
    print(text, file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main())
