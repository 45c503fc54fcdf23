"""Windows: the power status by psutil, the last input by user32, the cost by the network list.

All by ctypes, in this process: nothing is started. The wish to stay awake belongs to the thread
that says it, so it must be said by the thread of the watch.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

import psutil

from qubix_worker.system.senses import FILM_SECONDS

# mypy checks the branch of the system that it runs on; this module is for Windows alone.
assert sys.platform == "win32"

ES_CONTINUOUS, ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001
"""SetThreadExecutionState (learn.microsoft.com, winbase)."""

COINIT_MULTITHREADED = 0x0
CLSCTX_ALL = 0x17
NETWORK_LIST_MANAGER = "{DCB00C01-570F-4A9B-8D69-199FDBA5723B}"
NETWORK_COST_MANAGER = "{DCB00008-570F-4A9B-8D69-199FDBA5723B}"
RELEASE, GET_COST = 2, 3
"""Places in INetworkCostManager's table of functions (netlistmgr.h)."""
PAID = 0x2 | 0x4 | 0x10000 | 0x40000
"""NLM_CONNECTION_COST: fixed (a plan with a limit), variable, over the limit, roaming."""


FULL_SCREEN = (2, 3, 4)
"""QUERY_USER_NOTIFICATION_STATE (shellapi.h): a full-screen program, a full-screen game, a talk."""


class _LastInput(ctypes.Structure):
    _fields_ = (("cbSize", wintypes.UINT), ("dwTime", wintypes.DWORD))


class Windows:
    """See `Body`."""

    def __init__(self) -> None:
        self._user32 = ctypes.WinDLL("user32", use_last_error=True)
        self._shell32 = ctypes.WinDLL("shell32")
        self._kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        self._kernel32.GetTickCount.restype = wintypes.DWORD
        self._kernel32.SetThreadExecutionState.argtypes = (wintypes.DWORD,)
        self._kernel32.SetThreadExecutionState.restype = wintypes.DWORD
        self._user32.GetLastInputInfo.argtypes = (ctypes.POINTER(_LastInput),)

    def on_battery(self) -> bool | None:
        battery = psutil.sensors_battery()
        return None if battery is None else battery.power_plugged is False

    def metered(self) -> bool | None:
        cost = _connection_cost()
        return None if cost == 0 else bool(cost & PAID)

    def idle_seconds(self) -> float | None:
        told = _LastInput(ctypes.sizeof(_LastInput))
        if not self._user32.GetLastInputInfo(ctypes.byref(told)):
            raise ctypes.WinError(ctypes.get_last_error())
        # Both count milliseconds since the start in 32 bits, and begin anew every 49 days.
        idle: float = ((self._kernel32.GetTickCount() - told.dwTime) & 0xFFFFFFFF) / 1000
        return 0.0 if idle < FILM_SECONDS and self._is_full_screen() else idle

    def _is_full_screen(self) -> bool:
        """A film, or a game with a pad, has no input that Windows counts, but the whole screen."""
        state = ctypes.c_int()
        failed = self._shell32.SHQueryUserNotificationState(ctypes.byref(state))
        return not failed and state.value in FULL_SCREEN

    def stay_awake(self, why: str) -> None:
        self._set_state(ES_CONTINUOUS | ES_SYSTEM_REQUIRED)

    def may_sleep(self) -> None:
        self._set_state(ES_CONTINUOUS)

    def close(self) -> None:
        self.may_sleep()

    def _set_state(self, state: int) -> None:
        if not self._kernel32.SetThreadExecutionState(state):
            raise ctypes.WinError(ctypes.get_last_error())


def _connection_cost() -> int:
    """INetworkCostManager::GetCost of the connection to the Internet; 0: not known."""
    ole32 = ctypes.OleDLL("ole32")
    begun = ctypes.WinDLL("ole32").CoInitializeEx(None, COINIT_MULTITHREADED) >= 0
    manager = ctypes.c_void_p()
    cost = wintypes.DWORD(0)
    try:
        ole32.CoCreateInstance(
            _guid(NETWORK_LIST_MANAGER), None, CLSCTX_ALL, _guid(NETWORK_COST_MANAGER),
            ctypes.byref(manager),
        )  # fmt: skip
        try:
            get = ctypes.WINFUNCTYPE(
                ctypes.HRESULT, ctypes.POINTER(wintypes.DWORD), ctypes.c_void_p
            )
            get(GET_COST, "GetCost")(manager, ctypes.byref(cost), None)
        finally:
            ctypes.WINFUNCTYPE(wintypes.ULONG)(RELEASE, "Release")(manager)
    finally:
        if begun:
            ole32.CoUninitialize()
    return cost.value


def _guid(text: str) -> ctypes.Array[ctypes.c_char]:
    guid = ctypes.create_string_buffer(16)
    ctypes.OleDLL("ole32").CLSIDFromString(ctypes.c_wchar_p(text), guid)
    return guid
