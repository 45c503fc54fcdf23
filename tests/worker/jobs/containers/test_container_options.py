"""The command line that an engine is given. What it does is tested for real elsewhere."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest

from qubix_worker.kinds.container_engine import Engine
from qubix_worker.kinds.container_options import Wanted, card_options, create
from qubix_worker.kinds.kind import NotHereError

PODMAN = Engine("podman", ("podman",), (4, 9, 3), "65534:65534", processors=8)
DOCKER = Engine("docker", ("docker",), (27, 0, 1), "1000:1000", processors=8)
ROOTLESS = dataclasses.replace(PODMAN, userns="keep-id:uid=65534,gid=65534")
BOTH = pytest.mark.parametrize("engine", [PODMAN, DOCKER], ids=["podman", "docker"])
WANTED = Wanted(
    name="qubix-job-1",
    label="qubix.jobs=abc",
    image="registry.example/x@sha256:00",
    place=Path("/state/jobs/job-1"),
    memory_mb=256,
    cores=1.5,
    pids=64,
    seconds=60,
)


def options(engine: Engine, **changes: object) -> list[str]:
    return create(engine, dataclasses.replace(WANTED, **changes))  # type: ignore[arg-type]


@BOTH
def test_every_bound_is_said(engine: Engine) -> None:
    said = options(engine)
    assert {
        "--network=none",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--read-only",
        "--ipc=private",
        "--pids-limit=64",
        "--memory=256m",
        "--memory-swap=256m",
        "--cpus=1.50",
        "--cpu-shares=2",
        "--log-driver=none",
        "--pull=never",
        f"--user={engine.user}",
        "--label=qubix.jobs=abc",
    } <= set(said)


@BOTH
def test_nothing_loosens_them(engine: Engine) -> None:
    said = " ".join(options(engine, env={"A": "1"}, volumes=("/data",)))
    for word in ("privileged ", "cap-add", "docker.sock", "podman.sock", "=host", "seccomp"):
        assert word not in said + " "


@BOTH
def test_the_only_folder_of_this_computer_inside_is_the_jobs_own(engine: Engine) -> None:
    mounts = [word for word in options(engine) if word.startswith(("--mount", "--volume"))]
    assert all("source=/state/jobs/job-1/" in word for word in mounts)
    assert sum("target=/files" in word for word in mounts) == 1


def test_what_podman_mounts_unasked_is_covered() -> None:
    (word,) = [word for word in options(PODMAN) if "/run/secrets" in word]
    assert word.startswith("--tmpfs=/run/secrets:ro,")
    assert not [word for word in options(DOCKER) if "/run/secrets" in word]


@BOTH
def test_what_a_job_chose_is_never_where_an_option_could_be(engine: Engine) -> None:
    evil = "--privileged"
    said = options(engine, entrypoint=evil, args=[evil, "--"], env={"A": evil})
    end = said.index("--")
    assert said[end + 1 :] == ["registry.example/x@sha256:00", evil, "--"]
    assert evil not in said[:end]
    assert all(word.startswith("--") for word in said[1:end])


@BOTH
def test_a_network_is_given_only_where_it_is_wanted(engine: Engine) -> None:
    assert not any("--network" in word for word in options(engine, network=True))


@BOTH
def test_a_share_of_the_processor_is_at_most_all_of_it(engine: Engine) -> None:
    assert "--cpus=8.00" in options(engine, cores=64.0)
    assert "--cpus=0.01" in options(engine, cores=0.001)


@BOTH
def test_an_engine_that_cannot_share_the_processor_is_not_asked_to(engine: Engine) -> None:
    said = " ".join(options(dataclasses.replace(engine, quota=False)))
    assert "--cpu" not in said


@BOTH
@pytest.mark.parametrize(("priority", "shares"), [("idle", 2), ("low", 256), ("normal", 1024)])
def test_a_priority_is_a_weight(engine: Engine, priority: str, shares: int) -> None:
    assert f"--cpu-shares={shares}" in options(engine, priority=priority)


def test_a_folder_with_a_comma_in_its_name_is_quoted() -> None:
    said = options(DOCKER, place=Path("/home/a,b/jobs/j"))
    assert '--mount=type=bind,"source=/home/a,b/jobs/j/files",target=/files' in said


def test_rootless_podman_keeps_the_accounts_files_its_own() -> None:
    assert "--userns=keep-id:uid=65534,gid=65534" in options(ROOTLESS)


def test_podman_tells_neither_its_proxy_nor_its_hosts() -> None:
    assert {"--http-proxy=false", "--no-hosts"} <= set(options(PODMAN))


def test_podmans_monitor_ends_what_nobody_else_ends() -> None:
    assert "--timeout=120" in options(PODMAN)


def test_folders_that_an_image_declares_become_no_volumes() -> None:
    assert "--image-volume=ignore" in options(PODMAN, volumes=("/data",))
    assert "--tmpfs=/data:rw,nosuid,nodev,size=128m" in options(DOCKER, volumes=("/data",))


@pytest.mark.parametrize("engine", [PODMAN, DOCKER], ids=["podman", "docker"])
def test_where_files_have_labels_the_jobs_folder_gets_one_of_its_own(engine: Engine) -> None:
    said = options(dataclasses.replace(engine, selinux=True))
    (folder,) = [word for word in said if "/files" in word and word.startswith(("--mo", "--vo"))]
    assert folder.endswith((":Z", "relabel=private"))


def test_podman_takes_a_program_that_looks_like_a_list_for_a_program() -> None:
    assert '--entrypoint=["[\\"sh\\"]"]' in options(PODMAN, entrypoint='["sh"]')


def test_docker_gives_nvidia_cards_by_its_own_option() -> None:
    engine = dataclasses.replace(DOCKER, cards=True)
    assert card_options(engine, ["GPU-1", "GPU-2"]) == ('--gpus="device=GPU-1,GPU-2"',)


def test_podman_gives_nvidia_cards_that_their_specification_names(tmp_path: Path) -> None:
    (tmp_path / "nvidia.yaml").write_text("devices:\n- name: '0'\n- name: GPU-1\n")
    assert card_options(PODMAN, ["GPU-1"], [tmp_path]) == ("--device=nvidia.com/gpu=GPU-1",)
    with pytest.raises(NotHereError, match=r"GPU-2 yet; its owner .* 'nvidia-ctk cdi generate'"):
        card_options(PODMAN, ["GPU-2"], [tmp_path])


def test_docker_without_nvidias_runtime_gives_them_as_podman_does(tmp_path: Path) -> None:
    (tmp_path / "nvidia.json").write_text('{"devices": [{"name": "GPU-1"}]}')
    assert card_options(DOCKER, ["GPU-1"], [tmp_path]) == ("--device=nvidia.com/gpu=GPU-1",)


def test_amd_cards_are_given_by_their_own_node(tmp_path: Path) -> None:
    for number, card in ((128, "1111"), (129, "2222")):
        (tmp_path / f"renderD{number}" / "device").mkdir(parents=True)
        (tmp_path / f"renderD{number}" / "device" / "unique_id").write_text(card + "\n")
    said = card_options(ROOTLESS, ["2222"], drm=tmp_path)
    assert said == (
        "--device=/dev/kfd",
        "--device=/dev/dri/renderD129",
        "--group-add=keep-groups",
    )
    with pytest.raises(NotHereError):
        card_options(ROOTLESS, ["3333"], drm=tmp_path)


@pytest.mark.parametrize("engine", [PODMAN, DOCKER], ids=["podman", "docker"])
def test_the_engines_own_command_line_knows_all_the_options(engine: Engine) -> None:
    program = shutil.which(engine.name)
    if program is None:
        pytest.skip(f"{engine.name} is not installed here")
    text = subprocess.run(
        [program, "create", "--help"], capture_output=True, text=True, check=True
    ).stdout
    said = options(engine, entrypoint="x", env={"A": "1"}, volumes=("/data",))
    for word in said[1 : said.index("--")]:
        assert f"{word.partition('=')[0]} " in text
