"""Containers as they really run: this computer's Podman with a store of its own, and an image of
busybox that is made here.

Nothing of the store or the settings of whoever runs the tests is read or changed. Where there is
no Podman that can hold a job, or no Docker, the tests for it are skipped; in CI one of the two
must be there.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits, container_engine
from qubix_worker.paths import Paths

LONG_SECONDS = 60


@dataclass(frozen=True)
class Podman:
    """Podman over a store of its own, as the tests and the worker's own code use it."""

    image: str
    """The reference of the image of busybox, by its digest."""

    def __call__(self, *arguments: str) -> str:
        return _podman(*arguments)

    def containers(self) -> list[str]:
        """The names of all containers, those that have ended too."""
        return self("ps", "--all", "--format={{.Names}}").split()


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """A Podman that works here."""
    if shutil.which("podman") is None:
        _missing("podman is not installed here")
    # Short: sockets are made below it. A container's parent may be another user.
    base = Path(tempfile.mkdtemp(prefix="qubix-"))
    base.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(base / "storage.conf"))
        (base / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{base}/store"\nrunroot = "{base}/run"\n'
        )
        image = _image(base)
        for settings in ("", _for_a_small_machine()):
            if settings:
                (base / "containers.conf").write_text(settings)
                patch.setenv("CONTAINERS_CONF", str(base / "containers.conf"))
            works = _try("run", "--rm", "--network=none", "--pull=never", image, "true")
            if not works.returncode:
                break
        else:
            _missing(f"podman does not work here: {works.stderr.strip()}")
        if (engine := container_engine.find(seconds=30)) is None or engine.name != "podman":
            _missing("podman cannot limit a container here")
        yield Podman(image)
        _try("rm", "--all", "--force")
        _try("rmi", "--all", "--force")
    subprocess.run(["umount", "-l", base / "store" / "overlay"], check=False, capture_output=True)
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def start_container(
    new_runner: Callable[..., JobRunner], start: Callable[..., Any], podman: Podman
) -> Callable[..., Any]:
    """Starts a job: `start_container("sh", "-c", "...", memory=64, **spec)`."""

    def begin(*args: str, on: JobRunner | None = None, **more: Any) -> Any:
        spec: dict[str, Any] = {"image": podman.image, "timeout": LONG_SECONDS, **more}
        if args:
            spec["args"] = list(args)
        return start(kind="container", on=on or new_runner(), **spec)

    return begin


@pytest.fixture
def container_runner(paths: Paths, podman: Podman) -> Iterator[Callable[..., JobRunner]]:
    """Makes a JobRunner with the limits that are given."""
    from tests.worker.jobs.conftest import COMMAND  # noqa: PLC0415

    runners = []

    def make(limits: Limits, **more: Any) -> JobRunner:
        runners.append(JobRunner(paths, COMMAND, limits, **more))
        return runners[-1]

    yield make
    for runner in runners:
        runner.stop()


@pytest.fixture
def shell(start_container: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a script of the image's shell as a job, to its end."""

    def run(script: str, **more: Any) -> Any:
        started = start_container("sh", "-c", script, **more)
        assert started.ended.wait(LONG_SECONDS + 10), "the job has not ended"
        return started

    return run


def busybox_tar() -> bytes:
    """A file system with busybox under all its names, and the libraries that it is linked to."""
    busybox = shutil.which("busybox")
    if busybox is None:
        _missing("busybox is not installed here")
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    linked = subprocess.run(["ldd", busybox], capture_output=True, text=True, check=False)
    libraries = {word for word in linked.stdout.split() if word.startswith("/")}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for folder in ("bin", "etc", "rootly"):
            _add(tar, folder, type=tarfile.DIRTYPE, mode=0o755)
        # As in every image; some runtimes mount the memory over it with the same permissions.
        _add(tar, "tmp", type=tarfile.DIRTYPE, mode=0o1777)
        _add(tar, "bin/busybox", Path(busybox).read_bytes(), mode=0o755)
        _add(tar, "rootly/busybox", Path(busybox).read_bytes(), mode=0o4755)
        _add(tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
        for library in sorted(libraries):
            _add(tar, library[1:], Path(library).resolve().read_bytes(), mode=0o755)
        for name in names.stdout.split():
            if name != "busybox":
                _add(tar, f"bin/{name}", type=tarfile.SYMTYPE, linkname="busybox")
    return output.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes = b"", **facts: Any) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in facts.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def _image(base: Path) -> str:
    (base / "image.tar").write_bytes(busybox_tar())
    _podman("import", "--quiet", str(base / "image.tar"), "localhost/qubix-box")
    about = json.loads(_podman("image", "inspect", "localhost/qubix-box"))
    return f"localhost/qubix-box@{about[0]['Digest']}"


def _for_a_small_machine() -> str:
    """The settings of a machine that must not raise its limits: in a container itself, most often.
    They are its owner's to make, in the file that Podman reads anyway."""
    runtime = 'runtime = "runc"' if shutil.which("runc") else ""
    return (
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]\n'
        f"[engine]\n{runtime}\n"
    )


def _podman(*arguments: str) -> str:
    done = _try(*arguments)
    assert not done.returncode, done.stderr
    return done.stdout


def _try(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["podman", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ},
    )


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI") and not list(container_engine.find_all(seconds=30)):
        pytest.fail(f"{what}, and no other engine, and CI must run these tests")
    pytest.skip(what)
