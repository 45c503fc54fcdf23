"""The least that a wizard in Qt can be: what ours is measured against."""

import sys

from PySide6.QtWidgets import QApplication, QWizard, QWizardPage

app = QApplication(sys.argv)
wizard = QWizard()
page = QWizardPage()
page.setTitle("Share this computer")
wizard.addPage(page)
wizard.show()
sys.exit(app.exec())
