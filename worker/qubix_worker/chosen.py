"""What the owner has chosen, seen and changed from outside the worker: by commands and by windows.

A running worker is asked, and told, over the control channel; where none runs, it is the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qubix_worker import identity, launcher, settings, system
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings

NOT_RUNNING = "worker_not_running"


@dataclass(frozen=True)
class Chosen:
    settings: Settings
    in_force: bool
    """False: no worker runs, and the next one will keep to them."""


def load(paths: Paths, control: Control | None = None) -> Chosen:
    """Raises QubixError where a worker runs that cannot be asked, or the file cannot be used."""
    try:
        return Chosen((control or Control(paths)).settings(), in_force=True)
    except ControlError as error:
        if error.problem.code != NOT_RUNNING:
            raise
    return Chosen(of_file(paths), in_force=False)


def of_file(paths: Paths) -> Settings:
    """Those that the next worker will begin with. Raises QubixError."""
    return identity.in_force(settings.load(paths.settings), identity.load(paths.identity))


def change(paths: Paths, changes: Mapping[str, Any], control: Control | None = None) -> Chosen:
    """Changes settings, all of them or none; what they are then, the entry for sign-in included.

    Raises ValueError for what can't be set, QubixError and OSError for what can't be kept.
    """
    try:
        now = Chosen((control or Control(paths)).change(changes), in_force=True)
    except ControlError as error:
        if error.problem.code != NOT_RUNNING:
            raise
        wanted = settings.changed(of_file(paths), changes)
        who = identity.load(paths.identity)
        if who and who.secret and "name" in changes:
            who = who.called(wanted.name)
            wanted = identity.in_force(wanted, who)
            identity.save(paths.identity, who)
        settings.save(paths.settings, wanted)
        now = Chosen(wanted, in_force=False)
    # Also where nothing changes: whoever sets it again may have lost the entry.
    if "start_at_sign_in" in changes and has_joined(paths):
        entry = system.current().autostart(paths.home)
        if now.settings.start_at_sign_in:
            entry.add(launcher.sign_in_command(), launcher.sign_in_needs())
        else:
            entry.remove()
    return now


def has_joined(paths: Paths) -> bool:
    who = identity.load(paths.identity)
    return who is not None and who.secret is not None
