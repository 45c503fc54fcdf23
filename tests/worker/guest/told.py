"""A computer that tells what a test says."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Told:
    """And notes what it was asked."""

    battery: bool | Exception | None = None
    cost: bool | Exception | None = None
    idle: float | Exception | None = None
    asked: list[str] = field(default_factory=list)

    def _answer(self, what: str, answer: object) -> object:
        self.asked.append(what)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def on_battery(self) -> bool | None:
        return self._answer("battery", self.battery)  # type: ignore[return-value]

    def metered(self) -> bool | None:
        return self._answer("metered", self.cost)  # type: ignore[return-value]

    def idle_seconds(self) -> float | None:
        return self._answer("use", self.idle)  # type: ignore[return-value]

    def stay_awake(self, why: str) -> None:
        self.asked.append("awake")

    def may_sleep(self) -> None:
        self.asked.append("sleep")

    def close(self) -> None:
        self.asked.append("close")
