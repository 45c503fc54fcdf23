"""The image as the Compose file that a server hands out has it built, and what runs of it.

It is built and run by Podman. Where no registry of images can be reached, Debian's own image is one
that debootstrap makes here; where there is neither, nothing of this can be tried.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from qubix_worker.amalgamation import sha256
from tests.conftest import LiveServer, wait_until
from tests.debian import BUILD_SECONDS, image_like, run
from tests.installers.test_docker import interpolated
from tests.live_worker import submit, wait_for_job
from tests.worker.jobs.containers.conftest import Podman, podman  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

MOST_BYTES = 80_000_000
HELD = "localhost/qubix-worker-tested"


@dataclass
class Image:
    """The worker's image, and the Compose file that it is made and run by."""

    server: LiveServer
    podman: Podman
    service: dict[str, Any]
    base: str
    folder: Path

    def build(self, **arguments: str) -> subprocess.CompletedProcess[str]:
        recipe = self.folder / "Containerfile"
        recipe.write_text(self.service["build"]["dockerfile_inline"])
        given = {"BASE": self.base, **self.service["build"]["args"], **arguments}
        return run(
            "podman", "build", "--network=host", f"--file={recipe}", f"--tag={HELD}",
            *(f"--build-arg={key}={value}" for key, value in given.items()), str(self.folder),
            seconds=BUILD_SECONDS,
        )  # fmt: skip

    def options(self, volume: str, enrollment: str = "") -> list[str]:
        """What Compose would have Podman do, less what only says when and where."""
        (state,) = self.service["volumes"]
        meant = {
            "read_only": lambda value: [f"--read-only={str(value).lower()}"],
            "cap_drop": lambda value: [f"--cap-drop={one}" for one in value],
            "security_opt": lambda value: [f"--security-opt={one}" for one in value],
            "tmpfs": lambda value: [f"--tmpfs={one}" for one in value],
            "pids_limit": lambda value: [f"--pids-limit={value}"],
            "cpus": lambda value: [f"--cpus={value}"],
            "mem_limit": lambda value: [f"--memory={value}"],
            "memswap_limit": lambda value: [f"--memory-swap={value}"],
            "network_mode": lambda value: [f"--network={value}"],
            "hostname": lambda value: [f"--hostname={value}"],
            "volumes": lambda value: [f"--volume={state.replace('state', volume)}"],
            "environment": lambda value: [
                f"--env={key}={one}" for key, one in value.items() if one is not None
            ],
        }
        rest = {"image", "build", "restart", "stop_grace_period", "logging"}
        assert set(self.service) == set(meant) | rest
        service = {**self.service, "environment": {**self.service["environment"]}}
        service["environment"]["QUBIX_ENROLLMENT"] = enrollment
        return [option for key, make in meant.items() for option in make(service[key])]

    def newest(self, enrollment: str) -> dict[str, Any]:
        path = f"/api/providers/check-new?enrollment={enrollment}"
        found: dict[str, Any] | None = self.server.ask("GET", path).json()["newProvider"]
        return found or {}


@pytest.fixture(scope="module")
def image(
    podman: Podman,  # noqa: F811
    shared_server: LiveServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Image]:
    body = shared_server.ask("GET", "/api/installer/docker").text
    service = interpolated(yaml.safe_load(body))["services"]["worker"]
    folder = tmp_path_factory.mktemp("image")
    base = image_like(named_in(service["build"]["dockerfile_inline"]), folder)
    made = Image(shared_server, podman, service, base, folder)
    built = made.build()
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    yield made
    podman("rm", "--all", "--force")
    podman("volume", "prune", "--force")


@pytest.fixture
def start(image: Image, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Starts the worker, with an invitation; its container's name."""
    name = f"qubix-{request.node.name[:40]}"

    def begin(enrollment: str) -> str:
        image.podman("run", "--detach", f"--name={name}", *image.options(name, enrollment), HELD)
        return name

    yield begin
    run("podman", "rm", "--force", "--volumes", name, seconds=60)


def named_in(recipe: str) -> str:
    """The image that the recipe begins with."""
    found = re.search(r"^ARG BASE=(\S+)$", recipe, re.MULTILINE)
    assert found
    return found[1]


def inside(image: Image, script: str) -> str:
    return image.podman("run", "--rm", "--network=none", "--read-only", HELD, "sh", "-c", script)


def test_the_image_is_small_and_has_the_very_worker_that_the_server_has(image: Image) -> None:
    assert int(image.podman("image", "inspect", "--format={{.Size}}", HELD)) <= MOST_BYTES
    digest = inside(image, "busybox sha256sum /opt/qubix/qubix_worker.py").split()[0]
    assert digest == sha256() == image.service["build"]["args"]["SHA256"]


def test_in_the_image_nothing_can_be_fetched_or_written(image: Image) -> None:
    assert inside(image, "busybox id -u").strip() == "10001"
    ours = "-perm -4000 -o -perm -2000 -o -perm -0002 -o -user 10001"
    found = inside(image, f"busybox find / -xdev ! -type l \\( {ours} \\) 2>/dev/null || true")
    places = ("/dev", "/proc", "/run", "/tmp", "/sys", "/var/lib/qubix", "/var/lock", "/var/tmp")
    assert [path for path in found.split() if not path.startswith(places)] == []
    for name in ("pip", "apt-get", "dpkg", "curl", "wget", "gcc"):
        assert inside(image, f"command -v {name} || echo none").strip() == "none"


def test_a_worker_with_another_digest_is_not_built(image: Image) -> None:
    built = image.build(SHA256="0" * 64)
    assert built.returncode != 0
    assert "qubix_worker.py: FAILED" in built.stdout + built.stderr


def test_it_goes_online_works_and_is_the_same_computer_after_a_restart(
    image: Image, start: Callable[[str], str]
) -> None:
    enrollment = image.server.enroll()["enrollment"]
    name = start(enrollment)
    wait_until(lambda: image.newest(enrollment).get("isOnline"), seconds=120)
    provider = image.newest(enrollment)
    assert provider["name"] == image.service["hostname"]
    assert provider["cpuCores"] == 1  # as much as it was given, not as much as there is
    assert provider["ramTotal"] <= 4

    job = wait_for_job(image.server, submit(image.server, "mandelbrot"), "COMPLETED")
    assert job["workerId"] == provider["workerId"]

    image.podman("stop", "--time=30", name)
    ended = image.podman("inspect", "--format={{.State.ExitCode}}", name)
    assert ended.strip() == "0"
    image.podman("start", name)
    again = submit(image.server, "mandelbrot")
    job = wait_for_job(image.server, again, "COMPLETED")
    assert job["workerId"] == provider["workerId"]


def test_no_process_shows_the_invitation(image: Image, start: Callable[[str], str]) -> None:
    enrollment = image.server.enroll()["enrollment"]
    name = start(enrollment)
    wait_until(lambda: image.newest(enrollment).get("isOnline"), seconds=120)
    shown = image.podman("exec", name, "sh", "-c", "busybox cat /proc/[0-9]*/cmdline")
    assert "qubix_worker.py\0run" in shown
    assert enrollment not in shown
    # Of the worker alone: the engine gives what it runs there besides all that it was told.
    environment = image.podman(
        "exec", name, "sh", "-c",
        "for one in /proc/[0-9]*; do"
        " ! busybox grep -q 'qubix_worker[.]py' $one/cmdline || busybox cat $one/environ; done",
    )  # fmt: skip
    assert f"QUBIX_BACKEND={image.server.url}\0" in environment
    assert enrollment not in environment


def test_it_leaves_the_network_as_the_file_says(image: Image, start: Callable[[str], str]) -> None:
    enrollment = image.server.enroll()["enrollment"]
    name = start(enrollment)
    wait_until(lambda: image.newest(enrollment).get("isOnline"), seconds=120)
    image.podman("stop", "--time=30", name)
    said = image.podman(
        "run", "--rm", *image.options(name), HELD, "qubix-worker", "uninstall", "--yes"
    )
    assert "QUBIX has been removed" in said
    assert image.newest(enrollment) == {}


def test_an_invitation_that_nobody_knows_is_said_and_not_tried_again_at_once(
    image: Image, start: Callable[[str], str]
) -> None:
    name = start("nobody-knows-this-one")
    said = wait_until(lambda: "invitation" in _logs(name) and _logs(name), seconds=120)
    assert "Traceback" not in said
    running = image.podman("inspect", "--format={{.State.Running}}", name)
    assert running.strip() == "true"


def _logs(name: str) -> str:
    shown = run("podman", "logs", name, seconds=60)
    return shown.stdout + shown.stderr
