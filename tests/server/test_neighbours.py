"""Two servers over one PostgreSQL: what happens at one is known at the other, and no job is given
out by both."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from qubix_server.neighbours import Pieces
from tests.conftest import LiveServer, Machine, wait_until
from tests.postgresql import Cluster
from tests.server.databases import Databases
from tests.server.fleet import Fleet, put_jobs

# Together, so that the two servers that most of these share are started once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("test_neighbours.py")]
Pair = tuple[LiveServer, LiveServer]


@pytest.fixture(scope="module")
def shared_pair(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    pair = make_pair(Databases(postgresql).make(folder), folder)
    yield pair
    for server in pair:
        server.stop()


@pytest.fixture
def own_pair(postgresql: Cluster, tmp_path: Path) -> Iterator[Pair]:
    pair = make_pair(Databases(postgresql).make(tmp_path), tmp_path)
    yield pair
    for server in pair:
        assert server.process
        if server.process.poll() is None:
            server.stop()


def make_pair(url: str, folder: Path) -> Pair:
    """Two servers with one operator's token."""
    pair = tuple(LiveServer(folder, environment={"QUBIX_DATABASE_URL": url}) for _ in range(2))
    for server in pair:
        server.start()
    return pair  # type: ignore[return-value] # of two


def seen_by(server: LiveServer, machine: Machine) -> Machine:
    """The same computer, asking that server."""
    return Machine(server, machine.worker_id, machine.secret)


def said(live: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(live.recv(timeout=20))
    return message


@contextlib.contextmanager
def listening(server: LiveServer, **topic: str) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None) as live:
        assert said(live)["type"] == "connected"
        live.send(json.dumps(topic))
        assert said(live)["type"] == "subscribed"
        yield live


def until(live: ClientConnection, kind: str) -> dict[str, Any]:
    while (message := said(live))["type"] != kind:
        pass
    data: dict[str, Any] = message["data"]
    return data


def create_job(server: LiveServer) -> str:
    body = {"kind": "wasm", "spec": {"module": "AAAA"}}
    job_id: str = server.ask("POST", "/api/jobs/create", body, credential=server.token).json()[
        "job"
    ]["id"]
    return job_id


def take(machine: Machine, job_id: str) -> None:
    """Ask until that job is given: one whose row another server reads just then is passed over."""
    wait_until(lambda: job_id in [job["id"] for job in machine.beat().json()["pendingJobs"]])


def test_what_a_heartbeat_tells_at_one_is_seen_at_the_other_within_a_second(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("seen")
    machine.beat()
    topic = {"type": "subscribe:provider", "subscriptionId": "seen", "token": machine.secret}
    took = []
    with listening(there, **topic) as live:
        for _ in range(5):
            began = time.monotonic()
            assert machine.beat().ok
            data = until(live, "GPU_METRICS_UPDATE")
            took.append(time.monotonic() - began)
            assert data["workerId"] == "seen"
            assert data["usage"]["cpuPercent"] == 12.5
    assert sorted(took)[2] < 1  # a busy machine may hold up one of them


def test_who_comes_and_goes_at_one_is_told_at_the_other(shared_pair: Pair) -> None:
    here, there = shared_pair
    with listening(there, type="subscribe:marketplace") as live:
        machine = here.join("comes")
        assert until(live, "PROVIDER_REGISTERED")["workerId"] == "comes"
        machine.beat()
        changed = until(live, "PROVIDER_STATUS_CHANGED")
        assert (changed["event"], changed["isOnline"]) == ("PROVIDER_ONLINE", True)
        assert "pauseReason" not in changed
        machine.beat("offline")
        assert until(live, "PROVIDER_STATUS_CHANGED")["event"] == "PROVIDER_OFFLINE"
        machine.ask("DELETE", "/api/providers/comes")
        assert until(live, "PROVIDER_REMOVED")["workerId"] == "comes"


def test_a_heartbeat_held_at_one_is_answered_when_a_job_comes_to_the_other(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("waits")
    machine.beat()
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(machine.beat(wait=20).json()))
    began = time.monotonic()
    thread.start()
    path = "/api/providers/waits/metrics/history"
    wait_until(lambda: len(machine.ask("GET", path).json()["history"]) == 2)
    job_id = create_job(there)
    thread.join()
    assert [job["id"] for job in answers[0]["pendingJobs"]] == [job_id]
    assert time.monotonic() - began < 15
    # Ended first: a job that goes back would be given to a machine of the next tests.
    assert machine.ask("POST", f"/api/jobs/{job_id}/complete", {"status": "failed"}).ok
    seen_by(there, machine).ask("DELETE", "/api/providers/waits")


def test_a_heartbeat_held_at_one_is_answered_when_its_job_is_cancelled_at_the_other(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("cancels")
    job_id = create_job(here)
    path = "/api/providers/cancels/heartbeat"
    take(machine, job_id)
    told = {"status": "busy", "currentJobs": [job_id]}
    machine.ask("POST", path, told)
    answers: list[Any] = []
    thread = threading.Thread(
        target=lambda: answers.append(machine.ask("POST", f"{path}?wait=20", told).json())
    )
    began = time.monotonic()
    history = "/api/providers/cancels/metrics/history"
    told_before = len(machine.ask("GET", history).json()["history"])
    thread.start()
    wait_until(lambda: len(machine.ask("GET", history).json()["history"]) > told_before)
    there.ask("POST", f"/api/jobs/{job_id}/cancel", {}, credential=there.token)
    thread.join()
    assert answers[0]["cancelledJobs"] == [job_id]
    assert time.monotonic() - began < 15


def test_a_machine_that_is_switched_on_at_one_has_its_job_at_the_other_at_once(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("switched-on")
    path = "/api/providers/switched-on"
    assert there.ask("POST", f"{path}/toggle", {"online": False}, credential=there.token).ok
    machine.beat()
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(machine.beat(wait=20).json()))
    history = f"{path}/metrics/history"
    began = time.monotonic()
    thread.start()
    wait_until(lambda: len(machine.ask("GET", history).json()["history"]) == 2)
    job_id = create_job(there)
    assert there.ask("POST", f"{path}/toggle", {"online": True}, credential=there.token).ok
    thread.join()
    assert [job["id"] for job in answers[0]["pendingJobs"]] == [job_id]
    assert time.monotonic() - began < 15
    assert machine.ask("POST", f"/api/jobs/{job_id}/complete", {"status": "failed"}).ok
    machine.ask("DELETE", path)


def test_what_is_switched_at_one_is_told_to_operators_at_the_other(shared_pair: Pair) -> None:
    here, there = shared_pair
    machine = here.join("switched-off")
    machine.beat("paused")
    with listening(there, type="subscribe:marketplace", token=there.token) as live:
        path = "/api/providers/switched-off/toggle"
        assert here.ask("POST", path, {"online": False}, credential=here.token).ok
        while (told := until(live, "PROVIDER_STATUS_CHANGED"))["isEnabled"]:
            pass
        assert told["workerId"] == "switched-off"
    machine.ask("DELETE", "/api/providers/switched-off")


def test_an_event_that_is_larger_than_a_notification_arrives_whole(shared_pair: Pair) -> None:
    here, there = shared_pair
    machine = here.join("wordy")
    job_id = create_job(here)
    take(machine, job_id)
    topic = {"type": "subscribe:job", "subscriptionId": job_id, "token": there.token}
    error = "é\U0001f600" * 2048
    with listening(there, **topic) as live:
        ending = {"status": "failed", "error": error}
        assert machine.ask("POST", f"/api/jobs/{job_id}/complete", ending).ok
        assert until(live, "JOB_COMPLETED")["error"] == error


def test_progress_never_falls_nor_comes_after_the_end_wherever_it_is_told(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("in-order")
    for turn in range(3):
        job_id = create_job(here)
        take(machine, job_id)
        topic = {"type": "subscribe:job", "subscriptionId": job_id, "token": here.token}
        with listening(here, **topic) as one, listening(there, **topic) as other:
            for reader in (one, other):
                reader.send(json.dumps({"type": "subscribe:marketplace"}))
                assert said(reader)["type"] == "subscribed"
            for percent in range(1, 20):
                at = seen_by(shared_pair[percent % 2], machine)
                path = f"/api/jobs/{job_id}/progress"
                assert at.ask("POST", path, {"progress": percent}).ok
            ended = {"status": "completed"}
            assert machine.ask("POST", f"/api/jobs/{job_id}/complete", ended).ok
            last = {f"last-{turn}-{server.port}" for server in shared_pair}
            for server, name in zip(shared_pair, sorted(last), strict=True):
                server.join(name)
            for reader in (one, other):
                told = list(until_all_joined(reader, last))
                assert told[-1]["type"] == "JOB_COMPLETED"
                figures = [message["data"]["progress"] for message in told]
                assert figures == sorted(figures)
    machine.ask("DELETE", "/api/providers/in-order")


def measure(machine: Machine, value: float) -> None:
    body = {"status": "online", "usage": {"cpuPercent": value}}
    path = f"/api/providers/{machine.worker_id}/heartbeat"
    assert machine.ask("POST", path, body).status_code == 200


def measured(machine: Machine) -> list[float]:
    """What is told of it, the oldest first."""
    answer = machine.ask("GET", f"/api/providers/{machine.worker_id}/metrics/history?limit=1000")
    return [entry["cpu_percent"] for entry in answer.json()["history"]]


def test_of_heartbeats_that_go_to_both_in_turns_each_is_measured_in_their_order(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("in-turns")
    by = (machine, seen_by(there, machine))
    told = [number / 2 for number in range(90)]  # several times what a row gathers
    for at, value in enumerate(told):
        # Not each by another: now and then one server has several in a row.
        measure(by[at // 4 % 2 if at % 3 else at % 2], value)
    assert measured(by[0]) == measured(by[1]) == told


def test_of_heartbeats_that_go_to_both_at_once_none_is_lost_and_none_is_told_twice(
    shared_pair: Pair,
) -> None:
    here, there = shared_pair
    machine = here.join("at-once")
    machine.beat()
    by = (machine, seen_by(there, machine))
    ended = threading.Event()
    twice: list[float] = []

    def send(first: int) -> None:
        for number in range(first, 160, 4):
            measure(by[first % 2], number / 2 + 20)  # 12.5 is said by the first

    def read() -> None:
        while not ended.is_set():
            for one in by:
                twice.extend(value for value, times in Counter(measured(one)).items() if times > 1)

    reading = threading.Thread(target=read)
    senders = [threading.Thread(target=send, args=(first,)) for first in range(4)]
    for thread in (reading, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    ended.set()
    reading.join()
    assert twice == []
    wanted = [12.5, *(number / 2 + 20 for number in range(160))]
    assert sorted(measured(by[0])) == sorted(measured(by[1])) == wanted


def test_who_joins_at_one_and_leaves_at_the_other_is_not_left_behind(shared_pair: Pair) -> None:
    here, there = shared_pair
    with listening(there, type="subscribe:marketplace") as live:
        for turn in range(3):
            machine = here.join(f"short-{turn}")
            assert seen_by(there, machine).ask("DELETE", f"/api/providers/short-{turn}").ok
        here.join("after-them")
        known: set[str] = set()
        while "after-them" not in known:
            message = said(live)
            if message["type"] == "PROVIDER_REGISTERED":
                known.add(message["data"]["workerId"])
            if message["type"] == "PROVIDER_REMOVED":
                known.discard(message["data"]["workerId"])
    assert known == {"after-them"}


def until_all_joined(live: ClientConnection, names: set[str]) -> Iterator[dict[str, Any]]:
    """What is told of jobs until these have joined."""
    waiting = set(names)
    while waiting:
        message = said(live)
        if message["type"] == "PROVIDER_REGISTERED":
            waiting.discard(message["data"]["workerId"])
        if message["type"].startswith("JOB_"):
            yield message


def test_who_has_made_too_many_invitations_at_one_makes_none_at_the_other(own_pair: Pair) -> None:
    made = [own_pair[n % 2].ask("POST", "/api/enrollments").status_code for n in range(61)]
    assert made == [201] * 60 + [429]
    for server in own_pair:
        again = server.ask("POST", "/api/enrollments")
        assert again.status_code == 429
        assert int(again.headers["Retry-After"]) >= 1


def test_who_has_guessed_too_often_at_one_guesses_no_more_at_the_other(own_pair: Pair) -> None:
    code = own_pair[0].enroll()["code"]
    path = "/api/enrollments/"
    for n in range(10):
        assert own_pair[n % 2].ask("GET", f"{path}AAAA-AAAA").status_code == 404
    for server in own_pair:
        assert server.ask("GET", path + code).status_code == 429


def test_lost_connections_are_renewed_and_readers_ask_anew(
    own_pair: Pair, postgresql: Cluster
) -> None:
    here, there = own_pair
    machine = here.join("renewed")
    machine.beat()
    topic = {"type": "subscribe:provider", "subscriptionId": "renewed", "token": machine.secret}
    with listening(there, **topic) as live:
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'qubix-server'"
        )
        with pytest.raises(ConnectionClosed) as closed:
            until(live, "never")
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1013
    with listening(there, **topic) as live:
        wait_until(lambda: machine.beat().ok)
        assert until(live, "GPU_METRICS_UPDATE")["workerId"] == "renewed"


@pytest.mark.parametrize(
    ("jobs", "rounds"),
    [(300, 2), pytest.param(10_000, 8, marks=pytest.mark.timeout(1500))],
)
def test_no_job_is_given_twice_while_servers_are_killed(
    own_pair: Pair, jobs: int, rounds: int
) -> None:
    url = own_pair[0].environment["QUBIX_DATABASE_URL"]
    fleet = Fleet([own_pair[0].join(f"w{number}") for number in range(50)], own_pair)
    wanted = put_jobs(url, jobs)
    with fleet.at_work():
        for number in range(rounds):
            wait_until(lambda: len(fleet.ended) > jobs * number // (rounds + 1), seconds=120)  # noqa: B023
            server = own_pair[number % 2]
            server.kill()
            server.start()
        wait_until(lambda: len(fleet.ended) == jobs, seconds=300)
    assert set(fleet.given) == wanted
    assert {job: workers for job, workers in fleet.given.items() if len(workers) > 1} == {}
    assert fleet.refused == []
    assert Counter(fleet.attempts) == {1: jobs}


def test_pieces_are_put_together_and_what_was_missed_is_left_out() -> None:
    pieces = Pieces(but="me")
    assert pieces.add("a 1 1 2 rest") is None
    assert pieces.add("a 2 0 2 one,") is None
    assert pieces.add("b 7 0 1 other") == "other"
    assert pieces.add("a 2 1 2 two words") == "one,two words"
    assert pieces.add("me 1 0 1 own") is None
    assert pieces.add("a 3 0 3 x") is None
    assert pieces.add("a 3 2 3 z") is None
