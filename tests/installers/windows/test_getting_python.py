"""How the .bat gets a Python in cmd where there is none: by uv, or by winget."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from qubix_server.installers.scripts import batch_script
from tests.conftest import wait_until
from tests.installers.publisher import Publisher, publishing
from tests.installers.windows.conftest import UV
from tests.installers.windows.machine import PYTHON, WINE, Windows
from tests.processes import command_lines
from tests.worker.network.authority import Authority
from tests.worker.network.proxy import proxying

NOWHERE = "http://127.0.0.1:9"
INTERNET = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
STOPPED = -1073741510
"""How Windows ends a program at Ctrl+C: STATUS_CONTROL_C_EXIT, 0xC000013A."""
WORKER = b"""\
import json, os, sys, urllib.request
print(json.dumps([os.environ.get("ALL_PROXY"), urllib.request.getproxies()]))
"""
WINGET = rf"""
import os, shutil, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(0)
with open(r"C:\dl\asked of winget", "w") as file:
    file.write(" ".join(sys.argv[1:]))
local = os.environ["LOCALAPPDATA"]
shutil.copytree(r"{PYTHON}", os.path.join(local, "Programs", "Python", "Python313"))
"""


@pytest.fixture
def script(windows: Windows, publisher: Publisher) -> str:
    content = batch_script("http://h", None, WORKER, publisher.uv)
    return windows.place(r"C:\dl\installer.bat", content)


@contextmanager
def instead(windows: Windows, path: str, source: str = "") -> Iterator[None]:
    """Another program in a program's place, or none."""
    file = windows.at(path)
    away = file.rename(file.with_name("away"))
    if source:
        windows.program(path, source)
    try:
        yield
    finally:
        away.replace(file)


def test_why_nothing_came_is_said_and_nothing_is_left(
    windows: Windows, script: str, publisher: Publisher
) -> None:
    publisher.way = "missing"
    missing = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
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


@pytest.mark.provokes("no_curl")
def test_a_windows_that_can_download_nothing_says_so(windows: Windows, script: str) -> None:
    """As before Windows 10."""
    with instead(windows, r"C:\windows\system32\curl.exe"):
        done = windows.batch(script)
    assert done.code == 1
    assert "nothing that can download a file" in done.text
    assert "https://www.python.org/downloads/" in done.text
    assert windows.left() == []


def test_a_python_is_got_by_uv_which_is_fetched(
    windows: Windows, script: str, publisher: Publisher
) -> None:
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
    assert done.code == 0, done.text
    assert (windows.data / "qubix_worker.py").read_bytes() == WORKER
    assert (windows.data / "python/cpython-3.13/python.exe").exists()
    assert not (windows.data / "uv").exists()

    again = windows.batch(script)  # with the one that it has
    assert again.code == 0
    assert "Fetching" not in again.text


def test_an_archive_that_is_not_the_one_expected_is_not_used(
    windows: Windows, script: str, publisher: Publisher
) -> None:
    publisher.way = "other"
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
    assert done.code == 1
    assert "is not the file that was expected" in done.text
    assert windows.left() == []


def test_winget_is_asked_for_after_a_person_has_agreed_and_only_for_this_account(
    windows: Windows, script: str
) -> None:
    windows.program(r"C:\dl\winget\winget.exe", WINGET)
    windows.path = (r"C:\dl\winget",)
    declined = windows.batch(script, typed=b"\r\n", UV_INSTALLER_GITHUB_BASE_URL=NOWHERE)
    assert declined.code == 1
    assert "with winget now? [y/N]" in declined.text
    assert "https://www.python.org/downloads/" in declined.text
    assert windows.left() == []
    done = windows.batch(script, typed=b"y\r\n", UV_INSTALLER_GITHUB_BASE_URL=NOWHERE)
    assert done.code == 0, done.text
    assert (windows.data / "qubix_worker.py").read_bytes() == WORKER
    assert windows.at(r"C:\dl\asked of winget").read_text() == (
        "install --exact --id Python.Python.3.13 --source winget --scope user "
        "--custom Include_launcher=0 --silent "
        "--accept-package-agreements --accept-source-agreements"
    )


@pytest.fixture
def internet(windows: Windows) -> Iterator[Callable[[str], None]]:
    """Sets the proxy in Windows' settings; none is not to be used."""

    def use(proxy: str) -> None:
        server: dict[tuple[str, str], str | int | None] = {(INTERNET, "ProxyServer"): proxy}
        windows.register({(INTERNET, "ProxyEnable"): int(bool(proxy))} | (server if proxy else {}))

    yield use
    windows.register({(INTERNET, name): None for name in ("ProxyServer", "ProxyEnable")})


@pytest.mark.parametrize("shape", ["{}", "ftp=127.0.0.1:1;https={};socks=127.0.0.1:1"])
def test_the_proxy_that_is_set_in_windows_is_used_for_what_is_fetched(
    windows: Windows,
    script: str,
    publisher: Publisher,
    internet: Callable[[str], None],
    shape: str,
) -> None:
    """Which leads to a publisher that only the proxy knows."""
    proxy = publisher.url.removeprefix("http://")
    internet(shape.format(proxy))
    base = "http://publisher.invalid"
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=base)
    internet("")
    off = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=base, QUBIX_HOME=r"C:\dl\other")

    assert done.code == 0, done.text
    assert publisher.asked == [
        f"GET {base}/astral-sh/uv/releases/download/{publisher.uv.version}/"
        "uv-x86_64-pc-windows-msvc.zip HTTP/1.1"
    ]
    assert windows.at(r"C:\dl\uv's proxy").read_text() == proxy
    # The worker asks Windows itself, which also knows the exceptions, and goes on asking.
    own, known = json.loads(done.text.strip().split("\n")[-1])
    assert own is None
    assert known["https"].endswith(f"//{proxy}")
    assert off.code == 1
    assert "is not known to this network" in off.text


@pytest.mark.provokes("proxy_refused")
def test_a_proxy_that_does_not_answer_is_named(
    windows: Windows, script: str, internet: Callable[[str], None]
) -> None:
    internet(NOWHERE.removeprefix("http://"))
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL="http://publisher.invalid")
    assert done.code == 1
    assert "did not come through the proxy of this network" in done.text
    assert windows.left() == []


@pytest.mark.parametrize("password", ["s3%2Fcr%40t^!&", "an0ther"])
def test_a_proxy_s_password_goes_to_the_proxy_alone(
    windows: Windows, publisher: Publisher, password: str
) -> None:
    """Not to the list of processes, which others on this computer can read, nor onto the screen."""
    content = batch_script("http://h", None, b"pass\n", publisher.uv)
    script = windows.place(r"C:\dl\installer.bat", content)
    words: list[str] = []
    there = ("127.0.0.1", int(publisher.url.rpartition(":")[2]))
    with proxying(
        password="ana:s3/cr@t^!&",
        hosts={"publisher.invalid": there},
        meanwhile=lambda: words.extend(command_lines()),
    ) as proxy:
        done = windows.batch(
            script,
            ALL_PROXY=f"http://ana:{password}@{proxy.address}",
            UV_INSTALLER_GITHUB_BASE_URL="http://publisher.invalid",
        )
    assert any("curl.exe" in word and "uv.zip" in word for word in words)
    assert not [word for word in (*words, done.text) if "s3" in word or "an0" in word]
    if password == "an0ther":
        assert done.code == 1
        assert "did not come through the proxy of this network" in done.text
        assert windows.left() == []
    else:
        assert done.code == 0, done.text


@pytest.mark.parametrize("right", [True, False])
def test_a_mirror_s_password_goes_to_the_mirror_alone(
    windows: Windows, script: str, publisher: Publisher, right: bool
) -> None:
    """Not to the list of processes, which others on this computer can read, nor onto the screen."""
    publisher.password = 'ana:s3/cr@t^!&"%PATH%<' if right else "ana:another"
    words: list[str] = []
    publisher.meanwhile = lambda: words.extend(command_lines())
    mirror = publisher.url.replace("http://", "http://ana:s3%2Fcr%40t^!&%22%25PATH%25<@")
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=mirror)
    dry = windows.batch(
        script, "--dry-run", UV_INSTALLER_GITHUB_BASE_URL=mirror, QUBIX_HOME="C:\\x"
    )
    assert any("curl.exe" in word and "uv.zip" in word for word in words)
    assert not [word for word in (*words, done.text, dry.text) if "s3" in word]
    assert 'from "(UV_INSTALLER_GITHUB_BASE_URL)/astral-sh/uv/' in dry.text
    if right:
        assert done.code == 0, done.text
    else:
        assert done.code == 1
        assert "does not have the file" in done.text
        assert windows.left() == []


@pytest.mark.provokes("stopped")
@pytest.mark.parametrize("program", ["curl", "uv"])
def test_a_fetch_that_was_stopped_is_taken_back_and_nothing_else_is_tried(
    windows: Windows, script: str, publisher: Publisher, program: str
) -> None:
    """After Ctrl+C, and "no" to cmd's own question. (Wine's cmd does not ask it: it is gone.)"""
    windows.program(r"C:\dl\winget\winget.exe", WINGET)
    windows.path = (r"C:\dl\winget",)
    stopped = f"raise SystemExit({STOPPED})"
    if program == "curl":
        with instead(windows, r"C:\windows\system32\curl.exe", stopped):
            done = windows.batch(script, typed=b"y\r\n")
    else:
        windows.program(
            r"C:\dl\winget\uv.exe", f"import sys\nif sys.argv[1] == 'python':\n {stopped}"
        )
        done = windows.batch(script, typed=b"y\r\n")
    assert done.code == 130
    assert "Stopped before the end" in done.text
    assert "winget" not in done.text
    assert windows.left() == []


SHORT_OF_TIME = rb"in (1,1,900) do"


@contextmanager
def another(windows: Windows, script: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A second run of the script beside this one, by a cmd of its own."""
    by = windows.place(r"C:\dl\another.bat", b'@"%SCRIPT%"\r\n')
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [WINE, "cmd", "/c", by]
    around = windows.around(SCRIPT=script, **environment)
    with subprocess.Popen(command, env=around, cwd=windows.elsewhere, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("end", ["it gets one", "it gets none"])
def test_of_two_that_need_a_python_at_once_one_waits_for_the_other(
    windows: Windows, script: str, publisher: Publisher, end: str
) -> None:
    """Where that gets none, it goes on itself, with the way that was in the other's way gone."""
    go_on, said = threading.Event(), windows.at(r"C:\dl\said")
    publisher.meanwhile = lambda: go_on.wait(60)
    with another(windows, script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url) as first:
        wait_until(lambda: publisher.asked)
        if end == "it gets none":
            publisher.way = "missing"
        second = rf'@"{script}" >C:\dl\said 2>&1' + "\r\n"
        by = windows.place(r"C:\dl\second.bat", second.encode())
        with another(windows, by, UV_INSTALLER_GITHUB_BASE_URL=publisher.url) as waiting:
            wait_until(lambda: said.exists() and b"waiting for it" in said.read_bytes())
            assert len(publisher.asked) == 1
            assert (windows.data / "uv" / "qubix-taken").exists()
            go_on.set()
            if end == "it gets none":
                wait_until(lambda: first.poll() is not None)
                publisher.way = "whole"
            told, _ = first.communicate(timeout=120)
            waiting.communicate(timeout=120)
    assert first.returncode == (end == "it gets none"), told
    text = said.read_bytes()
    assert waiting.returncode == 0, text
    assert text.count(b"waiting for it") == 1
    assert len(publisher.asked) == (2 if end == "it gets none" else 1)
    assert (windows.data / "qubix_worker.py").read_bytes() == WORKER
    assert sorted(file.name for file in windows.data.iterdir()) == ["python", "qubix_worker.py"]


def test_what_one_has_left_that_was_killed_is_taken_over(
    windows: Windows, script: str, publisher: Publisher
) -> None:
    publisher.hang("/", windows.at(windows.place(r"C:\dl\reached", b"")).with_name("asked"))
    with another(windows, script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url):
        wait_until(windows.at(r"C:\dl\asked").exists)
        assert (windows.data / "uv" / "qubix-taken").exists()
        end_all_of_it(windows)
    publisher.stuck = None
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
    assert done.code == 0, done.text
    assert "waiting" not in done.text
    assert sorted(file.name for file in windows.data.iterdir()) == ["python", "qubix_worker.py"]


def end_all_of_it(windows: Windows) -> None:
    """Ends the script's cmd, and what it has begun, as when its window is closed."""
    prefix = windows.environment["WINEPREFIX"]
    ours = [
        one for one in psutil.process_iter(["cmdline", "environ"])
        if (one.info["environ"] or {}).get("WINEPREFIX") == prefix
        and any(word in " ".join(one.info["cmdline"] or ()) for word in ("another.bat", "uv.zip"))
    ]  # fmt: skip
    assert ours
    for one in ours:
        one.kill()
    psutil.wait_procs(ours, timeout=30)


@pytest.mark.provokes("other_setup")
def test_one_that_has_waited_for_long_says_for_what(
    windows: Windows, script: str, publisher: Publisher
) -> None:
    """And takes nothing from under the other, nor does an uninstall beside it."""
    content = windows.at(script).read_bytes()
    assert content.count(SHORT_OF_TIME) == 1
    quick = windows.place(r"C:\dl\quick.bat", content.replace(SHORT_OF_TIME, b"in (1,1,1) do"))
    go_on = threading.Event()
    publisher.meanwhile = lambda: go_on.wait(60)
    with another(windows, script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url) as first:
        wait_until(lambda: publisher.asked)
        done = windows.batch(quick, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
        removed = windows.batch(script, "--uninstall")
        go_on.set()
        told, _ = first.communicate(timeout=120)
    assert done.code == 1
    assert "Another setup of QUBIX is under way on this computer." in done.text
    assert removed.code == 0
    assert first.returncode == 0, told
    assert len(publisher.asked) == 1


SHARING = r"""
import os, time
open(r"C:\dl\sharing", "w").close()
while os.path.exists(r"C:\dl\sharing"):
    time.sleep(0.05)
"""


@pytest.mark.provokes("python_in_use")
def test_a_damaged_python_of_its_own_is_fetched_anew_unless_it_is_in_use(
    windows: Windows, script: str
) -> None:
    own = windows.data / "python" / "cpython-3.13"
    shutil.copytree(windows.at(PYTHON), own)
    (own / "_ctypes.pyd").unlink()
    windows.program(r"C:\dl\path\uv.exe", UV)
    windows.path = (r"C:\dl\path",)
    sharing = windows.at(windows.place(r"C:\dl\sharing.py", SHARING.encode())).with_suffix("")
    program = rf"{windows.profile}\AppData\Local\qubix\data\python\cpython-3.13\python.exe"
    command = [WINE, program, r"C:\dl\sharing.py"]
    pipes = dict.fromkeys(
        ("stdin", "stdout", "stderr"), subprocess.PIPE
    )  # as its Python wants them
    with subprocess.Popen(command, env=windows.around(), **pipes) as worker:
        try:
            wait_until(sharing.exists)
            refused = windows.batch(script)
        finally:
            sharing.unlink(missing_ok=True)
            worker.wait(30)
    assert refused.code == 1
    assert "is damaged, and in use, so it stays as it is. Restart this computer" in refused.text
    done = windows.batch(script)
    assert done.code == 0, done.text
    assert (own / "_ctypes.pyd").exists()
