"""Images: fetched by their digest, within a size, and kept for the next job up to a size in all.

Of the images that are here only those are ever removed that were fetched for a job; each has a
small file in the folder `containers` of the state, whose time is when it was used last.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qubix_worker.files import write_whole
from qubix_worker.kinds.container_engine import (
    PATIENT_SECONDS,
    Engine,
    EngineError,
    SilentError,
    begin,
    environment_of,
    said,
)
from qubix_worker.kinds.container_trouble import NO_ROOM_SENTENCE, not_fetched
from qubix_worker.kinds.folder import STDERR
from qubix_worker.kinds.harmless import one_line
from qubix_worker.kinds.kind import NotHereError, SpecError

IMAGE_BYTES = 12 << 30
"""The largest image, unpacked. With it, a compiler and its libraries for a card find room."""
KEPT_BYTES = 24 << 30
"""All images that are kept. Whatever their number, the newest stays."""
FREE_BYTES = 2 << 30
"""What must stay free of the disk."""
POLL_SECONDS = 0.1
AUTH = "auth.json"
MANIFEST = "manifest.json"
PULL_LOG = "pull.log"
LOG_BYTES = 16 * 1024
PORT = re.compile(":[0-9]+$")
ON_ITS_WAY = re.compile(b"Copying blob|Pulling fs layer|Downloading|Extracting")
"""What Podman, and Docker, write once the registry has told of what the image consists."""
NUMBER = re.compile("0x[0-9a-f]*|[0-9]+")
HARMLESS_ANNOTATIONS = ("org.opencontainers.image.", "com.docker.", "vnd.docker.")
"""What only tells of an image. Podman hands an image's annotations on to the runtime that begins
its containers, and others are orders to that (run.oci.*, org.systemd.property.*), or Podman's own
(io.podman.*)."""

log = logging.getLogger(__name__)


class OverdueError(Exception):
    """The job's time is over."""


@dataclass(frozen=True)
class Image:
    """What a container needs to know of its image."""

    size: int
    volumes: tuple[str, ...] = ()
    """The folders in it that its maker wants to be written to beside it."""


@dataclass(frozen=True)
class Reference:
    """An image by its name and digest; `text` is both."""

    text: str
    registry: str
    path: str
    digest: str

    @classmethod
    def of(cls, found: re.Match[str]) -> Reference:
        return cls(found[0], found["registry"], found["path"], found["digest"])


class Images:
    """The images of one engine, as one job's child process sees them."""

    def __init__(
        self,
        engine: Engine,
        kept: Path,
        place: Path,
        *,
        image_bytes: int = IMAGE_BYTES,
        kept_bytes: int = KEPT_BYTES,
        free: Callable[[str], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        """`kept` is the folder with a file for each image that was fetched; `place` the job's."""
        self._engine = engine
        self._kept = kept
        self._place = place
        self._image_bytes = image_bytes
        self._kept_bytes = kept_bytes
        self._free = free

    def ready(self, wanted: Reference, network: bool, over: threading.Event) -> Image:
        """The image `wanted`, fetched if it is not here. Raises SpecError, NotHereError, or
        OverdueError."""
        self._kept.mkdir(parents=True, exist_ok=True)
        image = self._here(wanted)
        if image is None:
            if not network and is_near(wanted.registry):
                raise SpecError(
                    f"The image is not on this computer, and its registry '{wanted.registry}' is"
                    " none of the internet's; those are only for jobs that have the network."
                )
            self._refuse_large(self._announced(wanted, over))
            # Before: whatever ends this process, it is known whose image it is.
            self._write_note(wanted, 0)
            self._pull(wanted, over)
            try:
                image = self._here(wanted)
            except SpecError:
                _drop(self._engine, self._note(wanted))
                raise
            if image is None:
                raise SpecError("The image was fetched, and is not there.")
            self._write_note(wanted, image.size)
            if image.size > self._image_bytes:
                _drop(self._engine, self._note(wanted))
            self._refuse_large(image.size)
            self._drop_old(wanted)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.utime(self._note(wanted))  # used just now: the last to be dropped
        return image

    def _here(self, wanted: Reference) -> Image | None:
        try:
            text = self._engine.call("image", "inspect", "--", wanted.text, seconds=PATIENT_SECONDS)
        except SilentError:
            raise
        except EngineError:
            return None
        (about,) = json.loads(text)
        volumes = (about.get("Config") or {}).get("Volumes") or {}
        if about.get("Os") not in ("linux", ""):
            raise SpecError("The image is not for Linux.")
        for key in about.get("Annotations") or {}:
            if not key.startswith(HARMLESS_ANNOTATIONS):
                raise SpecError(
                    f"The image has the annotation '{one_line(key, 100)}', which could be an order"
                    " to the program that begins containers; only those under org.opencontainers."
                    "image, com.docker and vnd.docker are taken."
                )
        return Image(int(about["Size"]), tuple(sorted(str(path) for path in volumes)))

    def _announced(self, wanted: Reference, over: threading.Event) -> int | None:
        """How much must be fetched, by the image's manifest; None where that is not told."""
        text = wanted.text
        for _ in range(2):  # a list of manifests, then the one for this kind of computer
            try:
                manifest = json.loads(self._manifest(text, over))
                if "layers" in manifest:
                    return sum(int(layer["size"]) for layer in manifest["layers"])
                digest = _for_linux(manifest["manifests"])
            except (EngineError, ValueError, LookupError, TypeError, AttributeError):
                return None
            text = f"{wanted.text.partition('@')[0]}@{digest}"
        return None

    def _manifest(self, text: str, over: threading.Event) -> bytes:
        """What the engine tells of an image that is not here; its registry may keep silent."""
        with (self._place / MANIFEST).open("wb") as output:
            process = begin(
                [*self._engine.command, "manifest", "inspect", "--", text],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env=self._environment(),
            )
            until = time.monotonic() + PATIENT_SECONDS
            try:
                while process.poll() is None and time.monotonic() < until:
                    if over.wait(POLL_SECONDS):
                        raise OverdueError
            finally:
                process.kill()
                process.wait()
        return (self._place / MANIFEST).read_bytes()

    def _pull(self, wanted: Reference, over: threading.Event) -> None:
        with (self._place / STDERR).open("ab") as stderr:
            stderr.write(b"progress: 0 Fetching the image\n")
        before = self._room()
        if before is not None and before < FREE_BYTES:
            raise NotHereError(NO_ROOM_SENTENCE, "no_room")
        with (self._place / PULL_LOG).open("wb") as output:
            process = begin(
                [*self._engine.command, "pull", "--", wanted.text],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment(),
            )
            try:
                self._attend(process, over, before)
            finally:
                process.kill()
                process.wait()
        if process.returncode:
            told = _end_of(self._place / PULL_LOG)
            log.warning("An image could not be fetched: %s", said(told))
            code = process.returncode
            raise not_fetched(self._engine, wanted.registry, wanted.path, told, code)

    def _environment(self) -> dict[str, str]:
        """The provider's own passwords for registries are not for a stranger's image. (Docker's
        client does not see them in any case.)"""
        auth = self._place / AUTH
        auth.write_text("{}", encoding="ascii")
        return environment_of(os.environ) | {"REGISTRY_AUTH_FILE": str(auth)}

    def _attend(
        self, process: subprocess.Popen[bytes], over: threading.Event, before: int | None
    ) -> None:
        while process.poll() is None:
            if over.wait(POLL_SECONDS):
                if ON_ITS_WAY.search(_end_of(self._place / PULL_LOG)):
                    raise SpecError("The image could not be fetched within the job's time limit.")
                raise OverdueError
            room = self._room()
            if before is None or room is None:
                continue
            # Its manifest tells only how large the layers are while they are packed.
            self._refuse_large(before - room)
            if room < FREE_BYTES:
                raise NotHereError(NO_ROOM_SENTENCE, "no_room")

    def _room(self) -> int | None:
        if not self._engine.storage:
            return None
        try:
            return self._free(self._engine.storage)
        except OSError:
            return None

    def _refuse_large(self, size: int | None) -> None:
        if size is not None and size > self._image_bytes:
            raise SpecError(
                f"The image is larger than {self._image_bytes / (1 << 30):.3g} GiB, the most that"
                " this computer takes."
            )

    def _note(self, wanted: Reference) -> Path:
        return self._kept / f"{self._engine.name}-{wanted.digest}.json"

    def _write_note(self, wanted: Reference, size: int) -> None:
        write_whole(self._note(wanted), json.dumps([wanted.text, size]).encode("ascii"))

    def _drop_old(self, wanted: Reference) -> None:
        found = []
        for path in self._kept.glob(f"{self._engine.name}-*.json"):
            with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
                size = int(json.loads(path.read_bytes())[1])
                found.append((path.stat().st_mtime_ns, path, size))
        total = sum(size for *_, size in found)
        for _, path, size in sorted(found):
            if total <= self._kept_bytes:
                return
            if path != self._note(wanted) and _drop(self._engine, path):
                total -= size


def forget(engine: Engine, kept: Path) -> None:
    """Removes all that was ever fetched by `engine`."""
    for note in kept.glob(f"{engine.name}-*.json"):
        _drop(engine, note)


def _drop(engine: Engine, note: Path) -> bool:
    """Removes an image that was fetched before; not one that a container still uses."""
    try:
        text = str(json.loads(note.read_bytes())[0])
        engine.call("image", "rm", "--", text, seconds=PATIENT_SECONDS)
    except EngineError as error:
        if not re.search("no such image|not known", str(error), re.IGNORECASE):
            log.info("An image is still in use: %s", error)
            return False
    except (OSError, ValueError, LookupError):
        return False
    note.unlink(missing_ok=True)
    return True


def is_near(registry: str) -> bool:
    """Whether a registry is on this computer or in its own network, by what its name says."""
    host = PORT.sub("", registry).lower()
    with contextlib.suppress(ValueError):
        return not ipaddress.ip_address(host).is_global
    if NUMBER.fullmatch(host.rpartition(".")[2]):
        return True  # 127.1 and the like, which some systems take for an address
    return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home"))


def _end_of(path: Path) -> bytes:
    """How much a registry makes the engine write, nobody knows."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
        return file.read(LOG_BYTES)


def _for_linux(manifests: list[Mapping[str, Any]]) -> str:
    machine = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    wanted = machine.get(_machine())
    for manifest in manifests:
        platform = manifest["platform"]
        if platform["os"] == "linux" and platform["architecture"] == wanted:
            return str(manifest["digest"])
    raise LookupError(wanted)


def _machine() -> str:
    import platform  # noqa: PLC0415 - wanted once, where an image is fetched

    return platform.machine().lower()
