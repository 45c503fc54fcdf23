"""The steps at the wizard's leading edge: where one is, and how far it goes."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from qubix_desktop import theme
from qubix_desktop.flow import STEPS, Page
from qubix_desktop.parts.glyph import GlyphLabel
from qubix_desktop.parts.label import Label
from qubix_desktop.parts.picture import Picture


class Rail(QFrame):
    def __init__(self) -> None:
        super().__init__()
        theme.dress(self, "rail")
        names = {
            Page.WELCOME: self.tr("Welcome"),
            Page.COMPUTER: self.tr("This computer"),
            Page.SHARING: self.tr("How to share"),
            Page.PREPARING: self.tr("Getting ready"),
            Page.JOINING: self.tr("Going online"),
            Page.DONE: self.tr("Done"),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 26, 24, 20)
        column.setSpacing(14)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Picture("qubix", 34))
        head.addWidget(Label("QUBIX", "big", wrap=False))
        head.addStretch()
        column.addLayout(head)
        column.addSpacing(14)
        self._rows: dict[Page, tuple[GlyphLabel, Label]] = {}
        for page in STEPS:
            mark, name = GlyphLabel("waiting", "muted", 18), Label(names[page], wrap=False)
            row = QHBoxLayout()
            row.setSpacing(10)
            row.addWidget(mark)
            row.addWidget(name, 1)
            column.addLayout(row)
            self._rows[page] = (mark, name)
        column.addStretch()
        bold = self.fontMetrics().horizontalAdvance(max(names.values(), key=len)) * 1.25
        self.setFixedWidth(max(190, round(bold) + 76))

    def show_page(self, page: Page) -> None:
        now = STEPS.index(page) if page in STEPS else len(STEPS) * (page is Page.CLOSED) - 1
        for at, step in enumerate(STEPS):
            mark, name = self._rows[step]
            if at < now or page in (Page.DONE, Page.CLOSED):
                mark.show_glyph("tick", "good")
                theme.dress(name, "step-now" if step is page else "step")
            elif at == now:
                mark.show_glyph("here", "link")
                theme.dress(name, "step-now")
            else:
                mark.show_glyph("waiting", "muted")
                theme.dress(name, "step")
        if page in STEPS:
            self.setAccessibleName(
                self.tr("Step {number} of {count}").format(number=now + 1, count=len(STEPS))
            )
