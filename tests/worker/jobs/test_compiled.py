"""Compiled modules: kept before any program runs, and never believed further than that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.kinds.artefacts import Artefacts, read_offered, runtime_version
from qubix_worker.paths import Paths

Start = Callable[..., Any]
Program = Callable[..., bytes]
WaitUntil = Callable[[Callable[[], object]], None]


def kept(paths: Paths) -> list[Path]:
    folder = paths.data / "compiled"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_module_is_compiled_once(start: Start, program: Program, paths: Paths) -> None:
    first = start(program("arguments"), id="a", args=["x"])
    assert first.completion.status == "completed"
    (artefact,) = kept(paths)
    written = artefact.stat().st_ino
    again = start(program("arguments"), id="b", args=["x"])
    assert again.stdout == first.stdout
    assert [path.stat().st_ino for path in kept(paths)] == [written]


def test_with_fuel_a_module_is_another_artefact(
    start: Start, program: Program, paths: Paths
) -> None:
    start(program("arguments"), id="a").completion  # noqa: B018 - waits for its end
    start(program("arguments"), id="b", fuel=1_000_000).completion  # noqa: B018
    assert len(kept(paths)) == 2


@pytest.mark.parametrize("damage", [b"", b"not compiled code", None])
def test_an_artefact_that_is_damaged_is_made_anew(
    start: Start, program: Program, paths: Paths, damage: bytes | None
) -> None:
    start(program("arguments"), id="a").completion  # noqa: B018
    (artefact,) = kept(paths)
    whole = artefact.read_bytes()
    artefact.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage is None else damage)
    assert start(program("arguments"), id="b").completion.status == "completed"
    assert artefact.read_bytes() == whole


def test_an_artefact_of_another_runtime_is_made_anew(
    start: Start, program: Program, paths: Paths
) -> None:
    start(program("arguments"), id="a").completion  # noqa: B018
    (path,) = kept(paths)
    whole = path.read_bytes()
    # Whole, but of a runtime that calls itself otherwise: wasmtime looks at its own mark.
    Artefacts(path.parent).put(path.name, whole[32:].replace(b"50", b"49", 8))
    assert path.read_bytes() != whole
    assert start(program("arguments"), id="b").completion.status == "completed"
    assert path.read_bytes() == whole


def test_what_a_program_leaves_in_its_own_folder_becomes_no_artefact(
    start: Start, program: Program, paths: Paths
) -> None:
    start(program("note"), id="a").completion  # noqa: B018
    (artefact,) = kept(paths)
    assert b"it was kept" in program("note")
    before = artefact.read_bytes()
    start(program("note"), id="b").completion  # noqa: B018
    assert artefact.read_bytes() == before


def test_the_key_tells_runtimes_variants_and_modules_apart(tmp_path: Path) -> None:
    old, new = (Artefacts(tmp_path, lambda version=v: version) for v in ("40", "41"))
    keys = {old.key("a", ""), new.key("a", ""), old.key("a", "fuel"), old.key("b", "")}
    assert len(keys) == 4
    assert runtime_version().startswith("wasmtime-")


def test_an_artefact_that_is_not_whole_is_not_given(tmp_path: Path) -> None:
    artefacts = Artefacts(tmp_path)
    artefacts.put("key", b"code")
    assert artefacts.get("key") == b"code"
    (tmp_path / "key").write_bytes((tmp_path / "key").read_bytes()[:-1])
    assert artefacts.get("key") is None
    assert artefacts.get("other") is None


def test_an_offer_that_is_missing_or_empty_is_declined(tmp_path: Path) -> None:
    assert read_offered(tmp_path / "none") is None
    (tmp_path / "empty").touch()
    assert read_offered(tmp_path / "empty") is None


def test_two_jobs_of_one_module_at_once_keep_one_artefact(
    start: Start, program: Program, paths: Paths
) -> None:
    jobs = [start(program("arguments"), id=f"job-{n}") for n in range(3)]
    assert [job.completion.status for job in jobs] == ["completed"] * 3
    assert len(kept(paths)) == 1
    assert threading.active_count() < 30
