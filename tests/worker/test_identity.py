"""identity.json: what it may hold, and what is said when it or its place is not as it should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qubix_worker import identity
from qubix_worker.errors import QubixError
from qubix_worker.paths import Paths

GOOD = {"workerId": "w-1", "server": "https://h", "name": "computer", "secret": "s3cret"}


def write(path: Path, changes: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(GOOD | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"server": ""},
        {"server": "h"},
        {"server": "ftp://h"},
        {"server": "http://user:password@h"},
        {"server": "http://h:99999"},
        {"server": "http://h\r\nX: y"},
        {"server": ["http://h"]},
        {"secret": ""},
        {"secret": "a b"},
        {"secret": "s3cret\r\nX-Other: header"},
        {"secret": "\u00e9"},
        {"secret": 7},
        {"workerId": "../../etc"},
        {"workerId": ""},
        {"workerId": None},
        {"name": "a\u001b[31mb"},
        {"name": 1},
    ],
    ids=str,
)
def test_what_cannot_be_true_is_damage(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "identity.json"
    write(path, changes)
    with pytest.raises(QubixError) as caught:
        identity.load(path)
    assert caught.value.problem.code == "identity_damaged"
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_what_is_no_identity_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "identity.json"
    path.write_bytes(content)
    with pytest.raises(QubixError) as caught:
        identity.load(path)
    assert caught.value.problem.code == "identity_damaged"


def test_keys_of_a_later_version_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    write(path, {"colour": "blue"})
    found = identity.load(path)
    assert found
    assert found.secret == "s3cret"


def worker(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    return subprocess.run(
        [sys.executable, "-m", "qubix_worker", *arguments],
        env=kept | {"QUBIX_HOME": str(home)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_damaged_identity_is_a_sentence_on_the_command_line(tmp_path: Path) -> None:
    write(Paths.under(tmp_path).identity, {"server": "nonsense"})
    done = worker(tmp_path, "run")
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["run", "setup --server http://127.0.0.1:9 --code K7QM-2XWD"])
def test_a_home_that_is_a_file_is_a_sentence(tmp_path: Path, command: str) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder")
    done = worker(home, *command.split())
    assert done.returncode == 1
    assert "file stands where a folder is needed" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert home.read_text() == "not a folder"
