"""The whole path: the .sh that the server hands out, run by an account of its own without root."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.accounts import Account
from tests.conftest import LiveServer, wait_until
from tests.desktop_entry import command_of
from tests.server.databases import execute

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


NEW_ONE = "Open the network's page again and press Share my GPU for a new one."


def newest(server: LiveServer, enrollment: str) -> Any:
    answer = server.ask("GET", f"/api/providers/check-new?enrollment={enrollment}")
    return answer.json()["newProvider"]


def script_for(server: LiveServer, account: Account, enrollment: str) -> str:
    """The script as downloaded into the account's home; its path."""
    path = account.home / "qubix-worker-installer.sh"
    answer = server.ask("GET", f"/api/installer/linux?enrollment={enrollment}")
    path.write_text(answer.text)
    return str(path)


def running(account: Account) -> int:
    """The process that shares."""
    (process,) = (one for one in account.processes() if one.cmdline()[-1:] == ["run"])
    return process.pid


def test_an_account_without_root_goes_online_with_the_script_and_takes_it_away_again(
    account: Account, live_server: LiveServer
) -> None:
    enrollment = live_server.enroll()["enrollment"]
    script = script_for(live_server, account, enrollment)
    before = {path.name for path in account.home.iterdir()}

    done = account.run("sh", script)
    assert done.returncode == 0, done.stdout + done.stderr

    # Setup says that it is done only when the computer is online: nothing to wait for here.
    provider = newest(live_server, enrollment)
    assert provider["isOnline"] is True
    assert provider["cpuCores"] == psutil.cpu_count()
    assert provider["ramTotal"] == pytest.approx(psutil.virtual_memory().total / 2**30, rel=0.08)
    assert provider["name"] in done.stdout
    workers = [process for process in account.processes() if process.pid]
    assert workers
    assert not any(enrollment in " ".join(process.cmdline()) for process in workers)
    assert account.files_elsewhere() == ""

    again = account.run("sh", script)
    assert again.returncode == 0, again.stdout + again.stderr
    same = newest(live_server, enrollment)
    assert same["id"] == provider["id"]

    # While it shares, half of a library gets lost: the next run mends that, and starts it again.
    (library,) = account.home.glob(".local/share/qubix/environment-*/lib/*/site-packages/psutil")
    shutil.rmtree(library)
    former = running(account)
    mended = account.run("sh", script)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert library.exists()
    assert running(account) != former
    assert newest(live_server, enrollment)["id"] == provider["id"]

    gone = account.run("sh", script, "--uninstall", "--purge")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    wait_until(lambda: not account.processes())
    assert not list(account.home.rglob("*qubix_worker*"))
    assert newest(live_server, enrollment) is None
    left = {path.name for path in account.home.iterdir()} - before
    assert left <= {".cache", ".local", ".config"}
    assert account.files_elsewhere() == ""


def test_what_was_set_up_in_folders_of_ones_own_is_found_by_a_terminal_that_knows_nothing_of_them(
    account: Account, live_server: LiveServer
) -> None:
    script = script_for(live_server, account, live_server.enroll()["enrollment"])
    account.run("mkdir", ".config")
    names = ("CONFIG", "DATA", "STATE")
    own = [f"XDG_{name}_HOME={account.home}/its own $({name})" for name in names]
    done = account.run("env", *own, "sh", script)
    assert done.returncode == 0, done.stdout + done.stderr
    (command,) = account.home.glob("its own $(DATA)/qubix/qubix-worker")
    told = account.run("sh", "-c", '"$0" status --json', str(command))
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads(told.stdout)["server"] == live_server.url

    # Nor does the desktop, which begins it anew.
    assert account.run(str(command), "stop").returncode == 0
    wait_until(lambda: not account.processes())
    entry = account.home / ".config/autostart/qubix-worker.desktop"
    account.run("sh", "-c", '"$@" >/dev/null 2>&1 &', "sh", *command_of(entry))
    wait_until(lambda: json.loads(account.run(str(command), "status", "--json").stdout or "{}"))

    gone = account.run(str(command), "uninstall", "--purge", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    wait_until(lambda: not account.processes())
    left = {str(one.relative_to(account.home)) for one in account.home.rglob("*qubix*")}
    assert left == {"qubix-worker-installer.sh"}


def test_an_invitation_that_nobody_knows_is_said_in_a_sentence(
    account: Account, live_server: LiveServer
) -> None:
    script = script_for(live_server, account, "nobody-knows-this-one")
    done = account.run("sh", script)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "invitation" in done.stdout + done.stderr
    assert not account.processes()


def test_an_invitation_that_has_ended_says_how_to_get_a_new_one(
    account: Account, live_server: LiveServer
) -> None:
    script = script_for(live_server, account, live_server.enroll()["enrollment"])
    live_server.stop()
    execute(live_server, "UPDATE enrollments SET expires_at = expires_at - 3601000")
    live_server.start()
    done = account.run("sh", script)
    assert done.returncode == 1
    assert "This invitation has ended." in done.stdout + done.stderr
    assert NEW_ONE in done.stdout + done.stderr
    assert not account.processes()


def test_a_python_that_its_system_manages_is_not_touched(
    account: Account, live_server: LiveServer
) -> None:
    """PEP 668: pip refuses to put anything into such a Python, and setup does not ask it to."""
    if not list(Path("/usr/lib").glob("python3*/EXTERNALLY-MANAGED")):
        pytest.skip("this machine's own Python is nobody's to manage")
    refused = account.run("/usr/bin/python3", "-m", "pip", "install", "--user", "psutil")
    if "No module named pip" not in refused.stderr:
        assert "externally-managed-environment" in refused.stderr
    script = script_for(live_server, account, live_server.enroll()["enrollment"])
    done = account.run("sh", script, "--no-start")
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = account.home.glob(".local/share/qubix/environment-*/pyvenv.cfg")
    assert "home = /usr/bin" in made.read_text()
    assert not list(account.home.glob(".local/lib/python3*"))
    assert account.files_elsewhere() == ""
