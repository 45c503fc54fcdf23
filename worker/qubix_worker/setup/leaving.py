"""The last step of a computer that has joined another network: the former one is told.

Not before the new one has it: whoever cancels, or is refused there, is where they were.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from qubix_worker import identity
from qubix_worker.client import ServerClient
from qubix_worker.errors import QubixError, ServerError
from qubix_worker.identity import Identity
from qubix_worker.paths import Paths
from qubix_worker.setup.steps import Choices, Phase, Progress, patiently

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0


class LeaveFormer:
    """Asks the network that this computer belonged to, when the setup was planned, to forget it."""

    key = "leave"
    title = "Leaving the former network"
    phase: Phase = "join"
    weight = 0.5

    def __init__(self, former: Identity) -> None:
        self._former = former
        self._told = False

    def is_done(self) -> bool:
        return self._told

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        who = self._former
        yield Progress(self.key, "running")
        client = ServerClient(
            who.server,
            worker_id=who.worker_id,
            secret=who.secret,
            patience_seconds=PATIENCE_SECONDS,
        )
        try:
            patiently(client.forget, cancel)
        except ServerError as error:
            # It finds out by itself, when nothing more is heard; nobody has to wait for that.
            log.info("the former network could not be told: %s", error)
        self._told = True

    def undo(self) -> None:
        """What was left stays left; it is the last step."""


def former(paths: Paths, choices: Choices) -> Identity | None:
    """Who this computer is to another network than the one chosen; None where it is in none."""
    try:
        who = identity.load(paths.identity)
    except (QubixError, OSError):
        return None  # joining says so
    if who is None or who.secret is None or who.server == choices.server:
        return None
    return who
