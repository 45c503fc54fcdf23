"""What jobs may take of this computer, worked out from what its owner has set. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qubix_worker.kinds import Limits
from qubix_worker.protocol import SLOTS_MOST, GraphicsCard, Hardware
from qubix_worker.settings import Settings

MEMORY_SHARE = 0.5
"""The part of the memory that several jobs at once may take together; a single one has its
own limit, which its owner has set."""

USES_CARDS = "container"
"""The kind of jobs that can be given a graphics card."""


@dataclass(frozen=True)
class Machine:
    """What there is to give."""

    logical_cores: int
    memory_bytes: int
    cards: tuple[GraphicsCard, ...] = ()

    @classmethod
    def of(cls, hardware: Hardware) -> Machine:
        memory = hardware.memory.total_bytes if hardware.memory else 0
        return cls(hardware.processor.logical_cores, memory, hardware.graphics_cards)


@dataclass(frozen=True)
class LeftOut:
    """The cards that their owner leaves out: chosen by uuid, by name or by place, in any case. A
    sensor may tell a card by its uuid, or by its name alone."""

    chosen: frozenset[str] = frozenset()
    uuids: frozenset[str] = frozenset()
    """Of cards that were chosen in another way, and of those that they are the whole of."""
    names: frozenset[str] = frozenset()
    """Of cards that were chosen in another way and tell no uuid."""

    @classmethod
    def of(cls, settings: Settings, cards: tuple[GraphicsCard, ...] = ()) -> LeftOut:
        chosen = frozenset(key.lower() for key in settings.excluded_cards)
        out = [card for card in cards if chosen & _keys(card)]
        uuids = frozenset(card.uuid.lower() for card in out if card.uuid)
        parts = [card for card in cards if (card.part_of or "").lower() in chosen | uuids]
        uuids |= {card.uuid.lower() for card in parts if card.uuid}
        return cls(chosen, uuids, frozenset(card.name.lower() for card in out if not card.uuid))

    def has(self, uuid: str | None, name: str) -> bool:
        """Whether the card that a sensor tells of is one of them."""
        keys = {(uuid or "").lower(), name.lower()}
        return bool(keys & self.chosen or keys & self.uuids) or name.lower() in self.names

    def has_card(self, card: GraphicsCard) -> bool:
        return bool(self.chosen & _keys(card)) or (card.uuid or "").lower() in self.uuids


@dataclass(frozen=True)
class Allowance:
    """How many jobs at once, and what each of them may take."""

    slots: int
    limits: Limits


@dataclass(frozen=True)
class Share:
    """What this computer shares, by what it has and by what its owner has set. One value, so that
    no other thread ever sees the half of a change."""

    allowance: Allowance
    left_out: LeftOut
    kinds: tuple[str, ...] | None
    """Of the jobs that may come now; None until that is known."""
    hardware: Hardware | None
    """Less the cards that are left out; None until it is known."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        machine: Machine,
        hardware: Hardware | None = None,
        kinds: tuple[str, ...] | None = None,
    ) -> Share:
        if hardware is not None:
            cards = shared_cards(hardware.graphics_cards, settings)
            hardware = replace(hardware, graphics_cards=cards)
        return cls(
            allowance(settings, machine),
            LeftOut.of(settings, machine.cards),
            None if kinds is None else offered(kinds, settings, machine),
            hardware,
        )


def allowance(settings: Settings, machine: Machine) -> Allowance:
    """At least one job, with at least a sliver of the processor."""
    cores = machine.logical_cores * settings.processor_percent / 100
    fitting = int(machine.memory_bytes * MEMORY_SHARE) // (settings.memory_limit_mb << 20)
    wanted = settings.jobs_at_once or min(int(cores), fitting)
    slots = max(1, min(wanted, SLOTS_MOST))
    cards = shared_cards(machine.cards, settings)
    return Allowance(
        slots,
        Limits(
            memory_mb=settings.memory_limit_mb,
            cores=max(0.05, cores / slots),
            priority=settings.priority,
            cards=tuple(card.uuid for card in cards if card.uuid and card.state == "ready"),
            network=settings.container_network,
            processor=settings.processor,
        ),
    )


def offered(available: tuple[str, ...], settings: Settings, machine: Machine) -> tuple[str, ...]:
    """Of the kinds of jobs that this computer could run, those that its owner lets come."""
    if settings.processor:
        return available
    with_cards = allowance(settings, machine).limits.cards
    return tuple(kind for kind in available if kind == USES_CARDS and with_cards)


def shared_cards(cards: tuple[GraphicsCard, ...], settings: Settings) -> tuple[GraphicsCard, ...]:
    """`cards` without those that their owner leaves out, and without the parts of these."""
    out = LeftOut.of(settings, cards)
    return tuple(card for card in cards if not out.has_card(card))


def _keys(card: GraphicsCard) -> frozenset[str]:
    called = f"{card.vendor} {card.name}"  # as `detect` and the window show it
    keys = (card.uuid, card.name, called, card.pci_address, card.part_of)
    return frozenset(key.lower() for key in keys if key)
