"""Who did what: noted in the same write as the act itself.

Nothing in a line is a secret, and nothing in it is chosen freely by who it tells of: a credential
is named by the first characters of its hash, a thing by its id, an address as it was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.requests import Request

from qubix_server import registration
from qubix_server.access import bearer, is_operator
from qubix_server.addresses import client_address
from qubix_server.credentials import digest
from qubix_server.services import of
from qubix_server.store import audit, providers

P = ParamSpec("P")
T = TypeVar("T")

NAME_LENGTH = 12
CONSOLE = "console"
"""Whoever may run the server's own commands on its computer."""


@dataclass(frozen=True)
class Act:
    """What is about to be done, by whom, from where. `enrollment`: who acts is known by that."""

    action: str
    at: int
    address: str
    credential: str | None = None
    enrollment: str | None = None


def act(action: str, request: Request, *, enrollment: str | None = None) -> Act:
    """What `request` asks for."""
    credential = bearer(request.scope)
    return Act(action, of(request).clock(), client_address(request), credential, enrollment)


def noted(
    connection: Connection,
    act: Act,
    target: Callable[[T], Any],
    work: Callable[Concatenate[Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """What `work` returns; `target` names in that what it was done to. What `work` refuses was not
    done, and is not noted."""
    actor, actor_id = _actor(connection, act)  # before: afterwards it may be gone
    value = work(connection, *args, **kwargs)
    note(connection, act, str(target(value)), actor, actor_id)
    return value


def note(connection: Connection, act: Act, target: str, actor: str, actor_id: str = "") -> None:
    row = audit.Row(
        at=act.at,
        actor=actor,
        actor_id=actor_id,
        action=act.action,
        target=_plain(target)[: audit.TARGET_LENGTH],
        address=_plain(act.address)[: audit.ADDRESS_LENGTH],
    )
    audit.add(connection, row)


def short_name(secret_hash: str) -> str:
    """What a credential is called: enough to tell it from others, useless for anything else."""
    return secret_hash[:NAME_LENGTH]


def _actor(connection: Connection, act: Act) -> tuple[str, str]:
    if act.enrollment is not None:
        invited = registration.find_enrollment(connection, act.enrollment)
        return "enrollment", short_name(invited["token_hash"]) if invited else ""
    if act.credential is None:
        return "anyone", ""
    if is_operator(connection, act.credential):
        return "operator", short_name(digest(act.credential))
    worker = providers.owner_of_secret(connection, digest(act.credential))
    return ("worker", worker["worker_id"]) if worker else ("anyone", "")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
