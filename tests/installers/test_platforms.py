"""docs/platforms.md says what the tests of this folder find: a row for each case, and no other."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from tests.installers.platforms import CASES, ROOT, Case
from tools import platforms

HERE = Path(__file__).resolve().parent
A_CASE = Case("Debian 12", "python3 | venv", "a person", "dash", "online, and away again")


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> set[Case]:
    return request.config.stash[CASES]


def as_row(case: Case, outcome: str = "passed", reason: str = "") -> str:
    return platforms.row({**asdict(case), "outcome": outcome, "reason": reason})


def test_each_case_has_its_row_in_the_document(cases: set[Case]) -> None:
    known = platforms.rows_of(platforms.DOCUMENT.read_text(encoding="utf-8"))
    missing = sorted(row for row in map(as_row, cases) if row not in known)
    assert not missing, "run tools/platforms.py: docs/platforms.md lacks these rows"


def test_the_document_has_no_row_without_a_case(
    cases: set[Case], pytestconfig: pytest.Config
) -> None:
    given = [Path(ROOT, argument).resolve() for argument in pytestconfig.args]
    if not any(folder in (HERE, *HERE.parents) for folder in given):
        pytest.skip("only a part of the installers' tests was asked for")
    known = platforms.rows_of(platforms.DOCUMENT.read_text(encoding="utf-8"))
    stale = sorted(set(known) - set(map(as_row, cases)))
    assert not stale, "run tools/platforms.py: no test stands for these rows"


def test_a_case_that_did_not_pass_is_never_shown_with_its_result() -> None:
    assert "online" in as_row(A_CASE)
    assert "online" not in as_row(A_CASE, "failed")
    assert as_row(A_CASE, "skipped", "there is no Wine here").endswith(
        "**skipped**: there is no Wine here |"
    )


def test_rows_are_read_back_as_they_were_written() -> None:
    text = platforms.document([{**asdict(A_CASE), "outcome": "passed", "reason": ""}])
    assert platforms.rows_of(text) == [as_row(A_CASE)]
    assert all(f"**{what}:**" in text for what, _ in platforms.NOT_RUN)
