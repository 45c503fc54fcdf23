"""Which Python the .bat finds in cmd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qubix_server.installers.scripts import batch_script
from tests.installers.windows.machine import PYTHON, Windows
from tests.installers.windows.test_options import RECORDER

NOWHERE = "http://127.0.0.1:9"


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
