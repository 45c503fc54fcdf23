"""The operator's token: made at the first start, printed once, kept for this machine's own use.

The database has its hash. The token itself is in a file beside the database that only the
server's account can read, so that the command line on this machine can act as the operator.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from qubix_server import audit
from qubix_server.clock import now
from qubix_server.credentials import digest, new_secret
from qubix_server.errors import StartError
from qubix_server.settings import Settings
from qubix_server.store import locks, operators
from qubix_server.store.engine import writing_engine

NAME = "operator-token"


def ensure(settings: Settings) -> str | None:
    """Makes the first token; None where there is one already. The database must be migrated."""
    return _make(settings, only_first=True)


def rotate(settings: Settings) -> str:
    """A new token; the one before opens nothing any more."""
    token = _make(settings, only_first=False)
    assert token is not None
    return token


def read(settings: Settings) -> str | None:
    """The token as it is kept for this machine; None where it is not."""
    with contextlib.suppress(OSError):
        return _file(settings).read_text(encoding="ascii").strip() or None
    return None


def _make(settings: Settings, *, only_first: bool) -> str | None:
    engine = writing_engine(settings.database_url)
    try:
        with engine.begin() as connection:
            locks.everything(connection)
            if only_first and operators.has_token(connection):
                return None
            token = new_secret()
            operators.replace_token(connection, digest(token), now())
            act = audit.Act("token.create" if only_first else "token.rotate", now(), "")
            audit.note(connection, act, audit.short_name(digest(token)), audit.CONSOLE)
            # Before the commit: a token that nobody could read any more must not be the one.
            _write(_file(settings), token)
            return token
    except OSError as error:
        raise StartError(
            f"The operator's token could not be kept in {_file(settings)}: "
            f"{error.strerror or error}. Mend that, then try again."
        ) from error
    finally:
        engine.dispose()


def _file(settings: Settings) -> Path:
    return settings.folder / NAME


def _write(path: Path, token: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{NAME}.part")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(token + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
