"""Databases of both kinds for tests: a migrated one for each who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from qubix_server.settings import Settings
from qubix_server.store.engine import writing_engine
from qubix_server.store.migrate import migrate
from tests.conftest import LiveServer
from tests.postgresql import Cluster


@dataclass
class Databases:
    """Of one kind: SQLite where there is no cluster."""

    cluster: Cluster | None = None
    _template: list[str] = field(default_factory=list)

    def make(self, folder: Path) -> str:
        """A migrated database of its own; its URL. `folder` is where an SQLite file is put."""
        if self.cluster is None:
            url = f"sqlite:///{folder / 'qubix.db'}"
            migrate(Settings(url))
            return url
        if not self._template:
            url = self.cluster.create()
            migrate(Settings(url))
            self._template.append(url.partition("?")[0].rpartition("/")[2])
        return self.cluster.create(self._template[0])

    def empty(self, folder: Path) -> str:
        """As `make`, with nothing in it."""
        return self.cluster.create() if self.cluster else f"sqlite:///{folder / 'qubix.db'}"


def execute(server: LiveServer, statement: str) -> None:
    """Changes the database of a server that has ended."""
    file = server.home / "server" / "qubix.db"
    engine = writing_engine(server.environment.get("QUBIX_DATABASE_URL", f"sqlite:///{file}"))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
