"""Page 2: what this computer has; a card each as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
)

from qubix_desktop import background, icons, theme
from qubix_desktop.flow import Computer, Flow
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.glyph import GlyphLabel
from qubix_desktop.parts.label import Label
from qubix_desktop.services import Services
from qubix_desktop.words import said, size
from qubix_worker.hardware.detect import Finding
from qubix_worker.protocol import Disk, GraphicsCard, Memory, Processor

DISK_LEAST_BYTES = 1 << 30
"""Below that there is hardly room for a job's own files."""

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Looking:
    """All that this page shows: what has been found so far, and whether more will come."""

    findings: tuple[Finding, ...] = ()
    excluded: tuple[str, ...] = ()
    over: bool = False

    @property
    def cards(self) -> tuple[GraphicsCard, ...]:
        return tuple(f.value for f in self.findings if isinstance(f.value, GraphicsCard))

    def answer(self) -> Computer:
        memory = next((f.value for f in self.findings if isinstance(f.value, Memory)), None)
        usable = [card for card in self.cards if _unused(card) is None]
        return Computer(
            memory_total_bytes=memory.total_bytes if memory else None,
            graphics_cards=len(usable),
            excluded_cards=self.excluded,
            left_out=sum(self.leaves_out(card) for card in usable),
        )

    def leaves_out(self, card: GraphicsCard) -> bool:
        return bool(_names(card).intersection(map(str.lower, self.excluded)))

    def sharing(self, card: GraphicsCard, shared: bool) -> Looking:
        """As this, but with that card shared, or left out; others of its name stay as they are."""
        if not shared:
            return replace(self, excluded=(*self.excluded, _key(card)))
        names = _names(card)
        others = [o for o in self.cards if o != card and self.leaves_out(o)]
        kept = [one for one in self.excluded if one.lower() not in names]
        kept += [_key(o) for o in others if not _names(o).intersection(map(str.lower, kept))]
        return replace(self, excluded=tuple(kept))


class ComputerPage(WizardPage):
    def __init__(self, services: Services) -> None:
        super().__init__("")
        self.title.setText(self.tr("This computer"))
        self.subtitle.say(self.tr("This is what it has. Nothing is sent before you go online."))
        self._services = services
        self._state = Looking()
        self._kept: tuple[str, ...] = ()
        """The cards that were left out before the wizard began."""
        self._cards: dict[str, _Card] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self._list.addStretch()
        self.column.addLayout(self._list, 1)
        self._again = QPushButton(self.tr("Look again"))
        theme.dress(self._again, "flat")
        self._again.clicked.connect(self._look)
        row = QHBoxLayout()
        row.addWidget(self._again)
        row.addStretch()
        self.column.addLayout(row)

    def enter(self, flow: Flow) -> None:
        if self._kept != flow.kept.excluded_cards:
            self._kept = flow.kept.excluded_cards
            self._state = replace(self._state, excluded=self._kept)
        if self._state.findings:
            self._show(self._state)
        else:
            self._look()

    def forward(self) -> None:
        if self._state.over:
            self.answered.emit(self._state.answer())

    def _look(self) -> None:
        self._show(Looking(excluded=self._state.excluded))
        task = background.Task(lambda _: self._services.find_hardware())
        task.came.connect(self._found)
        task.ended.connect(self._over)
        task.start()

    def _found(self, finding: Finding) -> None:
        self._show(replace(self._state, findings=(*self._state.findings, finding)))

    def _over(self) -> None:
        self._show(replace(self._state, over=True))

    def _share(self, card: GraphicsCard, shared: bool) -> None:
        self._show(self._state.sharing(card, shared))

    def _show(self, state: Looking) -> None:
        self._state = state
        wanted = {"processor", "memory", "disk"} | {f.key for f in state.findings}
        if not any(key.startswith("graphics") for key in wanted):
            wanted.add("graphics")
        for key in [key for key in self._cards if key not in wanted]:
            self._cards.pop(key).deleteLater()
        for key in sorted(wanted, key=_place):
            if key not in self._cards:
                self._cards[key] = _Card(key, self._share)
                self._list.insertWidget(self._list.count() - 1, self._cards[key])
            finding = next((f for f in state.findings if f.key == key), None)
            self._cards[key].show_finding(finding, state)
        self._again.setVisible(state.over)
        self.set_bar(Bar(self.tr("Next"), state.over))


def _place(key: str) -> tuple[int, str]:
    kinds = ("processor", "memory", "disk", "graphics")
    return kinds.index(key.partition(":")[0]), key


class _Card(QFrame):
    """One thing that this computer has, or that is still being looked for."""

    def __init__(self, key: str, share: Callable[[GraphicsCard, bool], None]) -> None:
        super().__init__()
        theme.dress(self, "card")
        self._kind = key.partition(":")[0]
        self._share = share
        self._card: GraphicsCard | None = None
        glyphs: dict[str, icons.Glyph] = {
            "processor": "processor",
            "memory": "memory",
            "disk": "disk",
            "graphics": "graphics",
        }
        self._name = Label(role="strong", selectable=True)
        self._facts = Label(role="muted")
        self._verdict = Label(wrap=self._kind == "graphics")  # else it stands beside
        self._busy = GlyphLabel("spinner", "link", 18)
        self._tick = QCheckBox(self.tr("Share it"))
        self._tick.clicked.connect(self._ticked)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._name)
        texts.addWidget(self._facts)
        if self._kind == "graphics":
            texts.addWidget(self._verdict)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 11, 16, 11)
        row.setSpacing(14)
        row.addWidget(GlyphLabel(glyphs[self._kind], "link", 28))
        row.addLayout(texts, 1)
        row.addWidget(self._busy)
        if self._kind != "graphics":
            row.addWidget(self._verdict)
        row.addWidget(self._tick)

    def show_finding(self, finding: Finding | None, state: Looking) -> None:
        seen = _describe(self._kind, finding, state)
        self._card = seen.card
        self._name.setText(seen.name)
        self._facts.say(seen.facts)
        self._busy.setVisible(seen.busy)
        self._verdict.say(seen.verdict)
        theme.dress(self._verdict, seen.tone)
        self._tick.setVisible(seen.card is not None)
        self._tick.setChecked(seen.shared)
        self._tick.setAccessibleName(self.tr("Share {name}").format(name=seen.name))
        self.setAccessibleName(", ".join(x for x in (seen.name, seen.facts, seen.verdict) if x))

    def _ticked(self, shared: bool) -> None:
        if self._card:
            self._share(self._card, shared)


@dataclass(frozen=True)
class _Seen:
    name: str
    facts: str = ""
    verdict: str = ""
    tone: theme.Role = "muted"
    shared: bool = False
    busy: bool = False
    card: GraphicsCard | None = None


def _describe(kind: str, finding: Finding | None, state: Looking) -> _Seen:  # noqa: PLR0911
    """What a card says: a table of what can be found, in words."""
    if finding is None:
        return _describe_absent(kind, state.over)
    if finding.problem:
        return _Seen(
            _title(kind), said(finding.problem.happened), translate("ComputerPage", "Not used")
        )
    can = translate("ComputerPage", "Can share")
    match finding.value:
        case Processor() as processor:
            # As its maker counts them, and its name may say, where that can be known.
            count = processor.physical_cores or processor.logical_cores
            cores = translate("ComputerPage", "%Ln core(s)", None, count)
            return _Seen(processor.model or _title(kind), cores, can, tone="good")
        case Memory() as memory:
            name = translate("ComputerPage", "{size} of memory").format(
                size=size(memory.total_bytes)
            )
            return _Seen(
                name,
                translate("ComputerPage", "You choose how much of it on the next page."),
                can,
                tone="good",
            )
        case Disk() as disk:
            name = translate("ComputerPage", "{size} free on the disk").format(
                size=size(disk.free_bytes)
            )
            facts = translate("ComputerPage", "of {size}").format(size=size(disk.total_bytes))
            if disk.free_bytes < DISK_LEAST_BYTES:
                return _Seen(name, facts, translate("ComputerPage", "Nearly full"))
            return _Seen(name, facts, can, tone="good")
        case GraphicsCard() as card:
            return _describe_card(card, state)
        case None:
            return _Seen(_title(kind))


def _describe_absent(kind: str, over: bool) -> _Seen:
    if not over:
        return _Seen(_title(kind), translate("ComputerPage", "Looking…"), busy=True)
    if kind == "graphics":
        facts = translate(
            "ComputerPage", "No card was found that can share. The processor can do the work."
        )
        return _Seen(_title(kind), facts, translate("ComputerPage", "Not used"))
    return _Seen(
        _title(kind),
        translate("ComputerPage", "This computer did not tell."),
        translate("ComputerPage", "Not used"),
    )


def _describe_card(card: GraphicsCard, state: Looking) -> _Seen:
    facts = [size(card.memory_total_bytes)] if card.memory_total_bytes else []
    if card.driver:
        facts.append(translate("ComputerPage", "driver {version}").format(version=card.driver))
    words = " · ".join(facts) or card.vendor
    if state.leaves_out(card):
        return _Seen(card.name, words, translate("ComputerPage", "Left out"), card=card)
    if unused := _unused(card):
        return _Seen(card.name, words, unused)
    if card.state == "no_driver" or not card.driver:
        verdict = translate("ComputerPage", "Can share after a driver update")
        return _Seen(card.name, words, verdict, "warn", shared=True, card=card)
    return _Seen(
        card.name,
        words,
        translate("ComputerPage", "Can share"),
        tone="good",
        shared=True,
        card=card,
    )


def _key(card: GraphicsCard) -> str:
    """What tells this card from another of its name, where its system tells."""
    return card.uuid or card.pci_address or card.name


def _names(card: GraphicsCard) -> set[str]:
    """What a card may be called in the settings, in lower case."""
    return {name.lower() for name in (card.uuid, card.pci_address, card.name) if name}


def _unused(card: GraphicsCard) -> str | None:
    """Why no job can have this card, whatever its owner wants; None where one can."""
    if card.state == "passed_through":
        return translate("ComputerPage", "Not used: given to a virtual machine")
    if card.vendor == "Apple":
        return translate("ComputerPage", "Not used: no job knows it yet")
    if card.form == "integrated":
        return translate("ComputerPage", "Not used: integrated")
    if card.form == "virtual":
        return translate("ComputerPage", "Not used: virtual")
    return None


def _title(kind: str) -> str:
    return {
        "processor": translate("ComputerPage", "Processor"),
        "memory": translate("ComputerPage", "Memory"),
        "disk": translate("ComputerPage", "Disk"),
        "graphics": translate("ComputerPage", "Graphics card"),
    }[kind]
