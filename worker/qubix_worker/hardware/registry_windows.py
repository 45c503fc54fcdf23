"""Windows: what the probes read of the registry, and which devices are present. Only here works
winreg, so this module is imported on Windows alone."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Mapping, Sequence

from qubix_worker.hardware.place import RegistryValue

assert sys.platform == "win32"

import winreg  # noqa: E402

_KEYS_MOST = 256
_FILTER = 0x100 | 0x200
"""CM_GETIDLIST_FILTER_PRESENT and CM_GETIDLIST_FILTER_CLASS (cfgmgr32.h)."""


class WindowsRegistry:
    """See `Registry`."""

    def subkeys(self, key: str) -> Sequence[str]:
        found: list[str] = []
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            while len(found) < _KEYS_MOST:
                found.append(winreg.EnumKey(opened, len(found)))
        return found

    def values(self, key: str) -> Mapping[str, RegistryValue]:
        found: dict[str, RegistryValue] = {}
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            for at in range(_KEYS_MOST):
                name, value, _ = winreg.EnumValue(opened, at)
                if isinstance(value, str | int | bytes):
                    found[name] = value
        return found

    def present(self, device_class: str) -> Sequence[str] | None:
        try:
            manager = ctypes.WinDLL("cfgmgr32")
            length = ctypes.c_ulong()
            if manager.CM_Get_Device_ID_List_SizeW(ctypes.byref(length), device_class, _FILTER):
                return None
            names = ctypes.create_unicode_buffer(length.value)
            if manager.CM_Get_Device_ID_ListW(device_class, names, length, _FILTER):
                return None
        except (OSError, AttributeError):
            return None
        # Every computer with Windows has one, so an empty answer (Wine's) tells nothing.
        return [name for name in "".join(names[:]).split("\0") if name] or None

    def has_feature(self, number: int) -> bool:
        return bool(ctypes.WinDLL("kernel32").IsProcessorFeaturePresent(number))
