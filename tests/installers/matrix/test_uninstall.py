"""The other way out than the script's, the short command that it leaves; and ways out in trouble.

The machine is compared file by file. The wizard's way: tests/desktop/test_real_removal.py.
"""

from __future__ import annotations

import pytest

from qubix_worker import amalgamation
from tests.conftest import LiveServer
from tests.installers.matrix.systems import PERSON, System
from tests.installers.matrix.visit import Visit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SYSTEM = System("bookworm", ("python3", "python3-venv"))
COMMAND = ".local/share/qubix/qubix-worker"


@pytest.mark.parametrize("purge", [True, False], ids=["purge", "settings stay"])
@pytest.mark.xdist_group(SYSTEM.group)
def test_the_short_command_takes_everything_away(matrix_server: LiveServer, purge: bool) -> None:
    with SYSTEM.machine() as machine:
        visit = Visit(matrix_server, machine, PERSON)
        visit.download()
        visit.goes_online("sh")
        visit.goes_away(COMMAND, "uninstall", "--yes", purge=purge)
        if not purge:  # the command is gone, but the worker's one file can be had from the network
            machine.place(f"tmp/{amalgamation.NAME}", amalgamation.amalgamate(), account=PERSON)
            worker = f"/tmp/{amalgamation.NAME}"
            done = machine.run("python3", worker, "uninstall", "--purge", "--yes", account=PERSON)
            assert done.returncode == 0, done.stdout + done.stderr
            (machine.files / "tmp" / amalgamation.NAME).unlink()
        visit.loses_its_settings("sh")


@pytest.mark.xdist_group(SYSTEM.group)
def test_a_server_that_is_gone_keeps_nothing_here(live_server: LiveServer) -> None:
    with SYSTEM.machine() as machine:
        visit = Visit(live_server, machine, PERSON)
        visit.download()
        visit.goes_online("sh")
        live_server.kill()
        visit.goes_away("sh", purge=True, told=False)


@pytest.mark.xdist_group(SYSTEM.group)
def test_a_worker_that_was_killed_and_whose_secret_is_lost_is_taken_away_too(
    matrix_server: LiveServer,
) -> None:
    with SYSTEM.machine() as machine:
        visit = Visit(matrix_server, machine, PERSON)
        visit.download()
        visit.goes_online("sh")
        machine.run("sh", "-c", "kill -9 -1; rm .local/state/qubix/identity.json", account=PERSON)
        visit.goes_away("sh", purge=True, told=False)
