"""The battery of a Linux computer, as sysfs tells of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def on_battery(supplies: Path) -> bool | None:
    """Whether this computer runs on its battery, by its power supplies in sysfs (the kernel's
    Documentation/ABI/testing/sysfs-class-power). None where it has no battery of its own: that
    of a mouse has the scope Device."""
    batteries: set[str] = set()
    mains: set[str] = set()
    others: set[str] = set()
    for supply in _folders(supplies):
        kind, online = _read(supply / "type"), _read(supply / "online")
        if kind in ("Battery", "UPS"):
            if _read(supply / "scope") != "Device" and _read(supply / "present") != "0":
                batteries.add(_read(supply / "status"))
        elif kind == "Mains":
            mains.add(online)
        else:
            others.add(online)
    # A laptop may have several sockets and batteries. What is said by a socket is surest; a port
    # of USB may call itself online while it feeds a telephone.
    if not batteries:
        return None
    if "1" in mains:
        return False
    if "Discharging" in batteries:
        return True
    if "Charging" in batteries or "1" in others:
        return False
    if mains:
        return True
    return False if batteries & {"Full", "Not charging"} else None


def _folders(path: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208 - a quarter of iterdir's cost, at each look
    except OSError:
        return
    for name in names:
        yield path / name


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
