"""Runs before all else in a frozen program: other programs are started as if from a shell.

On Linux PyInstaller's loader points LD_LIBRARY_PATH at the bundle, and keeps what was there under
another name (pyinstaller.org, "LD_LIBRARY_PATH / LIBPATH considerations"). nvidia-smi, a browser or
a file manager must not load our libraries.
"""

import os
import sys

if "LD_LIBRARY_PATH_ORIG" in os.environ:
    os.environ["LD_LIBRARY_PATH"] = os.environ.pop("LD_LIBRARY_PATH_ORIG")
elif os.environ.get("LD_LIBRARY_PATH") == getattr(sys, "_MEIPASS", None):
    os.environ.pop("LD_LIBRARY_PATH", None)
