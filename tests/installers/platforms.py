"""What was run on which machine. docs/platforms.md is made of it (tools/platforms.py).

A test, or one of its parameters, says with `record` on which machine it runs and how that ends;
tests/installers/conftest.py writes down whether it did.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(os.environ.get("QUBIX_PLATFORMS", ROOT / ".cache" / "platforms"))
CASES = pytest.StashKey["set[Case]"]()
"""All cases that were collected, also those that this run leaves out."""


@dataclass(frozen=True)
class Case:
    """A row of the table: a machine, what is on it, who runs what there, and how it ends."""

    platform: str
    has: str
    account: str
    shell: str
    result: str


def record(
    *, platform: str, has: str, account: str, result: str, shell: str = ""
) -> pytest.MarkDecorator:
    """A mark for a test, or for `pytest.param(..., marks=record(...))`.

    The test asserts what `result` says: the row stands in the table when it has passed.
    """
    mark: pytest.MarkDecorator = pytest.mark.platform(Case(platform, has, account, shell, result))
    return mark


def case_of(item: pytest.Item) -> Case | None:
    mark = item.get_closest_marker("platform")
    return mark.args[0] if mark else None


def keep(test: str, case: Case, outcome: str, reason: str = "") -> None:
    """Writes down how the case ended: `passed`, `failed` or `skipped`."""
    KEPT.mkdir(parents=True, exist_ok=True)
    file = KEPT / f"{hashlib.sha256(test.encode()).hexdigest()[:16]}.json"
    facts = {"test": test, **asdict(case), "outcome": outcome, "reason": reason}
    file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
