"""Libraries that are loaded ahead: nothing depends on it, so nothing may fail for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

from qubix_desktop import early


def test_where_there_are_none_by_these_names_nothing_is_begun(tmp_path: Path) -> None:
    assert early.load(str(tmp_path)) is None


def test_what_is_no_library_is_passed_over(tmp_path: Path) -> None:
    library = tmp_path / early.LIBRARIES[0]
    library.parent.mkdir()
    library.write_bytes(b"no library")
    thread = early.load(str(tmp_path))
    assert thread
    thread.join(20)
    assert not thread.is_alive()


def test_it_knows_the_libraries_that_qt_is_made_of(tmp_path: Path) -> None:
    package = Path(PySide6.__file__).parent
    if not (package / "Qt" / "lib").is_dir():
        pytest.skip("Qt has other names for its libraries here")
    places = (package.parent, package / "Qt" / "lib")
    for name in early.LIBRARIES:
        assert any((place / name).is_file() for place in places), name


@pytest.mark.parametrize("alone", [True, False])
def test_qts_binding_leaves_alone_what_is_imported_after_it(alone: bool) -> None:
    how = "early.import_qt_alone()" if alone else "import PySide6"
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from qubix_desktop import early; {how}; import PySide6.QtCore, colorsys;"
            "from PySide6.support import feature; print('colorsys' in feature.pyside_feature_dict)",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.split() == [str(not alone)]


def test_what_is_imported_meanwhile_needs_no_qt() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from qubix_desktop import early; early.import_meanwhile();"
            "print(*(name for name in sys.modules if name.startswith(('PySide6', 'shiboken6'))))",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.split() == []
