"""Going online, and what can go wrong there: each failure made by real sockets, what a person then
reads, and the button that helps."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication

from qubix_desktop import background
from qubix_desktop.flow import Network
from qubix_desktop.invitation import Invitation
from qubix_desktop.wizard import Wizard
from qubix_worker.settings import Settings
from qubix_worker.setup.joining import Register, SaveSettings
from qubix_worker.setup.steps import Choices, Setup
from tests.conftest import LiveServer
from tests.server.databases import execute
from tests.worker.network.authority import Authority
from tests.worker.network.conftest import DECIDES
from tests.worker.network.proxy import proxying
from tests.worker.network.scripted import Request, Scripted, Visit, serving

if TYPE_CHECKING:
    from .conftest import Person, World

GoOnline = Callable[..., Wizard]

PATIENCE_SECONDS = 1.0
AWAY = "qubix.example"
"""A host that only a proxy can reach."""
ABOUT = {
    "success": True, "serverName": "Example Compute", "meaning": "Jobs.",
    "expiresAt": "2100-01-01T00:00Z",
}  # fmt: skip
TAKEN_IN = {"success": True, "workerSecret": "s3cret"}
NOT_FOUND = {"success": False, "error": "Not found"}
PORTAL = b"<html><head><title>Hotel Wi-Fi</title></head><body>Room number?</body></html>"
ONLINE = "This computer is online"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine is set to must not decide how these tests end."""
    for name in DECIDES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def go_online(world: World, person: Person) -> Iterator[GoOnline]:
    """Opens the wizard on a network that was there a moment ago, and presses Next up to page 5."""
    made: list[Wizard] = []

    def go(server: str, code: str = "K7QM-2XWD") -> Wizard:
        def plan(choices: Choices) -> Setup:
            return Setup([
                SaveSettings(world.paths, choices),
                Register(world.paths, choices, PATIENCE_SECONDS),
            ])  # fmt: skip

        world.network = Network(server, "Example Compute", code)
        services = replace(world.services(), plan=plan)
        wizard = Wizard(services, Invitation((server,), code, "file name"), Settings())
        made.append(wizard)
        wizard.show()
        for _ in range(3):
            person.presses(wizard, "Next")
        return wizard

    yield go
    for wizard in made:
        wizard.abandon()
        assert background.end_all(20)
        QApplication.processEvents()
        wizard.hide()
        wizard.deleteLater()


def joins(request: Request, visit: Visit) -> None:
    """A network that takes this computer in."""
    visit.answer(ABOUT if request.method == "GET" else TAKEN_IN)


def reads(person: Person, wizard: Wizard, happened: str, todo: str, button: str) -> None:
    person.awaits(wizard, "Stopped")
    assert happened in person.reads(wizard)
    assert todo in person.reads(wizard)
    assert person.button(wizard, button).isEnabled()


# --- Nothing answers --------------------------------------------------------------------------


@pytest.mark.provokes("timeout")
def test_a_port_that_takes_no_call(go_online: GoOnline, person: Person) -> None:
    with contextlib.ExitStack() as stack:
        dead = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):  # what else knocks is not let in any more, nor told so
            waits = stack.enter_context(socket.socket())
            waits.setblocking(False)
            waits.connect_ex(dead.getsockname())
        host = f"127.0.0.1:{dead.getsockname()[1]}"
        reads(
            person, go_online(f"http://{host}"),
            f"{host} did not answer in time.",
            "Check this computer's connection to the internet; the server may also be busy.",
            "Try again",
        )  # fmt: skip


@pytest.mark.provokes("refused")
def test_a_server_that_is_off_and_is_started_again(go_online: GoOnline, person: Person) -> None:
    with serving(joins) as server:
        port = server.port
    wizard = go_online(server.url)
    reads(
        person, wizard,
        f"127.0.0.1:{port} can be reached, but nothing answers there.",
        "The server is probably not running. Try again in a few minutes.",
        "Try again",
    )  # fmt: skip
    with serving(joins, port=port):
        person.presses(wizard, "Try again")
        person.awaits(wizard, ONLINE)


@pytest.mark.provokes("name_not_found")
def test_a_name_that_nobody_has(go_online: GoOnline, person: Person) -> None:
    reads(
        person, go_online("http://qubix.invalid"),
        "No computer named qubix.invalid could be found.",
        "Check the address and this computer's connection to the internet, then try again.",
        "Try again",
    )  # fmt: skip


# --- A proxy ----------------------------------------------------------------------------------


@pytest.mark.provokes("proxy")
def test_a_proxy_that_lets_nobody_through(
    go_online: GoOnline, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(refusal=403) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        reads(
            person, go_online(f"https://{AWAY}"),
            f"The proxy of this network did not let the connection to {AWAY} through.",
            f"Ask the people who run this network to allow {AWAY}, or try from another connection.",
            "Try again",
        )  # fmt: skip


@pytest.mark.provokes("proxy_password")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("given", ["", "anne:wrong@"])
def test_a_proxy_that_wants_a_password(
    go_online: GoOnline, person: Person, monkeypatch: pytest.MonkeyPatch, scheme: str, given: str
) -> None:
    with proxying(password="anne:secret") as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{given}{proxy.address}")
        reads(
            person, go_online(f"{scheme}://{AWAY}"),
            "The proxy of this network wants a name and a password.",
            "Put them into the proxy's address in the system's settings, then try again.",
            "Try again",
        )  # fmt: skip


@pytest.mark.parametrize("password", [None, "anne:secret"])
def test_a_proxy_that_lets_through(
    go_online: GoOnline, person: Person, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    with (
        serving(joins) as server,
        proxying(password=password, hosts={AWAY: ("127.0.0.1", server.port)}) as proxy,
    ):
        given = f"{password}@" if password else ""
        monkeypatch.setenv("http_proxy", f"http://{given}{proxy.address}")
        person.awaits(go_online(f"http://{AWAY}"), ONLINE)


@pytest.mark.provokes("proxy_unreachable")
def test_a_proxy_that_is_gone(
    go_online: GoOnline, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying() as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
    reads(
        person, go_online(f"http://{AWAY}"),
        "The proxy that this computer is set to use cannot be reached.",
        "Check the proxy's address in the system's settings, then try again.",
        "Try again",
    )  # fmt: skip


# --- A connection that is not secure ----------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "a")


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    return authority


@contextlib.contextmanager
def secured(tls: ssl.SSLContext) -> Iterator[Scripted]:
    with serving(joins, tls=tls, name="localhost") as server:
        yield server


@pytest.mark.provokes("certificate")
def test_a_certificate_that_vouches_for_itself(
    go_online: GoOnline, person: Person, authority: Authority
) -> None:
    with secured(authority.server(by_itself=True)) as server:
        reads(
            person, go_online(server.url),
            f"The connection to localhost:{server.port} is not secure: its certificate is vouched "
            "for by nobody but itself.",
            "Do not go on. Tell the people who run the network, or try from another connection.",
            "Try again",
        )  # fmt: skip
        assert server.asked == []


CHECK_THE_CLOCK = "Check that this computer's date and time are right"
NOT_YET = ("is not valid yet", f"{CHECK_THE_CLOCK}, then try again.")
OVER = ("has expired", f"{CHECK_THE_CLOCK}; if they are, tell the people who run the network.")


@pytest.mark.provokes("clock")
@pytest.mark.parametrize(
    ("days", "words"),
    [((0.5, 30), NOT_YET), ((-30, -0.5), OVER)],
    ids=["a day behind", "a day ahead"],
)
def test_a_clock_that_is_off_by_a_day(
    go_online: GoOnline, person: Person, trusted: Authority, days: tuple[float, float],
    words: tuple[str, str],
) -> None:  # fmt: skip
    """For whoever is a day behind, this morning's certificate is one of tomorrow."""
    since, until = map(days_from_now, days)
    with secured(trusted.server(since=since, until=until)) as server:
        reads(
            person, go_online(server.url),
            f"The certificate of localhost:{server.port} {words[0]} at the time that this computer "
            "shows.",
            words[1], "Try again",
        )  # fmt: skip


def days_from_now(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


# --- A code that is of no use -----------------------------------------------------------------

NEW_CODE = "Open the network's page again and press Share my GPU for a new one."


@pytest.mark.provokes("enrollment_used")
@pytest.mark.slow
def test_a_code_that_another_computer_has_used(
    go_online: GoOnline, person: Person, live_server: LiveServer, world: World
) -> None:
    enrollment = live_server.enroll()
    live_server.join("another", enrollment=enrollment["enrollment"])
    wizard = go_online(live_server.url, enrollment["code"])
    host = live_server.url.removeprefix("http://")
    reads(
        person, wizard,
        f"{host} answered: Another computer has used this invitation.",
        NEW_CODE, "Use another code",
    )  # fmt: skip

    person.presses(wizard, "Use another code")
    person.awaits(wizard, "Find the network")
    another = live_server.enroll()["code"]
    world.network = Network(live_server.url, "Example Compute", another)
    person.types(wizard, "Code", another)
    person.presses(wizard, "Find the network")
    for _ in range(3):
        person.presses(wizard, "Next")
    person.awaits(wizard, ONLINE)


@pytest.mark.provokes("enrollment_expired")
@pytest.mark.slow
def test_a_code_from_before_an_hour(
    go_online: GoOnline, person: Person, live_server: LiveServer
) -> None:
    code = live_server.enroll()["code"]
    live_server.stop()
    execute(live_server, "UPDATE enrollments SET expires_at = expires_at - 3601000")
    live_server.start()
    host = live_server.url.removeprefix("http://")
    reads(
        person, go_online(live_server.url, code),
        f"{host} answered: This invitation has ended.", NEW_CODE, "Use another code",
    )  # fmt: skip


# --- Something answers that is not what it should be ------------------------------------------


def old(register: object, status: int = 200, about: object = ABOUT) -> Callable[..., None]:
    def answer(request: Request, visit: Visit) -> None:
        if request.method == "GET":
            visit.answer(about, 404 if about is NOT_FOUND else 200)
        else:
            visit.answer(register, status)

    return answer


@pytest.mark.provokes("server_too_old")
@pytest.mark.parametrize(
    "answer",
    [
        old(NOT_FOUND, 404, about=NOT_FOUND),
        old(NOT_FOUND, 404),
        old({"success": True, "provider": {"id": "p-1"}}, 201),
        old(TAKEN_IN, about={"success": True}),
    ],
    ids=["neither call", "no call to join", "no secret", "no name"],
)
def test_a_server_that_is_too_old(
    go_online: GoOnline, person: Person, answer: Callable[..., None]
) -> None:
    with serving(answer) as server:
        reads(
            person, go_online(server.url),
            f"The network's server (127.0.0.1:{server.port}) is too old for this version of QUBIX.",
            "Ask the people who run the network to update it; waiting will not mend it.",
            "Try again",
        )  # fmt: skip


SIGN_IN_FIRST = (
    "Check the address. If this network asks you to sign in first, as hotels do, open any web "
    "page, sign in there, and try again."
)


@pytest.mark.provokes("not_a_qubix_server")
@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (200, {"Content_Type": "text/html"}, "the answer is not JSON"),
        (302, {"Location": "http://portal.example/login"}, "status 302"),
    ],
)
def test_a_hotel_that_wants_one_to_sign_in_first(
    go_online: GoOnline, person: Person, status: int, headers: dict[str, str], why: str
) -> None:
    def portal(request: Request, visit: Visit) -> None:
        visit.answer(PORTAL, status, **headers)

    with serving(portal) as server:
        wizard = go_online(server.url)
        reads(
            person, wizard,
            f"What answered at 127.0.0.1:{server.port} is not a QUBIX server ({why}).",
            SIGN_IN_FIRST, "Try again",
        )  # fmt: skip
        server.answer = joins  # signed in
        person.presses(wizard, "Try again")
        person.awaits(wizard, ONLINE)


@pytest.mark.provokes("sign_in_to_network")
def test_a_network_that_says_itself_that_one_must_sign_in(
    go_online: GoOnline, person: Person
) -> None:
    with serving(lambda request, visit: visit.answer(PORTAL, 511)) as server:
        reads(
            person, go_online(server.url),
            f"This network lets nobody through to 127.0.0.1:{server.port} before they have signed "
            "in.",
            "Open any web page and sign in there as this network asks; then it can go on.",
            "Try again",
        )  # fmt: skip
