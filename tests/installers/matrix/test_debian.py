"""The .sh that a real server hands out, on bare machines: each release of Debian, with more or less
on it, with root and without, to "online" or to the sentence that says what is missing; and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qubix_server.installers import failures
from tests.conftest import LiveServer
from tests.installers.matrix.systems import PERSON, System
from tests.installers.matrix.visit import NOWHERE, Visit
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
ONLINE_BY_APT = "installed Python by apt-get; online, and away again with --purge; Python stayed"
TOLD = "said why no Python could be fetched, and what to install; nothing was left behind"
TOLD_BY_APT = "said that apt-get has no Python that is new enough; nothing but its lists was left"

WORDS = failures.words()
BEGIN = "There is no fit Python on this computer: getting one ..."
INSTALL = "apt-get -q update; apt-get -qy satisfy 'python3-venv (>= 3.11) | python3.11-venv'"


def is_fit(suite: str, has: str) -> bool:
    return suite != "bullseye" and "venv" in has


def cases(*results: str) -> Iterator[object]:
    """The machines on which it ends like that."""
    for suite, platform in RELEASES.items():
        for has, packages in HAS.items():
            for account, called in ACCOUNTS.items():
                result = expected(suite, has, account)
                if result not in results:
                    continue
                system = System(suite, packages)
                row = record(
                    platform=platform, has=has, account=called, shell="sh (dash)", result=result
                )
                marks = [row, pytest.mark.xdist_group(system.group)]
                yield pytest.param(system, account, id=f"{suite}-{has}-{called}", marks=marks)


def expected(suite: str, has: str, account: str) -> str | None:
    """How it must end there; None for what would teach nothing more than its neighbours do."""
    if account == PERSON:
        return ONLINE if is_fit(suite, has) else TOLD
    if is_fit(suite, has):
        return ONLINE_PURGED
    if has not in ("nothing", "python3", "python3, venv"):
        return None
    return TOLD_BY_APT if suite == "bullseye" else ONLINE_BY_APT


@pytest.mark.parametrize(("system", "account"), list(cases(ONLINE, ONLINE_PURGED, ONLINE_BY_APT)))
def test_a_computer_goes_online_and_is_as_before_afterwards(
    matrix_server: LiveServer, system: System, account: str
) -> None:
    installs = "python3-venv" not in system.packages
    with system.machine() as machine:
        # Debian's Pythons are "externally managed": pip would refuse to put anything into them.
        marks = list((machine.files / "usr/lib").glob("python3*/EXTERNALLY-MANAGED"))
        assert installs or marks
        visit = Visit(matrix_server, machine, account, installs=installs)
        visit.download()
        visit.goes_online("sh")
        visit.goes_away("sh", purge=account == "root")
        visit.loses_its_settings("sh")


@pytest.mark.parametrize(("system", "account"), list(cases(TOLD)))
def test_where_no_python_can_be_had_without_root_that_is_said_and_nothing_is_left_behind(
    matrix_server: LiveServer, system: System, account: str
) -> None:
    with system.machine() as machine:
        visit = Visit(matrix_server, machine, account)
        visit.download()
        begin, reason, address, end, command = visit.ends_in_words("sh").splitlines()
    has_downloader = bool({"curl", "wget", "python3"} & set(system.packages))
    assert begin == BEGIN
    assert reason == f"qubix: {WORDS['NOTREACHED' if has_downloader else 'NODOWNLOADER']}"
    assert address.startswith(f"  {NOWHERE}/")
    assert end == f"qubix: {WORDS['NOPYTHON']}"
    assert command == f'  sudo sh -c "{INSTALL}"'


@pytest.mark.parametrize(("system", "account"), list(cases(TOLD_BY_APT)))
def test_where_the_package_manager_has_none_either_that_is_said(
    matrix_server: LiveServer, system: System, account: str
) -> None:
    with system.machine() as machine:
        visit = Visit(matrix_server, machine, account, installs=True)
        visit.download()
        said = visit.ends_in_words("sh").splitlines()
    assert said[0] == BEGIN
    assert f"Running {INSTALL}" in said
    assert said[-2:] == [f"qubix: {WORDS['NOPYTHON']}", f"  {INSTALL}"]
