"""This very computer is told as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qubix_worker.hardware import cgroups
from qubix_worker.hardware.detect import Detector, detect, find
from qubix_worker.hardware.place import Place
from qubix_worker.protocol import Memory, Processor

LINUX = pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="reads Linux's /proc")


@LINUX
def test_processor_and_memory_are_those_of_the_kernel() -> None:
    found = detect()
    total = int(Path("/proc/meminfo").read_text().split("\n")[0].split()[1]) * 1024
    given, cores = cgroups.memory_bytes(Path("/")), cgroups.cores(Path("/"))
    assert found.memory == Memory(min(total, given or total))
    assert found.processor.logical_cores == min(os.cpu_count() or 1, cores or 65536)
    assert (found.processor.model or "") in " ".join(Path("/proc/cpuinfo").read_text().split())


def test_each_thing_is_found_by_itself() -> None:
    findings = {finding.key: finding for finding in find()}
    assert {"processor", "memory", "disk"} <= findings.keys()
    assert isinstance(findings["processor"].value, Processor)


def test_a_disk_is_found_for_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    found = detect(tmp_path / "not" / "yet")
    assert found.disk
    assert found.disk.total_bytes == os.statvfs(tmp_path).f_frsize * os.statvfs(tmp_path).f_blocks


def test_the_cards_are_surely_known_also_where_the_memory_is_not(tmp_path: Path) -> None:
    place = Place("linux", tmp_path)  # it has no /proc/meminfo
    hardware, sure = Detector(place, probes=()).look(tmp_path)
    assert hardware.memory is None
    assert sure
