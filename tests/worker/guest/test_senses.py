"""What the rules are told of a moment: only what is asked, and whatever of it can be had."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

import pytest

from qubix_worker.guest.senses import Heat, Moment, Senses
from tests.worker.guest.told import Told

NOON = datetime(2026, 11, 24, 12, 0)


@dataclass(frozen=True)
class Reading:
    name: str
    celsius: float
    uuid: str | None = None


def readings() -> list[Reading]:
    return [
        Reading("processor", 61.0),
        Reading("Card A", 93.0, "GPU-a"),
        Reading("Card B", 70.0, "GPU-b"),
    ]


HEATS = (
    Heat("the processor", 61.0),
    Heat("the graphics card Card A", 93.0, "GPU-a"),
    Heat("the graphics card Card B", 70.0, "GPU-b"),
)


def test_what_is_not_asked_is_not_looked_at() -> None:
    body = Told(battery=True, cost=True, idle=1.0)

    def never() -> list[Reading]:
        raise AssertionError("nobody asked")

    assert Senses(body, never).learn(Moment(NOON), frozenset()) == Moment(NOON)
    assert body.asked == []


def test_a_moment_holds_each_answer() -> None:
    body = Told(battery=True, cost=False, idle=12.5)
    senses = Senses(body, readings)
    moment = senses.learn(Moment(NOON), {"battery", "metered", "use", "heat"})
    assert moment == Moment(NOON, True, False, 12.5, HEATS)


def test_a_card_that_must_not_be_told_of_is_hot_without_a_name() -> None:
    told = Senses(Told(), lambda: [Reading("", 95.0)]).learn(Moment(NOON), {"heat"})
    assert told.heats == (Heat("this computer", 95.0),)


def test_a_computer_without_a_thermometer_has_no_heat() -> None:
    assert Senses(Told(), list).learn(Moment(NOON), {"heat"}).heats == ()


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("odd"), KeyError("x"), TypeError()])
def test_one_sense_that_fails_is_one_answer_less(error: Exception) -> None:
    body = Told(battery=error, cost=True)
    moment = Senses(body, readings).learn(Moment(NOON), {"battery", "metered", "heat"})
    assert moment == Moment(NOON, None, True, None, HEATS)


def test_a_failure_is_logged_once_and_again_only_after_it_had_gone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    body = Told(battery=OSError("gone"))
    senses = Senses(body, readings)
    for _ in range(3):
        senses.learn(Moment(NOON), {"battery"})
    assert len(caplog.records) == 1
    body.battery = False
    senses.learn(Moment(NOON), {"battery"})
    body.battery = OSError("gone again")
    senses.learn(Moment(NOON), {"battery"})
    assert len(caplog.records) == 2


def test_a_thermometer_that_breaks_is_one_answer_less() -> None:
    def broken() -> list[Reading]:
        raise RuntimeError("the driver has gone")

    moment = Senses(Told(battery=False), broken).learn(Moment(NOON), {"battery", "heat"})
    assert moment == Moment(NOON, on_battery=False)
