"""What jobs may take of this computer, worked out from what its owner has set. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

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
class Allowance:
    """How many jobs at once, and what each of them may take."""

    slots: int
    limits: Limits


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
    out = set(settings.excluded_cards)
    # A card that is asleep tells no uuid, and may go by another name than awake.
    out |= {card.uuid for card in cards if card.uuid and out & {card.name, card.pci_address}}
    return tuple(
        card for card in cards if not out & {card.uuid, card.name, card.pci_address, card.part_of}
    )
