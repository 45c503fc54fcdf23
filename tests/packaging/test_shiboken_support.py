"""Qt's binding takes its Python part as it was compiled for the bundle."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import shiboken6


@pytest.fixture
def support(packaging: Path) -> ModuleType:
    import shiboken_support  # noqa: PLC0415

    return shiboken_support


def test_the_binding_imports_what_was_compiled(support: ModuleType, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    package = Path(shiboken6.__file__).parent
    shutil.copytree(package, bundle / package.name, ignore=shutil.ignore_patterns("include", "lib"))
    for file, folder in support.compiled(tmp_path / "made"):
        (bundle / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, bundle / folder)
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, sys.argv[1]); import PySide6.QtCore;"
            "names = [name for name in sys.modules if name.startswith('shibokensupport')];"
            "print(*(sys.modules[name].__file__ for name in names), sep='\\n')",
            str(bundle),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    files = said.stdout.splitlines()
    assert len(files) > 5
    assert all(file.startswith(str(bundle / support.FOLDER)) for file in files), files
    assert all(file.endswith(".pyc") for file in files), files


def test_the_same_sources_give_the_same_bytes(support: ModuleType, tmp_path: Path) -> None:
    pairs = [support.compiled(tmp_path / name) for name in ("one", "other")]
    first, second = [[Path(file).read_bytes() for file, _ in made] for made in pairs]
    assert first == second
