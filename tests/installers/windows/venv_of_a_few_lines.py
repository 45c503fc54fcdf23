"""`python -m venv FOLDER` for the embeddable build of Python, which comes without venv."""

import shutil
import sys
import zipfile
from pathlib import Path

base, folder = Path(sys.base_prefix), Path(sys.argv[1])
scripts, site = folder / "Scripts", folder / "Lib" / "site-packages"
scripts.mkdir(parents=True)
site.mkdir(parents=True)
for file in base.iterdir():
    if file.is_file():
        shutil.copy(file, scripts)
(folder / "pyvenv.cfg").write_text(f"home = {base}\n", encoding="utf-8")
own = base / "Lib" / "site-packages"
shutil.copy(own / "sitecustomize.py", site)
with zipfile.ZipFile(own / "ensurepip" / "pip.zip") as pip:
    pip.extractall(site)
