"""By which credentials nobody may listen any more."""

from __future__ import annotations

import pytest

from qubix_server import access
from qubix_server.store import operators, providers
from qubix_server.store.engine import writing_engine
from tests.server.test_silence import provider

pytestmark = pytest.mark.both_databases


def test_of_many_credentials_those_that_were_taken_back_are_found(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "PROVEN_AT_ONCE", 3)
    engine = writing_engine(database_url)
    with engine.begin() as connection:
        operators.replace_token(connection, "replaced", 0)
        operators.replace_token(connection, "operator", 0)
        for name in ("a", "b", "removed"):
            seq = providers.add(connection, provider(name, 0))
            providers.add_secret(connection, seq, f"first of {name}", 0)
            providers.add_secret(connection, seq, f"second of {name}", 1)
        providers.remove(connection, seq)
        good = {f"{time} of {name}" for time in ("first", "second") for name in ("a", "b")}
        gone = {"replaced", "never there", "first of removed", "second of removed"}
        assert access.unproven(connection, good | gone | {"operator"}) == gone
        assert access.unproven(connection, set()) == set()
    engine.dispose()
