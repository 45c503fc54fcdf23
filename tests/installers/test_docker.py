"""The Compose file: what it lets the worker do, and that no value in it becomes anything else.

Compose is not at hand everywhere: what it makes of `$` is done here as its specification says, and
one test asks it where it is.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from qubix_server.errors import StartError
from qubix_server.installers.compose import compose_file, quoted
from qubix_server.installers.templates import text
from qubix_server.settings import load
from qubix_worker.amalgamation import amalgamate
from tests.installers.test_hostile_values import values
from tests.installers.test_routes import served
from tests.packaging.test_server_files import ROOT

IMAGE = "registry.example:5000/qubix-worker:1@sha256:" + "a" * 64
GPU_SERVICES = {"worker": [], "nvidia": ["nvidia"], "amd": ["amd"]}


def interpolated(value: Any, variables: dict[str, str] | None = None) -> Any:
    """`value` as Compose takes it (compose-spec, "Interpolation"): `${NAME:-default}`, and `$$` for
    a dollar. Raises ValueError for another one."""
    if isinstance(value, dict):
        return {key: interpolated(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, variables) for one in value]
    if not isinstance(value, str):
        return value

    def meant(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if found["name"] is None:
            raise ValueError(found[0])
        return (variables or {}).get(found["name"]) or found["default"]

    return re.sub(r"\$\$|\$\{(?P<name>\w+):-(?P<default>[^}$]*)\}|\$", meant, value)


def compose(backend: str = "https://h.example", **more: Any) -> dict[str, Any]:
    body = compose_file(backend, more.get("enrollment"), amalgamate(), more.get("image"))
    read = yaml.safe_load(body.decode("ascii"))
    assert isinstance(read, dict)
    return interpolated(read, more.get("variables"))


def test_the_file_is_handed_out_with_its_type_and_name(tmp_path: Path) -> None:
    settings = load(
        {"database_url": f"sqlite:///{tmp_path / 'qubix.db'}", "worker_image": IMAGE}, {}
    )
    with served(settings) as ask:
        answer = ask("/api/installer/docker?backend=https%3A%2F%2Fh.example%2Fp%2F&enrollment=T-1_")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.headers["content-disposition"] == 'attachment; filename="compose.yaml"'
    assert answer.body == compose_file("https://h.example/p", "T-1_", amalgamate(), IMAGE)


@pytest.mark.parametrize("name", GPU_SERVICES)
def test_the_worker_has_nothing_that_it_does_not_need(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] == 512
    assert (service["cpus"], service["mem_limit"], service["memswap_limit"]) == ("1", "4g", "4g")
    assert all({"noexec", "nosuid", "nodev"} <= set(one.split(",")) for one in service["tmpfs"])
    assert service["volumes"] == ["state:/var/lib/qubix"]
    assert service.get("profiles", []) == GPU_SERVICES[name]
    granted = {
        "privileged",
        "cap_add",
        "network_mode",
        "pid",
        "ipc",
        "userns_mode",
        "user",
        "ports",
    }
    assert not granted & set(service)


def test_its_owner_says_how_much_it_may_take_and_what_it_is_called() -> None:
    chosen = {"QUBIX_CPUS": "4", "QUBIX_MEMORY": "8g", "QUBIX_NAME": "workshop"}
    service = compose(variables=chosen)["services"]["worker"]
    given = (service["cpus"], service["mem_limit"], service["memswap_limit"], service["hostname"])
    assert given == ("4", "8g", "8g", "workshop")


def test_cards_are_given_only_where_they_are_asked_for() -> None:
    services = compose()["services"]
    (cards,) = services["nvidia"]["deploy"]["resources"]["reservations"]["devices"]
    assert (cards["driver"], cards["count"]) == ("nvidia", "all")
    assert services["amd"]["devices"] == ["/dev/kfd:/dev/kfd", "/dev/dri:/dev/dri"]
    assert not {"deploy", "devices", "group_add"} & set(services["worker"])


def test_the_invitation_is_in_the_environment_and_on_no_command_line() -> None:
    service = compose(enrollment="T-1_")["services"]["worker"]
    assert service["environment"].pop("QUBIX_ENROLLMENT") == "T-1_"
    assert "T-1_" not in repr(service)


def test_without_an_invitation_it_is_who_starts_it_that_gives_one() -> None:
    assert compose()["services"]["worker"]["environment"]["QUBIX_ENROLLMENT"] == ""
    given = compose(variables={"QUBIX_ENROLLMENT": "K7QM-2XWD"})
    assert given["services"]["worker"]["environment"]["QUBIX_ENROLLMENT"] == "K7QM-2XWD"


def test_the_image_is_the_operators_where_there_is_one() -> None:
    service = compose(image=IMAGE)["services"]["worker"]
    assert service["image"] == IMAGE
    assert "build" not in service


def test_else_it_is_built_of_the_very_worker_that_the_server_has() -> None:
    service = compose("https://h.example/p")["services"]["worker"]
    sha256 = hashlib.sha256(amalgamate()).hexdigest()
    assert service["build"]["args"] == {
        "WORKER": "https://h.example/p/api/installer/worker.py",
        "SHA256": sha256,
    }
    assert service["build"]["dockerfile_inline"] == text("Containerfile")
    # No registry can be asked for it, and another worker has another name.
    assert re.fullmatch(rf"localhost/qubix-worker:[\w.]+-{sha256[:12]}", service["image"])


def test_the_recipe_in_the_repository_is_the_one_that_is_handed_out() -> None:
    recipe = (ROOT / "packaging" / "worker" / "Containerfile").read_text()
    assert recipe == text("Containerfile")
    assert re.search(r"^ARG BASE=\S+@sha256:[0-9a-f]{64}$", recipe, re.MULTILINE)
    # github.com/docker/compose/issues/13269: what Compose 2.40.0 makes of other dollars.
    assert not re.search(r"\$(?!\{)", recipe)
    last = recipe.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)


@pytest.mark.parametrize(
    ("backend", "is_here"),
    [
        ("http://localhost:3001", True),
        ("http://127.0.0.1:3001", True),
        ("http://[::1]:3001", True),
        ("http://127.0.0.1.example", False),
        ("https://h.example", False),
    ],
)
def test_a_server_on_this_very_computer_is_reached_by_its_own_network(
    backend: str, is_here: bool
) -> None:
    for service in compose(backend)["services"].values():
        assert (service.get("network_mode") == "host") == is_here


@pytest.mark.parametrize(
    "value",
    ["$", "$$", "${HOME}", "$HOME", "a\\", '"', '"\nservices: {}\n"', "#", "\\n", "\x85", "\u2028",
     "é", "😀", "*worker", "!!python/name:os.system", "@END@", "{image}", "- a", "yes", "08", ""],
)  # fmt: skip
def test_a_value_arrives_as_it_was(value: str) -> None:
    assert interpolated(yaml.safe_load(f"a: {quoted(value)}")) == {"a": value}


def test_so_does_every_hostile_one_and_brings_nothing_else() -> None:
    chance = random.Random(8)
    fit = [v for v in values(9, 4000) if not re.search("[\0\ud800-\udfff]", v) and len(v) < 1000]
    for value in chance.sample(fit, 300):
        assert interpolated(yaml.safe_load(f"- {quoted(value)}\n- x")) == [value, "x"]
    for value in chance.sample([v for v in fit if v.startswith(("http:", "https:"))], 3):
        try:
            body = compose_file(value, value, amalgamate(), value)
        except ValueError:  # it is none that urllib takes apart
            continue
        environment = interpolated(yaml.safe_load(body))["services"]["worker"]["environment"]
        assert (environment["QUBIX_BACKEND"], environment["QUBIX_ENROLLMENT"]) == (value, value)


def test_compose_itself_reads_it_so(tmp_path: Path) -> None:
    docker = shutil.which("docker") or "docker"
    if not shutil.which("docker") or _run(docker, "compose", "version").returncode:
        pytest.skip("there is no Docker Compose here")
    value = "http://localhost/$a$$b${c}'(x)!*;&=+,%25\\"
    (tmp_path / "compose.yaml").write_bytes(compose_file(value, value, amalgamate()))
    file = f"--file={tmp_path / 'compose.yaml'}"
    profiles = ("--profile=nvidia", "--profile=amd")
    read = _run(docker, "compose", file, *profiles, "config", "--format=json")
    assert read.returncode == 0, read.stderr
    services = json.loads(read.stdout)["services"]
    assert services.keys() == set(GPU_SERVICES)
    for service in services.values():
        said = service["environment"]
        assert said["QUBIX_BACKEND"] in given(value)
        assert said["QUBIX_ENROLLMENT"] in given(value)
        built = service["build"]
        assert built["args"]["WORKER"] in given(f"{value}/api/installer/worker.py")
        assert built["dockerfile_inline"] in given(text("Containerfile"))


def given(value: str) -> tuple[str, str]:
    """How Compose may give a value out: as it is, or so that it could read it again."""
    return value, value.replace("$", "$$")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("value", ["\0", "a\0b", "\ud800", "\udfff"])
def test_what_no_environment_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="environment"):
        quoted(value)


@pytest.mark.parametrize(
    "image",
    ["qubix-worker", "r.example/qubix-worker", "r.example/qubix-worker:1", "r.example/q@sha256:1",
     "r.example/q@md5:" + "a" * 64, "R.example/Q@sha256:" + "a" * 64, "$x/q@sha256:" + "a" * 64,
     "r.example/q\n@sha256:" + "a" * 64, "https://r.example/q@sha256:" + "a" * 64,
     "-r/q@sha256:" + "a" * 64, "r.example/" + "q" * 600 + "@sha256:" + "a" * 64],
)  # fmt: skip
def test_an_image_that_can_mean_another_one_tomorrow_is_refused(image: str) -> None:
    with pytest.raises(StartError, match="digest"):
        load({"worker_image": image}, {})


def test_an_image_comes_by_flag_or_environment() -> None:
    assert load({}, {"QUBIX_WORKER_IMAGE": IMAGE}).worker_image == IMAGE
    assert load({"worker_image": IMAGE}, {}).worker_image == IMAGE
    assert load({}, {}).worker_image is None
