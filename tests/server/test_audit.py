"""The audit log: what operators and enrollments did is there, and nothing else can be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, select

from qubix_server import audit
from qubix_server.credentials import digest
from qubix_server.store import audit as rows
from qubix_server.store.engine import writing_engine
from qubix_server.store.schema import audit as table
from tests.conftest import LiveServer
from tests.server.conftest import Command

pytestmark = pytest.mark.both_databases


def entries(server: LiveServer, **query: Any) -> list[dict[str, Any]]:
    answer = server.ask("GET", "/api/audit", credential=server.token, params=query)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def test_each_act_is_there_with_who_did_it_to_what(shared_server: LiveServer) -> None:
    token = shared_server.token
    invited = shared_server.enroll()
    machine = shared_server.join("audited", enrollment=invited["enrollment"])
    path = "/api/providers/audited"
    job = {"kind": "never", "spec": {}}
    job_id = shared_server.ask("POST", "/api/jobs/create", job, credential=token).json()["job"][
        "id"
    ]
    shared_server.ask("POST", f"/api/jobs/{job_id}/cancel", {}, credential=token)
    for online in (False, True):
        shared_server.ask("POST", f"{path}/toggle", {"online": online}, credential=token)
    module = b"\0asm"
    sha256 = hashlib.sha256(module).hexdigest()
    shared_server.ask("PUT", f"/api/modules/{sha256}", credential=token, data=module)
    machine.ask("DELETE", path)
    operator = ("operator", digest(token)[:12])
    enrollment = digest(invited["enrollment"])[:12]
    told = [
        (entry["actor"], entry["actorId"], entry["action"], entry["target"])
        for entry in reversed(entries(shared_server, limit=8))
    ]
    assert told == [
        ("anyone", None, "enrollment.create", enrollment),
        ("enrollment", enrollment, "provider.register", "audited"),
        (*operator, "job.create", job_id),
        (*operator, "job.cancel", job_id),
        (*operator, "provider.disable", "audited"),
        (*operator, "provider.enable", "audited"),
        (*operator, "module.put", sha256),
        ("worker", "audited", "provider.remove", "audited"),
    ]
    assert {entry["address"] for entry in entries(shared_server, limit=8)} == {"127.0.0.1"}


def test_what_was_refused_was_not_done(shared_server: LiveServer) -> None:
    before = entries(shared_server, limit=1)
    shared_server.ask("POST", "/api/jobs/create", {"kind": "any", "spec": {}}, credential="wrong")
    shared_server.ask("POST", "/api/jobs/no-such-job/cancel", {}, credential=shared_server.token)
    shared_server.ask("DELETE", "/api/providers/nobody", credential=shared_server.token)
    assert entries(shared_server, limit=1) == before


def test_pages_follow_one_another(shared_server: LiveServer) -> None:
    for _ in range(5):
        shared_server.ask("POST", "/api/enrollments", credential=shared_server.token)
    whole = entries(shared_server, limit=5)
    cursor, paged = None, []
    while len(paged) < 5:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = shared_server.ask(
            "GET", "/api/audit", credential=shared_server.token, params=query
        ).json()
        paged += answer["entries"]
        cursor = answer["nextCursor"]
    assert paged[:5] == whole


def test_the_command_line_shows_it_and_a_new_token(
    command: Command, live_server: LiveServer
) -> None:
    def lines_of(*arguments: str) -> list[str]:
        done = command(*arguments, environment=live_server.variables())
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    before = live_server.token
    lines_of("token")
    live_server.ask("POST", "/api/enrollments", credential=live_server.token)
    lines = lines_of("audit", "--most", "2")
    assert len(lines) == 2
    assert f"operator {digest(live_server.token)[:12]} " in lines[0]
    assert "enrollment.create" in lines[0]
    assert "console" in lines[1]
    assert "token.rotate" in lines[1]
    told = [json.loads(line) for line in lines_of("audit", "--json")]
    assert [entry["action"] for entry in told] == [
        "enrollment.create", "token.rotate", "token.create",
    ]  # fmt: skip
    everything = json.dumps(told)
    assert before not in everything
    assert live_server.token not in everything


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = writing_engine(database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_no_address_can_add_a_line_or_steer_a_terminal(connection: Connection) -> None:
    forged = audit.Act("job.create", 1, "::1%a\n2026 operator job.cancel \x1b[2J\u202e" + "x" * 200)
    audit.note(connection, forged, "a job\r\n", "operator", "0" * 12)
    (row,) = connection.execute(select(table)).mappings()
    assert row["address"].isprintable()
    assert row["target"].isprintable()
    assert len(row["address"]) == 64


def test_it_is_kept_for_a_year_and_no_more_than_so_many(connection: Connection) -> None:
    year = rows.KEPT_MS
    for at in (0, 1, year, year + 1, year + 2):
        rows.add(connection, rows.Row(at, "operator", "", "job.create", "", ""))
    rows.forget_old(connection, year + 1)
    assert [row["at"] for row in rows.page(connection, before=None, limit=9)] == [
        year + 2, year + 1, year, 1,
    ]  # fmt: skip
    rows.forget_old(connection, year + 1, rows_most=2)
    assert [row["at"] for row in rows.page(connection, before=None, limit=9)] == [
        year + 2, year + 1,
    ]  # fmt: skip
