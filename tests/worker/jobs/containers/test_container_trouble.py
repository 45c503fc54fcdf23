"""Whose fault it is that an engine failed, by what engines have really written.

podman 4.3.1 (Debian 12, root) was asked to pull from small HTTP servers on loopback, and docker
28.2.2's client to speak to a service that is not there, or that hangs up. What only a Docker
service writes, and what newer versions do, is by the reports that are named.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_worker.kinds import SpecError
from qubix_worker.kinds.container_engine import Engine, said
from qubix_worker.kinds.container_trouble import not_begun, not_fetched, not_made
from qubix_worker.kinds.kind import NotHereError

ZEROS = "sha256:" + "0" * 64
SOURCE = f"Error: initializing source docker://r.example.com/box@{ZEROS}: "
READING = f"{SOURCE}reading manifest {ZEROS} in r.example.com/box: "
PINGING = f"{SOURCE}pinging container registry r.example.com: "

Whose = Callable[..., SpecError | NotHereError]


@pytest.fixture
def engine(tmp_path: Path) -> Callable[[int], Engine]:
    """A Docker that ends with the code when it is asked whether it is there."""

    def make(code: int) -> Engine:
        program = tmp_path / "docker"
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
        return Engine("docker", (str(program),), (28,), "1:1")

    return make


@pytest.fixture
def whose(engine: Callable[[int], Engine]) -> Whose:
    """What is concluded from an output of `pull`, for the image `r.example.com/box`."""

    def ask(
        output: str, *, path: str = "/box", code: int = 125, answers: int = 0
    ) -> SpecError | NotHereError:
        return not_fetched(engine(answers), "r.example.com", path, output.encode(), code)

    return ask


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (f"{READING}unauthorized: authentication required", "no such image"),
        (f"{READING}manifest unknown: manifest unknown", "no such image"),
        (f"{READING}StatusCode: 403, oops", "no such image"),
        (f"{READING}StatusCode: 404, no space left on device", "no such image"),
        (f"{PINGING}invalid status code from registry 404 (Not Found)", "no such image"),
        ("Error response from daemon: manifest unknown: manifest unknown", "no such image"),
        ("Error response from daemon: pull access denied for x, repository", "no such image"),
        (
            "Error: choosing an image from manifest list docker://r.example.com/box: no image found"
            ' in image index for architecture amd64, variant "", OS linux',
            "another kind of computer",
        ),
        (
            "Error response from daemon: no matching manifest for linux/arm64/v8 in the manifest"
            " list entries",
            "another kind of computer",
        ),
        (f"{READING}StatusCode: 418, a teapot", "could not be fetched from the registry"),
        ("Error: something else went \x1b[31mwrong", "could not be fetched from the registry"),
    ],
)
def test_what_the_job_has_named_wrongly_is_its_own_fault(
    output: str, sentence: str, whose: Whose
) -> None:
    found = whose(output)
    assert isinstance(found, SpecError)
    assert sentence in str(found)
    assert str(found).isprintable()


@pytest.mark.parametrize(
    ("output", "cause", "sentence"),
    [
        (
            f'{PINGING}Get "https://r.example.com/v2/": dial tcp 127.0.0.1:1: connect: connection'
            " refused",
            "no_registry",
            "cannot be reached",
        ),
        (
            f'{PINGING}Get "https://r.example.com/v2/": dial tcp: lookup r.example.com on'
            " 10.0.0.1:53: no such host",
            "no_registry",
            "cannot be reached",
        ),
        (f'{PINGING}Get "http://r.example.com/v2/": EOF', "no_registry", "cannot be reached"),
        (f"{SOURCE}unexpected EOF", "no_registry", "cannot be reached"),
        (
            'Error: writing blob: storing blob to file "/var/tmp/storage251874913/1": happened'
            " during read: unexpected EOF",
            "no_registry",
            "cannot be reached",
        ),
        ("net/http: TLS handshake timeout", "no_registry", "cannot be reached"),
        ("x509: certificate signed by unknown authority", "no_registry", "cannot be reached"),
        (
            f"{PINGING}invalid status code from registry 502 (Bad Gateway)",
            "no_registry",
            "does not give the image now",
        ),
        (
            f"{READING}received unexpected HTTP status: 500 Internal Server Error",
            "no_registry",
            "does not give the image now",
        ),
        (f"{READING}StatusCode: 429, oops", "no_registry", "does not give the image now"),
        # https://docs.docker.com/docker-hub/usage/
        (
            "Error response from daemon: toomanyrequests: You have reached your unauthenticated"
            " pull rate limit.",
            "no_registry",
            "cannot be reached",
        ),
        (
            'time="2026-11-24T15:06:54Z" level=error msg="While applying layer: ApplyLayer stdout:'
            '  stderr: write /x: no space left on device exit status 1"\nError: writing blob:'
            ' adding layer with blob "sha256:d79b": ApplyLayer stdout:  stderr: write /x: no space'
            " left on device exit status 1\n",
            "no_room",
            "no room",
        ),
        # https://github.com/docker/for-win/issues/13751
        ("failed to register layer: no space left on device", "no_room", "no room"),
        # https://github.com/hectorm/docker-xubuntu/issues/9
        ("failed to register layer: disk quota exceeded docker", "no_room", "no room"),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker"
            " daemon running?",
            "no_engine",
            "Docker, which holds containers, does not answer any more.",
        ),
        (
            'error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/images/create'
            '?fromImage=localhost%3A1%2Fx": read unix @->/var/run/docker.sock: read: connection'
            " reset by peer",
            "no_engine",
            "does not answer",
        ),
        # Docker 29.
        (
            "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path"
            " is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no"
            " such file or directory",
            "no_engine",
            "does not answer",
        ),
        # https://github.com/containers/podman/issues/20424
        (
            "Cannot connect to Podman. Please verify your connection to the Linux system using"
            " `podman system connection list`, or try `podman machine init`\nError: unable to"
            " connect to Podman socket: failed to connect: dial tcp [::1]:64503: connectex: No"
            " connection could be made because the target machine actively refused it.",
            "no_engine",
            "does not answer",
        ),
    ],
)
def test_what_is_not_the_jobs_fault_has_a_cause(
    output: str, cause: str, sentence: str, whose: Whose
) -> None:
    found = whose(output)
    assert isinstance(found, NotHereError)
    assert found.cause == cause
    assert sentence in str(found)


def test_a_docker_that_ends_while_it_fetches_is_not_taken_for_a_registry_that_hangs_up(
    whose: Whose,
) -> None:
    # The whole of what docker 28.2.2 writes then.
    found = whose("unexpected EOF\n", code=1, answers=1)
    assert isinstance(found, NotHereError)
    assert found.cause == "no_engine"


def test_an_engine_that_was_killed_has_not_judged_the_image(whose: Whose) -> None:
    found = whose("", code=-9)
    assert isinstance(found, NotHereError)
    assert found.cause == "no_engine"


@pytest.mark.parametrize("path", ["/timeout", "/eof/tls", "/x/refused"])
def test_the_name_of_an_image_is_not_taken_for_the_networks_fault(path: str, whose: Whose) -> None:
    output = f"Error: initializing source docker://r.example.com{path}@{ZEROS}: it is odd"
    assert isinstance(whose(output, path=path), SpecError)


def test_the_name_of_an_image_does_not_make_it_one_that_is_missing(whose: Whose) -> None:
    output = f'Get "https://r.example.com/v2/denied/manifests/{ZEROS}": connection refused'
    assert isinstance(whose(output, path="/denied"), NotHereError)


def test_a_container_for_which_there_is_no_room_is_not_the_jobs_fault(
    engine: Callable[[int], Engine],
) -> None:
    output = "Error: creating container storage: mkdir /x: no space left on device"
    found = not_made(engine(0), "It was not made.", output, 125)
    assert isinstance(found, NotHereError)
    assert found.cause == "no_room"


def test_a_job_cannot_pretend_that_there_is_no_room(engine: Callable[[int], Engine]) -> None:
    program = "no space left on device"
    output = f'exec: "{program}": executable file not found in $PATH'
    found = not_made(engine(0), not_begun(output), output, 0, [program])
    assert isinstance(found, SpecError)
    assert "has no such program" in str(found)


def test_what_an_engine_refuses_to_make_while_it_answers_is_the_jobs_fault(
    engine: Callable[[int], Engine],
) -> None:
    found = not_made(engine(0), "It was not made.", "Error: odd", 125)
    assert isinstance(found, SpecError)
    assert str(found) == "It was not made."
    assert isinstance(not_made(engine(1), "It was not made.", "Error: odd", 125), NotHereError)


def test_what_an_engine_says_is_one_harmless_line() -> None:
    text = said(b"first\nError: \x1b]0;title\x07\x1b[31m" + "\u202egnp".encode() + b"x" * 9999)
    assert text.isprintable()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) <= 300
