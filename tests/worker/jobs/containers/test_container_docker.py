"""The same by Docker, for real: what its command line does otherwise than Podman's.

Where no Docker service answers the tests are skipped: it cannot be begun by whoever runs them.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits, container
from qubix_worker.kinds.container_engine import Engine, find_all
from qubix_worker.paths import Paths

from .conftest import busybox_tar
from .registry import Registry, serving
from .test_container_escapes import ATTEMPTS

pytestmark = pytest.mark.slow

DOCKER = next((engine for engine in find_all() if engine.name == "docker"), None)
if DOCKER is None:
    pytest.skip("no Docker service answers here", allow_module_level=True)


@pytest.fixture(scope="module")
def docker() -> Engine:
    """A Docker that answers."""
    assert DOCKER
    return DOCKER


@pytest.fixture(scope="module")
def registry(docker: Engine) -> Iterator[Registry]:
    with serving() as found:
        yield found
    images = docker.call("images", "--quiet", f"--filter=reference={found.host}/*").split()
    for image in set(images):
        docker.call("image", "rm", "--force", image)


@pytest.fixture(scope="module")
def image(registry: Registry) -> str:
    return registry.add(busybox_tar())


@pytest.fixture
def no_podman(docker: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Podman that is here too cannot be used."""
    (tmp_path / "broken.conf").write_text("broken")
    monkeypatch.setenv("CONTAINERS_CONF", str(tmp_path / "broken.conf"))


@pytest.fixture
def run(
    no_podman: None, image: str, start: Callable[..., Any], paths: Paths
) -> Iterator[Callable[..., Any]]:
    """Runs a script of the image's shell as a job by Docker."""
    from tests.worker.jobs.conftest import COMMAND  # noqa: PLC0415

    runner = JobRunner(paths, COMMAND, Limits(64, network=True))

    def begin(script: str, **more: Any) -> Any:
        spec = {"image": image, "args": ["sh", "-c", script], "timeout": 60, **more}
        return start(kind="container", on=runner, **spec)

    begin.runner = runner  # type: ignore[attr-defined]
    yield begin
    runner.stop()


def containers(docker: Engine, jobs: Path) -> list[str]:
    return docker.call("ps", "--all", "--quiet", f"--filter=label={container.label(jobs)}").split()


def test_a_program_reads_its_input_its_files_and_its_variables_and_is_heard(run: Any) -> None:
    started = run(
        'cat - in.txt; echo "$A $HOME"; echo so >&2; echo out > out.txt',
        stdin=base64.b64encode(b"in ").decode(),
        files={"in.txt": base64.b64encode(b"file\n").decode()},
        outputs=["out.txt"],
        env={"A": "a=b"},
    )
    assert started.completion.error is None
    assert started.stdout == b"in file\na=b /tmp\n"
    assert started.completion.result["files"] == {"out.txt": base64.b64encode(b"out\n").decode()}


def test_a_program_that_fails_tells_by_what_code(run: Any, docker: Engine, paths: Paths) -> None:
    started = run("echo no luck >&2; exit 126")
    assert "exit code 126" in started.completion.error
    assert started.completion.error.endswith("no luck")
    assert not containers(docker, paths.jobs)
    assert not list(paths.jobs.iterdir())


def test_a_program_that_the_image_lacks_is_named(run: Any) -> None:
    started = run("true", entrypoint="/bin/no-such-program")
    assert "has no such program" in started.completion.error
    assert "no-such-program" in started.completion.error


def test_an_image_that_the_registry_does_not_have_is_said_to_be_missing(
    run: Any, registry: Registry
) -> None:
    started = run("true", image=f"{registry.host}/box@sha256:{'0' * 64}")
    assert "has no such image" in started.completion.error


def test_the_providers_password_and_proxy_are_not_shown(
    run: Any,
    registry: Registry,
    docker: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password = base64.b64encode(b"me:password").decode()
    proxy = {"httpProxy": "http://me:password@proxy.example"}
    config = {"auths": {registry.host: {"auth": password}}, "proxies": {"default": proxy}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    seen = run("env").stdout
    assert b"PATH" in seen
    assert b"password" not in seen
    registry.asks_for_password = True
    try:
        started = run("true", image=registry.add(busybox_tar(), name="private"), id="job-2")
        assert "not for everybody" in started.completion.error
        assert password not in str(registry.passwords)
    finally:
        registry.asks_for_password = False


@pytest.mark.parametrize("what", ATTEMPTS)
def test_a_program_is_refused_to(what: str, run: Any) -> None:
    started = run(ATTEMPTS[what])
    assert started.completion.status == "failed"
    assert "ended with exit code" in started.completion.error


def test_a_program_has_no_capability_no_new_privileges_and_a_filter(run: Any) -> None:
    started = run("grep -E '^(Cap(Eff|Bnd)|NoNewPrivs|Seccomp):' /proc/self/status")
    assert started.stdout.split()[1::2] == [b"0" * 16, b"0" * 16, b"1", b"2"]


def test_a_program_has_no_network_but_its_own_loop(run: Any) -> None:
    assert run("ls /sys/class/net").stdout.split() == [b"lo"]


def test_the_names_of_this_computers_neighbours_are_not_told(run: Any) -> None:
    started = run("cat /etc/hosts /etc/resolv.conf; hostname")
    words = set(started.stdout.decode().split())
    assert "127.0.0.1" in words
    assert not [word for word in words if word[0].isdigit() and not word.startswith("127.0.0.1")]


def test_a_program_that_takes_too_much_memory_is_ended_and_its_limit_named(run: Any) -> None:
    started = run("awk 'BEGIN { s = \"x\"; while (1) s = s s }'", memoryMb=32)
    assert "memory limit of 32 MiB" in started.completion.error


def test_a_fork_bomb_is_held_by_the_limit_of_processes(run: Any) -> None:
    started = run("b() { b | b & }; b; sleep 1; b; wait; true", pids=20, timeout=5)
    assert "can't fork" in str(started.completion.result)


def test_no_file_is_larger_than_a_jobs_folder_may_be(run: Any) -> None:
    started = run("dd if=/dev/zero of=holes bs=1M seek=1000000 count=1")
    assert started.completion.status == "failed"


@pytest.mark.parametrize("to", ["", ">&2"])
def test_a_flood_is_cut(to: str, run: Any) -> None:
    started = run(f"yes {'x' * 500} {to}")
    assert "The program wrote more than" in started.completion.error


def test_folders_that_an_image_declares_are_no_way_to_the_disk(
    run: Any, registry: Registry, docker: Engine
) -> None:
    before = docker.call("volume", "ls", "--quiet")
    image = registry.add(busybox_tar(), name="volumes", Volumes={"/data": {}})
    started = run("dd if=/dev/zero of=/data/x bs=1M count=40; wc -c < /data/x", image=image)
    assert started.stdout == b"%d\n" % (32 << 20)
    assert docker.call("volume", "ls", "--quiet") == before


def test_a_cancelled_program_is_gone_within_a_second(
    run: Any, docker: Engine, paths: Paths, wait_until: Any
) -> None:
    started = run("trap '' TERM INT; sleep 5432; sleep 5432")
    wait_until(lambda: _running("sleep", "5432"))
    began = time.monotonic()
    run.runner.cancel("job-1")
    assert started.end.cancelled
    assert time.monotonic() - began < 5
    assert not containers(docker, paths.jobs)


def test_a_frozen_container_stands_still(
    run: Any, docker: Engine, paths: Paths, wait_until: Any
) -> None:
    started = run("while echo x; do sleep 0.05; done > ticks", timeout=4)
    ticks = paths.jobs / "job-1-1" / "files" / "ticks"
    wait_until(lambda: ticks.exists() and ticks.stat().st_size)
    run.runner.freeze()
    wait_until(lambda: "paused" in _state(docker, paths))
    frozen = ticks.stat().st_size
    assert not started.ended.wait(1)
    assert ticks.stat().st_size == frozen
    run.runner.thaw()
    wait_until(lambda: ticks.stat().st_size > frozen)


def test_a_program_that_uses_up_its_time_is_ended(run: Any, docker: Engine, paths: Paths) -> None:
    started = run("trap '' TERM; while :; do :; done", timeout=3)
    assert "whole time limit of 3 s" in started.completion.error
    assert not containers(docker, paths.jobs)


def _state(docker: Engine, paths: Paths) -> str:
    (one,) = containers(docker, paths.jobs)
    return str(docker.inspect(one, "State")["Status"])


def _running(*command: str) -> bool:
    return list(command) in [
        process.info["cmdline"] for process in psutil.process_iter(["cmdline"])
    ]
