"""Which Python the .bat finds in cmd, and how it gets one where there is none."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from qubix_server.installers.scripts import batch_script
from qubix_server.installers.uv import Uv
from tests.installers.publisher import publishing
from tests.installers.windows.machine import PYTHON, Windows
from tests.installers.windows.test_options import RECORDER
from tests.worker.network.authority import Authority

NOWHERE = "http://127.0.0.1:9"
UV = rf"""
import os, shutil, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(0)
assert sys.argv[1:] == ["python", "install", "3.13"], sys.argv
folder = os.environ["UV_PYTHON_INSTALL_DIR"]
shutil.copytree(r"{PYTHON}", os.path.join(folder, "cpython-3.13"))
"""


@pytest.fixture
def script(windows: Windows) -> str:
    return windows.place(r"C:\dl\installer.bat", batch_script("http://h", None, RECORDER))


@pytest.fixture(params=["HKCU"])
def registered(windows: Windows, request: pytest.FixtureRequest) -> Iterator[None]:
    """One that is only in the registry, as after python.org's installer: for an account, or for
    all of them (HKLM). The Store has registered another, and one has gone without saying so."""
    key = rf"{request.param}\Software\Python\PythonCore"
    stub = stub_in(windows, r"C:\users\account\AppData\Local\Microsoft\WindowsApps")
    programs = {"3.11": r"C:\gone\python.exe", "3.12": stub, "3.13": rf"{PYTHON}\python.exe"}
    windows.register(
        {(rf"{key}\{v}\InstallPath", "ExecutablePath"): path for v, path in programs.items()}
    )
    yield
    windows.run("reg", "delete", rf"{request.param}\Software\Python", "/f")


def stub_in(windows: Windows, folder: str) -> str:
    """A Python that notes that it was run, and is one of the Store by its folder."""
    source = "raise SystemExit(open(r'C:\\dl\\was run', 'w') and 0)"
    windows.program(rf"{folder}\python.exe", source)
    return rf"{folder}\python.exe"


@pytest.mark.parametrize("registered", ["HKCU", "HKLM"], indirect=True)
@pytest.mark.usefixtures("registered")
def test_one_that_is_only_in_the_registry_is_found(windows: Windows, script: str) -> None:
    done = windows.batch(script)
    assert done.code == 0, done.text
    assert (windows.data / "qubix_worker.py").read_bytes() == RECORDER
    assert not windows.at(r"C:\dl\was run").exists()


def test_the_launcher_s_newest_is_taken(windows: Windows, script: str) -> None:
    launcher = f"""
import subprocess, sys
assert sys.argv[1] == "-3", sys.argv
open(r"C:\\dl\\was run", "w").close()
sys.exit(subprocess.call([r"{PYTHON}\\python.exe", *sys.argv[2:]]))
"""
    windows.program(r"C:\dl\launcher\py.exe", launcher)
    windows.path = (r"C:\dl\launcher",)
    done = windows.batch(script, "--name=My PC", WORKER_EXIT="7")
    assert done.code == 7, done.text
    assert '"--name=My PC"' in done.text
    assert windows.at(r"C:\dl\was run").exists()


def test_the_first_on_the_path_that_is_fit_is_taken(windows: Windows, script: str) -> None:
    """Not one that is too old, and no batch file of such a name: what calls one never goes on."""
    windows.program(r"C:\dl\old\python.exe", "raise SystemExit(1)")
    for name in ("py.bat", "uv.cmd", "winget.bat"):
        windows.place(rf"C:\dl\tricks\{name}", b"@echo x> C:\\dl\\trick\r\n")
    windows.path = (r"C:\dl\tricks", r"C:\dl\old", PYTHON)
    done = windows.batch(script)
    assert done.code == 0, done.text
    assert (windows.data / "qubix_worker.py").read_bytes() == RECORDER
    windows.path = (r"C:\dl\tricks",)
    away = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=NOWHERE)
    assert "https://www.python.org/downloads/" in away.text
    assert not windows.at(r"C:\dl\trick").exists()


@pytest.mark.usefixtures("registered")
def test_what_the_store_puts_on_the_path_is_never_run(windows: Windows, script: str) -> None:
    stub = stub_in(windows, r"C:\users\account\AppData\Local\Microsoft\WindowsApps")
    windows.path = (stub.removesuffix(r"\python.exe"),)
    done = windows.batch(script)
    assert done.code == 0, done.text
    assert not windows.at(r"C:\dl\was run").exists()


@pytest.fixture
def publisher(windows: Windows, tmp_path: Path) -> Iterator[tuple[str, Uv, Path]]:
    """Hands out an archive with a uv in it: where, which, and its file."""
    windows.program(r"C:\dl\uv\uv.exe", UV)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(windows.at(r"C:\dl\uv\uv.exe"), "uv.exe")
    file = tmp_path / "astral-sh/uv/releases/download/9.9.9/uv-x86_64-pc-windows-msvc.zip"
    file.parent.mkdir(parents=True)
    file.write_bytes(packed.getvalue())
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    digests = {"UVWINDOWSX64": digest, "UVWINDOWSARM64": "0" * 64}
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Uv("9.9.9", digests), file
        server.shutdown()


def test_why_nothing_came_is_said_and_nothing_is_left(
    windows: Windows, publisher: tuple[str, Uv, Path]
) -> None:
    address, uv, file = publisher
    script = windows.place(r"C:\dl\i.bat", batch_script("http://h", None, RECORDER, uv))
    file.unlink()
    missing = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=address)
    assert missing.code == 1
    assert "does not have the file" in missing.text
    assert "https://www.python.org/downloads/" in missing.text
    away = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=NOWHERE)
    assert "could not be reached" in away.text
    assert windows.left() == []


@pytest.mark.provokes("not_secure")
def test_a_publisher_that_nobody_vouches_for_is_not_trusted(
    windows: Windows, script: str, tmp_path: Path
) -> None:
    tls = Authority(tmp_path / "authority").server("IP:127.0.0.1")
    with publishing(b"", secure=tls) as publisher:
        done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
    assert done.code == 1
    assert "could not be made over a secure connection" in done.text
    assert windows.left() == []


@pytest.fixture
def no_curl(windows: Windows) -> Iterator[None]:
    """As before Windows 10."""
    curl = windows.at(r"C:\windows\system32\curl.exe")
    away = curl.rename(curl.with_name("curl.away"))
    yield
    away.rename(curl)


@pytest.mark.usefixtures("no_curl")
@pytest.mark.provokes("no_curl")
def test_a_windows_that_can_download_nothing_says_so(windows: Windows, script: str) -> None:
    done = windows.batch(script)
    assert done.code == 1
    assert "nothing that can download a file" in done.text
    assert "https://www.python.org/downloads/" in done.text
    assert windows.left() == []


def test_a_python_is_got_by_uv_which_is_fetched(
    windows: Windows, publisher: tuple[str, Uv, Path]
) -> None:
    address, uv, _ = publisher
    content = batch_script("http://h", None, RECORDER, uv)
    script = windows.place(r"C:\dl\installer.bat", content)
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=address)
    assert done.code == 0, done.text
    assert (windows.data / "qubix_worker.py").read_bytes() == RECORDER
    assert (windows.data / "python/cpython-3.13/python.exe").exists()
    assert not (windows.data / "uv").exists()

    again = windows.batch(script)  # with the one that it has
    assert again.code == 0
    assert "Fetching" not in again.text


def test_an_archive_that_is_not_the_one_expected_is_not_used(
    windows: Windows, publisher: tuple[str, Uv, Path]
) -> None:
    address, uv, file = publisher
    file.write_bytes(file.read_bytes() + b"x")
    script = windows.place(r"C:\dl\i.bat", batch_script("http://h", None, RECORDER, uv))
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=address)
    assert done.code == 1
    assert "is not the file that was expected" in done.text
    assert windows.left() == []
