"""Podman or Docker on this computer: finding it, asking it, and what it needs to be told.

Everything goes through the engine's own command line, which is the one thing that both have in
common on every system; no library, no socket. The one thing to know before changing it: words that
a job chose stand behind `--` or inside `--option=`, where nothing can take them for an option.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from qubix_worker.kinds import line
from qubix_worker.kinds.confine import HERE, child_environment
from qubix_worker.kinds.harmless import one_line
from qubix_worker.wire import from_wire, to_wire

VARIABLES = (
    "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES",
    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS",
    "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_REGISTRIES_CONF", "REGISTRY_AUTH_FILE",
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""What the two programs read of the environment. None of it is handed on to a container."""
FOLDERS = (
    "/usr/bin", "/usr/local/bin", "/opt/podman/bin", "/opt/homebrew/bin",
    r"C:\Program Files\RedHat\Podman", r"C:\Program Files\Docker\Docker\resources\bin",
)  # fmt: skip
"""Where they are installed; the PATH of a program begun at sign-in may lack it."""
CGROUPS = Path("/sys/fs/cgroup")
SESSIONS = Path("/run/user")
NO_LIMITS = "without root it cannot limit memory under cgroup v1"
ASK_SECONDS = 3.0
FOUND_SECONDS = 6 * 3600.0
MISSED_SECONDS = 60.0
"""How long an answer is believed: that there is one, that there is none. Podman writes to its disk
when it is asked, and one that has ended is noticed by the first job that needs it (`doubt`)."""
NOBODY = 65534
PATIENT_SECONDS = 60.0
"""How long a job's child waits for one answer: a busy computer leaves a job little time."""
ENGINE = "engine.json"
"""In a job's folder, before the first container of it can be: what to end it with."""
LABEL = "qubix.jobs"
GONE = "docker daemon|docker api|error during connect|connect to podman"
"""No service of the engine's at the other end. "Failed to connect to the docker API" says Docker
29; "unable to connect to Podman" a Podman whose machine has ended, as in
https://github.com/containers/podman/issues/20424."""

_begun: list[subprocess.Popen[bytes]] = []
_beginning = threading.Lock()

log = logging.getLogger(__name__)


class EngineError(Exception):
    """The engine did not do what it was asked; the message is what it said, or a sentence."""


class SilentError(EngineError):
    """It did not answer in time."""


@dataclass(frozen=True)
class Engine:
    """A Podman or Docker that can hold a job within its limits."""

    name: Literal["podman", "docker"]
    command: tuple[str, ...]
    """The program, and what stands before each of its commands."""
    version: tuple[int, ...]
    user: str
    """Who a job's program is inside: never root, unless that is but this account outside."""
    userns: str = ""
    remote: bool = False
    """Linux, and the engine with it, is a virtual machine's on this computer."""
    selinux: bool = False
    quota: bool = True
    """Whether it can limit the time on the processor."""
    processors: int = 1
    storage: str = ""
    """The folder of its images, where this computer can see it."""
    cards: bool = False
    """Docker: whether it has NVIDIA's runtime."""

    def call(
        self, *arguments: str, seconds: float = 10.0, environment: Mapping[str, str] | None = None
    ) -> str:
        """What the engine writes when asked so. Raises EngineError with what it says."""
        return _ask([*self.command, *arguments], seconds, environment)

    def inspect(self, name: str, what: str, seconds: float = 10.0) -> Any:
        """A part of what it knows of the container `name`, such as `State`."""
        asked = f"--format={{{{json .{what}}}}}"
        return json.loads(self.call("container", "inspect", asked, name, seconds=seconds))

    def answers(self, seconds: float = PATIENT_SECONDS) -> bool:
        """Whether it can be asked anything that its service, or its store, must answer."""
        try:
            self.call("ps", "--quiet", "--last=1", seconds=seconds)
        except EngineError:
            return False
        return True

    def remove(self, name: str, seconds: float = 10.0) -> bool:
        """Ends and removes the container `name`, if it is there; whether it is gone."""
        until = time.monotonic() + seconds
        while True:
            try:
                self.call("rm", "--force", "--volumes", name, seconds=seconds)
                return True
            except EngineError as error:
                said = str(error).lower()
                if "no such container" in said:
                    return True
                if time.monotonic() >= until or re.search(GONE, said):
                    log.warning("A container could not be removed: %s", error)
                    return False
                time.sleep(0.1)  # it is being made, or begun, just now

    def save(self, place: Path) -> None:
        """Notes in a job's folder that this engine may have a container of it."""
        (place / ENGINE).write_text(json.dumps(to_wire(self)), encoding="ascii")

    @classmethod
    def load(cls, place: Path) -> Engine | None:
        """The engine that was noted there."""
        try:
            return from_wire(cls, json.loads((place / ENGINE).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("It cannot be read which engine ran a job: %s", error)
            return None


class Engines:
    """The engine to be used here, remembered for a while."""

    def __init__(
        self,
        look: Callable[[], Engine | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look or find
        self._clock = clock
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._until = float("-inf")

    def best(self) -> Engine | None:
        """The engine, if there is one that can be used. Asked anew only once in a while."""
        with self._lock:
            if self._clock() >= self._until:
                self._engine = self._look()
                seconds = FOUND_SECONDS if self._engine else MISSED_SECONDS
                self._until = self._clock() + seconds
            return self._engine

    def doubt(self) -> None:
        """What was found does not answer any more: it is asked anew."""
        with self._lock:
            self._until = float("-inf")


def find(
    environment: Mapping[str, str] = os.environ,
    *,
    seconds: float = ASK_SECONDS,
    folders: Sequence[str] = FOLDERS,
    account: tuple[int, int] | None = None,
) -> Engine | None:
    """The first engine that answers within `seconds` and can hold a job: Podman, then Docker."""
    found = find_all(environment, seconds=seconds, folders=folders, account=account)
    return next(found, None)


def find_all(
    environment: Mapping[str, str] = os.environ,
    *,
    seconds: float = ASK_SECONDS,
    folders: Sequence[str] = FOLDERS,
    account: tuple[int, int] | None = None,
) -> Iterator[Engine]:
    """All engines that answer, the best first; each is asked only when it is wanted."""
    who = account or _account()
    for name, about in (("podman", _podman), ("docker", _docker)):
        program = _which(name, environment, folders)
        if program is None:
            continue
        try:
            engine = about(program, who, seconds)
        except (EngineError, LookupError, TypeError, ValueError) as error:
            log.debug("%s cannot be used: %s", name, error)
        else:
            yield engine


def require_limits(
    account: tuple[int, int], cgroups: Path = CGROUPS, sessions: Path = SESSIONS
) -> None:
    """Raises EngineError where Podman without root could hold no job, as far as that is seen
    without asking it: its first answer makes folders at home and in the temporary folder."""
    if account[0] == 0 or not cgroups.is_dir():
        return
    if not (cgroups / "cgroup.controllers").exists():
        raise EngineError(NO_LIMITS)
    if not (sessions / str(account[0])).is_dir():
        raise EngineError("its account has no session, in which it could limit memory")


def podman_engine(program: str, info: Mapping[str, Any], account: tuple[int, int]) -> Engine:
    """What `podman info` tells. Raises EngineError where it cannot hold a job."""
    host, security = info["host"], info["host"]["security"]
    if host["os"] != "linux":
        raise EngineError("it does not run Linux programs")
    rootless = bool(security["rootless"])
    controllers = set(host.get("cgroupControllers") or ())
    if rootless and host["cgroupVersion"] != "v2":
        raise EngineError(NO_LIMITS)
    if missing := {"memory", "pids"} - controllers:
        raise EngineError(f"it cannot limit {' and '.join(sorted(missing))}")
    version = _version(info["version"]["Version"])
    remote = bool(host.get("serviceIsRemote"))
    user, userns = f"{NOBODY}:{NOBODY}", ""
    if rootless and (remote or version >= (4, 3)):
        # Whoever leaves the container is this account outside, and so the owner of its files.
        userns = f"keep-id:uid={NOBODY},gid={NOBODY}"
    elif rootless:
        user, userns = f"{account[0]}:{account[1]}", "keep-id"
    return Engine(
        name="podman",
        command=(program,),
        version=version,
        user=user,
        userns=userns,
        remote=remote,
        selinux=bool(security.get("selinuxEnabled")),
        quota="cpu" in controllers,
        processors=int(host.get("cpus") or 1),
        storage="" if remote else str(info.get("store", {}).get("graphRoot") or ""),
    )


def docker_engine(
    command: Sequence[str], info: Mapping[str, Any], account: tuple[int, int]
) -> Engine:
    """What `docker info` tells. Raises EngineError where it cannot hold a job."""
    if not info.get("ServerVersion"):
        raise EngineError("its service does not answer")
    if info["OSType"] != "linux":
        raise EngineError("it does not run Linux programs")
    if not (info.get("MemoryLimit") and info.get("PidsLimit")):
        raise EngineError("it cannot limit memory and processes")
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    storage = str(info.get("DockerRootDir") or "")
    remote = info.get("OperatingSystem") == "Docker Desktop" or not Path(storage).is_dir()
    if any("name=rootless" in option for option in options):
        # Root inside is this account outside, and is given no capability.
        user = "0:0"
    elif remote or account[0] == 0:
        user = f"{NOBODY}:{NOBODY}"
    else:
        user = f"{account[0]}:{account[1]}"
    return Engine(
        name="docker",
        command=tuple(command),
        version=_version(info["ServerVersion"]),
        user=user,
        remote=remote,
        selinux=any("name=selinux" in option for option in options),
        quota=bool(info.get("CpuCfsQuota")),
        processors=int(info.get("NCPU") or 1),
        storage="" if remote else storage,
        cards="nvidia" in (info.get("Runtimes") or {}),
    )


def _podman(program: str, account: tuple[int, int], seconds: float) -> Engine:
    require_limits(account)
    info = json.loads(_ask([program, "info", "--format=json"], seconds))
    return podman_engine(program, info, account)


def _docker(program: str, account: tuple[int, int], seconds: float) -> Engine:
    """Docker's client keeps in its own folder the provider's passwords for registries, and proxies
    that it would hand to containers: it is asked once where its service is, and is then never
    shown that folder. A service on another computer is none of this computer's."""
    endpoint = _ask(
        [program, "context", "inspect", "--format={{.Endpoints.docker.Host}}"], seconds
    ).strip()
    if not endpoint.startswith(("unix://", "npipe://")):
        raise EngineError(f"its service is not on this computer: {one_line(endpoint)}")
    nothing = Path(sys.prefix) / "no-docker-config"
    command = (program, f"--config={nothing}", f"--host={endpoint}")
    info = json.loads(_ask([*command, "info", "--format={{json .}}"], seconds))
    return docker_engine(command, info, account)


def _which(name: str, environment: Mapping[str, str], folders: Sequence[str]) -> str | None:
    path = os.pathsep.join([environment.get("PATH", ""), *folders])
    return shutil.which(name, path=path)


def _ask(
    command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None
) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            env=environment or environment_of(os.environ),
            **HERE.popen_options(),
        )
    except subprocess.TimeoutExpired:
        raise SilentError(f"It did not answer within {seconds:.0f} s.") from None
    except OSError as error:
        raise EngineError(error.strerror or str(error)) from error
    if done.returncode:
        raise EngineError(said(done.stderr) or f"It ended with exit code {done.returncode}.")
    output: bytes = done.stdout
    return output.decode("utf-8", "replace")


def begin(command: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
    """Begins a program of an engine that stays for a while; only ever in a job's child process.
    Raises EngineError where its worker has gone: what is begun then would outlive them all; and
    where the program has."""
    with _beginning:
        if line.worker_gone():
            raise EngineError("The worker has gone.")
        try:
            program = subprocess.Popen(command, **more, **HERE.popen_options())
        except FileNotFoundError as error:  # it was removed just now
            raise EngineError(error.strerror or str(error)) from error
        _begun.append(program)
    return program


def end_begun() -> None:
    """Ends what `begin` began in this process; in the worker that is nothing."""
    with _beginning:
        for program in _begun:
            program.kill()


def environment_of(whole: Mapping[str, str]) -> dict[str, str]:
    """What an engine's program is given of the environment."""
    return child_environment(whole, VARIABLES)


def said(output: bytes) -> str:
    """The last line of what an engine wrote that says something, made harmless: in it may stand
    what a registry has answered."""
    lines = output[-16384:].decode("utf-8", "replace").splitlines()
    return next((one_line(line) for line in reversed(lines) if line.strip()), "")


def _account() -> tuple[int, int]:
    """This account's user and group; root's where the system does not number them."""
    if not hasattr(os, "getuid"):
        return (0, 0)
    return (os.getuid(), os.getgid())


def _version(text: str) -> tuple[int, ...]:
    found = re.match("[0-9]+(?:[.][0-9]+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()
