"""The server's image, built from its Containerfile by Podman, and run as the Compose file runs it.

Where no registry of images can be reached, the image that it begins with is one that debootstrap
makes here, with the same release of Python; where there is neither, this cannot be tried.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.conftest import wait_until
from tests.debian import BUILD_SECONDS, image_like, run
from tests.worker.jobs.containers.conftest import Podman, podman  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

ROOT = Path(__file__).parents[2]
FILES = ROOT / "packaging" / "server"
PYTHON = ("python3", "python3-venv", "python-is-python3")
BUILT = "localhost/qubix-server-tested"


@pytest.fixture(scope="module")
def image(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: F811
    folder = tmp_path_factory.mktemp("image")
    text = (FILES / "Containerfile").read_text()
    (base,) = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    recipe = folder / "Containerfile"
    recipe.write_text(text.replace(f"FROM {base}", f"FROM {image_like(base, folder, PYTHON)}"))
    built = run(
        "podman", "build", "--network=host", "--pull=never", f"--file={recipe}", f"--tag={BUILT}",
        str(ROOT), seconds=BUILD_SECONDS,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    yield BUILT
    podman("rm", "--all", "--force")
    podman("volume", "prune", "--force")


def as_compose_runs_it() -> list[str]:
    """What binds the server in the Compose file, as Podman's options."""
    service: dict[str, Any] = yaml.safe_load((FILES / "compose.yaml").read_text())["services"][
        "server"
    ]
    assert service["read_only"] is True
    return [
        "--read-only",
        *(f"--tmpfs={one}" for one in service["tmpfs"]),
        *(f"--cap-drop={one}" for one in service["cap_drop"]),
        *(f"--security-opt={one}" for one in service["security_opt"]),
        *(f"--volume={one}" for one in service["volumes"]),
    ]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_it_runs_as_the_compose_file_has_it_keeps_its_facts_and_ends_when_told(
    image: str,
    podman: Podman,  # noqa: F811
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"QUBIX_PORT": str(port), "QUBIX_HOST": "127.0.0.1"}
    options = [f"--env={key}={value}" for key, value in settings.items()]

    def start() -> None:
        podman(
            "run", "--detach", "--name=qubix-served", "--network=host", *options,
            *as_compose_runs_it(), image,
        )  # fmt: skip
        wait_until(answers, seconds=120)

    def answers() -> bool:
        try:
            return requests.get(f"{url}/readyz", timeout=5).ok
        except requests.ConnectionError:
            return False

    start()
    assert podman("exec", "qubix-served", "id", "-u").strip() == "10001"
    made = requests.post(f"{url}/api/enrollments", timeout=30).json()
    for path in ("/", "/fleet", "/openapi.json", "/api/installer/worker.py"):
        assert requests.get(url + path, timeout=30).status_code == 200, path
    podman("stop", "qubix-served")
    state = podman("inspect", "--format={{.State.ExitCode}}", "qubix-served")
    assert state.strip() == "0"
    assert "operator's token" in podman("logs", "qubix-served")
    podman("rm", "qubix-served")
    start()
    assert requests.get(f"{url}/api/enrollments/{made['code']}", timeout=30).status_code == 200
    assert "operator's token" not in podman("logs", "qubix-served")


def test_without_a_proxy_or_a_word_it_does_not_show_itself_to_other_machines(
    image: str,
    podman: Podman,  # noqa: F811 - where images are
) -> None:
    refused = run("podman", "run", "--rm", "--network=none", image, seconds=120)
    assert refused.returncode == 1
    assert "--insecure-http" in refused.stderr
