"""A heartbeat whose answer is held: what ends that, and that only one thing does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from starlette.responses import Response
from starlette.types import Message

from qubix_server import quiet
from qubix_server.errors import ApiError
from qubix_server.events import Outcome
from qubix_server.heartbeats import News
from qubix_server.installers.release import release
from qubix_server.known_heads import Asked
from qubix_server.routes.heartbeat import HeartbeatApp
from qubix_server.routes.taking import Answers, Taking
from qubix_server.services import Services
from qubix_server.settings import load
from qubix_server.store.database import Database

BODY = b'{"status":"online"}'
NOTHING: Outcome[News] = Outcome(News(can_take=True))
PATIENCE_SECONDS = 30


@dataclass
class Desk:
    """Takes heartbeats, and keeps what each was answered."""

    services: Services
    answers: Answers
    given: list[bytes | Response] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, wait: float = 20, body: bytes = BODY) -> Taking:
        asked = Asked("w", b"", "secret", body, [], None)
        return Taking(self.answers, asked, quiet.read(body), wait, self._done)

    def _done(self, answer: bytes | Response) -> None:
        self.given.append(answer)
        self.came.set()

    async def answered(self) -> bytes | Response:
        await asyncio.wait_for(self.came.wait(), PATIENCE_SECONDS)
        (answer,) = self.given
        return answer

    @property
    def ready(self) -> tuple[str, ...]:
        return self.services.waiting.ready()


def at_desk(url: str, scenario: Callable[[Desk], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        settings = load({"database_url": url}, {})
        services = Services(settings, Database(url), lambda: 0, release())
        try:
            return await scenario(Desk(services, Answers(services)))
        finally:
            services.database.close()

    return asyncio.run(run())


def test_it_is_held_until_its_time_is_over(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        desk.take(wait=0.05).end(NOTHING)
        assert desk.ready == ("w",)
        assert await desk.answered() == desk.answers.nothing
        assert desk.ready == ()

    at_desk(database_url, scenario)


def test_who_is_woken_is_told_what_there_is_then(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        desk.take().end(NOTHING)
        desk.services.waiting.wake(("w",))
        assert desk.ready == ()
        refused = await desk.answered()  # nobody by that name is in the database any more
        assert isinstance(refused, Response)
        assert refused.status_code == 404
        assert (b"x-content-type-options", b"nosniff") in refused.raw_headers
        assert desk.services.measures.beats.refused == {404: 1}

    at_desk(database_url, scenario)


def test_who_has_gone_is_neither_told_nor_given_a_job(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        taking = desk.take(wait=0.01)
        taking.end(NOTHING)
        desk.services.waiting.wake(("w",))  # as it goes
        taking.give_up()
        assert desk.ready == ()
        await asyncio.sleep(0.05)
        assert desk.given == []

    at_desk(database_url, scenario)


def test_who_had_gone_before_it_was_kept_is_not_held(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        taking = desk.take()
        taking.give_up()
        taking.end(NOTHING)
        assert desk.ready == ()
        assert desk.services.measures.beats.held == 0

    at_desk(database_url, scenario)


def test_a_newer_one_of_the_same_worker_has_the_older_answered(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        desk.take().end(NOTHING)
        newer = desk.take()
        newer.end(NOTHING)
        await desk.answered()
        assert desk.ready == ("w",)
        newer.give_up()
        assert desk.ready == ()

    at_desk(database_url, scenario)


def test_what_is_woken_many_times_is_answered_once(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        desk.take().end(NOTHING)
        for _ in range(3):
            desk.services.waiting.wake(("w",))
        desk.services.waiting.close()
        await desk.answered()
        await asyncio.sleep(0.05)
        await desk.answered()

    at_desk(database_url, scenario)


def test_a_server_that_ends_holds_none_any_more(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        desk.services.waiting.close()
        desk.take().end(NOTHING)
        await desk.answered()

    at_desk(database_url, scenario)


def test_what_was_refused_or_has_news_is_not_held(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        desk.take().end(ApiError(503, "overloaded", "The server is busy. Try again.", 2))
        desk.take().end(ValueError("a mistake"))
        desk.take().end(Outcome(News(cancelled_jobs=("job-1",))))
        busy, mistake, told = desk.given
        assert isinstance(busy, Response)
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")
        assert isinstance(mistake, Response)
        assert mistake.status_code == 500
        assert isinstance(told, bytes)
        assert msgspec.json.decode(told)["cancelledJobs"] == ["job-1"]
        assert desk.ready == ()

    at_desk(database_url, scenario)


def test_one_that_is_read_with_care_is_held_alike(database_url: str) -> None:
    async def scenario(desk: Desk) -> None:
        taking = desk.take(wait=0.01, body=b'{"status":"online","usage":{"cpu_percent":5}}')
        assert taking.heard.quick is None
        taking.end(NOTHING)
        assert await desk.answered() == desk.answers.nothing

    at_desk(database_url, scenario)


def test_who_leaves_while_it_is_held_the_usual_way_is_let_go(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an application that a framework calls, not by the server's own way."""

    async def scenario(desk: Desk) -> None:
        app = HeartbeatApp(desk.services)
        left = asyncio.Event()
        sent: list[Message] = []
        body: list[Message] = [{"type": "http.request", "body": BODY}]
        scope = {
            "type": "http", "method": "POST", "path_params": {"worker_id": "w"},
            "query_string": b"wait=20", "headers": [(b"content-length", b"19")],
        }  # fmt: skip

        async def receive() -> Message:
            if body:
                return body.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        def keep(_work: object, items: Sequence[object], done: Callable[[Any], None]) -> None:
            done([NOTHING] * len(items))

        monkeypatch.setattr(desk.services.database, "write_together", keep)
        call = asyncio.create_task(app(scope, receive, send))
        while not desk.ready:
            await asyncio.sleep(0)
        left.set()
        await asyncio.wait_for(call, PATIENCE_SECONDS)
        assert desk.ready == ()
        assert sent == []

    at_desk(database_url, scenario)
