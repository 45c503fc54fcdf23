"""Page 3: how this computer shares. The defaults are good: Next is always right."""

from __future__ import annotations

from qubix_desktop.flow import Flow
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.sharing import SharingForm
from qubix_worker.settings import Settings


class SharingPage(WizardPage):
    def __init__(self) -> None:
        super().__init__("")
        self.title.setText(self.tr("How to share"))
        self.subtitle.say(
            self.tr("These choices suit most computers. You can change them at any time.")
        )
        self._shown: Settings | None = None
        """The settings that the form began with."""
        self._form = SharingForm()
        self.column.addWidget(self._form, 1)
        self.set_bar(Bar(self.tr("Next")))

    def enter(self, flow: Flow) -> None:
        if self._shown != flow.kept:
            self._shown = flow.kept
            self._form.fill(flow.kept)
        self._form.hide_name(flow.wish == "change")
        if flow.computer:
            self._form.show_computer(flow.computer, default=not flow.kept.server)

    def forward(self) -> None:
        self.answered.emit(self._form.sharing)
