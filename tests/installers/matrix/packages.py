"""What a package manager has changed on a machine: which packages came, which files are theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

MANAGED = ("etc/", "usr/", "var/")
"""Where packages write; elsewhere they have nothing to do, and whatever comes there is ours."""

OWN = (
    "etc/alternatives/", "etc/ld.so.cache", "var/cache/apt/", "var/cache/debconf/",
    "var/cache/ldconfig/", "var/lib/apt/", "var/lib/dpkg/", "var/log/alternatives.log",
    "var/log/apt/", "var/log/dpkg.log",
)  # fmt: skip
"""What apt, dpkg and what they run write for themselves; no package has these files."""

BY_SCRIPTS = (
    "etc/ca-certificates.conf", "etc/ssl/certs/", "usr/local/share/ca-certificates",
    "etc/hosts", "etc/networks", "etc/inputrc", "etc/python3",
    "usr/local/lib/python3.", "var/lib/python",
)  # fmt: skip
"""What the scripts of a Python's packages make besides (ca-certificates, netbase, readline-common,
python3): nothing else came from `apt-get satisfy` alone, on any release, at the end of 2026."""


def installed(root: Path) -> set[str]:
    """The packages that the machine has; none where it has nothing to manage them."""
    status = root / "var/lib/dpkg/status"
    if not status.exists():
        return set()
    text = status.read_text(encoding="utf-8")
    records = re.findall(r"^Package: (\S+)\nStatus: install ok installed$", text, re.MULTILINE)
    return set(records)


def told(output: str) -> set[str]:
    """The packages that a person has read to be set up."""
    return set(re.findall(r"^Setting up ([^\s:]+)(?::\S+)? \(", output, re.MULTILINE))


def unexplained(root: Path, paths: Iterable[str]) -> list[str]:
    """Those of the paths that are no package's, nor the package manager's own."""
    theirs = set()
    for listed in (root / "var/lib/dpkg/info").glob("*.list"):
        theirs |= {line.lstrip("/") for line in listed.read_text(encoding="utf-8").splitlines()}
    # Where /lib is a link to /usr/lib, packages of before name their files without the /usr.
    theirs |= {f"usr/{path}" for path in theirs if path.startswith(("bin/", "lib", "sbin/"))}
    known = (*OWN, *BY_SCRIPTS)
    return [path for path in paths if not path.startswith(known) and _source(path) not in theirs]


def _source(path: str) -> str:
    """For what Python has compiled when its package was set up, the file that it is made of."""
    found = re.fullmatch(r"(.*/)__pycache__(?:/(.+)\.cpython-\d+(?:\.opt-\d)?\.pyc)?", path)
    if not found:
        return path
    return f"{found[1]}{found[2]}.py" if found[2] else found[1].rstrip("/")
