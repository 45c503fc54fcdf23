"""What the windows can do in the world, as one value that is made at the edge and handed in.

No Qt in here. Everything in it may take long, and is called off the GUI thread. What it works with
is imported there as well, by who needs it: the first window does not wait for it, and the tray does
not hold it.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from qubix_worker import identity, settings
from qubix_worker.errors import ControlError, QubixError, ServerError, SettingsError
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from qubix_desktop.flow import Network
    from qubix_desktop.invitation import Invitation
    from qubix_desktop.updates import Versions
    from qubix_worker.chosen import Chosen
    from qubix_worker.control import Control
    from qubix_worker.hardware.detect import Finding
    from qubix_worker.paths import Paths
    from qubix_worker.protocol import EnrollmentInfo
    from qubix_worker.setup.steps import Choices, Progress, Setup
    from qubix_worker.status import Status

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.5
"""A worker that takes longer to say how it is hangs, or is about to."""
LOOK_UP_SECONDS = 15.0

SUPPORT_LINES = 500
SUPPORT_BYTES = 512 * 1024


class Worker(Protocol):
    """The running worker, as its control channel lets one speak to it."""

    def status(self) -> Status: ...
    def pause(self, seconds: float | None) -> Status: ...
    def resume(self) -> Status: ...
    def stop(self) -> None: ...
    def logs(self, lines: int) -> list[str]: ...


@dataclass(frozen=True)
class Services:
    paths: Paths
    worker: Worker
    look_up: Callable[[Invitation], Network]
    """Asks the server whom one would join; raises QubixError."""
    find_hardware: Callable[[], Iterator[Finding]]
    plan: Callable[[Choices], Setup]
    start_worker: Callable[[], None]
    uninstall: Callable[[bool], Iterator[Progress]]
    """Removes QUBIX; True: with its settings."""
    kept: Callable[[], Settings]
    """The settings in force; the defaults where what is kept cannot be read."""
    plan_change: Callable[[Choices], Setup]
    """The steps that only change what is shared, where this computer has joined."""
    chosen: Callable[[], Chosen]
    """The settings in force, or those that the next worker will keep to; raises QubixError."""
    change: Callable[[Mapping[str, Any]], Chosen]
    """Changes settings, by their names in the file; raises QubixError and OSError."""
    versions: Callable[[], Versions]
    """What the network hands out now, and what runs here; raises QubixError."""
    former_version: Callable[[], str | None]
    """The version before this one, the first time that this one runs; raises OSError."""
    support: Callable[[Sequence[tuple[str, str]]], str]
    """Copy for support: these facts and the end of the log, without secrets."""

    @classmethod
    def real(cls, paths: Paths) -> Services:
        control = _Worker(paths)
        return cls(
            paths=paths,
            worker=control,
            look_up=look_up,
            find_hardware=lambda: _find_hardware(paths),
            plan=lambda choices: _plan(paths, choices),
            start_worker=lambda: _start(paths),
            uninstall=lambda purge: _uninstall(paths, purge),
            kept=lambda: kept(paths),
            plan_change=lambda choices: _plan_change(paths, choices),
            chosen=lambda: _chosen(paths, control),
            change=lambda changes: _change(paths, control, changes),
            versions=lambda: _versions(paths, control),
            former_version=lambda: _former_version(paths),
            support=lambda about: support_text(paths, about),
        )


class _Worker:
    """As patient as any with what is asked of it, but for the look that is taken every second."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    @functools.cached_property
    def control(self) -> Control:
        from qubix_worker.control import Control  # noqa: PLC0415

        return Control(self._paths)

    @functools.cached_property
    def _look(self) -> Control:
        from qubix_worker.control import Control  # noqa: PLC0415

        return Control(self._paths, LOOK_SECONDS)

    def status(self) -> Status:
        return self._look.status()

    def pause(self, seconds: float | None) -> Status:
        return self.control.pause(seconds)

    def resume(self) -> Status:
        return self.control.resume()

    def stop(self) -> None:
        self.control.stop()

    def logs(self, lines: int) -> list[str]:
        return self.control.logs(lines)


def _find_hardware(paths: Paths) -> Iterator[Finding]:
    from qubix_worker.hardware import detect  # noqa: PLC0415

    return detect.find(paths.data)


def _plan(paths: Paths, choices: Choices) -> Setup:
    from qubix_worker.setup import plan  # noqa: PLC0415

    return plan.plan(paths, choices)


def _plan_change(paths: Paths, choices: Choices) -> Setup:
    from qubix_worker.setup import plan  # noqa: PLC0415

    return plan.change(paths, choices)


def _uninstall(paths: Paths, purge: bool) -> Iterator[Progress]:
    from qubix_worker.setup.uninstall import uninstall  # noqa: PLC0415

    return uninstall(paths, purge=purge)


def _former_version(paths: Paths) -> str | None:
    from qubix_desktop import updates  # noqa: PLC0415

    return updates.former_version(paths.state / "desktop.version")


def _versions(paths: Paths, worker: _Worker) -> Versions:
    from qubix_desktop.updates import Versions  # noqa: PLC0415
    from qubix_worker.client import ServerClient  # noqa: PLC0415

    server = kept(paths).server
    offered = ServerClient(server, patience_seconds=LOOK_UP_SECONDS).offered_version()
    try:
        version = worker.control.status().version
    except ControlError:
        version = None
    return Versions(server, offered, version)


def kept(paths: Paths) -> Settings:
    """The settings in force: who has joined has the server and the name of that."""
    chosen, who = Settings(), None
    try:
        chosen = settings.load(paths.settings)
    except QubixError as error:
        log.warning("%s", error)
    try:
        who = identity.load(paths.identity)
    except QubixError as error:
        log.warning("%s", error)
    return identity.in_force(chosen, who)


def _ask(server: str, enrollment: str) -> EnrollmentInfo | None:
    from qubix_worker.client import ServerClient  # noqa: PLC0415

    return ServerClient(server).network(enrollment)


def look_up(
    invitation: Invitation, ask: Callable[[str, str], EnrollmentInfo | None] = _ask
) -> Network:
    """The network behind an invitation, at the first of its addresses that answers. One of the
    inherited API has no name.

    Raises the failure of the address that came closest to an answer.
    """
    from qubix_desktop.flow import Network  # noqa: PLC0415

    failure: ServerError | None = None
    for server in invitation.servers:
        try:
            info = ask(server, invitation.enrollment)
        except ServerError as error:
            failure = failure or error
            if error.status is not None:
                raise
            untrusted = error.problem.code in ("certificate", "clock")
            if untrusted and not _speaks_no_tls(error):
                raise  # an address that is not to be trusted is never asked in the clear
        else:
            name = info.server_name if info else ""
            return Network(server, name, invitation.enrollment)
    if failure is None:
        raise QubixError(
            "no_address", "It is not known which network to join.", "Type the network's address."
        )
    raise failure


def _speaks_no_tls(error: BaseException) -> bool:
    """Whether what answered there is a plain http server (OpenSSL's reasons for it)."""
    chain: BaseException | None = error
    while chain is not None:
        text = str(chain).lower()
        if any(reason in text for reason in ("wrong_version", "wrong version", "record_layer",
                                             "record layer", "http_request")):  # fmt: skip
            return True
        chain = chain.__cause__ or chain.__context__
    return False


def _start(paths: Paths) -> None:
    from qubix_worker import launcher  # noqa: PLC0415

    # The worker outlives this process on purpose: nobody waits for it here.
    launcher.start_worker(paths)


def _chosen(paths: Paths, worker: _Worker) -> Chosen:
    from qubix_worker import chosen  # noqa: PLC0415

    return chosen.load(paths, worker.control)


def _change(paths: Paths, worker: _Worker, changes: Mapping[str, Any]) -> Chosen:
    from qubix_worker import chosen  # noqa: PLC0415

    try:
        return chosen.change(paths, changes, worker.control)
    except ValueError as error:
        raise SettingsError(
            "bad_choice", f"That can't be set: {error}.", "Correct it, then try again."
        ) from error


def support_text(paths: Paths, about: Sequence[tuple[str, str]]) -> str:
    """Copy for support: these facts and the end of the log, without secrets. Raises OSError."""
    from qubix_desktop import support  # noqa: PLC0415
    from qubix_worker.log_files import last_lines  # noqa: PLC0415

    lines = last_lines(paths.log, SUPPORT_LINES, SUPPORT_BYTES)
    return support.report(about, lines, known=support.kept_secrets(paths))
