"""Settings as they are typed: hours that a shell has taken apart, cards that are not there."""

from __future__ import annotations

import pytest

from qubix_worker.allowance import unmatched
from qubix_worker.cli.choosing import ChoiceError, assignments, parsed
from qubix_worker.guest.hours import Plan
from qubix_worker.protocol import GraphicsCard


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("mon-fri 20:00-07:00", ["mon-fri 20:00-07:00"]),
        ("Mon-Fri 20:00-07:00", ["Mon-Fri 20:00-07:00"]),
        ("mon-fri 20:00-07:00 sat,sun", ["mon-fri 20:00-07:00", "sat,sun"]),
        ("mon-fri 20:00-07:00, sat,sun 10:00-12:00",
         ["mon-fri 20:00-07:00", "sat,sun 10:00-12:00"]),
        ("mon, tue 20:00-21:00", ["mon, tue 20:00-21:00"]),
        ("mon - fri 20:00 - 07:00", ["mon - fri 20:00 - 07:00"]),
        ("sat,sun; 22:00-06:00", ["sat,sun", "22:00-06:00"]),
        ("22:00-06:00 12:00-13:00", ["22:00-06:00", "12:00-13:00"]),
        ("sat sun", ["sat", "sun"]),
    ],
)  # fmt: skip
def test_hours_that_were_typed_without_quotes_are_put_together(
    typed: str, lines: list[str]
) -> None:
    assert assignments(["hours", *typed.split()]) == {"hours": lines}
    Plan.of(lines)


def test_hours_that_are_given_apart_stay_apart() -> None:
    changes = assignments(["hours=sat,sun", "hours=22:00-06:00"])
    assert changes == {"hours": ["sat,sun", "22:00-06:00"]}


def test_a_key_of_no_card_is_found() -> None:
    cards = (
        GraphicsCard("NVIDIA", "Quadro P2000", uuid="GPU-1", pci_address="0000:01:00.0"),
        GraphicsCard("NVIDIA", "A part", uuid="MIG-1", part_of="GPU-2"),
    )
    keys = ("quadro p2000", "gpu-1", "0000:01:00.0", "GPU-2", "GPU-3", "P2000")
    assert unmatched(keys, cards) == ["GPU-3", "P2000"]
    assert unmatched(keys[:1], ()) == ["quadro p2000"]


@pytest.mark.parametrize("key", ["excluded_cards", "hours", "name", "priority", "idle_minutes"])
def test_the_bytes_of_an_argument_that_are_no_text_are_refused(key: str) -> None:
    with pytest.raises(ChoiceError, match="no text") as caught:
        parsed(key, ["good", "\udcff"])
    assert caught.value.problem.happened.isprintable()
