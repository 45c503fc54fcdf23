"""Linux's Landlock: a thread that is walled in reaches its one folder, and no other file, no TCP
port, no abstract socket, and no process by a signal. It needs no rights and cannot be undone.

The second wall behind a runtime's own: against a fault in how that resolves names, above all. The
one thing to know before changing it: it holds the calling thread and those that it begins later,
not the others of the process. (Documentation/userspace-api/landlock.rst and linux/landlock.h.)
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""The same numbers on all of Python's platforms."""
VERSION = 1
RULE_PATH_BENEATH = 1
PR_SET_NO_NEW_PRIVS = 38
REFER_ABI, TRUNCATE_ABI, NETWORK_ABI, DEVICES_ABI, SCOPE_ABI = 2, 3, 4, 5, 6
FILES_FIRST = (1 << 13) - 1
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_SOCKETS, SIGNALS = 1 << 0, 1 << 1


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def wall_in(folder: Path) -> bool:
    """Walls the calling thread in `folder`. False where the system cannot: before Linux 5.19, with
    which files could not be moved from one folder to another, or where it is switched off."""
    system = ctypes.CDLL(None, use_errno=True)
    abi = system.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)
    if abi < REFER_ABI:
        return False
    files = FILES_FIRST | REFER
    files |= TRUNCATE * (abi >= TRUNCATE_ABI) | IOCTL_DEV * (abi >= DEVICES_ABI)
    rules = _Ruleset(
        files,
        (BIND_TCP | CONNECT_TCP) * (abi >= NETWORK_ABI),
        (ABSTRACT_SOCKETS | SIGNALS) * (abi >= SCOPE_ABI),
    )
    # An older system knows fewer fields, and takes those that it does not know for none.
    size = 24 if abi >= SCOPE_ABI else 16 if abi >= NETWORK_ABI else 8
    ruleset = system.syscall(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        inside = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            beneath = _Beneath(files, inside)
            added = system.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(beneath), 0)
        finally:
            os.close(inside)
        if added or system.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            return False
        return bool(system.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)
