"""`detect`: what this computer has, and which of it a network would be told."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator

from qubix_worker import settings
from qubix_worker.allowance import LeftOut, shared_cards
from qubix_worker.cli.output import Output
from qubix_worker.control import Control
from qubix_worker.errors import ControlError, SettingsError
from qubix_worker.hardware.detect import detect as detect_hardware
from qubix_worker.hardware.detect import find
from qubix_worker.paths import Paths
from qubix_worker.protocol import GraphicsCard, Hardware
from qubix_worker.settings import Settings

GIB = 1 << 30
FEATURES_SHOWN = 12

STATES = {
    "ready": "can share",
    "no_driver": "cannot share: no driver for it is at work",
    "passed_through": "cannot share: it is given to a virtual machine",
    "off": "asleep: this computer wakes it when a program needs it",
}

MAY_BE = "no network is told of it: it may be a card that you leave out, and cannot be told from it"

UNKNOWN = "whether you leave it out is not known: the settings cannot be used"

SENT = """\
This, without the cards that you leave out, and nothing else about this computer but the name that
you give it, is sent when it joins a network. Nothing was sent now. `qubix-worker detect --json`
shows it as it travels."""


def detect(arguments: argparse.Namespace, output: Output) -> int:
    chosen: Settings | None = None
    unusable: SettingsError | None = None
    try:
        chosen = in_force(Paths.of_user())
    except SettingsError as error:
        if output.json:
            raise
        unusable = error
    hardware = detect_hardware()
    if output.json and chosen:
        output.value(told(hardware, chosen), "")
        return 0
    for label, text in lines(hardware, chosen):
        output.value(None, f"{label:<10} {text}")
    if output.verbose:
        for finding in find():
            if finding.problem:
                output.note(str(finding.problem))
    if unusable:
        raise unusable
    output.value(None, f"\n{SENT}")
    return 0


def in_force(paths: Paths) -> Settings:
    """The running worker's settings, else the file's. Raises SettingsError where that cannot be
    used: the defaults would tell of every card."""
    try:
        return Control(paths).settings()
    except ControlError:
        return settings.load(paths.settings)


def told(hardware: Hardware, chosen: Settings) -> Hardware:
    """What of `hardware` a network is told."""
    cards = shared_cards(hardware.graphics_cards, chosen)
    return dataclasses.replace(hardware, graphics_cards=cards)


def lines(hardware: Hardware, chosen: Settings | None) -> Iterator[tuple[str, str]]:
    """All of `hardware`, each with its label; a card that is left out is marked as such. `chosen`:
    None where that is not known."""
    here = hardware.os
    yield "System", f"{here.version or here.name}, {here.architecture}"
    if hardware.virtual_machine:
        yield "", f"inside a virtual machine ({hardware.virtual_machine})"
    if hardware.container:
        yield "", f"inside a container ({hardware.container})"
    processor = hardware.processor
    cores = _count(processor.logical_cores, "core")
    if processor.physical_cores and processor.physical_cores != processor.logical_cores:
        cores += f" ({processor.physical_cores} physical)"
    yield "Processor", f"{processor.model or 'unknown model'}, {cores}"
    if processor.features:
        more = len(processor.features) - FEATURES_SHOWN
        names = " ".join(processor.features[:FEATURES_SHOWN])
        yield "", names + (f" and {more} more" if more > 0 else "")
    if hardware.memory:
        yield "Memory", f"{hardware.memory.total_bytes / GIB:.1f} GB"
    else:
        yield "Memory", "this computer does not tell"
    if hardware.disk:
        free, total = hardware.disk.free_bytes / GIB, hardware.disk.total_bytes / GIB
        yield "Disk", f"{free:.0f} GB free of {total:.0f} GB"
    yield from _cards(hardware.graphics_cards, chosen)


def _cards(cards: tuple[GraphicsCard, ...], chosen: Settings | None) -> Iterator[tuple[str, str]]:
    if not cards:
        yield "Graphics", "no card found"
    out = LeftOut.of(chosen, cards) if chosen else None
    for at, card in enumerate(cards):
        yield (
            "Graphics" if not at else "",
            f"{_who(card)}: {_verdict(card, out)}",
        )
        if facts := ", ".join(_facts(card)):
            yield "", f"  {facts}"


def _who(card: GraphicsCard) -> str:
    named = card.name.lower().startswith(card.vendor.lower())
    name = card.name if named else f"{card.vendor} {card.name}"
    return f"{name} (a part of {card.part_of})" if card.part_of else name


def _verdict(card: GraphicsCard, out: LeftOut | None) -> str:
    if out is None:
        return UNKNOWN
    if out.names_card(card):
        return "left out by you; no network is told of it"
    return MAY_BE if out.has_card(card) else STATES[card.state]


def _facts(card: GraphicsCard) -> Iterator[str]:
    if card.form:
        yield card.form
    if card.memory_total_bytes:
        shared = ", which is the computer's own" if card.unified_memory else ""
        yield f"{card.memory_total_bytes / GIB:.1f} GB of memory{shared}"
    elif card.unified_memory:
        yield "uses the computer's own memory"
    if card.driver:
        yield f"driver {card.driver}"
    if card.compute:
        yield f"compute {card.compute}"
    if card.pci_address:
        yield f"at {card.pci_address}"
    if card.uuid:
        yield card.uuid


def _count(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
