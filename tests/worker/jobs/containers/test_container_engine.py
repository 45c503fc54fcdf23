"""Finding Podman or Docker: by what they tell, recorded, and by stand-ins that misbehave.

The two recordings in `engines` are of Debian 12's podman 4.3.1 as root, and of Debian 12's dockerd
20.10.24 as root, asked by docker 28.2; both under cgroup v1. The other cases are these with the
fields changed that the code reads, by the field's own documentation (podman-info(1); docker's
API, /info).
"""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.kinds import SpecError, container
from qubix_worker.kinds.container_engine import (
    FOUND_SECONDS,
    MISSED_SECONDS,
    Engine,
    EngineError,
    Engines,
    docker_engine,
    environment_of,
    find,
    podman_engine,
    require_limits,
)
from qubix_worker.kinds.container_images import Images, Reference

HERE = Path(__file__).parent / "engines"
ROOT = (0, 0)
SOMEBODY = (1000, 1000)
DIGEST = "0123456789abcdef" * 4
IMAGE = Reference.of(container.image({"image": f"r.example.com/x@sha256:{DIGEST}"}))


def recorded(name: str, **changes: Any) -> dict[str, Any]:
    """A recording with some fields changed; `a__b` is the field b of a."""
    info: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = info
        for parent in parents:
            place = place[parent]
        place[last] = value
    return info


def podman_of(account: tuple[int, int] = ROOT, **changes: Any) -> Engine:
    return podman_engine("podman", recorded("podman-4.3-debian.json", **changes), account)


def docker_of(account: tuple[int, int] = ROOT, **changes: Any) -> Engine:
    changes.setdefault("DockerRootDir", "/")
    return docker_engine(["docker"], recorded("docker-20.10-debian.json", **changes), account)


ROOTLESS = {"host__security__rootless": True, "host__cgroupVersion": "v2"}


def test_podman_of_root_runs_a_program_as_nobody() -> None:
    engine = podman_of()
    assert (engine.user, engine.userns) == ("65534:65534", "")
    assert (engine.version, engine.processors, engine.quota) == ((4, 3, 1), 2, True)
    assert engine.storage == "/var/lib/containers/storage"


def test_rootless_podman_maps_the_account_to_nobody() -> None:
    engine = podman_of(SOMEBODY, **ROOTLESS)
    assert (engine.user, engine.userns) == ("65534:65534", "keep-id:uid=65534,gid=65534")


def test_rootless_podman_that_is_too_old_for_that_keeps_the_accounts_number() -> None:
    engine = podman_of(SOMEBODY, **ROOTLESS, version__Version="3.4.4")
    assert (engine.user, engine.userns) == ("1000:1000", "keep-id")


def test_podman_in_a_machine_of_its_own_is_far() -> None:
    engine = podman_of(SOMEBODY, **ROOTLESS, host__serviceIsRemote=True, version__Version="5.2.0")
    assert engine.remote
    assert engine.storage == ""


def test_podman_that_cannot_limit_memory_is_none() -> None:
    with pytest.raises(EngineError, match="cgroup v1"):
        podman_of(SOMEBODY, host__security__rootless=True)
    with pytest.raises(EngineError, match="cannot limit memory and pids"):
        podman_of(SOMEBODY, **ROOTLESS, host__cgroupControllers=["cpu"])
    with pytest.raises(EngineError, match="cannot limit memory and pids"):
        podman_of(SOMEBODY, **ROOTLESS, host__cgroupControllers=None)


def test_podman_that_cannot_limit_the_processor_is_used_without() -> None:
    assert not podman_of(SOMEBODY, **ROOTLESS, host__cgroupControllers=["memory", "pids"]).quota


def test_podman_with_labels_on_files_is_told_to_set_them() -> None:
    assert podman_of(host__security__selinuxEnabled=True).selinux


def test_docker_of_root_runs_a_program_as_nobody() -> None:
    engine = docker_of()
    assert (engine.user, engine.version, engine.quota) == ("65534:65534", (20, 10, 24), True)


def test_docker_of_root_runs_the_program_of_an_account_as_that() -> None:
    assert docker_of(SOMEBODY).user == "1000:1000"


def test_rootless_docker_runs_it_as_the_account_which_is_root_inside() -> None:
    assert docker_of(SOMEBODY, SecurityOptions=["name=seccomp", "name=rootless"]).user == "0:0"


def test_docker_desktop_is_far() -> None:
    engine = docker_of(SOMEBODY, OperatingSystem="Docker Desktop")
    assert (engine.remote, engine.storage, engine.user) == (True, "", "65534:65534")


def test_docker_whose_folder_is_nowhere_here_is_far() -> None:
    assert docker_of(DockerRootDir="/no/such/folder").remote


@pytest.mark.parametrize(
    "changes",
    [
        {"OSType": "windows"},
        {"MemoryLimit": False},
        {"PidsLimit": False},
        {"ServerVersion": ""},
        {"ServerVersion": None},
    ],
)
def test_docker_that_cannot_hold_a_job_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(EngineError):
        docker_of(**changes)


def test_docker_with_nvidias_runtime_has_cards_to_give() -> None:
    assert docker_of(Runtimes={"nvidia": {"path": "nvidia-container-runtime"}}).cards
    assert not docker_of().cards


def test_podman_is_not_even_asked_where_it_could_limit_nothing(tmp_path: Path) -> None:
    require_limits(SOMEBODY, tmp_path / "another system")
    require_limits(ROOT, tmp_path)
    with pytest.raises(EngineError, match="cgroup v1"):
        require_limits(SOMEBODY, tmp_path)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    with pytest.raises(EngineError, match="no session"):
        require_limits(SOMEBODY, tmp_path, tmp_path / "sessions")
    (tmp_path / "sessions" / str(SOMEBODY[0])).mkdir(parents=True)
    require_limits(SOMEBODY, tmp_path, tmp_path / "sessions")


@pytest.fixture
def tool(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes a stand-in for `podman` or `docker`, which writes what it is asked to a file."""

    def make(name: str, script: str) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        said = tmp_path / f"{name}.said"
        path.write_text(f'#!/bin/sh\nfor word in "$@"; do echo "$word"; done >> {said}\n{script}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return said

    return make


def look(tmp_path: Path, seconds: float = 3.0) -> Engine | None:
    return find({"PATH": str(tmp_path / "bin")}, seconds=seconds, folders=(), account=ROOT)


def podman_answers() -> str:
    return f"cat {HERE / 'podman-4.3-debian.json'}"


def docker_answers(endpoint: str = "unix:///var/run/docker.sock") -> str:
    return (
        f'case "$*" in *"context inspect"*) echo {endpoint};;'
        f" *) cat {HERE / 'docker-20.10-debian.json'};; esac"
    )


def test_where_there_is_none_there_is_none(tmp_path: Path) -> None:
    assert look(tmp_path) is None


def test_podman_comes_first(tmp_path: Path, tool: Any) -> None:
    tool("podman", podman_answers())
    said = tool("docker", docker_answers())
    engine = look(tmp_path)
    assert engine
    assert engine.name == "podman"
    assert not said.exists()


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "echo '{'",
        "echo '[]'",
        "echo '{}'",
        "echo null",
        "printf '\\377\\376'",
        "echo 'Cannot connect to Podman' >&2; exit 125",
        'echo \'{"host": {"os": "linux", "security": 7}}\'',
        "sleep 600",
        "yes | head -c 5000000",
    ],
)
def test_podman_that_does_not_answer_leaves_it_to_docker(
    script: str, tmp_path: Path, tool: Any
) -> None:
    tool("podman", script)
    tool("docker", docker_answers())
    began = time.monotonic()
    engine = look(tmp_path, seconds=1.0)
    assert engine
    assert engine.name == "docker"
    assert time.monotonic() - began < 5


def test_docker_is_asked_where_it_is_and_then_shown_nothing_of_its_users(
    tmp_path: Path, tool: Any
) -> None:
    said = tool("docker", docker_answers())
    engine = look(tmp_path)
    assert engine
    assert engine.command[0] == str(tmp_path / "bin" / "docker")
    assert engine.command[2] == "--host=unix:///var/run/docker.sock"
    words = said.read_text().splitlines()
    assert words[:2] == ["context", "inspect"]
    (config,) = [word for word in words if word.startswith("--config=")]
    assert not Path(config.partition("=")[2]).exists()


@pytest.mark.parametrize("endpoint", ["ssh://me@far.example", "tcp://10.0.0.1:2375", "", "-x"])
def test_docker_on_another_computer_is_not_this_computers(
    endpoint: str, tmp_path: Path, tool: Any
) -> None:
    tool("docker", docker_answers(endpoint))
    assert look(tmp_path) is None


def test_an_engine_is_remembered_for_a_while_and_then_asked_again() -> None:
    engine = Engine("podman", ("podman",), (4,), "1:1")
    answers = iter([None, engine, None])
    times = [0.0]
    engines = Engines(lambda: next(answers), lambda: times[0])
    assert engines.best() is None
    assert engines.best() is None
    times[0] += MISSED_SECONDS
    assert engines.best() is engine
    times[0] += FOUND_SECONDS - 1
    assert engines.best() is engine
    times[0] += 1
    assert engines.best() is None


def test_an_engine_is_noted_in_a_jobs_folder_and_read_again(tmp_path: Path) -> None:
    engine = docker_of()
    assert Engine.load(tmp_path) is None
    engine.save(tmp_path)
    assert Engine.load(tmp_path) == engine
    (tmp_path / "engine.json").write_text("rubbish")
    assert Engine.load(tmp_path) is None


def test_a_job_without_a_container_costs_no_call(tmp_path: Path) -> None:
    container.tidy(tmp_path)
    container.sweep(tmp_path / "jobs")


def test_containers_of_two_workers_have_different_names(tmp_path: Path) -> None:
    one, two = tmp_path / "a" / "job-1", tmp_path / "b" / "job-1"
    assert container.container_name(one) != container.container_name(two)
    assert container.label(one.parent) != container.label(two.parent)
    odd = container.container_name(tmp_path / "-ö x/..$(reboot)")
    assert odd.isascii()
    assert odd.startswith("qubix-")


def test_neither_secrets_nor_anything_else_of_the_worker_reaches_an_engine() -> None:
    given = {"QUBIX_SECRET": "s", "AWS_SECRET_ACCESS_KEY": "s", "HOME": "/h", "PATH": "/bin"}
    kept = environment_of(given)
    assert "s" not in kept.values()
    assert kept["HOME"] == "/h"


def test_a_container_that_is_being_made_just_now_is_removed_when_it_can_be(
    tmp_path: Path, tool: Any
) -> None:
    tool("podman", f"test -e {tmp_path}/second && exit 0; touch {tmp_path}/second; exit 2")
    engine = Engine("podman", (str(tmp_path / "bin" / "podman"),), (4,), "1:1")
    assert engine.remove("x")
    assert (tmp_path / "second").exists()


def test_nobody_waits_for_a_service_that_has_ended_to_remove_a_container(
    tmp_path: Path, tool: Any
) -> None:
    tool("docker", "echo 'Cannot connect to the Docker daemon at unix:///x.' >&2; exit 1")
    began = time.monotonic()
    engine = Engine("docker", (str(tmp_path / "bin" / "docker"),), (28,), "1:1")
    assert not engine.remove("x")
    assert time.monotonic() - began < 5


def test_what_could_not_be_removed_is_removed_after_the_next_job(tmp_path: Path, tool: Any) -> None:
    said = tool(
        "docker",
        f"test -e {tmp_path}/back || {{ echo 'error during connect: EOF' >&2; exit 1; }}",
    )
    engine = Engine("docker", (str(tmp_path / "bin" / "docker"),), (28,), "1:1")
    place, later = tmp_path / "job-1", tmp_path / "job-2"
    place.mkdir()
    engine.save(place)
    container.tidy(place)
    (tmp_path / "back").touch()
    said.write_text("")
    container.tidy(later)
    assert container.container_name(place) in said.read_text().split()
    said.write_text("")
    container.tidy(later)
    assert said.read_text() == ""


def test_an_engine_that_is_doubted_is_asked_anew() -> None:
    engine = Engine("podman", ("podman",), (4,), "1:1")
    answers = iter([engine, None])
    engines = Engines(lambda: next(answers), lambda: 0.0)
    assert engines.best() is engine
    engines.doubt()
    assert engines.best() is None


def test_an_image_that_announces_to_be_too_large_is_not_fetched(tmp_path: Path, tool: Any) -> None:
    announced = json.dumps({"layers": [{"size": 5 << 30}, {"size": 8 << 30}]})
    said = tool("docker", f"case $1 in manifest) echo '{announced}';; *) exit 1;; esac")
    engine = Engine("docker", (str(tmp_path / "bin" / "docker"),), (27,), "1:1")
    images = Images(engine, tmp_path / "containers", tmp_path)
    with pytest.raises(SpecError, match="larger than 12 GiB"):
        images.ready(IMAGE, False, threading.Event())
    assert "pull" not in said.read_text().splitlines()
