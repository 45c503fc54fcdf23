"""What an engine is told when it makes a container: every bound of a job stands in this file.

Pure: from what is wanted to a list of words. The one thing to know before changing it: a word that
a job chose is the value of an option (`--env=...`, in one word with it) or stands behind `--`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qubix_worker.kinds.container_engine import Engine
from qubix_worker.kinds.kind import DISK_BYTES, NotHereError

FOLDER = "/files"
HOSTS = "hosts"
"""In the job's folder: the /etc/hosts of a container, which else is made of this computer's own."""
CPU_SHARES = {"idle": 2, "low": 256, "normal": 1024}
"""Weights against other groups of processes, of which 1024 is the usual one; 2 is the least."""
CDI_FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
"""https://github.com/cncf-tags/container-device-interface"""
DRM = Path("/sys/class/drm")
SECRETS = "/run/secrets"
"""https://github.com/containers/common/blob/main/docs/containers-mounts.conf.5.md"""
OVERTIME_SECONDS = 60


@dataclass(frozen=True)
class Wanted:
    """One job's container."""

    name: str
    label: str
    image: str
    place: Path
    """The job's folder on this computer; the container gets its `files`."""
    memory_mb: int
    cores: float
    pids: int
    seconds: int
    priority: str = "idle"
    entrypoint: str | None = None
    args: Sequence[str] = ()
    env: dict[str, str] = field(default_factory=dict)
    network: bool = False
    devices: tuple[str, ...] = ()
    """Options, from `card_options`."""
    volumes: tuple[str, ...] = ()
    """Folders that the image declares to be written to beside it."""


def create(engine: Engine, wanted: Wanted) -> list[str]:
    """The command that makes the container, from the engine's own first word on."""
    return [
        "create",
        f"--name={wanted.name}",
        f"--label={wanted.label}",
        "--pull=never",
        "--interactive",
        f"--user={engine.user}",
        *_isolation(wanted),
        *_amounts(engine, wanted),
        *_places(engine, wanted),
        *(_podman(engine, wanted) if engine.name == "podman" else _docker(wanted)),
        *wanted.devices,
        *(f"--env={name}={value}" for name, value in _env(wanted).items()),
        *_entrypoint(engine, wanted.entrypoint),
        "--",
        wanted.image,
        *wanted.args,
    ]


def start(wanted: Wanted) -> list[str]:
    """The command that begins it and stays with it to its end."""
    return ["start", "--attach", "--interactive", wanted.name]


def card_options(
    engine: Engine,
    cards: Sequence[str],
    cdi: Sequence[Path] = CDI_FOLDERS,
    drm: Path = DRM,
) -> tuple[str, ...]:
    """What gives a container the cards with these UUIDs. Raises NotHereError where it cannot: that
    is for this computer's owner to mend."""
    nvidia = [card for card in cards if card.startswith(("GPU-", "MIG-"))]
    nodes = [_amd_node(card, drm) for card in cards if card not in nvidia]
    options = []
    if nvidia and (engine.name == "podman" or (engine.version >= (25,) and not engine.cards)):
        if not engine.remote and (unknown := _not_in_cdi(nvidia, cdi)):
            raise NotHereError(
                f"This computer's containers do not know its graphics card {unknown} yet; its"
                " owner can tell them by 'nvidia-ctk cdi generate'."
            )
        options += [f"--device=nvidia.com/gpu={card}" for card in nvidia]
    elif nvidia:
        options.append(f'--gpus="device={",".join(nvidia)}"')
    if nodes:
        options += ["--device=/dev/kfd", *(f"--device={node}" for node in nodes)]
        options += _group_of(nodes, engine)
    return tuple(options)


def _isolation(wanted: Wanted) -> list[str]:
    return [
        *([] if wanted.network else ["--network=none"]),
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--read-only",
        "--ipc=private",
        "--hostname=job",
        # Nothing that the program says is written anywhere but to the job's own folder.
        "--log-driver=none",
        # A check of the image's own would run beside the program, on Podman by a timer of the host.
        "--no-healthcheck",
        # To remove it is to kill it at once.
        "--stop-timeout=0",
    ]


def _amounts(engine: Engine, wanted: Wanted) -> list[str]:
    options = [
        f"--pids-limit={wanted.pids}",
        f"--memory={wanted.memory_mb}m",
        # Both together: no swap.
        f"--memory-swap={wanted.memory_mb}m",
        f"--shm-size={_scratch_mb(wanted)}m",
    ]
    if engine.quota:
        cores = max(0.01, min(wanted.cores, engine.processors))
        options += [f"--cpus={cores:.2f}", f"--cpu-shares={CPU_SHARES[wanted.priority]}"]
    return options


def _places(engine: Engine, wanted: Wanted) -> list[str]:
    scratch = _scratch_mb(wanted)
    # Memory, and so within the limit of it. Programs in there can be run: what compiles itself
    # needs that, and a program that is a stranger's already gains nothing by it.
    options = [
        f"--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size={scratch}m{_bare(engine)}",
        f"--tmpfs=/run:rw,noexec,nosuid,nodev,mode=1777,size=1m{_bare(engine)}",
        f"--tmpfs=/var/tmp:rw,noexec,nosuid,nodev,mode=1777,size={scratch}m{_bare(engine)}",
    ]
    files = wanted.place / "files"
    if engine.name == "docker" and engine.selinux:
        options.append(f"--volume={files}:{FOLDER}:Z")  # --mount knows no label
    else:
        options.append(_mount(engine, files, FOLDER, writable=True))
    options.append(f"--workdir={FOLDER}")
    return options


def _podman(engine: Engine, wanted: Wanted) -> list[str]:
    return [
        *([f"--userns={engine.userns}"] if engine.userns else []),
        "--image-volume=ignore",
        # Else the worker's own proxy, and the password in it, would be in the environment.
        "--http-proxy=false",
        # Else the container would read this computer's own list of its neighbours' names.
        "--no-hosts",
        # Else a system's own list of mounts (mounts.conf; RHEL's has its subscription's keys there)
        # would be in there.
        f"--tmpfs={SECRETS}:ro,noexec,nosuid,nodev,size=4k,notmpcopyup",
        _mount(engine, wanted.place / HOSTS, "/etc/hosts", writable=False),
        # Podman's monitor ends the program even when nobody of ours is left to do it.
        f"--timeout={wanted.seconds + OVERTIME_SECONDS}",
        # What is near inherits the child's limits, and those of the provider's containers.conf.
        *(["--ulimit=core=0:0"] if engine.remote else []),
    ]


def _docker(wanted: Wanted) -> list[str]:
    return [
        # Else the container would read by which names this computer asks, and whom.
        *([] if wanted.network else ["--dns=127.0.0.1", "--dns-search=."]),
        # Else each would become a folder of the disk, with no limit.
        *(f"--tmpfs={path}:rw,nosuid,nodev,size={_scratch_mb(wanted)}m" for path in wanted.volumes),
        "--ulimit=core=0:0",
        f"--ulimit=fsize={DISK_BYTES}:{DISK_BYTES}",
    ]


def _mount(engine: Engine, source: Path, target: str, *, writable: bool) -> str:
    fields = ["type=bind", f"source={source}", f"target={target}"]
    if not writable:
        fields.append("readonly")
    if engine.name == "podman":
        fields += ["nosuid", "nodev"]
        fields += ["relabel=private"] if engine.selinux else []
    # Both read it as a line of CSV, in which a name with a comma is quoted.
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return f"--mount={line.getvalue()}"


def _bare(engine: Engine) -> str:
    """Podman would copy what the image has there, and take over the permissions of it."""
    return ",notmpcopyup" if engine.name == "podman" else ""


def _scratch_mb(wanted: Wanted) -> int:
    return max(1, wanted.memory_mb // 2)


def _env(wanted: Wanted) -> dict[str, str]:
    # Whoever the program is inside, it has no home there that it could write to.
    return {"HOME": "/tmp", **wanted.env}  # noqa: S108 - the container's own


def _entrypoint(engine: Engine, program: str | None) -> list[str]:
    if program is None:
        return []
    # Podman takes what begins as a JSON list for one.
    return [f"--entrypoint={json.dumps([program]) if engine.name == 'podman' else program}"]


def _not_in_cdi(cards: Sequence[str], folders: Sequence[Path]) -> str | None:
    """A card that no specification of devices names, whether it is JSON or YAML."""
    texts = []
    for folder in folders:
        for path in [*folder.glob("*.json"), *folder.glob("*.yaml")]:
            try:
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
    return next((card for card in cards if not any(card in text for text in texts)), None)


def _amd_node(card: str, drm: Path) -> str:
    for path in sorted(drm.glob("renderD*")):
        try:
            if (path / "device" / "unique_id").read_text(encoding="ascii").strip() == card:
                return f"/dev/dri/{path.name}"
        except (OSError, ValueError):
            continue
    raise NotHereError("The graphics card of this computer cannot be given to a container.")


def _group_of(nodes: Sequence[str], engine: Engine) -> list[str]:
    """Who may use the cards is a group's on most systems; the container's user must be in it."""
    if engine.userns:
        return ["--group-add=keep-groups"]
    groups = set()
    for node in ["/dev/kfd", *nodes]:
        try:
            groups.add(Path(node).stat().st_gid)
        except OSError:
            continue
    return [f"--group-add={group}" for group in sorted(groups - {0})]
