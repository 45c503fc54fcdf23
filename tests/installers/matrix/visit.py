"""What a person does on a machine: download the script, run it, and take all away again."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.conftest import LiveServer, wait_until
from tests.installers.matrix import packages
from tests.installers.matrix.handed_out import HandedOut
from tests.installers.matrix.machine import Machine
from tests.inventory import Inventory, differences

NAME = "qubix-worker-installer.sh"
NOWHERE = "http://127.0.0.1:9"
"""In place of the address from which uv is fetched: whether that can be reached here is chance."""


class Visit:
    """One account on one machine; each step asserts all that the table's words promise."""

    def __init__(
        self,
        server: LiveServer,
        machine: Machine,
        account: str,
        *,
        installs: bool = False,
        handed_out: HandedOut | None = None,
        old: bool = False,
        **environment: str,
    ) -> None:
        """`installs`: the script will use the package manager; what its packages own, and what it
        keeps for itself, then does not count as a change.
        `handed_out`: where uv and a Python can be had; `old`: the system's C library is.
        `environment`: what is set besides."""
        self._server = server
        self._machine = machine
        self._account = account
        self._home = "root" if account == "root" else f"home/{account}"
        self._enrollment: str = server.enroll()["enrollment"]
        self._installs = installs
        self._before: Inventory = {}
        self._packages: set[str] = set()
        self._handed_out = handed_out
        self._ways = {"UV_INSTALLER_GITHUB_BASE_URL": NOWHERE}
        if handed_out:
            self._ways = handed_out.environment(account, old=old)
        self._ways |= environment

    def download(self) -> None:
        """With what the machine has for that; else it comes as from a browser."""
        address = f"{self._server.url}/api/installer/linux?enrollment={self._enrollment}"
        for command in (["curl", "-fsS", "-o", NAME], ["wget", "-q", "-O", NAME]):
            if self._has(command[0]):
                done = self._run(*command, address)
                assert done.returncode == 0, done.stderr
                break
        else:
            script = self._server.ask("GET", address.removeprefix(self._server.url)).content
            self._machine.place(f"{self._home}/{NAME}", script, account=self._account)
        if self._handed_out:
            script = self._handed_out.trusted(
                (self._machine.files / self._home / NAME).read_bytes()
            )
            self._machine.place(f"{self._home}/{NAME}", script, account=self._account)
        self._packages = packages.installed(self._machine.files)
        self._before = self._machine.inventory()

    def goes_online(self, *shell: str) -> None:
        done = self._run(*shell, NAME)
        assert done.returncode == 0, done.stdout + done.stderr
        # Setup says that it is done only when the computer is online: nothing to wait for here.
        provider = self._provider()
        assert provider["isOnline"] is True
        assert f"This computer is online as {provider['name']}" in done.stdout
        assert self._machine.processes()
        assert not any(self._enrollment in line for line in self._machine.processes())
        elsewhere = [line for line in self._changes() if f": {self._home}/" not in line]
        assert not elsewhere, elsewhere[:20]
        self._packages_are_as_told(done.stderr)

    @property
    def data(self) -> str:
        """The worker's folder, from the machine's root."""
        return f"{self._home}/.local/share/qubix"

    def python(self) -> str:
        """The Python of the worker's environment, where its links lead to, from the root."""
        (found,) = (self._machine.files / self.data).glob("environment-*/pyvenv.cfg")
        told = dict(line.split(" = ", 1) for line in found.read_text().splitlines())
        return told["executable"].removeprefix("/")

    def goes_away(self, *command: str, purge: bool = False, told: bool = True) -> None:
        """`command`: a shell, which runs the script, or the way that is taken in its place.
        `told`: whether the server can be, and is."""
        script = [] if "uninstall" in command else [NAME, "--uninstall"]
        done = self._run(*command, *script, *(["--purge"] if purge else []))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "QUBIX has been removed from this computer." in done.stdout
        assert not told or self._provider() is None
        wait_until(lambda: not self._machine.processes())
        kept = [".config", ".config/qubix", ".config/qubix/settings.toml"]
        expected = [] if purge else [f"came: {self._home}/{path}" for path in kept]
        assert self._changes() == expected
        self.is_content_to_be_gone("sh", NAME, "--uninstall")
        assert self._changes() == expected

    def loses_its_settings(self, *command: str) -> None:
        """What an uninstall has left, a second one takes away, and a third is content."""
        script = [] if "uninstall" in command else [NAME, "--uninstall"]
        for _ in range(2):
            self.is_content_to_be_gone(*command, *script, "--purge")
            assert self._changes() == []

    def is_content_to_be_gone(self, *command: str) -> None:
        done = self._run(*command)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr

    def ends_in_words(self, *shell: str) -> str:
        """What was said where nothing can be done."""
        done = self._run(*shell, NAME)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert self._provider() is None
        wait_until(lambda: not self._machine.processes())
        assert self._changes() == []
        again = self._run(*shell, NAME, "--uninstall")
        assert (again.returncode, again.stderr) == (0, "")
        assert self._changes() == []
        self._packages_are_as_told(done.stderr)
        return done.stderr

    def _packages_are_as_told(self, output: str) -> None:
        """Those that have come are those of which a person has read, and none has gone."""
        now = packages.installed(self._machine.files)
        assert self._packages <= now
        assert now - self._packages == packages.told(output)
        assert self._installs or now == self._packages

    def _has(self, program: str) -> bool:
        return self._run("sh", "-c", f"command -v {program}").returncode == 0

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self._machine.run(*command, account=self._account, **self._ways)

    def _changes(self) -> list[str]:
        lines = differences(self._before, self._machine.inventory())
        if not self._installs:
            return lines
        by_path = {line.split(": ")[1]: line for line in lines}
        managed = [path for path in by_path if path.startswith(packages.MANAGED)]
        strange = packages.unexplained(self._machine.files, managed)
        return [by_path[path] for path in by_path if path not in managed or path in strange]

    def _provider(self) -> Any:
        """The computer of this invitation, as the server knows it."""
        path = f"/api/providers/check-new?enrollment={self._enrollment}"
        return self._server.ask("GET", path).json()["newProvider"]
