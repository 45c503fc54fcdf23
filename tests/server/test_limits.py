"""How often invitations can be made and guessed: by one address, and by all together."""

from __future__ import annotations

from typing import Any, cast

import pytest

from qubix_server.errors import ApiError
from qubix_server.installers.release import release
from qubix_server.services import Services
from qubix_server.settings import Settings
from tests.conftest import LiveServer

CODE = "K7QM-2XWD"
TOKEN = "x" * 43


class Guessing:
    """Services without a database, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 0
        self.services = Services(
            Settings("sqlite:///unused"), cast(Any, None), lambda: self.now, release()
        )

    def wrong(self, address: str, invitation: str = CODE) -> str:
        """The code of the refusal."""
        with pytest.raises(ApiError) as refused, self.services.guess(address, invitation):
            raise ApiError(404, "enrollment_unknown", "This invitation is not known.")
        return refused.value.code

    def right(self, address: str, invitation: str = CODE) -> None:
        with self.services.guess(address, invitation):
            pass


def test_an_address_that_guesses_is_stopped_and_others_are_not() -> None:
    guessing = Guessing()
    assert [guessing.wrong("10.0.0.1") for _ in range(11)][-2:] == [
        "enrollment_unknown",
        "too_many",
    ]
    guessing.right("10.0.0.2")
    guessing.now += 60_000
    guessing.right("10.0.0.1")


def test_what_is_known_costs_no_try() -> None:
    guessing = Guessing()
    for _ in range(2000):
        guessing.right("10.0.0.1")


def test_many_addresses_that_guess_codes_are_stopped_together() -> None:
    guessing = Guessing()
    refusals = [guessing.wrong(f"10.0.{n // 200}.{n % 200}") for n in range(501)]
    assert refusals.index("too_many") == 500
    with pytest.raises(ApiError) as refused:
        guessing.right("192.0.2.1")
    assert refused.value.retry_after_seconds
    guessing.now += 10_000
    guessing.right("192.0.2.1")


def test_those_who_guess_codes_keep_nobody_from_joining_by_a_token() -> None:
    guessing = Guessing()
    for n in range(600):
        guessing.wrong(f"10.0.{n // 200}.{n % 200}")
    guessing.right("192.0.2.1", TOKEN)


def test_operators_may_make_as_many_invitations_as_they_like(live_server: LiveServer) -> None:
    token = live_server.token
    for _ in range(70):
        assert live_server.ask("POST", "/api/enrollments", credential=token).status_code == 201
    made = [live_server.ask("POST", "/api/enrollments").status_code for _ in range(61)]
    assert (made[59], made[60]) == (201, 429)
