"""What the routes work with: made once for each running server, reached by `of(request)`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from qubix_server.clock import Clock
from qubix_server.credentials import plain_code
from qubix_server.errors import ApiError
from qubix_server.events import Hub, Outcome
from qubix_server.limits import EVERYBODY, Limiter, give_back_shared, take_shared
from qubix_server.measures import Measures
from qubix_server.neighbours import Neighbours
from qubix_server.settings import Settings
from qubix_server.store.database import Database
from qubix_server.waiting import Waiting
from qubix_worker.protocol import WorkerRelease

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Services:
    settings: Settings
    database: Database
    clock: Clock
    release: WorkerRelease
    hub: Hub = field(default_factory=Hub)
    waiting: Waiting = field(default_factory=Waiting)
    neighbours: Neighbours = field(default_factory=Neighbours)
    measures: Measures = field(default_factory=Measures)

    def __post_init__(self) -> None:
        # A page's visitor needs one; a class room behind one address needs some dozens.
        self.new_enrollments = Limiter(self.clock, "enrollments", burst=60, refill_seconds=10)
        # 31^8 codes, an hour's life: guessing is hopeless long before this limit is lifted.
        self.wrong_codes = Limiter(self.clock, "codes", burst=10, refill_seconds=60)
        # Nor is it worth the while of somebody with ten thousand addresses: of a hundred codes
        # that are good at a time, one would be hit in a thousand years.
        self.wrong_codes_in_all = Limiter(self.clock, "codes in all", burst=500, refill_seconds=10)

    @asynccontextmanager
    async def guess(self, address: str, invitation: str) -> AsyncIterator[None]:
        """Around the look-up of an enrollment: one that is not known costs the address a try.

        It is taken before, so that many at once are no more than one after the other. A token is
        too long to be guessed: only a code costs one of the tries that all have together, and is
        counted for all servers, so that those who guess keep nobody from joining by an installer,
        which holds a token.
        """
        is_code = plain_code(invitation) is not None
        taken = [(self.wrong_codes, address)]
        if is_code:
            taken.append((self.wrong_codes_in_all, EVERYBODY))
        for limiter, whose in taken:
            limiter.check(whose)
        for limiter, whose in taken:
            limiter.take(whose)
        # The one that all want first: so no two servers wait for each other's.
        buckets = [limiter.bucket(whose) for limiter, whose in reversed(taken)] if is_code else []
        shared = False
        costs = False
        try:
            if buckets:
                await self.database.write(take_shared, buckets, self.clock())
                shared = True
            yield
        except ApiError as error:
            costs = error.code in ("enrollment_unknown", "too_many")
            raise
        finally:
            if not costs:
                for limiter, whose in taken:
                    limiter.give_back(whose)
                if shared:
                    with suppress(ApiError):  # the database has just gone: it costs a try
                        await self.database.write(give_back_shared, buckets)

    async def commit(
        self,
        work: Callable[Concatenate[Connection, P], Outcome[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Writes, and once that is committed tells those whom it concerns. The write's value."""
        return self.committed(await self.database.write(work, *args, **kwargs))

    def committed(self, outcome: Outcome[T]) -> T:
        """Tells those whom it concerns of a write that is on the disk now. The write's value."""
        for event in outcome.events:
            self.hub.publish(event)
        self.waiting.note_able(outcome.able)
        if outcome.jobs_wait:
            self.waiting.jobs_wait()
        self.waiting.wake(outcome.wake)
        self.neighbours.tell(outcome)
        return outcome.value


def of(request: HTTPConnection) -> Services:
    return cast(Services, request.app.state.services)
