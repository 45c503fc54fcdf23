"""`python -m venv FOLDER` for the embeddable build of Python, which comes without venv."""

import shutil
import sys
from pathlib import Path

base, folder = Path(sys.base_prefix), Path(sys.argv[-1])
scripts = folder / "Scripts"
scripts.mkdir(parents=True)
(folder / "Lib" / "site-packages").mkdir(parents=True)
for file in base.iterdir():
    if file.is_file() and file.suffix != ".py":
        shutil.copy(file, scripts)
(folder / "pyvenv.cfg").write_text(f"home = {base}\n", encoding="utf-8")
