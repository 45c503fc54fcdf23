"""Which steps there are, in which order, for this program on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from qubix_worker import amalgamation, system
from qubix_worker.lock import Lock, SetupRunningError
from qubix_worker.paths import Paths
from qubix_worker.setup import environment
from qubix_worker.setup.changing import ChangeSettings
from qubix_worker.setup.folders import Folders
from qubix_worker.setup.joining import Register, SaveSettings, StartAtSignIn, is_set_up
from qubix_worker.setup.leaving import LeaveFormer, former
from qubix_worker.setup.starting import Confirm, Start
from qubix_worker.setup.steps import Choices, Setup, Step

__all__ = ["LOCK_NAME", "change", "is_set_up", "places", "plan"]

LOCK_NAME = "setup.lock"


def plan(paths: Paths, choices: Choices, environ: Mapping[str, str] = os.environ) -> Setup:
    """The steps that take this machine to "online" with `choices`."""
    steps: list[Step] = []
    begun: list[Step] = []
    own = environment.for_this_program(environ)
    if own and not own.is_inside():
        steps.append(own)
    elif own and own.is_new():
        begun.append(own)
    steps += [
        SaveSettings(paths, choices),
        Register(paths, choices),
        StartAtSignIn(paths, choices),
    ]
    if choices.start:
        # A worker that runs was begun from the environment that was damaged.
        afresh = choices.afresh or bool(own and own.is_mended())
        steps += [Start(paths, replace(choices, afresh=afresh)), Confirm(paths)]
    if who := former(paths, choices):
        steps.append(LeaveFormer(who))
    entries = system.current().autostart(paths.home).folder
    folders = Folders([*places(paths), *([entries] if entries else [])], paths.setup_log)
    return Setup(steps, Lock(paths.state / LOCK_NAME, SetupRunningError), folders, begun)


def change(paths: Paths, choices: Choices) -> Setup:
    """The steps that change what a computer shares which has joined already."""
    steps: list[Step] = [
        ChangeSettings(paths, choices),
        StartAtSignIn(paths, choices, phase="prepare"),
    ]
    return Setup(steps, Lock(paths.state / LOCK_NAME, SetupRunningError))


def places(paths: Paths) -> list[Path]:
    """Where setup and the worker write; the one-file worker keeps its libraries beside itself."""
    file = amalgamation.running_from()
    beside = [file.parent] if file and file.parent != paths.data else []
    return [paths.config, paths.state, paths.data, *beside]
