"""Runs before all else in the frozen `qubix`: also before PyInstaller's hooks, which import Qt."""

import gc
import sys

from qubix_desktop import early, patterns

# Without OpenSSL's hashes the tray is 3 MB smaller; Python's own will do for what is hashed here.
sys.modules["_hashlib"] = None  # type: ignore[assignment]
gc.disable()  # what is imported lives on: nothing is found, and the window would wait for it
early.load(sys._MEIPASS)  # type: ignore[attr-defined]
with patterns.compiled_later():
    early.import_meanwhile()
    early.import_qt_alone()
