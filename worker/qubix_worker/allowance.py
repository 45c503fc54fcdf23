"""What jobs may take of this computer, worked out from what its owner has set. Pure arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qubix_worker.hardware.heat import NAMELESS, PROCESSOR, Temperature
from qubix_worker.kinds import Limits
from qubix_worker.protocol import SLOTS_MOST, GraphicsCard, Hardware
from qubix_worker.settings import Settings

MEMORY_SHARE = 0.5
"""The part of the memory that several jobs at once may take together; a single one has its
own limit, which its owner has set."""

USES_CARDS = "container"
"""The kind of jobs that can be given a graphics card."""

_MAKERS = frozenset({"amd", "apple", "intel", "nvidia"})
"""What is not of one of these may stand for a card of another maker, as in WSL."""
_NVIDIA_UUID = re.compile(r"(gpu|mig)-")
_AMD_UUID = re.compile(r"[0-9a-f]{16}")
"""As their drivers tell them: NVML's uuid, and amdgpu's unique_id in sysfs."""
_PLACE = re.compile(r"([0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_WORD = re.compile(r"[a-z]+")


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
    """The cards that their owner leaves out: chosen by uuid, by name or by place, in any case.

    A card that sleeps, or has no driver, tells neither its uuid nor its true name: it may be one
    that was chosen. Whatever may be one is not told, until it is known to be another.
    """

    chosen: frozenset[str] = frozenset()
    uuids: frozenset[str] = frozenset()
    """Of cards that were chosen in another way, and of those that they are the whole of."""
    names: frozenset[str] = frozenset()
    """Of cards that were chosen in another way and tell no uuid."""
    doubts: tuple[_Doubt, ...] = ()
    shared: frozenset[str] = frozenset()
    """The cards that may be told, as a sensor calls them: by uuid, or by name where a card has
    none and no other is called so."""

    @classmethod
    def of(cls, settings: Settings, cards: tuple[GraphicsCard, ...] = ()) -> LeftOut:
        """`cards`: all that this computer is known to have."""
        chosen = frozenset(key.lower() for key in settings.excluded_cards)
        out = [card for card in cards if chosen & _keys(card)]
        uuids = frozenset(card.uuid.lower() for card in out if card.uuid)
        parts = [card for card in cards if (card.part_of or "").lower() in chosen | uuids]
        uuids |= {card.uuid.lower() for card in parts if card.uuid}
        names = frozenset(card.name.lower() for card in out if not card.uuid)
        doubts = tuple(doubt for key in sorted(chosen) if (doubt := _Doubt.of(key, cards)))
        found = cls(chosen, uuids, names, doubts)
        kept = {_sensed(card) for card in cards if not found.has_card(card)}
        kept -= {_sensed(card) for card in cards if found.has_card(card)}
        return replace(found, shared=frozenset(kept))

    def has(self, uuid: str | None, name: str) -> bool:
        """Whether the card that a sensor tells of is known to be one of them."""
        keys = {(uuid or "").lower(), name.lower()}
        return bool(keys & self.chosen or keys & self.uuids) or name.lower() in self.names

    def lets_tell(self, uuid: str | None, name: str) -> bool:
        """Whether the card that a sensor tells of is known to be none of them."""
        return not self.chosen or (uuid or name).lower() in self.shared

    def heat(self, found: Iterable[Temperature]) -> tuple[Temperature, ...]:
        """Those that count. A network is told what a worker rests for: a card that is not known to
        be shared has no name there."""
        counting = (one for one in found if not self.has(one.uuid, one.name))
        return tuple(
            one
            if one.name == PROCESSOR or self.lets_tell(one.uuid, one.name)
            else Temperature(NAMELESS, one.celsius)
            for one in counting
        )

    def has_card(self, card: GraphicsCard) -> bool:
        """Whether it is one of them, or may be one."""
        return self.names_card(card) or any(doubt.holds(card) for doubt in self.doubts)

    def names_card(self, card: GraphicsCard) -> bool:
        """Whether it is known to be one of them."""
        return bool(self.chosen & _keys(card)) or (card.uuid or "").lower() in self.uuids


@dataclass(frozen=True)
class _Doubt:
    """Which cards a key may mean besides those that it fits now."""

    makers: frozenset[str] | None
    """The card meant is one of theirs; None where that is not known."""
    told_apart: frozenset[str] = _MAKERS
    """A card of theirs that tells its uuid is surely another one."""

    @classmethod
    def of(cls, key: str, cards: tuple[GraphicsCard, ...]) -> _Doubt | None:
        """None where the card meant is here, so that no other can be it."""
        if any(key in ((c.uuid or "").lower(), (c.pci_address or "").lower()) for c in cards):
            return None
        if fitting := [card for card in cards if key in _keys(card)]:
            # A name may be that of several cards, of which one sleeps.
            return cls(frozenset(card.vendor.lower() for card in fitting))
        if _NVIDIA_UUID.match(key):
            return cls(frozenset({"nvidia"}))
        if _AMD_UUID.fullmatch(key):
            return cls(frozenset({"amd"}))
        if _PLACE.fullmatch(key):
            return cls(None, told_apart=frozenset())  # it may have been plugged in elsewhere
        # NVIDIA's own driver names its cards; other names come from lists, and change with them.
        maker = next(iter(_WORD.findall(key)), "")
        makers = frozenset({maker}) if maker in _MAKERS else None
        return cls(makers, told_apart=frozenset({"nvidia"}))

    def holds(self, card: GraphicsCard) -> bool:
        maker = card.vendor.lower()
        other = self.makers is not None and maker not in self.makers and maker in _MAKERS
        return not other and (card.uuid is None or maker not in self.told_apart)


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
    seen: frozenset[str] = frozenset()
    """All cards that were found, as a sensor calls them."""

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
            frozenset(_sensed(card) for card in machine.cards),
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
    """`cards` without those that their owner leaves out, or that may be one of these, and without
    their parts. The one rule for what a network is told and for what a job may use."""
    out = LeftOut.of(settings, cards)
    return tuple(card for card in cards if not out.has_card(card))


def unmatched(keys: Sequence[str], cards: tuple[GraphicsCard, ...]) -> list[str]:
    """Those of `keys` in `excluded_cards` that none of `cards` is called."""
    return [key for key in keys if not any(key.lower() in _keys(card) for card in cards)]


def _keys(card: GraphicsCard) -> frozenset[str]:
    called = f"{card.vendor} {card.name}"  # as `detect` and the window show it
    # NVIDIA's driver began to put its maker's name before a card's.
    bare = card.name.lower().removeprefix(f"{card.vendor} ".lower())
    keys = (card.uuid, card.name, called, bare, card.pci_address, card.part_of)
    return frozenset(key.lower() for key in keys if key)


def _sensed(card: GraphicsCard) -> str:
    return (card.uuid or card.name).lower()
