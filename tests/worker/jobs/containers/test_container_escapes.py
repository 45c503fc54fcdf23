"""What a harmful container tries, each for real: it fails with a reason, or nothing happens.

A program that reaches what it should not ends with 0, and its test fails by that.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits, container_engine
from qubix_worker.kinds.container_options import Wanted, create
from qubix_worker.kinds.kind import DISK_BYTES, FILES_MOST, OUTPUT_BYTES
from qubix_worker.paths import Paths
from tests.conftest import suspend

from .conftest import Podman
from .registry import layer_of, serving

pytestmark = pytest.mark.slow

CANARY = "a secret of this computer"
A_WHILE = str(100_000 + os.getpid())
"""So many seconds sleeps nobody else, by which a program is found; tests run beside each other."""
ATTEMPTS = {
    "write to the root": "echo x > /x",
    "change the image's programs": "cp /bin/ls /bin/cat",
    "become somebody else": "echo evil::0:0::/:/bin/sh >> /etc/passwd",
    "name other hosts": "echo 1.2.3.4 example.com >> /etc/hosts",
    "mount a file system": "mount -t tmpfs none /tmp",
    "mount its folder elsewhere": "mount -o bind /files /tmp",
    "make the root writable": "mount -o remount,rw /",
    "mount the host's processes": "mkdir p && mount -t proc none p",
    "make a device": "mknod disk b 254 0",
    "make a terminal's device": "mknod console c 5 1",
    "read the host's disk": "dd if=/dev/vda of=/dev/null count=1 || dd if=/dev/sda count=1",
    "read the memory of the kernel": "head -c 1 /dev/mem || head -c 1 /dev/kmsg",
    "read the kernel's log": "dmesg",
    "load a module into the kernel": "insmod /bin/busybox",
    "set the clock": "date -s 2001-01-01; test $(date +%Y) = 2001",
    "restart the computer": "reboot -f",
    "change the kernel's settings": "echo 1 > /proc/sys/kernel/core_pattern",
    "ask the kernel for a reboot": "echo b > /proc/sysrq-trigger",
    "raise its own limits": (
        "for f in $(find /sys/fs/cgroup -name memory.limit_in_bytes -o -name memory.max)"
        "; do echo 9999999999 > $f && exit 0; done; exit 1"
    ),
    "have the host run a program": (
        "for f in $(find /sys/fs/cgroup -name release_agent); do echo /files/x > $f && exit 0"
        "; done; exit 1"
    ),
    "make namespaces of its own": "unshare -m true",
    "make itself root in a namespace": "unshare -r mount -t tmpfs none /tmp",
    "enter the namespaces of another": "nsenter -t 1 -m -u -n true",
    "change the root": "chroot /files /bin/true || pivot_root /files /files",
    "go first": "nice -n -20 true && renice -n -20 -p $$",
    "give a file away": "touch f && chown 0:0 f",
    "change its name": "hostname other",
    "give itself an address": "ip addr add 10.9.8.7/24 dev lo",
    "find a way out": "ip route | grep -q . || ping -c 1 -W 1 1.1.1.1",
    "ask for a name": "nslookup example.com",
    "read the job's description": "cat ../job.json || cat /job.json || cat /files/../job.json",
    "write the job's result": "echo '{}' > ../result.json",
    "find a socket to talk to": "find / -type s 2>/dev/null | grep -q .",
    "find an engine's socket": "ls /var/run/docker.sock || ls /run/podman/podman.sock",
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_a_program_is_refused_to(what: str, shell: Any) -> None:
    started = shell(ATTEMPTS[what])
    assert started.completion.status == "failed"
    assert "ended with exit code" in started.completion.error


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "canary"
    path.write_text(CANARY)
    path.chmod(0o644)
    return path


@pytest.mark.parametrize(
    "way",
    [
        "{path}",
        "../../../../../../../../..{path}",
        "/proc/self/root{path}",
        "/proc/1/root{path}",
        "/proc/1/cwd/..{path}",
        "/dev/fd/3{path}",
    ],
)
def test_a_file_of_this_computer_is_not_there_by(way: str, canary: Path, shell: Any) -> None:
    started = shell(f"cat {way.format(path=canary)}")
    assert started.completion.status == "failed"
    assert CANARY not in str(started.completion)


def test_a_link_to_a_file_of_this_computer_leads_nowhere_inside_or_outside(
    canary: Path, shell: Any, paths: Paths
) -> None:
    started = shell(f"ln -s {canary} link; ln -s /etc/passwd users; ln -s / all; cat link")
    assert started.completion.status == "failed"
    assert CANARY not in str(started.completion)
    assert "root:x:0:0:root:/root" not in str(started.completion)
    # What was removed after the job are the links, not what they lead to.
    assert canary.read_text() == CANARY
    assert not list(paths.jobs.iterdir())


def test_a_set_user_id_program_changes_nothing(shell: Any) -> None:
    started = shell("test -u /rootly/busybox && /rootly/busybox id -u; id -u")
    effective, own = started.stdout.split()
    assert effective == own != b"0"


def test_a_program_has_no_capability_and_can_get_none(shell: Any) -> None:
    started = shell("grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status")
    values = started.stdout.split()[1::2]
    assert values == [b"0" * 16] * 5


def test_a_program_can_get_no_new_privileges_and_its_system_calls_are_filtered(shell: Any) -> None:
    started = shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status")
    assert started.stdout.split() == [b"NoNewPrivs:", b"1", b"Seccomp:", b"2"]


def test_a_program_sees_no_process_but_its_own(shell: Any) -> None:
    started = shell("echo /proc/[0-9]*")
    assert len(started.stdout.split()) <= 3


def test_a_program_that_kills_all_it_can_reaches_only_itself(shell: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        shell(f"kill -9 {bystander.pid} {os.getpid()} -1")
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_a_program_has_no_network_but_its_own_loop(shell: Any) -> None:
    started = shell("ls /sys/class/net; cat /proc/net/route | wc -l")
    assert started.stdout.split() == [b"lo", b"1"]


def test_a_service_of_this_computer_is_not_reached(shell: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        service.settimeout(0)
        port = service.getsockname()[1]
        started = shell(f"echo hello | nc -w 2 127.0.0.1 {port}")
        assert started.completion.status == "failed"
        with pytest.raises(BlockingIOError):
            service.accept()


def test_abstract_sockets_of_this_computer_are_not_seen(shell: Any) -> None:
    with socket.socket(socket.AF_UNIX) as service:
        service.bind("\0qubix-abstract")
        service.listen()
        started = shell("grep -c qubix-abstract /proc/net/unix")
    assert started.stdout == b"0\n"


def test_neither_the_workers_variables_nor_its_proxies_reach_a_program(
    shell: Any, container_runner: Callable[..., JobRunner]
) -> None:
    given = {"QUBIX_SECRET": CANARY, "HTTPS_PROXY": f"http://me:{CANARY}@p", "HOME": "/root"}
    runner = container_runner(Limits(64), environment={**os.environ, **given})
    started = shell("env; tr '\\0' '\\n' < /proc/1/environ", on=runner, env={"MINE": "1"})
    names = {line.partition(b"=")[0] for line in started.stdout.splitlines()}
    assert CANARY.encode() not in started.stdout
    assert b"MINE" in names
    assert names <= {
        b"MINE", b"HOME", b"HOSTNAME", b"PATH", b"PWD", b"SHLVL", b"TERM", b"container", b"OLDPWD",
    }  # fmt: skip


def test_the_names_of_this_computers_neighbours_are_not_told(shell: Any) -> None:
    started = shell("cat /etc/hosts; hostname; cat /etc/hostname")
    assert started.stdout.split() == b"127.0.0.1 localhost job ::1 localhost job job".split()


def test_what_the_system_mounts_in_every_container_is_not_there(
    podman: Podman, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "key").write_text(CANARY)
    (tmp_path / "mounts.conf").write_text(f"{tmp_path}/keys:/run/secrets\n")
    place = tmp_path / "job"
    (place / "files").mkdir(parents=True)
    (place / "hosts").touch()
    engine = container_engine.find(seconds=30)
    assert engine is not None
    # As from /etc/containers/mounts.conf, which is this computer's and not the test's.
    given = ("podman", f"--default-mounts-file={tmp_path}/mounts.conf")
    wanted = Wanted(
        name="secrets", label="of=tests", image=podman.image, place=place,
        memory_mb=64, cores=1, pids=64, seconds=60,
        args=("sh", "-c", "ls -a /run/secrets; touch /run/secrets/x"),
    )  # fmt: skip
    command = create(dataclasses.replace(engine, command=given), wanted)
    try:
        bare = [word for word in command if "/run/secrets:" not in word]
        subprocess.run([*given, *bare], check=True, capture_output=True)
        assert "key" in _said_by(given, "secrets")  # so that this test can fail
        podman("rm", "--force", "secrets")
        subprocess.run([*given, *command], check=True, capture_output=True)
        assert _said_by(given, "secrets").split() == [".", ".."]
    finally:
        podman("rm", "--force", "secrets")


def test_there_is_no_device_but_the_harmless_ones(shell: Any) -> None:
    started = shell("find /dev -type b -o -type c | sort")
    assert set(started.stdout.split()) <= {
        b"/dev/console", b"/dev/full", b"/dev/null", b"/dev/ptmx", b"/dev/pts/ptmx", b"/dev/random",
        b"/dev/tty", b"/dev/urandom", b"/dev/zero",
    }  # fmt: skip


def test_shared_memory_and_queues_are_its_own(shell: Any) -> None:
    with Path("/dev/shm/qubix-canary").open("w") as shared:
        shared.write(CANARY)
    try:
        started = shell("ls -A /dev/shm /dev/mqueue; ls /proc/sysvipc; cat /proc/sysvipc/shm")
        assert b"canary" not in started.stdout
    finally:
        Path("/dev/shm/qubix-canary").unlink()


def test_a_fork_bomb_is_held_by_the_limit_of_processes(shell: Any) -> None:
    began = time.monotonic()
    started = shell("b() { b | b & }; b; sleep 1; b; wait; true", pids=20, timeout=5)
    assert time.monotonic() - began < 15
    assert b"can't fork" in str(started.completion.result).encode()


def test_a_program_that_takes_too_much_memory_is_ended_and_its_limit_named(shell: Any) -> None:
    started = shell("awk 'BEGIN { s = \"x\"; while (1) s = s s }'", memoryMb=32)
    assert started.completion.status == "failed"
    assert "memory limit of 32 MiB" in started.completion.error


def test_memory_is_not_got_around_by_files_in_memory(shell: Any) -> None:
    started = shell(
        "for d in /tmp /var/tmp /run /dev/shm; do dd if=/dev/zero of=$d/x bs=64k; done",
        memoryMb=32,
    )
    assert started.completion.status == "failed"
    assert "memory limit of 32 MiB" in started.completion.error


def test_files_in_memory_are_bounded_by_themselves(shell: Any) -> None:
    started = shell("dd if=/dev/zero of=/tmp/x bs=64k; wc -c < /tmp/x", memoryMb=32)
    assert started.stdout == b"%d\n" % (16 << 20)


def test_a_folder_that_grows_too_large_ends_the_job(
    shell: Any, paths: Paths, wait_until: Any
) -> None:
    started = shell("while dd if=/dev/zero of=$((n=n+1)) bs=1M count=64 2>/dev/null; do :; done")
    assert started.completion.status == "failed"
    assert f"more than {DISK_BYTES >> 20} MiB in its folder" in started.completion.error
    wait_until(lambda: not list(paths.jobs.iterdir()))


def test_a_file_of_holes_counts_for_its_size(shell: Any) -> None:
    started = shell("dd if=/dev/zero of=holes bs=1M seek=1000000 count=1; sleep 5")
    assert f"more than {DISK_BYTES >> 20} MiB in its folder" in started.completion.error


def test_a_file_that_is_open_and_in_no_folder_counts(shell: Any) -> None:
    started = shell("exec 3>x; rm x; dd if=/dev/zero bs=1M count=300 >&3; sleep 20")
    assert started.completion.status == "failed"
    assert f"more than {DISK_BYTES >> 20} MiB in its folder" in started.completion.error


def test_too_many_files_end_the_job(shell: Any) -> None:
    started = shell(f"seq {FILES_MOST + 10} | xargs touch; sleep 5")
    assert f"more than {FILES_MOST} files" in started.completion.error


def test_a_folder_that_cannot_be_looked_into_is_removed_all_the_same(
    shell: Any, paths: Paths
) -> None:
    shell("mkdir -p a/b; touch a/b/c; chmod 0 a/b/c a/b a; mkfifo fifo; mkdir d; chmod 0300 d")
    assert not list(paths.jobs.iterdir())


@pytest.mark.parametrize(("stream", "to"), [("output", ""), ("error", ">&2")])
def test_a_flood_of(stream: str, to: str, shell: Any) -> None:
    started = shell(f"yes {'x' * 500} {to}")
    assert f"MiB to its standard {stream}" in started.completion.error
    assert len(str(started.completion.result)) < OUTPUT_BYTES


def test_what_a_program_says_is_written_to_no_log_of_the_engine(
    start_container: Any, podman: Podman, wait_until: Any
) -> None:
    started = start_container("sh", "-c", "while echo to-the-log; do sleep 0.01; done", timeout=30)
    wait_until(podman.containers)
    (name,) = podman.containers()
    wait_until(
        lambda: podman("container", "inspect", "--format={{.State.Running}}", name) == "true\n"
    )
    assert (
        podman("container", "inspect", "--format={{.HostConfig.LogConfig.Type}}", name) == "none\n"
    )
    assert not podman(
        "container", "inspect", "--format={{.HostConfig.LogConfig.Path}}", name
    ).strip()
    del started


def test_control_characters_of_a_program_do_not_reach_a_terminal(shell: Any) -> None:
    started = shell("printf 'a\\033[2Jb\\007\\n' >&2; exit 3")
    assert "\x1b" not in started.completion.error
    assert "\x1b" not in started.completion.result["stderr"]


def test_what_goes_on_in_the_background_ends_with_the_program(
    shell: Any, podman: Podman, wait_until: Any
) -> None:
    started = shell(f"setsid sh -c 'trap \"\" TERM HUP; sleep {A_WHILE}' & sleep 0.2; echo begun")
    assert started.stdout == b"begun\n"
    assert not podman.containers()
    wait_until(lambda: not _running("sleep", A_WHILE))


def test_a_cancelled_program_is_gone_at_once(
    start_container: Any, new_runner: Callable[..., JobRunner], podman: Podman, wait_until: Any
) -> None:
    runner = new_runner()
    started = start_container(
        "sh", "-c", f"trap '' TERM INT HUP; sleep {A_WHILE}; sleep {A_WHILE}", on=runner
    )
    wait_until(lambda: _running("sleep", A_WHILE))
    began = time.monotonic()
    runner.cancel("job-1")
    assert started.end.cancelled
    assert time.monotonic() - began < 5
    assert not podman.containers()
    assert not _running("sleep", A_WHILE)


def test_a_program_that_uses_up_its_time_is_ended(shell: Any, podman: Podman) -> None:
    started = shell("trap '' TERM; while :; do :; done", timeout=2)
    assert "whole time limit of 2 s" in started.completion.error
    assert not podman.containers()


OUTSIDE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from qubix_worker.jobs import JobRunner
    from qubix_worker.kinds import Limits
    from qubix_worker.paths import Paths
    from qubix_worker.protocol import Job

    runner = JobRunner(
        Paths.under(Path(sys.argv[1])),
        (sys.executable, "-m", "qubix_worker"),
        Limits(64, network=True),
    )
    spec = {"image": sys.argv[2], "args": ["sleep", sys.argv[3]]}
    runner.start(Job("job-1", "container", spec, 60), lambda event: None)
    input()
    """
)


@pytest.fixture
def outside(paths: Paths, podman: Podman, wait_until: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A worker's process with a container at work."""
    with subprocess.Popen(
        [sys.executable, "-c", OUTSIDE, str(paths.home), podman.image, A_WHILE],
        stdin=subprocess.PIPE,
    ) as process:
        wait_until(lambda: _running("sleep", A_WHILE))
        yield process
        process.kill()


def test_a_container_does_not_outlive_a_worker_that_is_killed(
    outside: subprocess.Popen[bytes], podman: Podman, wait_until: Any
) -> None:
    outside.kill()
    wait_until(lambda: not podman.containers())
    assert not _running("sleep", A_WHILE)


def test_nothing_is_fetched_any_more_for_a_worker_that_is_killed(
    paths: Paths, podman: Podman, tmp_path: Path, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as registry:
        conf = tmp_path / "registries.conf"
        conf.write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
        registry.go_on.clear()
        image = registry.add(layer_of("x", b"a layer that nobody waits for"))
        with subprocess.Popen(
            [sys.executable, "-c", OUTSIDE, str(paths.home), image, A_WHILE], stdin=subprocess.PIPE
        ) as worker:
            pull = ["podman", "pull", "--", image]
            wait_until(lambda: _running(*pull, by_name=True))
            worker.kill()
        wait_until(lambda: not _running(*pull, by_name=True))


def test_nothing_is_begun_any_more_once_the_worker_has_gone() -> None:
    program = """
        import threading
        from qubix_worker.kinds import container_engine, line

        gone = threading.Event()
        line.take(gone.set)
        container_engine.begin(["true"]).wait()
        print("begun", flush=True)
        gone.wait(30)
        try:
            container_engine.begin(["true"])
        except container_engine.EngineError as error:
            print(error, flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin and child.stderr
        assert child.stderr.readline() == "begun\n"
        child.stdin.close()
        assert child.stderr.readline() == "The worker has gone.\n"


def test_what_outlived_a_worker_and_its_child_is_removed_at_the_next_start(
    outside: subprocess.Popen[bytes], podman: Podman, paths: Paths, wait_until: Any, runner: Any
) -> None:
    children = psutil.Process(outside.pid).children(recursive=True)
    suspend(outside.pid)
    for child in children:
        child.kill()
    outside.kill()
    outside.wait()
    assert podman.containers()
    assert _running("sleep", A_WHILE)
    runner.clean()
    assert not podman.containers()
    assert not _running("sleep", A_WHILE)
    assert not list(paths.jobs.iterdir())


def test_the_next_start_leaves_the_containers_of_others_alone(
    podman: Podman, runner: JobRunner, shell: Any
) -> None:
    shell("true")
    podman("create", "--name=somebodys", "--pull=never", podman.image, "true")
    try:
        runner.clean()
        assert podman.containers() == ["somebodys"]
    finally:
        podman("rm", "somebodys")


def _running(*command: str, by_name: bool = False) -> bool:
    for process in psutil.process_iter(["cmdline"]):
        found = process.info["cmdline"] or [""]
        if by_name:
            found = [Path(found[0]).name, *found[1:]]
        if found == list(command):
            return True
    return False


def _said_by(podman: Sequence[str], container: str) -> str:
    command = [*podman, "start", "--attach", container]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
