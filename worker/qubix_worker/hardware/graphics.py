"""Which probes there are on which system, and how what they tell becomes one list of cards.

Two probes may tell of one card: the driver knows its figures, the kernel where it is plugged in.
Where a figure is told twice, the earlier probe of the list is believed.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Sequence

from qubix_worker.hardware import nvidia, place
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.probe import GraphicsProbe
from qubix_worker.protocol import GraphicsCard

CARDS_MOST = 64
_STAND_IN = "dxgkrnl"
"""In WSL the kernel shows a stand-in for every card of the host."""
_KERNEL_DRIVER = re.compile(r"nvidia\b")
_ORDER = ("discrete", "partition", None, "integrated", "virtual")


def probes(where: Place) -> tuple[GraphicsProbe, ...]:
    """The probes for this system, those that know most first. Only theirs are imported."""
    if where.family == "macos":
        from qubix_worker.hardware.apple import AppleProbe  # noqa: PLC0415

        return (AppleProbe(where),)
    if where.family == "windows" and where.registry:
        from qubix_worker.hardware import windows_adapters as windows  # noqa: PLC0415

        registry = where.registry
        return (
            nvidia.NvidiaProbe(where, lambda: windows.has_nvidia(registry)),
            windows.WindowsProbe(registry),
        )
    from qubix_worker.hardware.amd_tools import AmdToolsProbe  # noqa: PLC0415
    from qubix_worker.hardware.drm import DrmProbe  # noqa: PLC0415

    drm = DrmProbe(where.root)
    return (
        nvidia.NvidiaProbe(where, nvidia.on_linux(where)),
        AmdToolsProbe(where, lambda: _is_enough(drm)),
        drm,
    )


@functools.cache
def here() -> tuple[GraphicsProbe, ...]:
    """The probes of this computer: one set for all who ask, so that one hang is one thread, and a
    driver's library is opened once."""
    return probes(place.here())


def merge(told: Sequence[Iterable[GraphicsCard]]) -> tuple[GraphicsCard, ...]:
    """One list of what the probes told, in the probes' order: discrete cards first."""
    cards: list[GraphicsCard] = []
    for group in told:
        free = list(cards)  # a card of this group is the twin of one card at most
        for card in group:
            twin = next((other for other in free if same(other, card)), None)
            other = next((other for other in free if _may_be_same(other, card)), None)
            if twin:
                free.remove(twin)
                cards[cards.index(twin)] = _filled(twin, card)
            elif other:
                free.remove(other)  # it is one of them, and which cannot be told
            else:
                cards.append(_unconfirmed(card))
    if any(card.driver != _STAND_IN for card in cards):
        cards = [card for card in cards if card.driver != _STAND_IN]
    ordered: list[GraphicsCard] = []
    for card in sorted(cards, key=lambda card: _ORDER.index(card.form)):
        if card.form != "partition":
            ordered.append(card)
            ordered += [part for part in cards if part.part_of and part.part_of == card.uuid]
    return tuple(ordered)[:CARDS_MOST]


def held_back(card: GraphicsCard, waiting: Sequence[GraphicsProbe]) -> bool:
    """Whether one of the probes that have not answered yet may know more of this card."""
    if card.driver == _STAND_IN:
        return bool(waiting)
    return any(card.vendor in probe.knows or not probe.knows for probe in waiting)


def same(one: GraphicsCard, other: GraphicsCard) -> bool:
    """Whether two probes, or two detections, tell of one card."""
    if one.pci_address and other.pci_address:
        return one.pci_address == other.pci_address
    if one.uuid and other.uuid:
        return one.uuid == other.uuid
    return (one.vendor, one.name, one.form) == (other.vendor, other.name, one.form)


def _may_be_same(one: GraphicsCard, other: GraphicsCard) -> bool:
    """Whether nothing speaks against it, where a probe did not tell a card's place."""
    placed = one.pci_address and other.pci_address
    return one.vendor == other.vendor and not placed and one.form != "partition"


def _unconfirmed(card: GraphicsCard) -> GraphicsCard:
    """A card that only the kernel tells of: NVIDIA's driver has it, but gives it to no program."""
    bound = card.state == "ready" and _KERNEL_DRIVER.match(card.driver or "")
    if card.vendor == "NVIDIA" and bound:
        return dataclasses.replace(card, state="no_driver")
    return card


def _filled(card: GraphicsCard, more: GraphicsCard) -> GraphicsCard:
    """`card` with what it lacks."""
    lacking = {
        field.name: getattr(more, field.name)
        for field in dataclasses.fields(card)
        if getattr(card, field.name) is None
    }
    return dataclasses.replace(card, **lacking, state=more.state)


def _is_enough(drm: GraphicsProbe) -> bool:
    """Whether the kernel told of every AMD card what AMD's tools would tell."""
    return all(
        card.compute and card.memory_total_bytes
        for card in drm.cards()
        if card.vendor == "AMD" and card.state == "ready"
    )
