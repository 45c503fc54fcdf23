"""Who this computer is to its server: the worker's id and its secret, readable by its user only.

The id is written before the first registration, into a file beside it, and kept, so that a
registration whose answer was lost is repeated as the same worker.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from qubix_worker.bounds import NAME_LENGTH, WORKER_ID_PATTERN
from qubix_worker.errors import QubixError
from qubix_worker.files import write_whole
from qubix_worker.settings import Settings, check_server_url
from qubix_worker.wire import WireError, from_wire, to_wire


@dataclass(frozen=True)
class Identity:
    worker_id: str
    server: str
    name: str
    server_name: str = ""
    secret: str | None = field(default=None, repr=False)
    """None until the server has acknowledged the registration."""

    def __post_init__(self) -> None:
        # A file that was tampered with must not become a header or a path.
        if not WORKER_ID_PATTERN.fullmatch(self.worker_id):
            raise ValueError("workerId is none")
        check_server_url(self.server)
        if not self.name.isprintable() or len(self.name) > NAME_LENGTH:
            raise ValueError("name is none")
        secret = self.secret
        if secret is not None and not (
            secret.isascii() and secret.isprintable() and secret and " " not in secret
        ):
            raise ValueError("secret is none")

    def with_secret(self, secret: str) -> Identity:
        return dataclasses.replace(self, secret=secret)

    def called(self, name: str) -> Identity:
        """As its owner calls it now; with no name it has its own."""
        return dataclasses.replace(self, name=name.strip() or default_name())


def default_name() -> str:
    """This computer's own name, as its user knows it."""
    import platform  # noqa: PLC0415 - a first window needs no name

    name = "".join(c for c in platform.node() if c.isprintable()).split(".")[0][:NAME_LENGTH]
    return name or "computer"


def new(server: str, name: str, server_name: str) -> Identity:
    return Identity(f"w-{os.urandom(10).hex()}", server, name, server_name)


def load(path: Path) -> Identity | None:
    """The identity in `path`; None where the computer has none.

    Raises QubixError where the file is damaged.
    """
    try:
        return from_wire(Identity, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, WireError, RecursionError) as error:
        raise QubixError(
            "identity_damaged",
            f"The file that says who this computer is ({path}) is damaged.",
            "Delete it, then join the network again from its page.",
        ) from error


def in_force(chosen: Settings, who: Identity | None) -> Settings:
    """`chosen` with the server and the name that this computer has, whatever stands in the file:
    once it has joined, they are part of that."""
    if who is None or who.secret is None:
        return chosen
    return dataclasses.replace(chosen, server=who.server, name=who.name)


def without_effect(chosen: Settings, who: Identity | None) -> list[str]:
    """Which settings in the file say otherwise than what is in force."""
    now = in_force(chosen, who)
    return [
        key
        for key, said, is_now in (
            ("server", chosen.server.rstrip("/"), now.server.rstrip("/")),
            ("name", chosen.name, now.name),
        )
        if said and said != is_now
    ]


def save(path: Path, identity: Identity) -> None:
    write_whole(path, json.dumps(to_wire(identity), indent=1).encode())
