"""Makes this clone's own environment, .venv, from the lock files. Needs nothing but Python.

    python3 tools/bootstrap.py {server,desktop,dev}

Nothing is written outside the clone, but for system packages where this account may install them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SETS = ("server", "desktop", "dev")
"""Each set of libraries holds the one before."""

WINDOW_PACKAGES = (
    "libegl1", "libgl1", "libxkbcommon-x11-0", "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0",
    "libxcb-keysyms1", "libxcb-randr0", "libxcb-render-util0", "libxcb-shape0",
    "libxcb-xinerama0", "libxcb-xkb1", "libdbus-1-3", "libfontconfig1", "fonts-dejavu-core",
)  # fmt: skip
"""What Qt's window needs on a bare Debian."""

TEST_PACKAGES = (
    *WINDOW_PACKAGES, "xvfb", "openbox", "trayer", "xdotool", "imagemagick", "dbus-x11",
    "at-spi2-core", "xauth", "sway", "wtype",
    "chromium", "chromium-driver", "shellcheck", "dash", "busybox", "mksh", "zsh", "binutils",
    "procps", "iproute2", "openssl", "podman", "debootstrap", "postgresql", "nginx-light",
    "patchelf",  # a Python that runs wherever it is put, for machines that have none
    "musl-tools", "make",  # a busybox as on Alpine
    "wine", "wine64",  # for cmd: its 64-bit half alone, so that no second architecture is needed
    "gcc", "libc6-dev",  # a driver's library that the tests stand in for
    # Podman's other runtime, crun, does not run inside of a container. Docker brings its own runc,
    # which this one would replace.
    *([] if shutil.which("containerd") else ["runc"]),
    # Debian's Python keeps its library apart, and the frozen application needs it.
    *([f"libpython3.{sys.version_info[1]}"] if sys.base_prefix == "/usr" else []),
)  # fmt: skip
"""What the tests drive beside: a screen, a browser, the shells that people have, containers."""


class UnreadyError(Exception):
    """The environment could not be made; the message is for a person."""


def ensure(wanted: str) -> None:
    """Brings .venv to the set `wanted`; quick where that is done. Raises UnreadyError."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this may have an old one
        raise UnreadyError(
            f"QUBIX needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
            "Install one, then run make with PYTHON=python3.11 or the like."
        )
    if any(_stamp(name).exists() for name in SETS[SETS.index(wanted) :]):
        return
    print(f"Preparing the software ({wanted}); the first start takes a minute or two.", flush=True)
    _make_venv()
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off",
           "--disable-pip-version-check", "--retries=2", "--timeout=20"]  # fmt: skip
    _pip([*pip, "--require-hashes", "-r", str(_lock(wanted))])
    _pip([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    for stale in VENV.glob("ready-*"):
        stale.unlink()
    _stamp(wanted).touch()


def system_packages(names: Sequence[str]) -> bool:
    """Installs those of Debian's packages that are missing, or says which are.

    Returns whether all are there. Off Debian it can't know, and says nothing.
    """
    missing = missing_packages(names)
    if not missing:
        return True
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0:
        print(f"Installing system packages: {' '.join(missing)}", flush=True)
        return _apt([["apt-get", "update"], install])
    if shutil.which("sudo") and sys.stdin.isatty():
        print(f"QUBIX needs these system packages: {' '.join(missing)}")
        if input("Install them with sudo? [Y/n] ").strip().lower() in ("", "y", "yes"):
            return _apt([["sudo", "apt-get", "update"], ["sudo", *install]])
    print(
        f"These system packages are missing: {' '.join(missing)}\n"
        f"An administrator can install them: apt-get install {' '.join(missing)}",
        flush=True,
    )
    return False


def missing_packages(names: Sequence[str]) -> list[str]:
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return []
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    there = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in there]


def explain(output: str) -> str:
    """A sentence for why pip or venv failed."""
    for pattern, sentence in _CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return sentence
    last = [line for line in output.splitlines() if line.strip()][-1:]
    return f"The software could not be prepared: {last[0] if last else 'no reason was given'}"


_CAUSES = (
    (r"No space left|Disk quota",
     "There is no room left on the disk. Free about 1 GB, then try again."),
    (r"DO NOT MATCH THE HASHES",
     "A library that was fetched is not the one that was expected; it was not used. Try again."),
    (r"ensurepip is not available|No module named '?(venv|ensurepip)",
     "This Python lacks its venv module. Install it (Debian: apt-get install python3-venv), "
     "then try again."),
    (r"name resolution|NewConnectionError|unreachable|refused|timed out|ConnectTimeout|ProxyError"
     r"|Could not find a version|No matching distribution",
     "The libraries could not be fetched: there is no connection to the package index. "
     "Check the network (or the proxy), then try again."),
)  # fmt: skip


def _lock(name: str) -> Path:
    return ROOT / "locks" / f"{name}.txt"


def _stamp(name: str) -> Path:
    """A file that is there when .venv holds just what the lock of this name asks for."""
    digest = hashlib.sha256(_lock(name).read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(f"{sys.version_info[:2]} {ROOT}".encode())
    return VENV / f"ready-{name}-{digest.hexdigest()[:16]}"


def _make_venv() -> None:
    if _has_pip():
        return
    if not _succeeds([sys.executable, "-c", "import venv, ensurepip"]):
        _install_venv_module()
    output = list(_run([sys.executable, "-m", "venv", "--clear", str(VENV)]))
    if not _has_pip():
        raise UnreadyError(explain("\n".join(output)))


def _has_pip() -> bool:
    return PYTHON.exists() and _succeeds([str(PYTHON), "-I", "-m", "pip", "--version"])


def _install_venv_module() -> None:
    if not system_packages(["python3-venv"]):
        raise UnreadyError(
            "Without python3-venv nothing can be prepared. Install it, then try again."
        )


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _pip(command: list[str]) -> None:
    output = []
    for line in _run(command):
        output.append(line)
        if found := re.match(r"Collecting ([\w.-]+)", line):
            print(f"  {found[1]}", flush=True)
    if not re.search(r"^(Successfully installed|Requirement already)", "\n".join(output), re.M):
        raise UnreadyError(explain("\n".join(output)))


def _run(command: list[str]) -> Iterator[str]:
    cache = ROOT / ".cache"
    environment = dict(os.environ, PIP_CACHE_DIR=str(cache / "pip"), PYTHONUTF8="1")
    # pip asks rustc for its version, and rustup then writes into the home folder.
    environment["RUSTUP_HOME"] = str(cache / "rustup")
    for hidden in ("PIP_USER", "PIP_TARGET", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME", "PYTHONPATH"):
        environment.pop(hidden, None)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, text=True, errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip()


def _apt(commands: list[list[str]]) -> bool:
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in commands:
        answer = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False
        )
        if answer.returncode:
            lines = (answer.stderr or answer.stdout).strip().splitlines()
            reason = lines[-1] if lines else "no reason was given"
            print(f"System packages could not be installed: {reason}", flush=True)
            return False
    return True


def main() -> int:
    wanted = sys.argv[1] if len(sys.argv) == 2 else ""
    if wanted not in SETS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if wanted == "dev":
            system_packages(TEST_PACKAGES)
        ensure(wanted)
    except UnreadyError as reason:
        print(f"make: {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"make: {explain(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("make: stopped; the next start goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
