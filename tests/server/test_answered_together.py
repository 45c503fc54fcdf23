"""Heartbeats that came in one turn of the loop, and are answered in one."""

from __future__ import annotations

import asyncio

from qubix_server.installers.release import release
from qubix_server.known_heads import Asked
from qubix_server.routes.heartbeat import HeartbeatApp
from qubix_server.services import Services
from qubix_server.settings import load
from qubix_server.store.database import Database


def test_one_that_cannot_be_answered_keeps_no_other_from_its_answer(database_url: str) -> None:
    async def scenario() -> object:
        settings = load({"database_url": database_url}, {})
        services = Services(settings, Database(database_url), lambda: 0, release())
        app = HeartbeatApp(services)
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        def fail(_answer: object) -> None:
            raise RuntimeError("its connection does something odd")

        asked = Asked("unknown", b"", None, b'{"status":"online"}', [], None)
        try:
            for done in (fail, answer.set_result):
                assert app.begin(asked, done)
            return await asyncio.wait_for(answer, 30)
        finally:
            services.database.close()

    assert callable(asyncio.run(scenario()))  # the refusal of a worker that nobody knows
