"""The images that ours begin with: those that recipes name, or Debian as debootstrap makes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

BUILD_SECONDS = 900
HELD = "localhost/qubix-debian"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def run(*command: str, seconds: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
        check=False,
    )  # fmt: skip


def image_like(name: str, folder: Path, packages: Sequence[str] = ()) -> str:
    """The image `name` from its registry, or else Debian with these packages.

    Skips the test where there is neither.
    """
    pulled = run("podman", "pull", "--quiet", name, seconds=300)
    if pulled.returncode == 0:
        return name
    assert "manifest unknown" not in pulled.stderr, pulled.stderr
    program = shutil.which("debootstrap")
    if program is None or os.geteuid() != 0:
        pytest.skip(f"there is neither {name} nor debootstrap here: {pulled.stderr[-200:]}")
    root = folder / "debian"
    include = [f"--include={','.join(packages)}"] if packages else []
    made = run(
        program, "--variant=minbase", *include, "trixie", str(root), seconds=BUILD_SECONDS
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"Debian's packages cannot be had here: {made.stdout[-300:]}")
    # How this machine gets packages, it has been told in its own files.
    shutil.copy(CERTIFICATES, root / "usr/local/share/machine.crt")
    index = os.environ.get("PIP_INDEX_URL")
    (root / "etc/pip.conf").write_text(
        "[global]\ncert = /usr/local/share/machine.crt\n"
        + (f"index-url = {index}\n" if index else "")
    )
    with tarfile.open(folder / "debian.tar", "w") as tar:
        tar.add(root, ".", filter=lambda entry: None if entry.isdev() else entry)
    shutil.rmtree(root)
    imported = run("podman", "import", str(folder / "debian.tar"), HELD, seconds=300)
    assert imported.returncode == 0, imported.stderr
    (folder / "debian.tar").unlink()
    return HELD
