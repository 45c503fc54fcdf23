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
    most: float | None = None
    """The bound that is not to be passed, in `unit`."""

    @property
    def kept(self) -> bool:
        return self.most is None or self.value <= self.most

    @property
    def ratio(self) -> float:
        return self.value / self.baseline_value

    def __str__(self) -> str:
        bound = "" if self.kept else f"  ABOVE THE BOUND of {self.most:.1f}"
        return (
            f"{self.name:44} {self.value:10.2f} {self.unit:8} "
            f"{self.ratio:6.2f} of {self.baseline} ({self.baseline_value:.2f}){bound}"
        )

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"ratio": self.ratio, "kept": self.kept}
