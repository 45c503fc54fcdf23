"""Taking QUBIX away again: the same code for the script, the command line and the wizard.

Run twice it is content; with the server gone it goes on. Settings stay unless purged.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from qubix_worker import amalgamation, identity, system
from qubix_worker.client import ServerClient
from qubix_worker.control import Control
from qubix_worker.errors import ControlError, Problem, QubixError
from qubix_worker.files import remove_empty
from qubix_worker.kinds import container, removal
from qubix_worker.paths import Paths
from qubix_worker.setup.environment import LOCK_NAME, LOG_NAME
from qubix_worker.setup.steps import Progress, problem_of

log = logging.getLogger(__name__)

TITLES = {
    "stop": "Stopping to share",
    "leave": "Leaving the network",
    "remove": "Removing the program",
}


def uninstall(paths: Paths, *, purge: bool = False) -> Iterator[Progress]:
    """Stops the worker, tells the server, removes what setup has put here.

    Each part goes on where the one before failed; a part that failed says so in its Progress.
    """
    yield Progress("stop", "running")
    try:
        Control(paths).stop()
    except ControlError as error:
        if error.problem.code != "worker_not_running":
            yield Progress("stop", "failed", problem=error.problem)
            return
    yield Progress("stop", "done")
    yield Progress("leave", "running")
    try:
        _leave(paths)
    except QubixError as error:
        log.info("leaving failed", exc_info=True)
        yield Progress("leave", "failed", problem=error.problem)
    except (OSError, ValueError) as error:
        log.info("leaving failed", exc_info=True)
        problem = Problem("not_left", f"The network could not be told ({error}).", "Nothing to do.")
        yield Progress("leave", "failed", problem=problem)
    else:
        yield Progress("leave", "done")
    yield Progress("remove", "running")
    try:
        _remove(paths, purge=purge)
    except OSError as error:
        yield Progress("remove", "failed", problem=problem_of(error))
    else:
        yield Progress("remove", "done")


def _leave(paths: Paths) -> None:
    who = identity.load(paths.identity)
    if who and who.secret:
        client = ServerClient(
            who.server, worker_id=who.worker_id, secret=who.secret, patience_seconds=10
        )
        client.forget()


def _remove(paths: Paths, *, purge: bool) -> None:
    system.current().autostart(paths.home).remove()
    for handler in logging.getLogger().handlers:
        handler.close()
    container.forget(paths.state)
    removal.remove(paths.jobs)  # a job may have shut what it left
    folders = [paths.state, paths.data]
    if purge:
        folders.append(paths.config)
    # In an image, which nobody can write to, it goes with the image.
    if (file := amalgamation.running_from()) and os.access(file.parent, os.W_OK):
        for environment in file.parent.glob("environment-*"):
            shutil.rmtree(environment, ignore_errors=True)
        (file.parent / LOCK_NAME).unlink(missing_ok=True)
        for log_file in file.parent.glob(f"{LOG_NAME}*"):
            log_file.unlink()
        _remove_shim(file.with_name(system.current().shim_name))
        if file.parent == paths.data:
            file.unlink(missing_ok=True)
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            system.current().remove_tree(folder)
        # Those around it were made with it, unless there is something else in them.
        remove_empty(folder.parent, below=paths.home or Path.home())
    if paths.home and paths.home.is_dir() and not any(paths.home.iterdir()):
        paths.home.rmdir()


def _remove_shim(shim: Path) -> None:
    """The short command; a file of its name that somebody else has put there stays."""
    try:
        with shim.open("rb") as file:
            is_ours = amalgamation.NAME.encode() in file.read(4096)
    except OSError:
        return
    if is_ours:
        shim.unlink()
