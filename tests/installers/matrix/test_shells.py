"""The same script under each shell that people have, on a machine of its own; and on one that has
nothing but a shell."""

from __future__ import annotations

import pytest

from qubix_server.installers import failures
from tests.conftest import LiveServer
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
