"""One Windows for all tests of this folder, which therefore run in one process; an account each."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator

import pytest

from tests.installers.windows.machine import SHARE, WINE, Windows, installed

_numbers = itertools.count(1)


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
    accounts = windows.at(r"C:\users").glob("account *")
    for folder in (*accounts, windows.at(r"C:\dl"), *windows.at(SHARE).iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
