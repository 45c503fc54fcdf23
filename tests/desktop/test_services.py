"""Asking the network whom one would join: which address is tried, and when none is any more."""

from __future__ import annotations

import pytest

from qubix_desktop.flow import Network
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import look_up
from qubix_worker.errors import QubixError, ServerError
from qubix_worker.protocol import EnrollmentInfo
from tests.conftest import LiveServer
from tests.worker.network.scripted import Request, Visit, serving

INFO = EnrollmentInfo("Example Compute", "It shares.", "2030-01-01T00:00:00Z")
BOTH = Invitation(("https://nas", "http://nas"), "K7QM-2XWD", "typed")


class Answers:
    """Plays the servers: a failure for each address, or an answer."""

    def __init__(self, *failures: ServerError) -> None:
        self.failures = list(failures)
        self.asked: list[str] = []

    def __call__(self, server: str, enrollment: str) -> EnrollmentInfo:
        self.asked.append(server)
        if self.failures:
            raise self.failures.pop(0)
        return INFO


def failure(code: str, *, status: int | None = None, cause: str = "") -> ServerError:
    error = ServerError(code, f"It is {code}.", "Do something.", status=status)
    error.__cause__ = OSError(cause) if cause else None
    return error


def test_the_first_address_that_answers_is_the_networks() -> None:
    answers = Answers()
    network = look_up(BOTH, answers)
    assert (network.server, network.name) == ("https://nas", "Example Compute")
    assert answers.asked == ["https://nas"]


def test_a_neighbour_without_encryption_is_found() -> None:
    answers = Answers(failure("certificate", cause="[SSL: WRONG_VERSION_NUMBER] wrong version"))
    assert look_up(BOTH, answers).server == "http://nas"


def test_an_address_that_cannot_be_trusted_is_never_asked_in_the_clear() -> None:
    answers = Answers(failure("certificate", cause="certificate verify failed"))
    with pytest.raises(ServerError, match="It is certificate"):
        look_up(BOTH, answers)
    assert answers.asked == ["https://nas"]


def test_a_server_that_refuses_has_answered() -> None:
    answers = Answers(failure("enrollment_expired", status=404))
    with pytest.raises(ServerError, match="enrollment_expired"):
        look_up(BOTH, answers)
    assert answers.asked == ["https://nas"]


def test_where_none_answers_the_first_failure_is_told() -> None:
    with pytest.raises(ServerError, match="It is refused"):
        look_up(BOTH, Answers(failure("refused"), failure("timeout")))


def inherited(request: Request, visit: Visit) -> None:
    """A server that knows nothing of what was added to its API."""
    if request.path == "/api/providers/check-new":
        visit.answer({"newProvider": None})
    else:
        visit.answer(b"<pre>Cannot GET</pre>", 404)


def test_a_server_of_the_inherited_api_is_a_network_without_a_name() -> None:
    with serving(inherited) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert look_up(Invitation((url,), "K7QM-2XWD", "typed")) == Network(url, "", "K7QM-2XWD")


@pytest.mark.parametrize("body", [b"<html>Not found</html>", b'{"success": true}', b"[]"])
def test_a_server_of_another_kind_is_none(body: bytes) -> None:
    def other(request: Request, visit: Visit) -> None:
        visit.answer(body, 200 if "check-new" in request.path else 404)

    with serving(other) as server, pytest.raises(ServerError) as caught:
        look_up(Invitation((f"http://127.0.0.1:{server.port}",), "K7QM-2XWD", "typed"))
    assert caught.value.problem.code == "not_a_qubix_server"


@pytest.mark.parametrize("enrollment", ["", "nobody-knows-this-one"])
def test_an_invitation_that_a_server_does_not_know_is_no_sign_of_an_old_one(
    shared_server: LiveServer, enrollment: str
) -> None:
    with pytest.raises(ServerError):
        look_up(Invitation((shared_server.url,), enrollment, "typed"))


def test_without_an_address_there_is_a_sentence() -> None:
    with pytest.raises(QubixError, match="not known which network"):
        look_up(Invitation(), Answers())
