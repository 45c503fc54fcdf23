"""Whatever comes to a machine that is no package's is seen, also where packages were installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.installers.matrix import packages

STATUS = """\
Package: python3-minimal
Status: install ok installed
Version: 3.13.5-1

Package: netbase
Status: deinstall ok config-files
Version: 6.5
"""
LISTED = (
    "/.\n/usr\n/usr/bin\n/usr/bin/python3\n/lib/x.so\n/usr/share/python3\n/usr/share/python3/a.py\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "python3-minimal.list").write_text(LISTED)
    (info.parent / "status").write_text(STATUS)
    return tmp_path


def test_a_package_counts_while_it_is_installed(root: Path) -> None:
    assert packages.installed(root) == {"python3-minimal"}


def test_the_packages_that_a_person_has_read_of() -> None:
    said = "Unpacking a (1) ...\nSetting up libc6:amd64 (2.41-12) ...\nSetting up a (1) ...\n"
    assert packages.told(said) == {"libc6", "a"}


@pytest.mark.parametrize(
    "path",
    [
        "usr/bin/python3",
        "usr/lib/x.so",
        "usr/share/python3/__pycache__",
        "usr/share/python3/__pycache__/a.cpython-313.pyc",
        "var/lib/apt/lists/partial",
        "var/lib/dpkg/status",
    ],
)
def test_what_belongs_to_a_package_or_to_its_manager_is_explained(root: Path, path: str) -> None:
    assert packages.unexplained(root, [path]) == []


@pytest.mark.parametrize(
    "path",
    [
        "usr/bin/qubix-worker",
        "usr/lib/systemd/system/qubix.service",
        "etc/cron.d/qubix",
        "etc/profile.d/x.sh",
        "usr/share/python3/__pycache__/b.cpython-313.pyc",
        "usr/share/python3/b.py",
        "var/lib/qubix",
        "var/lib/systemd/linger/person",
        "var/spool/cron/crontabs/root",
    ],
)
def test_anything_else_is_not(root: Path, path: str) -> None:
    assert packages.unexplained(root, [path]) == [path]
