"""What jobs may take of a computer, by its owner's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.allowance import LeftOut, Machine, allowance, offered, shared_cards
from qubix_worker.hardware import Temperature
from qubix_worker.protocol import SLOTS_MOST, GraphicsCard
from qubix_worker.settings import Settings

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "memory_gib", "changes", "slots", "job_cores"),
    [
        (2, 8, {}, 1, 1.5),
        (8, 64, {}, 6, 1.0),
        (8, 64, {"processor_percent": 100}, 8, 1.0),
        (8, 8, {}, 2, 3.0),
        (8, 64, {"jobs_at_once": 2, "processor_percent": 50}, 2, 2.0),
        (2, 8, {"processor_percent": 25}, 1, 0.5),
        (2, 1, {}, 1, 1.5),
        (4, 64, {"jobs_at_once": 8, "processor_percent": 50}, 8, 0.25),
    ],
)
def test_slots_and_cores_follow_from_the_settings(
    cores: int, memory_gib: int, changes: dict[str, Any], slots: int, job_cores: float
) -> None:
    found = allowance(Settings(**changes), Machine(cores, memory_gib * GIB))
    assert (found.slots, found.limits.cores) == (slots, job_cores)


@given(
    cores=st.integers(1, 4096),
    memory=st.integers(1, 1 << 46),
    percent=st.integers(1, 100),
    jobs=st.integers(0, SLOTS_MOST),
    job_mb=st.integers(64, 1 << 24),
)
def test_all_jobs_together_never_take_more_than_the_share(
    cores: int, memory: int, percent: int, jobs: int, job_mb: int
) -> None:
    settings = Settings(processor_percent=percent, jobs_at_once=jobs, memory_limit_mb=job_mb)
    found = allowance(settings, Machine(cores, memory))
    assert 1 <= found.slots <= SLOTS_MOST
    share = cores * percent / 100
    assert found.slots * found.limits.cores <= max(share, found.slots * 0.05) + 1e-9


def test_a_job_may_use_the_cards_that_are_ready_and_not_left_out() -> None:
    cards = (
        GraphicsCard("NVIDIA", "One", uuid="GPU-1"),
        GraphicsCard("NVIDIA", "Two", uuid="GPU-2"),
        GraphicsCard("NVIDIA", "Three", uuid="GPU-3", state="passed_through"),
        GraphicsCard("AMD", "Nameless"),
    )
    found = allowance(Settings(excluded_cards=("GPU-2",)), Machine(8, GIB, cards))
    assert found.limits.cards == ("GPU-1",)


def test_without_the_processor_only_what_can_use_a_card_may_come() -> None:
    card = GraphicsCard("NVIDIA", "One", uuid="GPU-1")
    kinds = ("wasm", "container")
    cards_only = Settings(processor=False)
    assert offered(kinds, Settings(), Machine(2, GIB)) == kinds
    assert offered(kinds, cards_only, Machine(2, GIB, (card,))) == ("container",)
    assert offered(kinds, cards_only, Machine(2, GIB)) == ()
    assert offered(("wasm",), cards_only, Machine(2, GIB, (card,))) == ()
    out = Settings(processor=False, excluded_cards=("GPU-1",))
    assert offered(kinds, out, Machine(2, GIB, (card,))) == ()


@pytest.mark.parametrize("left_out", ["GPU-1", "Big"])
def test_a_card_that_is_left_out_takes_its_partitions_along(left_out: str) -> None:
    whole = GraphicsCard("NVIDIA", "Big", uuid="GPU-1")
    part = GraphicsCard("NVIDIA", "Big 1g", uuid="MIG-1", form="partition", part_of="GPU-1")
    other = GraphicsCard("NVIDIA", "Other", uuid="GPU-2")
    settings = Settings(excluded_cards=(left_out,))
    assert shared_cards((whole, part, other), settings) == (other,)


@pytest.mark.parametrize("chosen", ["GPU-a", "gpu-A", "card a", "NVIDIA Card A", "0000:01:00.0"])
def test_a_sensor_of_a_card_that_is_left_out_is_known_by_uuid_or_name(chosen: str) -> None:
    cards = (
        GraphicsCard("NVIDIA", "Card A", uuid="GPU-a", pci_address="0000:01:00.0"),
        GraphicsCard("NVIDIA", "MIG 1g", uuid="MIG-a", form="partition", part_of="GPU-a"),
        GraphicsCard("NVIDIA", "Card B", uuid="GPU-b"),
    )
    out = LeftOut.of(Settings(excluded_cards=(chosen,)), cards)
    assert out.has("GPU-a", "Card A")
    assert out.has("MIG-a", "MIG 1g")
    assert not out.has("GPU-b", "Card B")
    assert not out.has(None, "processor")


def test_a_card_without_a_uuid_is_known_by_its_name() -> None:
    card = GraphicsCard("AMD", "Radeon", pci_address="0000:03:00.0")
    out = LeftOut.of(Settings(excluded_cards=("0000:03:00.0",)), (card,))
    assert out.has(None, "Radeon")
    assert not out.has(None, "Another")


def test_a_card_is_left_out_by_its_place_also_while_it_sleeps() -> None:
    awake = GraphicsCard("NVIDIA", "Card", uuid="GPU-1", pci_address="0000:01:00.0")
    asleep = GraphicsCard("NVIDIA", "NVIDIA 10de:1", pci_address="0000:01:00.0", state="off")
    settings = Settings(excluded_cards=("0000:01:00.0",))
    assert shared_cards((awake,), settings) == shared_cards((asleep,), settings) == ()


AWAKE = GraphicsCard("NVIDIA", "NVIDIA RTX 3050", uuid="GPU-1", pci_address="0000:01:00.0")
ASLEEP = GraphicsCard("NVIDIA", "NVIDIA GA107M", pci_address="0000:01:00.0", state="off")
OTHER = GraphicsCard("NVIDIA", "NVIDIA RTX 3090", uuid="GPU-2", pci_address="0000:02:00.0")
INTEL = GraphicsCard("Intel", "Intel UHD", pci_address="0000:00:02.0")
RADEON = GraphicsCard("AMD", "AMD Radeon", uuid="0123456789abcdef", pci_address="0000:03:00.0")
KEYS = ("GPU-1", "nvidia rtx 3050", "RTX 3050", "0000:01:00.0")


def left(key: str, *cards: GraphicsCard) -> tuple[GraphicsCard, ...]:
    return shared_cards(cards, Settings(excluded_cards=(key,)))


@pytest.mark.parametrize("state", ["off", "no_driver", "passed_through"])
@pytest.mark.parametrize("key", KEYS)
def test_a_card_that_cannot_say_which_it_is_may_be_the_one_left_out(key: str, state: Any) -> None:
    hidden = replace(ASLEEP, state=state)
    assert left(key, AWAKE, OTHER, INTEL) == (OTHER, INTEL)
    assert hidden not in left(key, hidden, OTHER, INTEL)
    assert OTHER in left(key, hidden, OTHER, INTEL)


@pytest.mark.parametrize("key", ["nvidia rtx 3050", "RTX 3050"])
def test_of_two_alike_that_are_left_out_by_name_one_may_sleep(key: str) -> None:
    second = replace(ASLEEP, pci_address="0000:04:00.0")
    assert left(key, AWAKE, second, INTEL) == (INTEL,)


@pytest.mark.parametrize("key", ["GPU-1", "0000:01:00.0"])
def test_where_the_card_meant_is_here_no_other_may_be_it(key: str) -> None:
    second = replace(ASLEEP, pci_address="0000:04:00.0")
    assert left(key, AWAKE, second, INTEL) == (second, INTEL)


def test_a_card_that_was_left_out_by_its_place_may_be_anywhere_else() -> None:
    moved = replace(AWAKE, pci_address="0000:05:00.0")
    assert left("0000:01:00.0", moved, RADEON, INTEL) == ()


def test_a_name_from_a_list_may_have_changed_with_the_list() -> None:
    assert left("AMD Navi 21", RADEON, OTHER) == (OTHER,)
    assert left("Radeon RX 6800", RADEON, OTHER, INTEL) == (OTHER,)
    assert left("NVIDIA Quadro", RADEON, OTHER, INTEL) == (RADEON, OTHER, INTEL)


def test_a_job_gets_no_card_that_may_be_one_left_out() -> None:
    moved = replace(AWAKE, pci_address="0000:05:00.0")
    found = allowance(Settings(excluded_cards=("0000:01:00.0",)), Machine(8, GIB, (moved,)))
    assert found.limits.cards == ()


@pytest.mark.parametrize("cards", [(), (OTHER,), (ASLEEP, INTEL)])
@pytest.mark.parametrize("key", KEYS)
def test_of_what_was_not_found_yet_no_sensor_is_told(
    key: str, cards: tuple[GraphicsCard, ...]
) -> None:
    out = LeftOut.of(Settings(excluded_cards=(key,)), cards)
    assert not out.lets_tell("GPU-1", "NVIDIA RTX 3050")
    assert not out.lets_tell(None, "NVIDIA RTX 3050")


def test_a_sensor_is_told_where_its_card_is_shared_or_none_is_left_out() -> None:
    out = LeftOut.of(Settings(excluded_cards=("GPU-1",)), (AWAKE, OTHER, INTEL))
    assert out.lets_tell("gpu-2", "NVIDIA RTX 3090")
    assert out.lets_tell(None, "Intel UHD")
    assert LeftOut.of(Settings()).lets_tell("GPU-1", "NVIDIA RTX 3050")


def test_a_sensor_that_tells_no_uuid_is_not_told_where_a_card_left_out_is_called_alike() -> None:
    cards = (INTEL, replace(INTEL, pci_address="0000:06:00.0"))
    out = LeftOut.of(Settings(excluded_cards=("0000:06:00.0",)), cards)
    assert not out.lets_tell(None, "Intel UHD")


def test_the_heat_of_a_card_that_only_may_be_left_out_still_counts() -> None:
    out = LeftOut.of(Settings(excluded_cards=("0000:01:00.0",)), (RADEON, INTEL))
    assert not out.lets_tell(RADEON.uuid, RADEON.name)
    found = (Temperature("processor", 50), Temperature(RADEON.name, 91, RADEON.uuid))
    assert out.heat(found) == (Temperature("processor", 50), Temperature("", 91))


def test_the_heat_of_shared_cards_counts_and_that_of_one_left_out_does_not() -> None:
    found = (
        Temperature("processor", 50),
        Temperature(AWAKE.name, 91, AWAKE.uuid),
        Temperature(OTHER.name, 92, OTHER.uuid),
    )
    out = LeftOut.of(Settings(excluded_cards=("GPU-1",)), (AWAKE, OTHER))
    assert out.heat(found) == (found[0], found[2])
    assert LeftOut.of(Settings()).heat(found) == found
