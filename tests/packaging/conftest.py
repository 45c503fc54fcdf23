"""The bundle's rules as a module, and the application that they make, built once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tools.own_display import own_display

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"


@pytest.fixture(scope="session")
def packaging() -> Iterator[Path]:
    """The folder of the build scripts, from which they can be imported while the tests run."""
    sys.path.insert(0, str(PACKAGING))
    yield PACKAGING
    sys.path.remove(str(PACKAGING))


@pytest.fixture(scope="session")
def bundle(packaging: Path) -> ModuleType:
    import bundle  # noqa: PLC0415

    return bundle


@pytest.fixture(scope="session")
def build(packaging: Path) -> ModuleType:
    import build  # noqa: PLC0415

    return build


@pytest.fixture(scope="session")
def frozen(build: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished application, in a folder whose name is a hard one."""
    copy = tmp_path_factory.mktemp("Programme für José") / "qubix"
    shutil.copytree(build.build() / "qubix", copy, symlinks=True)
    return copy


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that has no Python, and no command either."""
    (tmp_path / "no commands").mkdir()
    home = tmp_path / "Zuhause von Zoë"
    home.mkdir()
    return {"PATH": str(tmp_path / "no commands"), "HOME": str(home), "QUBIX_HOME": str(home / "q")}


@pytest.fixture
def display() -> Iterator[str]:
    """A screen of its own."""
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not on this machine")
    with own_display() as name:
        yield name
