"""Qt's libraries, loaded beside Python's own work at the start of the frozen application.

The loader takes as long for them as Python takes for the modules that need no Qt, and neither needs
the other. Nothing is imported here but what this needs: it comes before all else. Where a library
is not found by these names, as on Windows and macOS, it is loaded when it is imported.
"""

from __future__ import annotations

import builtins
import ctypes
import importlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

# Each after those that it needs, so that others may load theirs in between.
LIBRARIES = (
    "shiboken6/Shiboken.abi3.so",
    "libQt6Core.so.6",
    "libQt6Gui.so.6",
    "libQt6Widgets.so.6",
    "PySide6/QtCore.abi3.so",
    "PySide6/QtGui.abi3.so",
    "PySide6/QtWidgets.abi3.so",
    "libQt6XcbQpa.so.6",
    "PySide6/Qt/plugins/platforms/libqxcb.so",
    "PySide6/QtSvg.abi3.so",
)
FONTS = "libfontconfig.so.1"
MEANWHILE = (
    "qubix_desktop.app",
    "qubix_desktop.services",
    "qubix_desktop.colours",
    "qubix_desktop.spelling",
    "qubix_worker.own_log",
)
"""What the first window is made with and what needs no Qt."""
TURN_SECONDS = 0.0005


def load(folder: str) -> threading.Thread | None:
    """Begins to load what lies in `folder`, the application's own. Ends by itself."""
    paths = [path for name in LIBRARIES if (path := Path(folder, name)).exists()]
    if not paths:
        return None
    return _begun(lambda: _load(paths))


def read_fonts(folder: str) -> threading.Thread | None:
    """Begins to read which fonts there are, where a window is about to ask: the tray does not."""
    library = Path(folder, FONTS)
    if not library.exists():
        return None
    # On any thread: where another asks before it ends, that one's answer counts (its fccfg.c).
    return _begun(lambda: ctypes.CDLL(str(library)).FcInit())


def import_meanwhile() -> None:
    for name in MEANWHILE:
        importlib.import_module(name)


def import_qt_alone() -> None:
    """Imports Qt's binding, and has it leave alone what is imported after it.

    It looks for the source of each module, to see whether Qt goes by other names there: a frozen
    one has none, and ours know no other names.
    """
    importlib.import_module("PySide6")
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def _begun(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, name="early", daemon=True)
    thread.start()
    return thread


def _load(paths: list[Path]) -> None:
    # By the C function: ctypes lets no other thread run while it loads a library by itself.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    usual = sys.getswitchinterval()
    # It is Python's turn for a moment after each: not after what it else waits for that.
    sys.setswitchinterval(TURN_SECONDS)
    for path in paths:
        dlopen(os.fsencode(path), os.RTLD_NOW)
    sys.setswitchinterval(usual)
