"""The steps that make this computer a provider: choices, registration, sign-in entry."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from qubix_worker import __version__, amalgamation, identity, kinds, lock, settings, system
from qubix_worker.allowance import Machine, offered, shared_cards
from qubix_worker.client import READ_SECONDS, ServerClient
from qubix_worker.errors import QubixError, ServerError, SettingsError, SetupError
from qubix_worker.failures import is_unknown_call
from qubix_worker.files import write_whole
from qubix_worker.hardware.detect import detect
from qubix_worker.identity import Identity
from qubix_worker.launcher import sign_in_command, sign_in_needs, start_worker
from qubix_worker.paths import Paths
from qubix_worker.protocol import Hardware, Registration
from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Choices, Phase, Progress, patiently

log = logging.getLogger(__name__)

BEGUN_NAME = "joining.json"
"""Beside the identity: the one under which this computer has begun to join a network."""


class SaveSettings:
    """Writes settings.toml; undone, the former file is back.

    While this computer belongs to another network, its settings name that one: then they are left
    to `Register`, which puts them in place together with who this computer is.
    """

    key = "settings"
    title = "Saving your choices"
    phase: Phase = "prepare"
    weight = 0.1

    def __init__(self, paths: Paths, choices: Choices) -> None:
        self._paths = paths
        self._choices = choices
        self._former: _Former | None = None

    def is_done(self) -> bool:
        path = self._paths.settings
        try:
            return path.exists() and settings.load(path) == self._choices.settings
        except SettingsError:
            if self._choices.afresh:
                return False
            raise

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        if self._choices.afresh:
            self._keep_unusable()
        if _belongs_elsewhere(self._paths, self._choices):
            yield Progress(self.key, "running", "for when it has joined")
            return
        self._former = _Former(self._paths.settings)
        settings.save(self._paths.settings, self._choices.settings)
        yield Progress(self.key, "running")

    def undo(self) -> None:
        if self._former:
            self._former.put_back()

    def _keep_unusable(self) -> None:
        """A file that a repair writes over may hold a person's own work."""
        path = self._paths.settings
        try:
            settings.load(path)
        except SettingsError:
            if (held := _read(path)) is not None:
                write_whole(path.with_name(path.name + ".unusable"), held)


class Register:
    """Registers with the enrollment. The id is on disk before the server hears of it, so that
    a lost answer leads to the same provider at the next try; it lies in a file of its own, and
    whoever this computer is to a network now, it stays until there is a secret for another."""

    key = "register"
    title = "Joining the network"
    phase: Phase = "join"
    weight = 1.0

    def __init__(
        self, paths: Paths, choices: Choices, patience_seconds: float = READ_SECONDS
    ) -> None:
        """`patience_seconds`: the longest to wait for each answer of the network."""
        self._paths = paths
        self._choices = choices
        self._patience = patience_seconds
        self._begun = paths.identity.with_name(BEGUN_NAME)
        self._former: tuple[_Former, ...] = ()
        self._did_share = False

    def is_done(self) -> bool:
        who = identity.load(self._paths.identity)
        if who is None or who.secret is None or who.server != self._choices.server:
            return False
        # Only a new invitation can mend a computer that the server has forgotten meanwhile.
        return not self._choices.enrollment or _is_known(who)

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        choices = self._choices
        if not choices.enrollment:
            raise SetupError(
                "no_enrollment",
                "This computer has no invitation to the network yet.",
                "Open the network's page and press Share my GPU.",
            )
        client = ServerClient(choices.server, patience_seconds=self._patience)
        yield Progress(self.key, "running", "asking the network")
        try:
            info = patiently(lambda: client.enrollment_info(choices.enrollment), cancel)
        except ServerError as error:
            # Used by this very computer, if the registration then succeeds; or asked of a server
            # that knows the inherited API only, which has invitations but tells nothing of them.
            if error.problem.code != "enrollment_used" and not is_unknown_call(error):
                raise
            server_name = ""
        else:
            server_name = info.server_name
        who = self._who(server_name)
        yield Progress(self.key, "running", "looking at this computer")
        hardware = detect(self._paths.state)
        registration = Registration(
            worker_id=who.worker_id,
            name=who.name,
            hardware=shared(hardware, choices.settings),
            worker_version=__version__,
            worker_sha256=amalgamation.sha256(),
            capabilities=offered(kinds.available(), choices.settings, Machine.of(hardware)),
            enrollment=choices.enrollment,
        )
        yield Progress(self.key, "running", "joining")
        present = _Former(self._paths.identity)
        identity.save(self._begun, who)
        secret = patiently(lambda: self._join(client, registration, cancel), cancel)
        if self._kept() != who or present.is_replaced():
            # Whatever has come in between, a secret that works is never written over.
            ServerClient(client.url, worker_id=who.worker_id, secret=secret).forget()
            raise SetupError(
                "identity_changed",
                "Something else has changed who this computer is while it joined.",
                "Run setup again.",
            )
        self._put_in_place(who.with_secret(secret))

    def _join(
        self, client: ServerClient, registration: Registration, cancel: threading.Event
    ) -> str:
        """The secret. Where nobody waits for it any more, the registration is taken back."""
        secret = client.register(registration).worker_secret
        if cancel.is_set():
            ServerClient(client.url, worker_id=registration.worker_id, secret=secret).forget()
        return secret

    def _put_in_place(self, who: Identity) -> None:
        self._did_share = lock.is_held(self._paths.lock)
        self._former = (_Former(self._paths.settings), _Former(self._paths.identity))
        try:
            settings.save(self._paths.settings, self._choices.settings)
            identity.save(self._paths.identity, who)
        except OSError:
            self._put_back()  # the next try leads to the same provider
            raise
        self._begun.unlink(missing_ok=True)

    def undo(self) -> None:
        if self._kept():
            self._begun.unlink(missing_ok=True)
        if not self._former:
            return
        try:
            who = identity.load(self._paths.identity)
            if who and who.secret and who.server == self._choices.server:
                ServerClient(who.server, worker_id=who.worker_id, secret=who.secret).forget()
        finally:
            self._put_back()
            # Starting the new one has ended the one for the former network.
            if self._did_share and is_set_up(self._paths) and not lock.is_held(self._paths.lock):
                start_worker(self._paths)

    def _put_back(self) -> None:
        for former in self._former:
            former.put_back()
        self._former = ()

    def _kept(self) -> Identity | None:
        """Who this computer was to this server when it began to join; None where it did not."""
        try:
            who = identity.load(self._begun)
        except QubixError:
            log.warning("what was begun can't be read; this computer joins anew", exc_info=True)
            return None
        return who if who and who.server == self._choices.server else None

    def _who(self, server_name: str) -> Identity:
        name = self._choices.settings.name or identity.default_name()
        kept = self._kept()
        if kept:
            # An answer was lost: the same id leads to the same provider.
            return Identity(kept.worker_id, kept.server, name, server_name or kept.server_name)
        return identity.new(self._choices.server, name, server_name)


def shared(hardware: Hardware, chosen: Settings) -> Hardware:
    """`hardware` without the cards that its owner leaves out."""
    cards = shared_cards(hardware.graphics_cards, chosen)
    return dataclasses.replace(hardware, graphics_cards=cards)


def is_set_up(paths: Paths) -> bool:
    """Whether this computer has joined a network. Raises QubixError for a damaged file."""
    who = identity.load(paths.identity)
    return who is not None and who.secret is not None


def _belongs_elsewhere(paths: Paths, choices: Choices) -> bool:
    who = identity.load(paths.identity)
    return who is not None and who.secret is not None and who.server != choices.server


class _Former:
    """What a file holds, to be put back later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = _read(path)

    def is_replaced(self) -> bool:
        return _read(self._path) != self._held

    def put_back(self) -> None:
        if self._held is None:
            self._path.unlink(missing_ok=True)
        elif self.is_replaced():
            write_whole(self._path, self._held)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _is_known(who: Identity) -> bool:
    client = ServerClient(who.server, worker_id=who.worker_id, secret=who.secret)
    try:
        return client.is_known()
    except ServerError:
        return True  # it cannot be asked now; the heartbeat will tell why
    finally:
        client.close()


class StartAtSignIn:
    """The entry that starts the worker when this user signs in, if they want that."""

    key = "autostart"
    title = "Starting at sign-in"
    weight = 0.1

    def __init__(self, paths: Paths, choices: Choices, phase: Phase = "join") -> None:
        self.phase: Phase = phase
        self._entry = system.current().autostart(paths.home)
        self._wanted = choices.settings.start_at_sign_in
        self._existed = False

    def is_done(self) -> bool:
        return not self._wanted and not self._entry.exists()

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        self._existed = self._entry.exists()
        if self._wanted:
            self._entry.add(sign_in_command(), sign_in_needs())
        else:
            self._entry.remove()
        yield Progress(self.key, "running")

    def undo(self) -> None:
        if self._existed:
            self._entry.add(sign_in_command(), sign_in_needs())
        else:
            self._entry.remove()
