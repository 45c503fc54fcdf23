"""What schemathesis is told besides the document, by `fuzz_api`: loaded by it, not by us."""

from __future__ import annotations

import random
from typing import Any

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "plain-text", st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=300)
)

_address = random.Random(5)  # noqa: S311 - no secret


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Each request comes from elsewhere, so that no limit for an address ends the search."""
    forwarded = f"10.{_address.randrange(256)}.{_address.randrange(256)}.{_address.randrange(256)}"
    case.headers["X-Forwarded-For"] = forwarded


@schemathesis.hook
def map_path_parameters(_context: Any, values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Now and then the worker that there is: all others are 404s."""
    if values and "workerId" in values and _address.random() < 0.5:
        values["workerId"] = "the-worker"
    return values
