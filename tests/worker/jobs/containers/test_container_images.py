"""Images that are fetched, from a registry that serves them for real, by Podman."""

from __future__ import annotations

import base64
import gzip
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits, SpecError, container, container_engine
from qubix_worker.kinds.container_images import Images, OverdueError, Reference, is_near
from qubix_worker.kinds.kind import NotHereError
from qubix_worker.paths import Paths

from .conftest import Podman, busybox_tar
from .registry import Registry, layer_of, serving

pytestmark = pytest.mark.slow

NETWORKED = Limits(64, network=True)
MISSING = "0" * 64


@pytest.fixture
def registry(podman: Podman, tmp_path: Path) -> Iterator[Registry]:
    with serving() as found, pytest.MonkeyPatch.context() as patch:
        conf = tmp_path / "registries.conf"
        conf.write_text(f'[[registry]]\nlocation = "{found.host}"\ninsecure = true\n')
        patch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
        yield found


@pytest.fixture
def images(podman: Podman, tmp_path: Path) -> Callable[..., Images]:
    engine = container_engine.find()
    assert engine is not None
    place = tmp_path / "place"
    place.mkdir()
    return lambda **more: Images(engine, tmp_path / "containers", place, **more)


def ready(images: Images, image: str, over: threading.Event | None = None) -> Any:
    reference = Reference.of(container.image({"image": image}))
    return images.ready(reference, True, over or threading.Event())


def names(podman: Podman) -> str:
    return podman("images", "--digests", "--format={{.Repository}}@{{.Digest}}")


def test_an_image_is_fetched_by_its_digest_run_and_then_there(
    registry: Registry, start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    image = registry.add(busybox_tar())
    runner = container_runner(NETWORKED)
    first = start_container("echo", "hello", image=image, on=runner)
    assert first.stdout == b"hello\n"
    assert any("Fetching the image" in (news.operation or "") for news in first.progress)
    asked = len(registry.requests)
    second = start_container("echo", "hello", image=image, on=runner, id="job-2")
    assert second.stdout == b"hello\n"
    assert len(registry.requests) == asked


def test_an_image_that_the_registry_does_not_have_is_said_to_be_missing(
    registry: Registry, start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    image = f"{registry.host}/box@sha256:{MISSING}"
    started = start_container("true", image=image, on=container_runner(NETWORKED))
    assert "has no such image" in started.completion.error


def test_without_the_network_a_job_makes_nobody_ask_around_in_this_computers_own(
    registry: Registry, start_container: Any
) -> None:
    image = registry.add(busybox_tar())
    started = start_container("true", image=image)
    assert "none of the internet's" in started.completion.error
    assert not registry.requests


def test_the_providers_password_is_not_sent_for_a_strangers_image(
    registry: Registry,
    start_container: Any,
    container_runner: Callable[..., JobRunner],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password = base64.b64encode(b"me:password").decode()
    auth = tmp_path / "auth.json"
    auth.write_text(json.dumps({"auths": {registry.host: {"auth": password}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth))
    registry.asks_for_password = True
    image = registry.add(busybox_tar())
    started = start_container("true", image=image, on=container_runner(NETWORKED))
    assert "not for everybody" in started.completion.error
    assert registry.requests
    assert password not in str(registry.passwords)


@pytest.mark.parametrize("answer", [b"<html>the router</html>", b'"a secret"'])
def test_nobody_is_told_what_an_address_answered_to_which_a_registry_has_led(
    registry: Registry,
    start_container: Any,
    container_runner: Callable[..., JobRunner],
    answer: bytes,
) -> None:
    with serving() as router:
        router.blobs["index"] = ("text/html", answer)
        registry.asks_for_password = True
        registry.realm = f'Bearer realm="http://{router.host}/index",service="x"'
        image = registry.add(busybox_tar())
        started = start_container("true", image=image, on=container_runner(NETWORKED))
        assert started.completion.status == "failed"
        assert any("index" in path for path in router.requests)
    said = str(started.completion) + str(started.events)
    assert "could not be fetched from the registry" in said
    assert "invalid" not in said  # what Podman says of it, with a part of it
    assert router.host not in said


def test_an_image_that_unpacks_to_far_more_than_it_says_is_removed(
    registry: Registry, images: Callable[..., Images], podman: Podman
) -> None:
    tar = layer_of("zeros", bytes(64 << 20))
    assert len(gzip.compress(tar)) < 1 << 20
    image = registry.add(tar)
    with pytest.raises(SpecError, match="larger than"):
        ready(images(image_bytes=16 << 20), image)
    assert image not in names(podman)


def test_an_image_that_fills_the_disk_is_given_up_while_it_is_fetched(
    registry: Registry, images: Callable[..., Images]
) -> None:
    registry.go_on.clear()
    image = registry.add(layer_of("x", b"a layer that no other test has"))
    rooms = iter([100 << 30, 99 << 30, 60 << 30])
    began = time.monotonic()
    with pytest.raises(SpecError, match="larger than 12 GiB"):
        ready(images(free=lambda folder: next(rooms)), image)
    assert time.monotonic() - began < 10


def test_no_image_is_fetched_to_a_disk_without_room(
    registry: Registry, images: Callable[..., Images]
) -> None:
    image = registry.add(busybox_tar())
    with pytest.raises(NotHereError, match="no room") as caught:
        ready(images(free=lambda folder: 1 << 30), image)
    assert caught.value.cause == "no_room"


def test_a_registry_that_never_ends_is_waited_for_no_longer_than_the_job_may_last(
    registry: Registry, images: Callable[..., Images]
) -> None:
    registry.go_on.clear()
    over = threading.Event()
    over.set()
    with pytest.raises(OverdueError):
        ready(images(), registry.add(layer_of("x", b"one more layer")), over)


def test_an_image_that_is_too_large_for_the_jobs_time_is_the_jobs_fault(
    registry: Registry, start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    registry.go_on.clear()
    image = registry.add(layer_of("x", b"and one more layer"))
    started = start_container("true", image=image, on=container_runner(NETWORKED), timeout=4)
    assert not started.end.given_back
    assert started.completion.error == "The image could not be fetched within the job's time limit."


def test_a_job_is_cancelled_while_its_image_is_fetched(
    registry: Registry,
    start_container: Any,
    container_runner: Callable[..., JobRunner],
    wait_until: Any,
) -> None:
    registry.go_on.clear()
    runner = container_runner(NETWORKED)
    started = start_container("true", image=registry.add(layer_of("x", b"y")), on=runner)
    wait_until(lambda: any("/blobs/" in path for path in registry.requests))
    began = time.monotonic()
    runner.cancel("job-1")
    assert started.end.cancelled
    assert time.monotonic() - began < 5


def test_of_the_images_that_were_fetched_the_one_used_longest_ago_is_dropped(
    registry: Registry, images: Callable[..., Images], podman: Podman, tmp_path: Path
) -> None:
    kept = images(kept_bytes=5 << 20)
    first, second, third = (
        registry.add(layer_of("x", os.urandom(2 << 20)), name=f"n{number}") for number in range(3)
    )
    ready(kept, first)
    ready(kept, second)
    ready(kept, first)
    ready(kept, third)
    there = names(podman)
    assert first in there
    assert second not in there
    assert third in there
    assert len(list((tmp_path / "containers").iterdir())) == 2


def test_an_image_that_was_here_before_is_never_dropped(
    registry: Registry, images: Callable[..., Images], podman: Podman
) -> None:
    kept = images(kept_bytes=1)
    ready(kept, podman.image)
    ready(kept, registry.add(layer_of("x", b"1"), name="other"))
    assert podman.image in names(podman)


def test_an_uninstall_removes_what_was_fetched_and_nothing_else(
    registry: Registry, podman: Podman, paths: Paths, start_container: Any, container_runner: Any
) -> None:
    image = registry.add(busybox_tar(), name="forgotten")
    runner = container_runner(NETWORKED)
    assert start_container("true", image=image, on=runner).completion.error is None
    assert start_container("true", on=runner, id="job-2").completion.error is None
    runner.stop()
    container.forget(paths.state)
    assert image not in names(podman)
    assert podman.image in names(podman)


def test_an_image_for_another_processor_is_said_to_be(
    registry: Registry, start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    image = registry.add(layer_of("bin/sh", b"\x7fELF\x02\x01\x01" + bytes(57)), name="alien")
    started = start_container("/bin/sh", image=image, on=container_runner(NETWORKED))
    assert started.completion.status == "failed"
    assert "could not be begun" in started.completion.error


@pytest.mark.parametrize(
    "key", ["run.oci.hooks.stdout", "org.systemd.property.AllowedCPUs", "io.podman.annotations.x"]
)
def test_an_image_gives_no_orders_to_the_runtime_by_its_annotations(
    registry: Registry,
    start_container: Any,
    container_runner: Callable[..., JobRunner],
    podman: Podman,
    key: str,
) -> None:
    image = registry.add(busybox_tar(), name="orders", annotations={key: "x"})
    started = start_container("true", image=image, on=container_runner(NETWORKED))
    assert started.completion.status == "failed"
    assert f"The image has the annotation '{key}'" in started.completion.error
    assert image not in names(podman)


def test_an_image_may_tell_of_itself_by_its_annotations(
    registry: Registry, start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    told = {
        "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
        "com.docker.official-images.bashbrew.arch": "amd64",
    }
    image = registry.add(busybox_tar(), name="told", annotations=told)
    started = start_container("echo", "hello", image=image, on=container_runner(NETWORKED))
    assert started.stdout == b"hello\n"


def test_folders_that_an_image_declares_are_no_way_to_the_disk(
    registry: Registry,
    start_container: Any,
    container_runner: Callable[..., JobRunner],
    podman: Podman,
) -> None:
    image = registry.add(busybox_tar(), name="volumes", Volumes={"/data": {}})
    started = start_container(
        "sh", "-c", "echo x > /data/x", image=image, on=container_runner(NETWORKED)
    )
    assert started.completion.status == "failed"
    assert not podman("volume", "ls", "--quiet")


def test_a_check_of_the_images_own_does_not_run_beside_the_program(
    registry: Registry, start_container: Any, container_runner: Callable[..., JobRunner]
) -> None:
    check = {"Test": ["CMD-SHELL", "touch /files/checked"], "Interval": 1_000_000_000}
    image = registry.add(busybox_tar(), name="checked", Healthcheck=check)
    started = start_container(
        "sh", "-c", "sleep 3; ls", image=image, on=container_runner(NETWORKED)
    )
    assert started.stdout == b""


@pytest.mark.parametrize(
    ("registry_name", "near"),
    [
        ("docker.io", False),
        ("registry.example.com:5000", False),
        ("1.1.1.1", False),
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("10.0.0.1", True),
        ("192.168.1.1:443", True),
        ("169.254.169.254", True),
        ("metadata.google.internal", True),
        ("nas.local:80", True),
        ("NAS:5000", True),
        ("127.1", True),
        ("0x7f.1:5000", True),
        ("2130706433:80", True),
    ],
)
def test_a_registry_of_ones_own_network_is_known_by_its_name(
    registry_name: str, near: bool
) -> None:
    assert is_near(registry_name) == near
