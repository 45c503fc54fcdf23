"""The step that gives the one-file worker its libraries: an environment of its own, beside it.

Only this step runs on a bare Python: it needs nothing but the standard library. The package and
the frozen application bring their libraries along, and pass it over. The environment is named
after the list of what is in it, so a new list makes a new one and an old one can still run.

It stays new until the whole setup has come to its end: a cancel in any later step, by which time
another process runs inside it, takes it away as well. One that was there and is damaged is made
anew, while a worker may still run from it: what is in use is moved out of the way where it cannot
be removed, and setup starts that worker again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import pkgutil
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from qubix_worker import amalgamation, system
from qubix_worker.errors import SetupError
from qubix_worker.files import write_whole
from qubix_worker.lock import Lock, SetupRunningError
from qubix_worker.log_files import newest_first
from qubix_worker.paths import Paths
from qubix_worker.setup.fetching import Fetching
from qubix_worker.setup.steps import Cancelled, Phase, Progress

log = logging.getLogger(__name__)

LOCK_NAME = "environment.lock"
LOG_NAME = "environment.log"
"""Beside the environment: a bare Python does not know yet where other logs go."""
SILENCE_SECONDS = 1800.0
"""pip that says nothing for this long is given up. It says nothing either while one file comes over
a slow line; where nothing comes at all, it ends by its own limit."""
INSPECTION_SECONDS = 120.0
_INSPECTION = """\
import base64, hashlib, importlib.metadata, sys, sysconfig
import platformdirs, psutil, requests
for library in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")]):
    for file in library.files or ():
        if file.hash:
            digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value:
                sys.exit(f"{file} is not as it was installed")
"""
"""What it is asked: the digests are those that pip keeps (packaging.python.org, "Recording
installed projects"). A Python of another version, as after an upgrade of the system, looks for the
libraries elsewhere, and finds none."""


def requirements() -> bytes:
    """The worker's lock file: exact versions with their hashes."""
    text = pkgutil.get_data("qubix_worker", "requirements.txt")
    assert text is not None, "the worker's list of libraries is a part of it"
    return text


class Environment:
    """A virtual environment in `folder` with the libraries of `requirements`."""

    key = "environment"
    title = "Preparing the software"
    phase: Phase = "prepare"
    weight = 25.0

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        digest = hashlib.sha256(requirements()).hexdigest()[:12]
        self._folder = folder / f"environment-{digest}"
        self._complete = self._folder / "complete"
        self._new = self._folder / "new"
        self._mended = self._folder / "mended"
        self._environ = environ

    @property
    def python(self) -> Path:
        return system.current().environment_python(self._folder)

    @property
    def log(self) -> Path:
        return self._folder.with_name(LOG_NAME)

    def is_inside(self) -> bool:
        """Whether this very process runs in it."""
        return Path(sys.prefix) == self._folder

    def is_there(self) -> bool:
        """Whether it was once made whole, as far as a glance tells."""
        return self._complete.exists() and self.python.exists()

    def is_done(self) -> bool:
        """Whether its Python runs, and each file in it is as it was installed."""
        if not self.is_there():
            return False
        command = [str(self.python), "-I", "-c", _INSPECTION]
        try:
            found = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=self._quiet_environ(), timeout=INSPECTION_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            log.info("the environment does not run: %s", error)
            return False
        if found.returncode:
            log.info("the environment is damaged: %s", found.stdout.decode("utf-8", "replace"))
        return found.returncode == 0

    def is_new(self) -> bool:
        """Whether no setup has come to its end since it was made."""
        return self._new.exists()

    def is_mended(self) -> bool:
        """Whether it was made anew in place of a damaged one, and no setup has ended since."""
        return self._mended.exists()

    def keep(self) -> None:
        """This is what this computer runs from now on: the short command leads to it, and those
        of former versions go. Raises OSError."""
        here = system.current()
        shim = here.shim(self._folder, Paths.home_of(self._environ))
        command = self._folder.with_name(here.shim_name)
        is_there = command.exists() and not (self.is_new() or self.is_mended())
        if is_there and command.read_bytes() == shim:
            return
        try:
            write_whole(command, shim, mode=0o755)
        except OSError as error:
            if not is_there:
                raise
            # In a container's image, say, which nobody can write to. The one that is there will do.
            log.info("%s stays as it is: %s", command, error)
            return
        self._new.unlink(missing_ok=True)
        self._mended.unlink(missing_ok=True)
        for other in self._folder.parent.glob("environment-*"):
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        # On a bare Python the setup's own lock is out of reach: it does not know yet where.
        lock = Lock(self._folder.with_name(LOCK_NAME), SetupRunningError)
        lock.acquire()
        try:
            if not self.is_done():  # or another setup has made it meanwhile
                yield from self._run(cancel)
        finally:
            lock.release()

    def _run(self, cancel: threading.Event) -> Iterator[Progress]:
        yield Progress(self.key, "running", "making room for it")
        mark = self._mended if self._complete.exists() else self._new
        with contextlib.suppress(FileNotFoundError):  # else it is damaged, or was left half-way
            system.current().remove_tree(self._folder)
        self._temporary.mkdir(parents=True)
        yield from self._make(cancel)
        yield from self._libraries(cancel)
        shutil.rmtree(self._temporary, ignore_errors=True)
        write_whole(mark, b"")
        write_whole(self._complete, b"")

    def undo(self) -> None:
        """The log goes too: it tells of nothing that is there."""
        with contextlib.suppress(OSError):
            system.current().remove_tree(self._folder)
        for file in newest_first(self.log):
            with contextlib.suppress(OSError):  # on Windows, one that is still open
                file.unlink()

    @property
    def _temporary(self) -> Path:
        return self._folder / "temporary"

    def _make(self, cancel: threading.Event) -> Iterator[Progress]:
        # Not in one: of an ensurepip that fails, venv tells no more than that it did.
        bare = [sys.executable, "-I", "-m", "venv", "--without-pip", str(self._folder)]
        pip = [str(self.python), "-I", "-m", "ensurepip", "--default-pip"]
        for command in (bare, pip):
            output: list[str] = []
            lines = self._lines(command, cancel)
            status = yield from self._quietly(lines, output)
            if status != 0:
                raise _failure("\n".join(output))

    def _quietly(
        self, lines: Generator[str, None, int], output: list[str]
    ) -> Generator[Progress, None, int]:
        while True:
            try:
                line = next(lines)
            except StopIteration as end:
                return int(end.value)
            if line:
                output.append(line)
                yield Progress(self.key, "running", "making room for it")

    def _libraries(self, cancel: threading.Event) -> Iterator[Progress]:
        listed = self._folder / "requirements.txt"
        write_whole(listed, requirements())
        total = _count_for_here(requirements().decode())
        command = [
            str(self.python), "-I", "-m", "pip", "install", "--no-input", "--no-color",
            "--disable-pip-version-check", "--no-cache-dir", "--progress-bar", "off",
            "--retries", "2", "--timeout", "20", "--only-binary", ":all:",
            "--require-hashes", "-r", str(listed),
        ]  # fmt: skip
        fetching = Fetching(self._temporary)
        output: list[str] = []
        for line in self._lines(command, cancel):
            if line:
                output.append(line)
            if news := fetching.after(line):
                done = min(news.done, total)
                yield Progress(self.key, "running", news.note, done, total + 1, "packages")
            elif line.startswith("Installing"):
                note = "putting it in place"
                yield Progress(self.key, "running", note, total, total + 1, "packages")
        if not output or not output[-1].startswith("Successfully installed"):
            raise _failure("\n".join(output))

    def _quiet_environ(self) -> dict[str, str]:
        """What pip may see: nothing that leads it elsewhere, nor lets it write elsewhere (it asks
        rustc for its version, and rustup would then write into the home folder). Who is ended
        leaves temporary files: they lie in what is taken away."""
        kept = {k: v for k, v in self._environ.items() if k not in _HIDDEN}
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary))
        return kept | temporary | {"RUSTUP_HOME": str(self._folder / "rustup")}

    def _lines(self, command: list[str], cancel: threading.Event) -> Generator[str, None, int]:
        """The lines that `command` prints, and an empty one for each moment in which none comes;
        then its status. It is ended on cancel, or when it falls silent."""
        log.info("running %s", command)
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=self._quiet_environ(),
        )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(process, lines), daemon=True).start()
        silent = 0.0
        try:
            while True:
                if cancel.is_set():
                    raise Cancelled
                try:
                    line = lines.get(timeout=0.1)
                except queue.Empty:
                    silent += 0.1
                    if silent > SILENCE_SECONDS:
                        raise _failure("timed out") from None
                    yield ""
                    continue
                silent = 0.0
                if line is None:
                    return process.wait()
                log.info("%s", line)
                yield line
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
            process.wait()


_HIDDEN = ("QUBIX_ENROLLMENT", "PYTHONHOME", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_USER",
           "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__")  # fmt: skip


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line.rstrip())
    process.wait()
    lines.put(None)


def _count_for_here(text: str) -> int:
    """About how many packages the list asks for on this system (markers name the others)."""
    heads = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return sum("sys_platform" not in line for line in heads) or 1


_CAUSES = (
    (r"No space left|Disk quota|not enough space", "disk_full",
     "There is no room left on the disk.", "Free about 200 MB, then try again."),
    (r"HASHES|hashes are required|do not match", "tampered",
     "A library that was fetched is not the one that was expected, so it was not used.",
     "Try again; if it lasts, tell the people who run the network."),
    (r"ProxyError|Tunnel connection failed|\b407 Proxy|check proxy URL|Failed to parse: \w+://"
     r"|dependencies for SOCKS", "proxy",
     "The proxy of this network did not let the download through.",
     "Check the proxy's address and password in the system's settings, then try again."),
    (r"CERTIFICATE_VERIFY|SSLError|certificate", "certificate",
     "The libraries could not be fetched over a secure connection.",
     "Check this computer's date and time, then try again. If a company or a school runs this "
     "network, tell it that the download is held up."),
    (r"name resolution|NewConnectionError|unreachable|refused|timed out|connection broken"
     r"|ConnectTimeout|getaddrinfo|ConnectionError", "no_network",
     "The libraries that QUBIX needs could not be fetched from the internet.",
     "Check this computer's connection to the internet, then try again."),
    (r"Could not find a version|No matching distribution", "no_build",
     "One of the libraries that QUBIX needs is not there for this system and its Python.",
     "Install a Python from 3.11 to 3.14 that was made for this system, then try again; or use "
     "the application or the container instead."),
    (r"ensurepip is not available|No module named (venv|ensurepip|pip)", "python_incomplete",
     "The Python on this computer comes without the part that makes environments (venv).",
     "Install it (on Debian and Ubuntu: sudo apt-get install python3-venv), then try again."),
)  # fmt: skip


def _failure(output: str) -> SetupError:
    for pattern, code, happened, todo in _CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return SetupError(code, happened, todo)
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    return SetupError(
        "environment_failed",
        f"The software could not be prepared ({last[:200]})." if last
        else "The software could not be prepared.",
        "Try again; if it lasts, send the log to the people who run the network.",
    )  # fmt: skip


def for_this_program(environ: Mapping[str, str]) -> Environment | None:
    """The environment that the one-file worker keeps beside itself; None for a program that
    brings its libraries along (the package, the frozen application)."""
    file = amalgamation.running_from()
    return Environment(file.parent, environ) if file else None
