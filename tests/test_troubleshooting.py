"""docs/troubleshooting.md says what is said, and each failure in it is brought about by a test."""

from __future__ import annotations

import ast
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

pytestmark = pytest.mark.xdist_group("told")
"""All by one process, since the sources are read once by each."""

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
def test_the_log_is_where_the_document_says(
    monkeypatch: pytest.MonkeyPatch, folders: Unix | MacOS, below: str
) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    state = folders.user_state_path.relative_to(Path.home())
    assert f"`~/{state}/{below}`" in troubleshooting.LOGS


def test_the_log_is_there_where_one_folder_holds_all(tmp_path: Path) -> None:
    assert Paths.of_user({"QUBIX_HOME": str(tmp_path)}).setup_log == tmp_path / "state/setup.log"


# --- What is provoked -------------------------------------------------------------------------

ENVIRONMENT = "worker/qubix_worker/setup/environment.py"
ON_THE_WAY = (
    told.PAGE,
    told.SCRIPTS,
    ENVIRONMENT,
    "worker/qubix_worker/cli/bootstrap.py",
    "worker/qubix_worker/failures.py",
    "worker/qubix_worker/lock.py",
    "worker/qubix_worker/setup/",
    "desktop/qubix_desktop/invitation.py",
    "server/qubix_server/registration.py#enrollment",
    "server/qubix_server/routes/enrollments.py",
    "server/qubix_server/limits.py",
)
"""From the page to "online", and back: whatever can be met there is brought about by a test."""


def test_each_failure_on_the_way_to_online_is_brought_about() -> None:
    wanted = {
        (one.code, "environment" if one.source == ENVIRONMENT else "")
        for one in told.everything()
        if f"{one.source}#{one.code}".startswith(ON_THE_WAY)
    }
    missing = sorted(" of the ".join(filter(None, one)) for one in wanted - provoked())
    assert not missing, (
        "mark the test that brings these about with @pytest.mark.provokes, or write it: "
        + ", ".join(missing)
    )


def test_what_a_test_says_that_it_brings_about_is_a_failure_that_there_is() -> None:
    there = {one.code for one in told.everything()}
    assert {code for code, _ in provoked()} <= there


def provoked() -> set[tuple[str, str]]:
    """What the marks of all tests say, read from their sources."""
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.provokes":
                by = "".join(ast.literal_eval(word.value) for word in call.keywords)
                found |= {(ast.literal_eval(code), by) for code in call.args}
    return found
