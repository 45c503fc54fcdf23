"""Machines without a Python, with nothing but curl or wget: one is got by uv, "online" reached, and
all of it taken away again, the Python as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import LiveServer
from tests.installers.matrix.handed_out import HandedOut
from tests.installers.matrix.systems import PERSON, System
from tests.installers.matrix.test_debian import ACCOUNTS, HAS, RELEASES
from tests.installers.matrix.visit import Visit
from tests.installers.platforms import record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OLD = ("bullseye",)
"""Whose C library is older than that of the Python which is handed out."""
BRINGS = {PERSON: "curl, ca-certificates", "root": "wget"}
ONLINE = "fetched uv{}; online, and away again with --purge"
A_PYTHON = ", and a Python by it"
AN_OWN_PYTHON = ", and by it a Python that brings a C library of its own"


def cases() -> Iterator[object]:
    for suite, platform in RELEASES.items():
        for account, has in BRINGS.items():
            row = record(
                platform=platform,
                has=f"{has}; uv and Python by a stand-in of their publishers",
                account=ACCOUNTS[account],
                shell="sh (dash)",
                result=ONLINE.format(AN_OWN_PYTHON if suite in OLD else A_PYTHON),
            )
            system = System(suite, HAS[has])
            marks = [row, pytest.mark.xdist_group(system.group)]
            yield pytest.param(system, account, id=f"{suite}-{ACCOUNTS[account]}", marks=marks)


@pytest.mark.parametrize(("system", "account"), list(cases()))
def test_a_computer_without_a_python_goes_online_by_uv_and_is_as_before_afterwards(
    matrix_server: LiveServer, handed_out: HandedOut, system: System, account: str
) -> None:
    with system.machine() as machine:
        old = system.suite in OLD
        visit = Visit(matrix_server, machine, account, handed_out=handed_out, old=old)
        visit.download()
        visit.goes_online("sh")
        assert visit.python().startswith(f"{visit.data}/python/{handed_out.name}/")
        assert not (machine.files / visit.data / "uv").exists()
        visit.goes_away("sh", purge=True)
