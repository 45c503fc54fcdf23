"""docs/troubleshooting.md says what is said, and each failure in it is brought about by a test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from qubix_worker.paths import Paths

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import told  # noqa: E402
import troubleshooting  # noqa: E402

ANEW = "write it anew: .venv/bin/python tools/troubleshooting.py"


def test_the_document_says_what_the_sources_say() -> None:
    kept = troubleshooting.DOCUMENT.read_text(encoding="utf-8")
    assert kept == troubleshooting.document(), ANEW


def test_every_cause_is_of_a_failure_that_there_is() -> None:
    assert troubleshooting.CAUSES.keys() <= {told_.code for told_ in told.everything()}


def test_every_refusal_is_found_in_the_server() -> None:
    assert {one.code for one in told.of_server()} == set(told.REFUSALS)


@pytest.mark.parametrize(
    ("folders", "below"),
    [
        (Unix("qubix", appauthor=False), ""),
        (MacOS("qubix", appauthor=False), "state/"),
    ],
)
def test_the_log_is_where_the_document_says(folders: Unix | MacOS, below: str) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        assert name not in os.environ, "this machine's own setting would decide"
    state = folders.user_state_path.relative_to(Path.home())
    assert f"`~/{state}/{below}`" in troubleshooting.LOGS


def test_the_log_is_there_where_one_folder_holds_all(tmp_path: Path) -> None:
    assert Paths.of_user({"QUBIX_HOME": str(tmp_path)}).setup_log == tmp_path / "state/setup.log"
