"""What an operator is handed to run the server: the unit of systemd, the image, the Compose file.

No image can be built where no registry can be reached: what its build does is done here with the
same files, but for the base image and the libraries.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from qubix_server import settings
from tests.conftest import LiveServer

ROOT = Path(__file__).parents[2]
FILES = ROOT / "packaging" / "server"
SETTINGS = {
    f"QUBIX_{name.upper()}" for name in settings.Settings.__dataclass_fields__
} | {"QUBIX_HOME"}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FILES / "compose.yaml").read_text())
    return read


def test_systemd_takes_the_unit_and_finds_little_that_it_may_do(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze here, which reads units")
    text = (FILES / "qubix-server.service").read_text()
    unit = tmp_path / "qubix-server.service"
    # It looks whether the program is there.
    unit.write_text(text.replace("/opt/qubix/bin/qubix-server", shutil.which("true") or ""))
    read = subprocess.run(
        [program, "verify", str(unit)], capture_output=True, text=True, check=False
    )
    # It may have something to say about other units of this machine.
    complaints = [line for line in read.stderr.splitlines() if unit.name in line]
    assert (read.returncode, complaints) == (0, []), read.stderr
    judged = subprocess.run(
        [program, "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.slow
def test_the_image_is_built_from_what_is_copied_into_it(tmp_path: Path) -> None:
    text = (FILES / "Containerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            goal = tmp_path / "source" / target / (source if target == "./" else "")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, goal, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, goal)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "--target", str(tmp_path / "installed"), "."],
        cwd=tmp_path / "source", check=True,
    )  # fmt: skip
    server = LiveServer(tmp_path / "home", environment={"PYTHONPATH": str(tmp_path / "installed")})
    where = subprocess.run(
        [sys.executable, "-c", "import qubix_server as it; print(it.__file__)"],
        env=server.variables(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert where.startswith(str(tmp_path))
    server.start()
    try:
        for path in ("/", "/fleet", "/openapi.json", "/api/installer/worker.py"):
            assert server.ask("GET", path).status_code == 200, path
    finally:
        server.stop()


def test_the_image_runs_without_rights_and_takes_only_libraries_with_their_hashes() -> None:
    text = (FILES / "Containerfile").read_text()
    last = text.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*$", last, re.MULTILINE)
    for install in re.findall(r"pip install (.*)", text):
        assert "--require-hashes" in install or "--no-deps --no-build-isolation" in install
    assert set(re.findall(r"QUBIX_\w+", text)) <= SETTINGS


def test_the_compose_file_names_settings_that_there_are(compose: dict[str, Any]) -> None:
    assert set(compose["services"]["server"]["environment"]) <= SETTINGS
    assert compose["services"]["server"]["build"]["dockerfile"] == "packaging/server/Containerfile"
    assert (FILES / compose["services"]["server"]["build"]["context"]).resolve() == ROOT


def test_the_compose_file_shows_nothing_to_other_machines(compose: dict[str, Any]) -> None:
    assert "ports" not in compose["services"]["database"]
    assert compose["services"]["server"]["ports"] == ["127.0.0.1:3001:3001"]


def test_the_server_trusts_only_the_gateway_by_which_a_proxy_comes(compose: dict[str, Any]) -> None:
    (network,) = compose["networks"]["inside"]["ipam"]["config"]
    environment = compose["services"]["server"]["environment"]
    assert environment["QUBIX_TRUSTED_PROXIES"] == network["gateway"]
    settings.check_exposure(
        settings.load({}, {**environment, "QUBIX_HOST": "0.0.0.0",
                           "QUBIX_PUBLIC_URL": "https://share.example.org"})
    )  # fmt: skip


def test_what_the_compose_file_mounts_and_waits_for_is_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
        assert set(service["networks"]) <= set(compose["networks"])
        for other in service.get("depends_on", {}):
            assert "healthcheck" in compose["services"][other]


def test_the_document_explains_every_setting() -> None:
    rows = re.findall(
        r"^\| `(QUBIX_\w+)` \| (?:`(--[\w-]+)`)? ?\| ([^|]*) \|",
        (ROOT / "docs" / "operating.md").read_text(),
        re.MULTILINE,
    )
    assert {name for name, _, _ in rows} == SETTINGS
    for name, flag, default in rows:
        field = name.removeprefix("QUBIX_").lower()
        if flag:
            assert flag == "--" + field.replace("_", "-")
        value = getattr(settings.Settings, field, None)
        if default[0].isdigit():
            assert default == str(value)
