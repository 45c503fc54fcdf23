"""The .sh that a real server hands out, on bare machines: each release of Debian, with more or less
on it, with root and without, to "online" or to the sentence that says what is missing; and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.conftest import LiveServer
from tests.installers.matrix.systems import PERSON, System
from tests.installers.matrix.visit import Visit
from tests.installers.platforms import record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RELEASES = {
    "bullseye": "Debian 11",
    "bookworm": "Debian 12",
    "trixie": "Debian 13",
    "testing": "Debian testing",
}
HAS = {
    "nothing": (),
    "curl, ca-certificates": ("curl", "ca-certificates"),
    "wget": ("wget",),
    "python3": ("python3",),
    "python3, pip": ("python3", "python3-pip"),
    "python3, venv": ("python3", "python3-venv"),
    "python3, venv, pip, curl, wget, ca-certificates": (
        "python3", "python3-venv", "python3-pip", "curl", "wget", "ca-certificates"
    ),
}  # fmt: skip
ACCOUNTS = {PERSON: "without root", "root": "root"}

ONLINE = "online, and away again; the settings stayed"
ONLINE_PURGED = "online, and away again with --purge"
NO_PYTHON = "said that Python 3.11 or newer is missing, and how to get it; left nothing behind"
SAID_NO_PYTHON = (
    "qubix: This computer has no Python 3.11 or newer, and none could be fetched. "
    "Install Python as shown below, then run this again.\n"
    "  Debian, Ubuntu   sudo apt install python3-venv\n"
)


def goes_online(suite: str, packages: Sequence[str]) -> bool:
    return suite != "bullseye" and "python3-venv" in packages


def cases(*, online: bool) -> Iterator[object]:
    for suite, platform in RELEASES.items():
        for has, packages in HAS.items():
            if goes_online(suite, packages) is not online:
                continue
            for account, called in ACCOUNTS.items():
                system = System(suite, packages)
                result = (ONLINE if account == PERSON else ONLINE_PURGED) if online else NO_PYTHON
                row = record(
                    platform=platform, has=has, account=called, shell="sh (dash)", result=result
                )
                marks = [row, pytest.mark.xdist_group(system.group)]
                yield pytest.param(system, account, id=f"{suite}-{has}-{called}", marks=marks)


@pytest.mark.parametrize(("system", "account"), list(cases(online=True)))
def test_a_computer_with_a_fit_python_goes_online_and_is_as_before_afterwards(
    matrix_server: LiveServer, system: System, account: str
) -> None:
    with system.machine() as machine:
        visit = Visit(matrix_server, machine, account)
        visit.download()
        visit.goes_online("sh")
        visit.goes_away("sh", purge=account == "root")


@pytest.mark.parametrize(("system", "account"), list(cases(online=False)))
def test_a_computer_without_one_is_told_so_and_nothing_is_left_behind(
    matrix_server: LiveServer, system: System, account: str
) -> None:
    with system.machine() as machine:
        visit = Visit(matrix_server, machine, account)
        visit.download()
        said = visit.ends_in_words("sh")
        assert said.startswith(SAID_NO_PYTHON)
