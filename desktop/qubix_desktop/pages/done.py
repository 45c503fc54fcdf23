"""Page 6: this computer is online."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSystemTrayIcon, QVBoxLayout

from qubix_desktop import theme
from qubix_desktop.flow import Finished, Flow
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.glyph import GlyphLabel
from qubix_desktop.parts.label import Label
from qubix_desktop.parts.picture import Picture


class DonePage(WizardPage):
    status_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("")
        self.title.setText(self.tr("All done"))
        self.subtitle.say("")
        self._server = ""
        self._online = Label(role="big", selectable=True)
        self._thanks = Label(role="muted")
        self.column.addWidget(self._online_card())
        self.column.addWidget(self._tray_card())
        links = QHBoxLayout()
        links.setSpacing(8)
        self._status = QPushButton(self.tr("Open status"))
        self._status.clicked.connect(self.status_wanted)
        self._page = QPushButton(self.tr("Open the network's page"))
        self._page.clicked.connect(self._open_page)
        for button in (self._status, self._page):
            links.addWidget(button)
        links.addStretch()
        self.column.addSpacing(4)
        self.column.addLayout(links)
        self.column.addStretch()
        self.set_bar(Bar(self.tr("Finish")))

    def enter(self, flow: Flow) -> None:
        name = (flow.online.name if flow.online else "") or self.tr("this computer")
        self._online.setText(self.tr("This computer is online as {name}").format(name=name))
        network = flow.network
        self._server = network.server if network else ""
        self._thanks.say(
            self.tr("It shares on {network} from now on.").format(network=network.name)
            if network and network.name
            else ""
        )

    def forward(self) -> None:
        self.answered.emit(Finished())

    def _open_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self._server + "/"))

    def _online_card(self) -> QFrame:
        card = QFrame()
        theme.dress(card, "card")
        row = QHBoxLayout(card)
        row.setContentsMargins(20, 18, 20, 18)
        row.setSpacing(16)
        row.addWidget(GlyphLabel("tick", "good", 36))
        texts = QVBoxLayout()
        texts.addWidget(self._online)
        texts.addWidget(self._thanks)
        row.addLayout(texts, 1)
        return card

    def _tray_card(self) -> QFrame:
        card = QFrame()
        theme.dress(card, "card")
        row = QHBoxLayout(card)
        row.setContentsMargins(20, 14, 20, 14)
        row.setSpacing(16)
        if QSystemTrayIcon.isSystemTrayAvailable():
            row.addWidget(Picture("tray-online", 36))
            text = self.tr(
                "Look for this sign among the small icons at the edge of the screen. "
                "There you pause, stop or remove it."
            )
        else:
            row.addWidget(Picture("qubix", 36))
            text = self.tr(
                "This desktop shows no small icons: open QUBIX again whenever you want to "
                "see, pause or remove it."
            )
        row.addWidget(Label(text), 1)
        return card
