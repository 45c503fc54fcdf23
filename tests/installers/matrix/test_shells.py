"""The same script under each shell that people have, on a machine of its own; and on one that has
nothing but a shell."""

from __future__ import annotations

import pytest

from qubix_server.installers import failures
from tests.conftest import LiveServer
from tests.installers.matrix.handed_out import HandedOut
from tests.installers.matrix.musl import musl_machine
from tests.installers.matrix.systems import PERSON, Alone, System
from tests.installers.matrix.visit import Visit
from tests.installers.platforms import record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SHELLS = System("trixie", ("python3", "python3-venv", "busybox", "mksh", "zsh"))
RUN_BY = (
    "bash", "bash --posix", "busybox sh", "mksh", "mksh -o posix", "zsh", "zsh --emulate sh"
)  # fmt: skip
WORDS = failures.words()
BUSYBOX = Alone("trixie", "busybox-static", "bin/busybox")


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(
            shell,
            marks=record(
                platform="Debian 13",
                has="python3, venv",
                account="without root",
                shell=shell,
                result="online, and away again with --purge",
            ),
        )
        for shell in RUN_BY
    ],
)
@pytest.mark.xdist_group(SHELLS.group)
def test_each_shell_takes_a_computer_online_and_back(matrix_server: LiveServer, shell: str) -> None:
    with SHELLS.machine() as machine:
        visit = Visit(matrix_server, machine, PERSON)
        visit.download()
        visit.goes_online(*shell.split())
        visit.goes_away(*shell.split(), purge=True)


@record(
    platform="Busybox alone (no libc, no package manager)",
    has="a static busybox and its links, as on Alpine",
    account="without root",
    shell="sh (busybox)",
    result="said that Python 3.11 or newer is missing; left nothing behind",
)
@pytest.mark.xdist_group(SHELLS.group)
def test_busybox_alone_is_enough_for_the_words(matrix_server: LiveServer) -> None:
    with BUSYBOX.machine() as machine:
        visit = Visit(matrix_server, machine, PERSON)
        visit.download()
        said = visit.ends_in_words("sh")
    assert f"qubix: {WORDS['NOPYTHON']}\n  https://" in said


@record(
    platform="Busybox and musl (no glibc, no package manager)",
    has="a busybox linked to musl, as on Alpine; uv by a stand-in of its publisher",
    account="without root",
    shell="sh (busybox)",
    result="fetched uv, which ran, and had no Python for musl to fetch; said so, and left nothing "
    "behind",
)
@pytest.mark.xdist_group(SHELLS.group)
def test_where_musl_is_the_c_library_all_is_done_up_to_a_python(
    matrix_server: LiveServer, handed_out: HandedOut
) -> None:
    with musl_machine() as machine:
        assert not [
            path for path in machine.inventory() if "ld-linux" in path or "libc.so.6" in path
        ]
        visit = Visit(matrix_server, machine, PERSON, handed_out=handed_out)
        visit.download()
        said = visit.ends_in_words("sh")
    assert "No download found for request: cpython-3.13-linux-x86_64-musl\n" in said
    assert f"qubix: {WORDS['UVFAILED']}\n" in said
    assert f"qubix: {WORDS['NOPYTHON']}\n  https://" in said
