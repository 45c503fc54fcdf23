"""Every recorded computer, with what its drivers and tools say spoilt in every way that they do.

A spoilt text may cost a figure. It never makes one up: each figure that is found is the true one.
And it never makes detection fail.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.hardware.detect import detect
from qubix_worker.hardware.drm import DrmProbe
from qubix_worker.hardware.graphics import probes
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.probe import ProbeError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage, Hardware
from tests.worker.hardware import recorded
from tests.worker.hardware.recorded import Computer

Spoil = Callable[[bytes], bytes]

SAID_INSTEAD = ("[N/A]", "[Not Supported]", "ERR!", "N/A", "Unknown Error", "")
CUTS = (0.0, 0.25, 0.5, 0.75)
PLACES_MOST = 12
"""How many of the figures of one text are changed, each by itself."""
WITH_TEXTS = [name for name in recorded.NAMES if recorded.load(name).items]
WITH_TOOLS = [name for name in recorded.NAMES if recorded.load(name).tools]
WITH_WINDOWS = [name for name in recorded.NAMES if recorded.load(name).family == "windows"]
IN_THE_REGISTRY: tuple[Any, ...] = (
    "", "[N/A]", "rubbish", "\0\0", "\ufffd", "x" * 100_000, "-1", 0, -1, 1 << 63, 10**30, b"",
    b"\0", b"\xff" * 8, b"\xff" * 5000, ["a", "list"],
)  # fmt: skip
_FIGURE = re.compile(rb"(?<![\w.:-])(?:0x[0-9a-f]+|\d+(?:\.\d+)?)(?![\w.:])")


@dataclass(frozen=True)
class Mutation:
    name: str
    spoil: Spoil
    keeps_texts: bool = True
    """False where a name's own digits may be changed by it: then no name can be checked."""


def whole_text() -> Iterator[Mutation]:
    """What is done to a text as a whole."""
    for share in CUTS:
        yield Mutation(f"cut at {share:.0%}", lambda h, s=share: h[: int(len(h) * s)])  # type: ignore[misc]
    yield Mutation("its last byte cut", lambda h: h[:-1])
    yield Mutation("its last line cut in two", lambda h: h[: h.rfind(b"\n", 0, -1) + 3])
    yield Mutation("thousands of lines", lambda h: h * 3000)
    yield Mutation("begins with what is not UTF-8", lambda h: b"\xff\xfe" + h)
    yield Mutation("what is not UTF-8 inside", lambda h: _inside(h, b"\xff"))
    yield Mutation("NUL bytes inside", lambda h: _inside(h, b"\0"))
    yield Mutation("UTF-16", lambda h: h.decode("utf-8", "replace").encode("utf-16"))
    yield Mutation(
        "decimal commas", lambda h: re.sub(rb"(\d)\.(\d)", rb"\1,\2", h), keeps_texts=False
    )
    yield Mutation("rubbish", lambda h: b'{"a": [1, {"b": null}]}, <&>\n\x1b[31m;\t\r\n')
    yield Mutation("a page of a portal", lambda h: b"<html><body>Sign in</body></html>\n")
    for words in SAID_INSTEAD:
        yield Mutation(f"says {words!r} only", lambda h, w=words: w.encode() + b"\n")  # type: ignore[misc]


def each_cell(held: bytes) -> Iterator[Mutation]:
    """Each cell of a table, or each leaf of a JSON text, said not to be known."""
    try:
        told = json.loads(held)
    except ValueError:
        told = None
    leaves = list(_leaves(told)) if isinstance(told, dict) else []
    if not leaves:
        for at, line in enumerate(held.split(b"\n")):
            cells = line.split(b", ")
            for number in range(len(cells)) if len(cells) > 2 else ():
                for words in SAID_INSTEAD:
                    spoil = _with_cell(at, number, words.encode())
                    yield Mutation(f"line {at}, cell {number}: {words!r}", spoil)
    for path in leaves:
        for instead in (*SAID_INSTEAD, None, [], {}, True, -1, 10**400, 1e300, "-1", "9" * 40):
            texts = not (isinstance(instead, str) and instead.strip("-").isdigit())
            yield Mutation(f"{path}: {str(instead)[:20]}", _with_leaf(path, instead), texts)


def each_figure(held: bytes) -> Iterator[Mutation]:
    """Each figure of a text made huge, negative, or not one."""
    found = list(_FIGURE.finditer(held))
    rubbish = b"1,5" if held.startswith(b"{") else b"1e5"  # in JSON 1e5 is a figure
    for match in found[:: max(1, len(found) // PLACES_MOST)]:
        begin, end = match.span()
        hexadecimal = match[0].startswith(b"0x")
        for instead in (b"0x" + b"9" * 12 if hexadecimal else b"9" * 30, b"-" + match[0], rubbish):
            yield Mutation(
                f"{match[0]!r} at {begin} is {instead!r}",
                lambda h, b=begin, e=end, i=instead: h[:b] + i + h[e:],  # type: ignore[misc]
                keeps_texts=False,
            )


def mutations(held: bytes) -> Iterator[Mutation]:
    yield from whole_text()
    if len(held) < 64 << 10:
        yield from each_cell(held)
        yield from each_figure(held)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 101])
@pytest.mark.parametrize("name", WITH_TEXTS)
def test_one_spoilt_text_never_makes_a_figure_up(name: str, every: int, tmp_path: Path) -> None:
    bench = Bench(recorded.load(name), tmp_path)
    texts = {item: bench.computer.holds(item) for item in bench.computer.items}
    spoilt = [(item, mutation) for item, held in texts.items() for mutation in mutations(held)]
    told: list[str] = []
    for item, mutation in spoilt[WITH_TEXTS.index(name) % every :: every]:
        bench.computer.overwrite(tmp_path, item, mutation.spoil(texts[item]))
        told += [f"{item}: {mutation.name}: {lie}" for lie in bench.lies(mutation.keeps_texts)]
        bench.computer.overwrite(tmp_path, item, texts[item])
    assert not told, "\n".join(told)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 11])
@pytest.mark.parametrize("name", WITH_TEXTS)
def test_everything_spoilt_at_once_never_makes_a_figure_up(
    name: str, every: int, tmp_path: Path
) -> None:
    bench = Bench(recorded.load(name), tmp_path)
    told: list[str] = []
    for mutation in list(whole_text())[WITH_TEXTS.index(name) % every :: every]:
        for item in bench.computer.items:
            bench.computer.overwrite(tmp_path, item, mutation.spoil(bench.computer.holds(item)))
        told += [f"{mutation.name}: {lie}" for lie in bench.lies(mutation.keeps_texts)]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("name", WITH_TOOLS)
@pytest.mark.parametrize("exit_code", [1, 2, 18, 255])
def test_a_tool_that_fails_is_not_believed(name: str, exit_code: int, tmp_path: Path) -> None:
    computer = recorded.load(name)
    computer.tools = [replace(tool, exit=exit_code) for tool in computer.tools]
    assert not Bench(computer, tmp_path).lies()


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_a_tool_that_hangs_costs_only_what_it_would_tell(name: str, tmp_path: Path) -> None:
    computer = recorded.load(name)
    computer.tools = [replace(tool, hangs=True) for tool in computer.tools]
    assert not Bench(computer, tmp_path, seconds=0.2).lies()


@pytest.mark.parametrize("name", WITH_WINDOWS)
def test_a_spoilt_value_of_the_registry_never_makes_a_figure_up(name: str, tmp_path: Path) -> None:
    computer = recorded.load(name)
    bench = Bench(computer, tmp_path)
    registry = bench.place.registry
    assert isinstance(registry, recorded.Registry)
    told: list[str] = []
    for key, values in list(registry.keys.items()):
        for value in values:
            for instead in IN_THE_REGISTRY:
                registry.keys[key] = {**values, value: instead}
                # A text in place of a text may be a name, a place or a kind: who could tell?
                texts = not isinstance(instead, str) or not isinstance(values[value], str)
                found = detect(place=bench.place, seconds=10)
                lies = bench.truth.lies(found, texts) if texts else []
                told += [f"{key} {value} {str(instead)[:20]!r}: {lie}" for lie in lies]
        registry.keys[key] = values
    assert not told, "\n".join(told)


class Bench:
    """A computer that is laid out, and what is true of it."""

    def __init__(self, computer: Computer, folder: Path, seconds: float = 10.0) -> None:
        self.computer = computer
        self._seconds = seconds
        self.place = computer.lay_out(folder, seconds)
        self.truth = Truth(computer, self.place)

    def lies(self, texts: bool = True) -> list[str]:
        """What detection and usage say that is not true. `texts`: whether names are looked at."""
        found = detect(place=self.place, seconds=self._seconds * 2)
        told = self.truth.lies(found, texts)
        for probe in probes(self.place):
            with contextlib.suppress(ProbeError):
                told += self.truth.lies_of_use(probe.usage(), texts)
        return told


class Truth:
    """What is true of a computer, and what else may be said of it: a card by its numbers only."""

    def __init__(self, computer: Computer, place: Place) -> None:
        told = computer.told
        expected, also = told["expect"], told.get("also", {})
        self.cards = recorded.cards(expected.get("cards", []))
        self.others = recorded.cards(also.get("cards", []))
        self.uses = recorded.usages(expected.get("usage", []))
        # What the kernel alone says of the cards is also true.
        self.kernels = DrmProbe(place.root).cards() if place.family == "linux" else ()
        known = (*self.cards, *self.others, *self.kernels)
        self.names = {card.name for card in known} | set(also.get("names", []))
        for device in told.get("pci", []):
            vendor = next((c.vendor for c in known if c.pci_address == device["address"]), "")
            self.names.add(f"{vendor} graphics {device['ids']}")
        for adapter in told.get("adapters", []):
            ids = re.search(
                r"VEN_(\w{4})&DEV_(\w{4})", adapter["values"].get("MatchingDeviceId", "")
            )
            for card in self.cards if ids else ():
                self.names.add(f"{card.vendor} graphics {ids[1]}:{ids[2]}".lower())
        self.names |= {"hyper-v graphics"} | {name.lower() for name in self.names}
        self.drivers = {word for c in known if c.driver for word in (c.driver, c.driver.split()[0])}
        self.processor = expected.get("processor", {})
        self.cores = {self.processor.get("logical_cores"), told.get("cores", 1)}
        self.cores |= set(also.get("cores", []))
        self.memory = {expected.get("memory"), told.get("memory"), *also.get("memory", []), None}
        self.machines = {expected.get("virtual_machine"), None, *also.get("virtual_machines", [])}
        self.containers = {expected.get("container"), None}

    def lies(self, found: Hardware, texts: bool) -> list[str]:
        wrong = [f"{card}" for card in found.graphics_cards if not self._is_true(card, texts)]
        if len(found.graphics_cards) > max(len(self.cards), len(self.kernels)):
            wrong.append(f"{len(found.graphics_cards)} cards")
        if (found.memory.total_bytes if found.memory else None) not in self.memory:
            wrong.append(f"{found.memory}")
        if found.processor.logical_cores not in self.cores:
            wrong.append(f"{found.processor}")
        if found.processor.physical_cores not in (None, self.processor.get("physical_cores")):
            wrong.append(f"{found.processor}")
        if not set(found.processor.features) <= set(self.processor.get("features", [])):
            wrong.append(f"{found.processor.features}")
        if texts and "model" in self.processor and found.processor.model:
            wrong += [m for m in [found.processor.model] if m != self.processor["model"]]
        if found.virtual_machine not in self.machines:
            wrong.append(f"in {found.virtual_machine}")
        if texts and found.container not in self.containers:
            wrong.append(f"in {found.container}")
        return wrong

    def lies_of_use(self, uses: tuple[GraphicsUsage, ...], texts: bool) -> list[str]:
        wrong = [] if len(uses) <= len(self.uses) else [f"{len(uses)} uses"]
        return wrong + [
            f"{use}"
            for use in uses
            if not any(self._is_use(use, true, texts) for true in self.uses)
        ]

    def _is_true(self, card: GraphicsCard, texts: bool) -> bool:
        return any(
            self._is_card(card, true, texts) for true in (*self.cards, *self.others, *self.kernels)
        )

    def _is_card(self, card: GraphicsCard, true: GraphicsCard, texts: bool) -> bool:
        figures = ("vendor", "memory_total_bytes", "compute", "form", "unified_memory")
        words = ("uuid", "pci_address", "part_of")
        wrong = [
            key
            for key in (*figures, *(words if texts else ()))
            if getattr(card, key) not in (None, getattr(true, key))
        ]
        if texts and card.name.lower() not in self.names:
            wrong.append("name")
        if texts and card.driver is not None and card.driver not in self.drivers:
            wrong.append("driver")
        # It may be said to be less able than it is; never to be more.
        if card.state == "ready" and true.state != "ready":
            wrong.append("state")
        return not wrong

    def _is_use(self, use: GraphicsUsage, true: GraphicsUsage, texts: bool) -> bool:
        figures = (
            "percent", "temperature_celsius", "memory_used_mb", "memory_total_mb", "power_watts",
        )  # fmt: skip
        if texts and use.name not in self.names | {true.name}:
            return False
        return all(getattr(use, key) in (None, getattr(true, key)) for key in figures)


def _inside(held: bytes, what: bytes) -> bytes:
    """`held` with one byte in the middle of a figure replaced."""
    figures = list(re.finditer(rb"\d{2,}", held))
    at = figures[len(figures) // 2].start() + 1 if figures else len(held) // 2
    return held[:at] + what + held[at + 1 :]


def _with_cell(line: int, cell: int, instead: bytes) -> Spoil:
    def spoil(held: bytes) -> bytes:
        lines = held.split(b"\n")
        cells = lines[line].split(b", ")
        cells[cell] = instead
        lines[line] = b", ".join(cells)
        return b"\n".join(lines)

    return spoil


def _leaves(held: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = held.items() if isinstance(held, dict) else enumerate(held)
    for key, value in inside:
        if isinstance(value, dict | list):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)


def _with_leaf(path: tuple[Any, ...], instead: Any) -> Spoil:
    def spoil(held: bytes) -> bytes:
        told = json.loads(held)
        inside = told
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = instead
        return json.dumps(told).encode() + b"\n"

    return spoil
