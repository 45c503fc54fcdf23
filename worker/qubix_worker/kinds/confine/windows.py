"""Windows: no console window, lower priority. The supervisor's own checks bound memory and disk."""

from __future__ import annotations

from typing import Any

# https://learn.microsoft.com/windows/win32/procthread/process-creation-flags
CREATE_NO_WINDOW = 0x08000000
BELOW_NORMAL_PRIORITY_CLASS = 0x00004000
CREATE_NEW_PROCESS_GROUP = 0x00000200

environment = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP")


def popen_options() -> dict[str, Any]:
    """See `Confinement`."""
    flags = CREATE_NO_WINDOW | BELOW_NORMAL_PRIORITY_CLASS | CREATE_NEW_PROCESS_GROUP
    return {"creationflags": flags}


def confine(file_bytes: int | None) -> None:
    """See `Confinement`. The priority was set at the start; Windows has no limit for files."""


def describe_exit(code: int) -> str:
    """See `Confinement`. Windows gives the reason of a crash as an NTSTATUS, best known in hex."""
    return f"code 0x{code:08X}" if code > 0xFFFF else f"code {code}"
