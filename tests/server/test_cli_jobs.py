"""`qubix-server jobs`: what it hands in, and the files of strangers that it saves."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from qubix_server.cli import files
from qubix_server.errors import StartError
from tests.conftest import LiveServer
from tests.server.conftest import Command

IMAGE = "registry.example/library/busybox@sha256:" + "0" * 64


def handed_in(server: LiveServer, command: Command, *arguments: str) -> dict[str, Any]:
    done = command("jobs", "submit", *arguments, "--no-wait", environment=server.variables())
    assert done.returncode == 0, done.stderr
    path = f"/api/jobs/{done.stdout.strip()}"
    job: dict[str, Any] = server.ask("GET", path, credential=server.token).json()["job"]
    return job


def test_a_container_job_says_all_that_was_given(
    command: Command, shared_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "in put").write_bytes(b"\0data")
    job = handed_in(
        shared_server, command, "--kind", "container", "--image", IMAGE, "--arg=-c",
        "--arg", "true", "--env", "A=b=c", "--env", "EMPTY=",
        "--file", f"some/in={tmp_path / 'in put'}",
        "--output", "out", "--network", "--gpu", "--memory-mb", "64", "--timeout", "7",
    )  # fmt: skip
    assert job["kind"] == "container"
    assert job["spec"] == {
        "image": IMAGE, "args": ["-c", "true"], "env": {"A": "b=c", "EMPTY": ""},
        "files": {"some/in": base64.b64encode(b"\0data").decode()}, "outputs": ["out"],
        "network": True, "gpu": True, "memoryMb": 64,
    }  # fmt: skip
    assert (job["requirements"], job["timeoutSeconds"]) == ({"gpu": True}, 7)


def test_an_image_is_enough_to_mean_a_container_with_what_it_begins_by_itself(
    command: Command, shared_server: LiveServer
) -> None:
    job = handed_in(shared_server, command, "--image", IMAGE)
    assert (job["kind"], job["spec"]) == ("container", {"image": IMAGE})


def test_a_wasm_job_says_all_that_was_given(
    command: Command, shared_server: LiveServer, tmp_path: Path
) -> None:
    module, given = tmp_path / "a.wasm", tmp_path / "given"
    module.write_bytes(b"\0asm")
    given.write_bytes(b"x")
    job = handed_in(
        shared_server, command, str(module), "--env", "A=1", "--file", f"in={given}",
        "--fuel", "1000",
    )  # fmt: skip
    assert job["spec"] == {
        "module": "AGFzbQ==", "args": [], "env": {"A": "1"}, "files": {"in": "eA=="}, "fuel": 1000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "needs FILE.wasm"),
        (("--kind", "container"), "needs --image"),
        (("a.wasm", "--image", IMAGE), "FILE.wasm is not for"),
        (("--image", IMAGE, "--fuel", "1"), "--fuel is not for"),
        (("a.wasm", "--network"), "--network is not for"),
        (("a.wasm", "--env", "A"), "no NAME="),
        (("a.wasm", "--file", "=x"), "no NAME="),
    ],
)
def test_a_wrong_use_ends_with_2_and_says_why(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = command("jobs", "submit", *arguments, environment={"QUBIX_HOME": str(tmp_path)})
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_job_that_is_too_large_is_a_sentence(
    command: Command, shared_server: LiveServer, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(60_000))
    done = command(
        "jobs", "submit", "--image", IMAGE, "--file", f"in={large}",
        environment=shared_server.variables(),
    )  # fmt: skip
    assert done.returncode == 1
    assert "larger than 64 KiB" in done.stderr


def test_the_files_of_a_job_are_shown_and_saved_and_none_leaves_the_folder(
    server: LiveServer, tmp_path: Path
) -> None:
    machine = server.join("stranger")
    machine.beat()
    body = {"kind": "wasm", "spec": {"module": "AGFzbQ=="}}
    created = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    job_id = created.json()["job"]["id"]
    machine.beat()
    given = {"a/good": "R09PRA==", "../evil": "eA==", "\x1b[31mred": "eA=="}
    machine.ask(
        "POST", f"/api/jobs/{job_id}/complete", {"status": "completed", "result": {"files": given}}
    )
    shown = server.cli("jobs", "show", job_id)
    assert "a/good  4 bytes" in shown.stdout
    assert "\x1b" not in shown.stdout
    folder = tmp_path / "new" / "folder"
    saved = server.cli("jobs", "show", job_id, "--save-files", str(folder))
    assert saved.returncode == 1
    assert "../evil was not saved" in saved.stderr
    assert "\x1b" not in saved.stderr
    written = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert written == [folder / "a" / "good"]
    assert (folder / "a" / "good").read_bytes() == b"GOOD"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "C:x", "C:\\x",
     "..\\x", "a\0b", "a\nb", "\u202eexe", "con", "NUL.txt", "a/aux", "x.", "x ", "a*", "x" * 1001,
     "a/" * 16 + "a", "\ud800"],
)  # fmt: skip
def test_a_name_that_plays_tricks_is_not_written(tmp_path: Path, name: str) -> None:
    assert list(files.save(tmp_path / "into", {name: b"x"})) == [name]
    assert list(tmp_path.rglob("*")) == [tmp_path / "into"]


def test_no_file_is_replaced_nor_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    into = tmp_path / "into"
    into.mkdir()
    (into / "link").symlink_to(outside)
    with pytest.raises(StartError, match="not empty"):
        files.save(into, {"link": b"x"})
    assert outside.read_text() == "mine"
    assert list(files.save(tmp_path / "new", {"a": b"1", "a/b": b"2"})) == ["a/b"]
    assert (tmp_path / "new" / "a").read_bytes() == b"1"


@pytest.mark.parametrize(
    "result",
    [{"files": []}, {"files": {"a": 1}}, {"files": {"a": "?"}}, {"files": {"a": "\u00e9"}},
     {"files": dict.fromkeys(map(str, range(10_001)), "")}],
)  # fmt: skip
def test_files_that_make_no_sense_are_a_sentence(result: dict[str, Any]) -> None:
    with pytest.raises(StartError, match="cannot be understood"):
        files.decoded(result)


@pytest.mark.parametrize("result", [None, {}, {"files": None}, [], "text"])
def test_a_result_may_have_no_files(result: Any) -> None:
    assert files.decoded(result) == {}
    assert files.output(result) == b""
