"""A job that this computer, its network or the registry keeps from being done is given back, for
real: by Podman, small servers on loopback, a small disk, and a Podman that dies when it is told to.
"""

from __future__ import annotations

import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits, container, container_engine
from qubix_worker.kinds.container_images import Images, Reference
from qubix_worker.kinds.kind import NotHereError
from qubix_worker.paths import Paths

from .conftest import Podman, busybox_tar
from .registry import CONFIG, LAYER, MANIFEST, Registry, layer_of, serving

pytestmark = pytest.mark.slow

NETWORKED = Limits(64, network=True)
MISSING = "0" * 64
GONE = "Podman, which holds containers, does not answer any more."

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server on a free port that answers `/v2/` as a registry does, and all else by `answer`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            (status(200, b"{}") if self.path == "/v2/" else answer)(self)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def status(code: int, body: bytes, kind: str = "text/plain") -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(body)

    return answer


def cut(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Says that there is more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", MANIFEST)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"schema')
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def insecure(
    podman: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Lets Podman speak to a registry without TLS."""

    def allow(host: str) -> None:
        conf = tmp_path / "registries.conf"
        conf.write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))

    return allow


@pytest.fixture
def fetch(
    insecure: Callable[[str], None],
    start_container: Any,
    container_runner: Callable[..., JobRunner],
) -> Callable[..., Any]:
    """Starts a job whose image is at that registry."""

    def begin(host: str, **more: Any) -> Any:
        insecure(host)
        image = f"{host}/box@sha256:{MISSING}"
        return start_container("true", image=image, on=container_runner(NETWORKED), **more)

    return begin


def test_a_registry_that_is_away(fetch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    job = fetch(host)
    assert job.end.given_back and job.end.cause == "no_registry"
    assert job.completion.error == f"The registry '{host}' of the image cannot be reached."


@pytest.mark.parametrize("code", [500, 503])
def test_a_registry_that_is_in_trouble(code: int, fetch: Any) -> None:
    with answering(status(code, b"\x1b[31m no space left on device")) as host:
        job = fetch(host)
        assert job.end.cause == "no_registry"
    assert job.completion.error == f"The registry '{host}' does not give the image now."


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_registry_that_does_not_give_the_image_is_right(code: int, fetch: Any) -> None:
    with answering(status(code, b"\x1b[31m no space left on device")) as host:
        job = fetch(host)
        assert not job.end.given_back
    assert "no such image, or not for everybody" in job.completion.error


def test_a_registry_that_hangs_up_in_the_middle(fetch: Any) -> None:
    with answering(cut) as host:
        assert fetch(host).end.cause == "no_registry"


def test_a_registry_that_never_answers_is_waited_for_no_longer_than_the_job_may_last(
    fetch: Any,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        job = fetch(f"127.0.0.1:{silent.getsockname()[1]}", timeout=4)
        assert job.end.cause == "no_registry"
    assert time.monotonic() - began < 10


def test_a_layer_that_comes_in_part_only(
    insecure: Callable[[str], None],
    start_container: Any,
    container_runner: Callable[..., JobRunner],
) -> None:
    held = Registry()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        kind, data = held.blobs[handler.path.rpartition("/")[2]]
        (cut if kind == LAYER else status(200, data, kind))(handler)

    with answering(answer) as held.host:
        insecure(held.host)
        image = held.add(layer_of("x", os.urandom(9000)))
        assert {kind for kind, _ in held.blobs.values()} == {CONFIG, LAYER, MANIFEST}
        job = start_container("true", image=image, on=container_runner(NETWORKED))
        assert job.end.cause == "no_registry"


@pytest.fixture
def small(podman: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 24 MiB, which is Podman's store."""
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small disk is mounted")
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr)
    conf = tmp_path / "small.conf"
    conf.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{disk}/store"\nrunroot = "{tmp_path}/run"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(conf))
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], capture_output=True, check=False)


def test_an_image_for_which_the_disk_has_no_room(
    small: Path, tmp_path: Path, insecure: Callable[[str], None]
) -> None:
    engine = container_engine.find(seconds=30)
    assert engine
    assert engine.storage == f"{small}/store"
    place = tmp_path / "place"
    place.mkdir()
    with serving() as registry:
        insecure(registry.host)
        image = registry.add(layer_of("x", os.urandom(32 << 20)))
        reference = Reference.of(container.image({"image": image}))
        # What is free is not looked at: the engine is to run into it.
        images = Images(engine, tmp_path / "containers", place, free=lambda folder: 99 << 30)
        with pytest.raises(NotHereError, match="no room") as caught:
            images.ready(reference, True, threading.Event())
    assert caught.value.cause == "no_room"


def test_a_disk_that_is_nearly_full_takes_no_image(
    small: Path,
    insecure: Callable[[str], None],
    start_container: Any,
    container_runner: Callable[..., JobRunner],
) -> None:
    with serving() as registry:
        insecure(registry.host)
        image = registry.add(busybox_tar())
        job = start_container("true", image=image, on=container_runner(NETWORKED))
        assert job.end.given_back and job.end.no_room
    assert job.completion.error == "This computer's disk has no room for the image."


def test_a_container_for_which_the_disk_has_no_room(
    small: Path, podman: Podman, tmp_path: Path, start_container: Any
) -> None:
    (tmp_path / "box.tar").write_bytes(busybox_tar())
    podman("import", "--quiet", str(tmp_path / "box.tar"), "localhost/small")
    digest = podman("image", "inspect", "--format={{.Digest}}", "localhost/small").strip()
    fill(small)
    job = start_container("true", image=f"localhost/small@{digest}")
    assert job.end.given_back and job.end.no_room
    assert job.completion.error == "This computer has no room on its disk for a container."


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            return


@pytest.fixture
def mortal(
    podman: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """A Podman that does what Podman does until it is told `dies(command)`; then it fails from that
    command on, as Docker's client does without its service."""
    real = shutil.which("podman")
    folder, fate, dead = tmp_path / "mortal", tmp_path / "fate", tmp_path / "dead"
    folder.mkdir()
    program = folder / "podman"
    program.write_text(
        "#!/bin/sh\n"
        f'[ -e {fate} ] && [ "$1" = "$(cat {fate})" ] && touch {dead}\n'
        f'[ -e {dead} ] || exec {real} "$@"\n'
        "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker"
        " daemon running?' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    container.doubt()
    yield fate.write_text
    fate.unlink(missing_ok=True)
    dead.unlink(missing_ok=True)
    container.tidy(tmp_path / "no-job")  # what could not be removed meanwhile
    container.doubt()


@pytest.fixture
def at_rest(podman: Podman, paths: Paths, start_container: Any, wait_until: Any) -> Any:
    """Starts a program that sleeps: the job, and the name of its container."""

    def begin() -> tuple[Any, str]:
        job = start_container("sleep", "60")
        name = container.container_name(paths.jobs / "job-1-1")
        wait_until(lambda: podman("ps", "--quiet", f"--filter=name={name}"))
        return job, name

    return begin


@pytest.mark.parametrize("command", ["create", "start"])
def test_an_engine_that_ends_before_the_program_begins(
    command: str, mortal: Callable[[str], None], start_container: Any
) -> None:
    mortal(command)
    job = start_container("true")
    assert job.end.cause == "no_engine"
    assert job.completion.error == GONE


def test_an_engine_that_has_ended_is_not_believed_to_be_there(
    mortal: Callable[[str], None], start_container: Any
) -> None:
    assert container.available()
    mortal("info")
    job = start_container("true")
    assert job.end.cause == "no_engine"
    assert job.completion.error == "This computer has no Podman or Docker that answers."
    assert not container.available()


def test_an_engine_that_ends_under_the_program(
    mortal: Callable[[str], None], podman: Podman, at_rest: Any, tmp_path: Path
) -> None:
    job, name = at_rest()
    (tmp_path / "dead").touch()
    attached(name).kill()
    assert job.end.cause == "no_engine"
    assert job.completion.error == GONE
    (tmp_path / "dead").unlink()
    container.tidy(tmp_path / "another-job")
    assert name not in podman.containers()


def test_a_program_whose_engines_program_was_ended(podman: Podman, at_rest: Any) -> None:
    job, name = at_rest()
    attached(name).kill()
    assert job.end.cause == "no_engine"
    assert name not in podman.containers()


def test_a_container_that_somebody_removed(podman: Podman, at_rest: Any) -> None:
    job, name = at_rest()
    podman("rm", "--force", name)
    assert job.end.given_back
    assert job.completion.error == "The job's container was removed while it was at work."


def attached(name: str) -> psutil.Process:
    """The engine's program that stays with a container to its end."""
    (found,) = [
        process
        for process in psutil.process_iter(["cmdline"])
        if {"start", name} <= set(process.info["cmdline"] or ())
    ]
    return found
