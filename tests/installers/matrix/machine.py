"""A machine that is a folder: an overlay with processes, mounts and accounts of its own.

All of it hangs on one process, the machine's first, which ends as soon as nobody holds its
standard input any more. With it go, by the kernel's own doing, every other process of the machine
and every mount: also where the tests are killed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.inventory import Inventory, take

RUN_SECONDS = 300
MOUNTED = ("proc", "sys", "dev/shm")
CERTIFICATES = "usr/local/share/machine.crt"
"""Where the authorities that this computer trusts lie in the machine."""

# Whoever is the first process gets the orphans; with SIGCHLD ignored none of them stays a zombie.
FIRST_PROCESS = """
set -e
read -r pid rest < /proc/self/stat
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" "$4"
mount -t proc proc "$4/proc"
mount -t sysfs -o ro sysfs "$4/sys"
mount -t tmpfs -o mode=1777 tmpfs "$4/dev/shm"
echo "$pid"
exec env --ignore-signal=CHLD cat > /dev/null
"""


@dataclass(frozen=True)
class Machine:
    """A running one. Commands are run in it as an account of its own."""

    root: Path
    """As the machine's processes name it; nothing is there for anybody else."""
    first: int
    """Its first process."""

    @classmethod
    @contextmanager
    def over(
        cls, folder: Path, layers: Sequence[str], *, changes: Path | None = None
    ) -> Iterator[Machine]:
        """A machine of these layers below `folder`; what it changes is put into `changes`, which
        gets nothing but that, or is thrown away."""
        _clear(folder)
        # Beside the layers: an overlay's own two folders must be on one disk.
        prefix = f"machine-{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as held:
            work, root = Path(held, "work"), Path(held, "root")
            upper = changes or Path(held, "changes")
            for place in (work, root, upper):
                place.mkdir(exist_ok=True)
            upper.chmod(0o755)
            relative = [str(place.relative_to(folder)) for place in (upper, work, root)]
            process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child",
                 "sh", "-c", FIRST_PROCESS, "sh", ":".join(layers), *relative],
                cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert process.stdin
            assert process.stdout
            try:
                first = process.stdout.readline().strip()
                assert first, "the machine could not be started"
                machine = cls(root, int(first))
                if changes is None:
                    machine._connect()
                else:
                    machine.place("etc/resolv.conf", Path("/etc/resolv.conf").read_bytes())
                yield machine
            finally:
                process.stdin.close()
                process.wait(timeout=60)
                process.stdout.close()
                shutil.rmtree(work)  # the kernel's own part of it is closed to all

    @property
    def files(self) -> Path:
        """Its files, for this process."""
        return Path(f"/proc/{self.first}/root{self.root}")

    def run(
        self, *command: str, account: str, piped: bytes | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        home = "/root" if account == "root" else f"/home/{account}"
        variables = {
            "HOME": home,
            "USER": account,
            "PATH": "/usr/local/bin:/usr/bin:/bin" + (":/usr/sbin:/sbin" * (account == "root")),
            **self._settings(),
            **environment,
        }
        owner = self._owner(account)
        done = subprocess.run(
            ["nsenter", f"--target={self.first}", "--mount", "--pid", f"--root={self.files}",
             f"--wd={self.files}{home}", f"--setuid={owner}", f"--setgid={owner}", *command],
            env=variables, input=piped, stdin=subprocess.DEVNULL if piped is None else None,
            capture_output=True, timeout=RUN_SECONDS, check=False,
        )  # fmt: skip
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def place(self, path: str, content: bytes, *, account: str = "root") -> None:
        """Puts a file there, as if it had been downloaded by that account."""
        file = self.files / path
        file.unlink(missing_ok=True)
        file.write_bytes(content)
        os.chown(file, self._owner(account), self._owner(account))

    def inventory(self) -> Inventory:
        return take(self.files, without=MOUNTED)

    def processes(self) -> list[str]:
        """The command lines of what runs in it, its first process aside."""
        found = []
        for folder in (self.files / "proc").glob("[0-9]*"):
            if folder.name != "1":
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append(line.strip())
        return found

    def _owner(self, account: str) -> int:
        """The number of the account, and of its group."""
        return 0 if account == "root" else (self.files / "home" / account).stat().st_uid

    def _connect(self) -> None:
        """Gives it this computer's network: names, and the authorities trusted here."""
        self.place("etc/resolv.conf", Path("/etc/resolv.conf").read_bytes())
        if trusted := os.environ.get("PIP_CERT"):
            self.place(CERTIFICATES, Path(trusted).read_bytes())

    def _settings(self) -> dict[str, str]:
        """pip's own settings say where this computer gets its packages from."""
        here = ("PIP_CERT", "PIP_FIND_LINKS", "PIP_CACHE_DIR")  # name files of this computer
        found = {k: v for k, v in os.environ.items() if k.startswith("PIP_") and k not in here}
        if "PIP_CERT" in os.environ:
            found["PIP_CERT"] = f"/{CERTIFICATES}"
        return found


def _clear(folder: Path) -> None:
    """Removes the folders of machines whose makers were killed."""
    for left in folder.glob("machine-*-*"):
        maker = left.name.split("-")[1]
        if maker.isdigit() and not psutil.pid_exists(int(maker)):
            shutil.rmtree(left, ignore_errors=True)
