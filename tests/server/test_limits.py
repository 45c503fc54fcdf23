"""How often invitations can be made and guessed: by one address, and by all together, at however
many servers over one database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from qubix_server.errors import ApiError
from qubix_server.housekeeping import prune_once
from qubix_server.installers.release import release
from qubix_server.services import Services
from qubix_server.settings import Settings
from qubix_server.store.database import Database
from qubix_server.store.schema import tries
from tests.conftest import LiveServer

pytestmark = pytest.mark.both_databases

CODE = "K7QM-2XWD"
TOKEN = "x" * 43


class Guessing:
    """The services of a server, at a time that the test sets."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.now = 1_000_000
        self._runner = runner
        self.services = Services(Settings(url), Database(url), lambda: self.now, release())

    def wrong(self, address: str, invitation: str = CODE) -> str:
        """The code of the refusal."""

        async def guess() -> None:
            async with self.services.guess(address, invitation):
                raise ApiError(404, "enrollment_unknown", "This invitation is not known.")

        with pytest.raises(ApiError) as refused:
            self._runner.run(guess())
        return refused.value.code

    def right(self, address: str, invitation: str = CODE) -> None:
        async def guess() -> None:
            async with self.services.guess(address, invitation):
                pass

        self._runner.run(guess())

    def kept(self) -> int:
        """How many addresses are counted in the database."""
        query = select(func.count()).select_from(tries)
        count: int = self._runner.run(
            self.services.database.read(lambda connection: connection.execute(query).scalar_one())
        )
        return count

    def prune(self) -> None:
        self._runner.run(self.services.database.write(prune_once, self.now))


@dataclass
class Several:
    """Servers over one database."""

    url: str
    runner: asyncio.Runner
    made: list[Guessing]

    def one(self) -> Guessing:
        self.made.append(Guessing(self.url, self.runner))
        return self.made[-1]


@pytest.fixture
def servers(database_url: str) -> Iterator[Several]:
    with asyncio.Runner() as runner:
        several = Several(database_url, runner, [])
        yield several
        for one in several.made:
            one.services.database.close()


@pytest.fixture
def guessing(servers: Several) -> Guessing:
    return servers.one()


def test_an_address_that_guesses_is_stopped_and_others_are_not(guessing: Guessing) -> None:
    assert [guessing.wrong("10.0.0.1") for _ in range(11)][-2:] == [
        "enrollment_unknown",
        "too_many",
    ]
    guessing.right("10.0.0.2")
    guessing.now += 60_000
    guessing.right("10.0.0.1")


def test_what_is_known_costs_no_try(guessing: Guessing) -> None:
    for _ in range(200):
        guessing.right("10.0.0.1")


def test_many_addresses_that_guess_codes_are_stopped_together(guessing: Guessing) -> None:
    refusals = [guessing.wrong(f"10.0.{n // 200}.{n % 200}") for n in range(501)]
    assert refusals.index("too_many") == 500
    with pytest.raises(ApiError) as refused:
        guessing.right("192.0.2.1")
    assert refused.value.retry_after_seconds
    guessing.now += 10_000
    guessing.right("192.0.2.1")


def test_those_who_guess_codes_keep_nobody_from_joining_by_a_token(guessing: Guessing) -> None:
    for n in range(600):
        guessing.wrong(f"10.0.{n // 200}.{n % 200}")
    guessing.right("192.0.2.1", TOKEN)


def test_what_one_server_has_counted_holds_at_the_others_and_after_a_restart(
    servers: Several,
) -> None:
    here, there = servers.one(), servers.one()
    told = [(here, there)[n % 2].wrong("2001:db8::1") for n in range(11)]
    assert told == ["enrollment_unknown"] * 10 + ["too_many"]
    assert servers.one().wrong("2001:db8::2") == "too_many"  # of the same household
    assert there.wrong("2001:db8:0:1::1") == "enrollment_unknown"
    for one in (here, there):
        one.now += 60_000
    there.right("2001:db8::1")
    here.right("2001:db8::1")


def test_all_addresses_together_are_bounded_at_all_servers_together(servers: Several) -> None:
    three = [servers.one() for _ in range(3)]
    told = [three[n % 3].wrong(f"10.0.{n // 200}.{n % 200}") for n in range(501)]
    assert told.index("too_many") == 500


def test_who_guesses_at_all_servers_at_once_gains_nothing(servers: Several) -> None:
    four = [servers.one() for _ in range(4)]

    async def guess(server: Guessing) -> str:
        try:
            async with server.services.guess("10.0.0.1", CODE):
                await asyncio.sleep(0)  # as long as a look-up
                raise ApiError(404, "enrollment_unknown", "This invitation is not known.")
        except ApiError as error:
            return error.code

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(guess(server) for server in four * 10))

    told = servers.runner.run(all_at_once())
    assert told.count("enrollment_unknown") == 10
    assert set(told) == {"enrollment_unknown", "too_many"}


def test_tokens_are_not_counted_in_the_database_and_what_is_full_is_forgotten(
    guessing: Guessing,
) -> None:
    guessing.wrong("10.0.0.1", TOKEN)
    assert guessing.kept() == 0
    guessing.wrong("10.0.0.1")
    assert guessing.kept() == 2
    guessing.prune()
    assert guessing.kept() == 2
    guessing.now += 60_000
    guessing.prune()
    assert guessing.kept() == 0


def test_operators_may_make_as_many_invitations_as_they_like(live_server: LiveServer) -> None:
    token = live_server.token
    for _ in range(70):
        assert live_server.ask("POST", "/api/enrollments", credential=token).status_code == 201
    made = [live_server.ask("POST", "/api/enrollments").status_code for _ in range(61)]
    assert (made[59], made[60]) == (201, 429)
