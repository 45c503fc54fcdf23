"""Ten thousand values that try to become commands: each is a 400, or stands in the script inert.

All are asked for in this process; some are run in the shells that are here (and in cmd:
windows/test_values_in_cmd.py).
"""

from __future__ import annotations

import json
import random
import re
import shlex
import shutil
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from qubix_server.errors import ApiError
from qubix_server.installers import routes
from qubix_server.installers.compose import compose_file
from qubix_server.installers.scripts import batch_script, shell_script
from qubix_server.settings import Settings
from qubix_worker.amalgamation import amalgamate

NUMBER = 10_000
ANY = [
    "'", '"', "`touch canary`", "$(touch canary)", "%PATH%", "%0", "^", "!PATH!", "&", "&&", "|",
    ";", "\n", "\r\n", "\0", "\u202e", "\u2066", "\ud800", "\udfff", "\u2028", "\x85", "\x1b[31m",
    "\x7f", "\\", "@WORKER@", "@END@", "@VALUES@", "END_OF_THE_QUBIX_WORKER", "\n:: === ",
    "\n:qubix_end\n", "exit /b 0", "touch canary", "echo x>canary", ">canary", "{a,b}", "*", "~",
    "#", "?", "é", "😀", "[", "]", "@", ":", "/", "..", "-n", "--help", "http://", "user:secret@",
    " ", "\t", "<", "=", "%0a",
]  # fmt: skip
IN_URLS = [
    "'", "$(x)", "${IFS}", "!x!", "&", ";", "*", "%27", "%0a", "@END@", "(", ")", "~", "=", "+",
    ",", "..", "//", "-n", ":", "%PATH%", "$HOME", "[", "]", "canary",
]  # fmt: skip
BEGINNINGS = ("http://h/", "https://h.example:8443/", "HTTP://H/", "http://[::1]:3001/")
CARRIERS = (
    "backend", "enrollment", "host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for",
)  # fmt: skip
SYSTEMS = ("linux", "windows", "macos")
# A value as it stands in the Compose file: nothing in it ends the string, or is a variable.
QUOTED = re.compile(r'"([ !#%-\[\]-~]|\$\$|\\["\\]|\\U[0-9a-f]{8})*"')
HANDLERS: dict[str, Callable[[Request], Any]] = {
    "script": routes.script, "offer": routes.offer, "app": routes.app, "docker": routes.docker,
}  # fmt: skip


def values(seed: int, number: int) -> Iterator[str]:
    """Hostile ones, some as long as a megabyte, some made only of what may stand in a URL."""
    chance = random.Random(seed)
    for _ in range(number):
        url_only = chance.random() < 0.25
        value = "".join(chance.choices(IN_URLS if url_only else ANY, k=chance.randrange(1, 9)))
        if url_only or chance.random() < 0.3:
            value = chance.choice(BEGINNINGS) + value
        if chance.random() < 0.002:
            value = (value * (1_000_000 // len(value) + 1))[:1_000_000]
        yield value


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    """What the handlers ask of one: its settings, which trust the proxy that asks."""
    downloads = tmp_path_factory.mktemp("downloads")
    (downloads / "windows").mkdir()
    (downloads / "windows/qubix-1.0.0.exe").write_bytes(b"MZ")
    application = Starlette()
    application.state.settings = Settings(
        "sqlite:///unused", trusted_proxies=("127.0.0.1",), downloads_dir=downloads
    )
    return application


def request(application: Starlette, system: str, carrier: str, value: str) -> Request:
    query, headers = b"", [(b"host", b"compute.example.org")]
    raw = value.encode("utf-8", "surrogatepass")
    if carrier in ("backend", "enrollment"):
        query = f"{carrier}={urllib.parse.quote(raw, safe='')}".encode()
    else:
        headers = [header for header in headers if header[0] != carrier.encode()]
        headers.append((carrier.encode(), raw))
    return Request(
        {
            "type": "http", "method": "GET", "path": "/", "scheme": "http", "root_path": "",
            "query_string": query, "headers": headers, "app": application,
            "path_params": {"os": system}, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        }
    )  # fmt: skip


NOTHING = {"linux": shell_script("", None, amalgamate()),
           "windows": batch_script("", None, amalgamate())}  # fmt: skip


def around(system: str) -> tuple[bytes, bytes]:
    """A script up to the lines with the values in it, and what comes after them."""
    if system == "windows":
        head, values, tail = re.split(rb'(?m)^(\{"backend": .*\})\r$', NOTHING["windows"])
        assert b"\r\nexit /b 0\r\n\r\n:: === " in head  # cmd reads nothing of what follows
    else:
        head, values, tail = re.split(rb"(?m)^(backend=''\nenrollment='')$", NOTHING["linux"])
    assert values
    return head, tail


AROUND = {system: around(system) for system in SYSTEMS}


def assert_inert(system: str, body: bytes) -> None:
    """All of the script is as it is without values, but for the lines with the values in them."""
    head, tail = AROUND[system]
    assert body.startswith(head)
    assert body.endswith(tail)
    values = body[len(head) : -len(tail)].decode()
    if system == "windows":
        assert values.removesuffix("\r").isascii()
        assert values.removesuffix("\r").isprintable()
        assert json.loads(values).keys() == {"backend", "enrollment", "sha256"}
        return
    for name, line in zip(("backend=", "enrollment="), values.split("\n"), strict=True):
        assert line.startswith(name)
        quoted = line.removeprefix(name)
        (word,) = shlex.split(quoted)
        # One word in apostrophes, whatever is in it: the shell looks at nothing inside.
        assert quoted == "'" + word.replace("'", "'\\''") + "'"


COMPOSE, HERE = (
    compose_file(address, None, amalgamate()).decode("ascii").split("\n")
    for address in ("http://h", "http://localhost")
)
# Two lines more, where the address is this computer's own.
NETWORK = [line for line in HERE if line not in COMPOSE and "localhost" not in line]


def assert_compose_inert(body: bytes) -> None:
    """All of the Compose file is as it is with other values, but for what is quoted."""
    lines = [line for line in body.decode("ascii").split("\n") if line not in NETWORK]
    values = []
    for line, other in zip(lines, COMPOSE, strict=True):
        if line == other:
            continue
        key = re.match(r" +(WORKER|QUBIX_BACKEND|QUBIX_ENROLLMENT): ", other)
        assert key, line
        assert line.startswith(key[0])
        assert QUOTED.fullmatch(line.removeprefix(key[0])), line
        values.append(key[1])
    assert values in (["WORKER", "QUBIX_BACKEND"], ["WORKER", "QUBIX_BACKEND", "QUBIX_ENROLLMENT"])


@pytest.mark.slow
def test_every_hostile_value_is_refused_or_inert(application: Starlette) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for at, value in enumerate(values(5, NUMBER)):
        carrier, system = CARRIERS[at % len(CARRIERS)], SYSTEMS[at % len(SYSTEMS)]
        handler = "offer" if at % 25 == 7 else "app" if at % 5 == 0 else "script"
        handler = "docker" if at % 7 == 3 else handler
        system = "windows" if handler == "app" else system
        try:
            answer = HANDLERS[handler](request(application, system, carrier, value))
        except ApiError as error:
            assert error.status == 400, value
            seen[carrier, "refused"] += 1
            continue
        seen[carrier, "inert"] += 1
        for name, header in answer.headers.items():
            assert header.isprintable(), (name, value)
        if handler == "script":
            assert_inert(system, answer.body)
        elif handler == "docker":
            assert_compose_inert(answer.body)
        elif handler == "offer":
            json.loads(answer.body)
        else:
            disposition = answer.headers["content-disposition"]
            assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._\[\]-]+"', disposition)
    assert sum(seen.values()) == NUMBER
    # Each carrier has been looked at, and what decides about it was met from both sides.
    assert {carrier for carrier, _ in seen} == set(CARRIERS)
    for carrier in ("backend", "enrollment", "host", "x-forwarded-host"):
        assert seen[carrier, "refused"] > 100, seen
    assert seen["backend", "inert"] > 100, seen
    # Neither of these gets into a script at all.
    for carrier in ("x-forwarded-proto", "x-forwarded-for"):
        assert seen[carrier, "refused"] == 0, seen


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dash", "bash", "busybox"])
def test_some_of_them_are_inert_in_a_real_shell(
    name: str, machine, recorder: bytes, canary: Callable[[], bool]
) -> None:
    """Also those that the server refuses: the quoting has to hold alone."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    shell = [found, "sh"] if name == "busybox" else [found]
    touch = shutil.which("touch")
    assert touch
    (Path(machine.environment["PATH"]) / "touch").symlink_to(touch)
    script = machine.home / "qubix-worker-installer.sh"
    sample = [v for v in values(6, 200) if v.isascii() and "\0" not in v and len(v) < 50_000][:12]
    for value in sample:
        script.write_bytes(shell_script(value, value, recorder))
        done = machine.run([*shell, str(script)])
        assert done.returncode == 0, (value, done.stderr)
        assert machine.record["argv"][1:] == ["setup", "--server", value]
        assert machine.record["enrollment"] == value
        assert not canary(), value
