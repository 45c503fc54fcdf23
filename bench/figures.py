"""A figure beside its baseline."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`value` and `baseline_value` in `unit`, measured in the same run."""

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float

    @property
    def ratio(self) -> float:
        return self.value / self.baseline_value

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"ratio": self.ratio}
