"""One Windows for all tests of this folder, which therefore run in one process; an account each."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import zipfile
from collections.abc import Iterator

import pytest

from tests.installers.publisher import Publisher, publishing
from tests.installers.windows.machine import PYTHON, SHARE, TEMPORARY, WINE, Windows, installed

_numbers = itertools.count(1)
UV = rf"""
import os, shutil, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(0)
assert sys.argv[1:] == ["python", "install", "3.13"], sys.argv
with open(r"C:\dl\uv's proxy", "w") as file:
    file.write(os.environ.get("ALL_PROXY", ""))
folder = os.environ["UV_PYTHON_INSTALL_DIR"]
shutil.copytree(r"{PYTHON}", os.path.join(folder, "cpython-3.13"))
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "installers/windows/" in item.nodeid:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(400))
            item.add_marker(pytest.mark.xdist_group("windows"))


@pytest.fixture(scope="session")
def shared_windows() -> Iterator[Windows]:
    missing = [name for name in (WINE, "wineserver") if not shutil.which(name)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI has no {' and no '.join(missing)}")
    if missing:
        pytest.skip("wine is not on this machine")
    with installed() as windows:
        yield windows


@pytest.fixture
def windows(shared_windows: Windows) -> Iterator[Windows]:
    """With an account that has nothing yet, and no Python where a script would look."""
    windows = shared_windows
    windows.path = ()
    windows.move_in(rf"C:\users\account {next(_numbers)}")
    yield windows
    for file in windows.at(TEMPORARY).iterdir():
        shutil.rmtree(file, ignore_errors=True) if file.is_dir() else file.unlink()
    accounts = windows.at(r"C:\users").glob("account *")
    for folder in (*accounts, windows.at(r"C:\dl"), *windows.at(SHARE).iterdir()):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def publisher(windows: Windows) -> Iterator[Publisher]:
    """Hands out an archive with a uv in it."""
    windows.program(r"C:\dl\uv\uv.exe", UV)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(windows.at(r"C:\dl\uv\uv.exe"), "uv.exe")
    with publishing(packed.getvalue()) as publisher:
        yield publisher
