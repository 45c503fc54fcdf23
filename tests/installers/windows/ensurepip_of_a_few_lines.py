"""`python -m ensurepip` for the embeddable build of Python, which comes without it."""

import sys
import zipfile
from pathlib import Path

with zipfile.ZipFile(Path(__file__).with_name("pip.zip")) as pip:
    pip.extractall(Path(sys.prefix) / "Lib" / "site-packages")
