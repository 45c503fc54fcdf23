"""The steps that make this computer a provider: choices, registration, sign-in entry."""

from __future__ import annotations

import dataclasses
import platform
import threading
from collections.abc import Iterator

from qubix_worker import __version__, amalgamation, identity, kinds, settings, system
from qubix_worker.allowance import Machine, offered, shared_cards
from qubix_worker.client import NOT_OURS, ServerClient
from qubix_worker.errors import ServerError, SetupError
from qubix_worker.files import write_whole
from qubix_worker.hardware.detect import detect
from qubix_worker.identity import Identity
from qubix_worker.launcher import worker_command
from qubix_worker.paths import Paths
from qubix_worker.protocol import Hardware, Registration
from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Choices, Phase, Progress, patiently


class SaveSettings:
    """Writes settings.toml; undone, the former file is back."""

    key = "settings"
    title = "Saving your choices"
    phase: Phase = "prepare"
    weight = 0.2

    def __init__(self, paths: Paths, choices: Choices) -> None:
        self._paths = paths
        self._choices = choices
        self._former: bytes | None = None

    def is_done(self) -> bool:
        path = self._paths.settings
        return path.exists() and settings.load(path) == self._choices.settings

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        path = self._paths.settings
        self._former = path.read_bytes() if path.exists() else None
        settings.save(path, self._choices.settings)
        yield Progress(self.key, "running")

    def undo(self) -> None:
        path = self._paths.settings
        if self._former is None:
            path.unlink(missing_ok=True)
        else:
            write_whole(path, self._former)


class Register:
    """Registers with the enrollment. The id is on disk before the server hears of it, so that
    a lost answer leads to the same provider at the next try."""

    key = "register"
    title = "Joining the network"
    phase: Phase = "join"
    weight = 1.5

    def __init__(self, paths: Paths, choices: Choices) -> None:
        self._paths = paths
        self._choices = choices

    def is_done(self) -> bool:
        who = self._kept()
        if who is None or who.secret is None:
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
        client = ServerClient(choices.server)
        yield Progress(self.key, "running", "asking the network")
        try:
            info = patiently(lambda: client.enrollment_info(choices.enrollment), cancel)
        except ServerError as error:
            # Used by this very computer, if the registration then succeeds; or asked of a server
            # that knows the inherited API only, which has invitations but tells nothing of them.
            is_unknown_to_it = error.problem.code == NOT_OURS and error.status == 404
            if error.problem.code != "enrollment_used" and not is_unknown_to_it:
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
        identity.save(self._paths.identity, who)
        secret = patiently(lambda: self._join(client, registration, cancel), cancel)
        if identity.load(self._paths.identity) != who:
            # Whatever has come in between, a secret that works is never written over.
            ServerClient(client.url, worker_id=who.worker_id, secret=secret).forget()
            raise SetupError(
                "identity_changed",
                "Something else has changed who this computer is while it joined.",
                "Run setup again.",
            )
        identity.save(self._paths.identity, who.with_secret(secret))

    def _join(
        self, client: ServerClient, registration: Registration, cancel: threading.Event
    ) -> str:
        """The secret. Where nobody waits for it any more, the registration is taken back."""
        secret = client.register(registration).worker_secret
        if cancel.is_set():
            ServerClient(client.url, worker_id=registration.worker_id, secret=secret).forget()
        return secret

    def undo(self) -> None:
        who = identity.load(self._paths.identity)
        if who is None or who.server != self._choices.server:
            return
        if who.secret:
            client = ServerClient(who.server, worker_id=who.worker_id, secret=who.secret)
            try:
                client.forget()
            finally:
                self._paths.identity.unlink(missing_ok=True)
        else:
            self._paths.identity.unlink(missing_ok=True)

    def _kept(self) -> Identity | None:
        """Who this computer is to this server, or was when it began to join."""
        who = identity.load(self._paths.identity)
        return who if who and who.server == self._choices.server else None

    def _who(self, server_name: str) -> Identity:
        name = self._choices.settings.name or default_name()
        kept = self._kept()
        if kept and kept.secret is None:
            # An answer was lost: the same id leads to the same provider.
            return Identity(kept.worker_id, kept.server, name, server_name or kept.server_name)
        return identity.new(self._choices.server, name, server_name)


def shared(hardware: Hardware, chosen: Settings) -> Hardware:
    """`hardware` without the cards that its owner leaves out."""
    cards = shared_cards(hardware.graphics_cards, chosen)
    return dataclasses.replace(hardware, graphics_cards=cards)


def _is_known(who: Identity) -> bool:
    client = ServerClient(who.server, worker_id=who.worker_id, secret=who.secret)
    try:
        return client.is_known()
    except ServerError:
        return True  # it cannot be asked now; the heartbeat will tell why
    finally:
        client.close()


def default_name() -> str:
    """This computer's own name, as its user knows it."""
    name = "".join(c for c in platform.node() if c.isprintable()).split(".")[0][:64]
    return name or "computer"


class StartAtSignIn:
    """The entry that starts the worker when this user signs in, if they want that."""

    key = "autostart"
    title = "Starting at sign-in"
    phase: Phase = "join"
    weight = 0.2

    def __init__(self, paths: Paths, choices: Choices) -> None:
        self._entry = system.current().autostart(paths.home)
        self._wanted = choices.settings.start_at_sign_in
        self._existed = False

    def is_done(self) -> bool:
        return not self._wanted and not self._entry.exists()

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        self._existed = self._entry.exists()
        if self._wanted:
            self._entry.add([*worker_command(), "run"])
        else:
            self._entry.remove()
        yield Progress(self.key, "running")

    def undo(self) -> None:
        if self._existed:
            self._entry.add([*worker_command(), "run"])
        else:
            self._entry.remove()
