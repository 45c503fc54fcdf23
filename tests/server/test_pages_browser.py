"""The Share page in a real browser, before the real server: from the button to "online"."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium")
CHROMEDRIVER = shutil.which("chromedriver")
# The browser speaks to this machine alone; it would look up its maker's hosts otherwise.
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
AGENTS = {
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
    "phone": "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
}
# A clock that a test can put forward, and timers that run fifty times as fast.
CLOCK = """
  const now = Date.now.bind(Date), later = setTimeout.bind(window);
  let ahead = 0;
  Date.now = () => now() + ahead;
  window.setTimeout = (work, ms, ...rest) => later(work, ms / 50, ...rest);
  window.putForward = (ms) => { ahead += ms; };
"""


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes] = field(repr=False)

    def call(self, method: str, path: str, body: Any = None, secret: str = "") -> Any:
        headers = {"Content-Type": "application/json"}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def register(self, enrollment: str, name: str) -> Callable[[], None]:
        """Registers a computer as a worker does; what is given says its first heartbeat."""
        hardware = {
            "os": {"name": "linux", "version": "12", "architecture": "x86_64"},
            "processor": {"logicalCores": 16, "physicalCores": 8, "model": "AMD Ryzen 7 7700X"},
            "memory": {"totalBytes": 32 << 30},
            "graphicsCards": [
                {
                    "vendor": "NVIDIA",
                    "name": "NVIDIA GeForce RTX 4070",
                    "memoryTotalBytes": 12 << 30,
                }
            ],
        }
        registration = {
            "workerId": f"worker-{enrollment[:8].lower()}",
            "name": name,
            "hardware": hardware,
            "workerVersion": "0.1.0",
            "workerSha256": "0" * 64,
            "capabilities": ["wasm"],
            "enrollment": enrollment,
        }
        secret = self.call("POST", "/api/providers/register", registration)["workerSecret"]
        path = f"/api/providers/{registration['workerId']}/heartbeat"
        return lambda: self.call("POST", path, {"status": "online", "usage": {}}, secret)


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("applications")
    (folder / "windows").mkdir()
    (folder / "windows/qubix-0.1.0.exe").write_bytes(b"MZ")
    return folder


@pytest.fixture
def server(tmp_path: Path, downloads: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("qubix-server"), "serve", "--port", str(port)]
    command += ["--server-name", "Example Compute", "--downloads-dir", str(downloads)]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*map(str, command), "--until-stdin-closes"],
            env={"QUBIX_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        WebDriverWait(server, 30, 0.05, [OSError]).until(
            lambda s: s.call("GET", "/healthz") or True
        )
        yield server
    finally:
        process.kill()
        process.wait(20)


@dataclass
class Browser:
    driver: WebDriver
    server: Server
    downloads: Path

    def open(self) -> None:
        self.driver.get(self.server.url + "/")

    def shown(self, name: str) -> bool:
        return self.driver.find_element(By.ID, name).is_displayed()

    def wait_for(self, name: str) -> None:
        WebDriverWait(self.driver, 20, 0.05).until(lambda _: self.shown(name))

    def wait_for_text(self, name: str, text: str) -> None:
        WebDriverWait(self.driver, 20, 0.05).until(lambda _: text in self.text(name))

    def text(self, name: str) -> str:
        return self.driver.find_element(By.ID, name).text

    def press(self, name: str) -> None:
        self.driver.find_element(By.ID, name).click()

    def share(self) -> dict[str, Any]:
        """Presses the button; gives what the page then keeps."""
        self.wait_for("share")
        self.press("share")
        self.wait_for("waiting")
        return self.kept()

    def kept(self) -> Any:
        return json.loads(self.run("return localStorage.getItem('qubix.share')") or "null")

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def is_system(self, agent: str) -> None:
        command, values = "Emulation.setUserAgentOverride", {"userAgent": AGENTS[agent]}
        self.driver.execute_cdp_cmd(command, values)  # without client hints, as Firefox and Safari

    def complaints(self) -> list[str]:
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]


@pytest.fixture
def browser(server: Server, tmp_path: Path) -> Iterator[Browser]:
    if not (CHROMIUM and CHROMEDRIVER):
        pytest.skip("chromium and chromedriver are not on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
        try:
            folder = tmp_path / "Downloads"
            folder.mkdir()
            allow = {"behavior": "allow", "downloadPath": str(folder)}
            driver.execute_cdp_cmd("Browser.setDownloadBehavior", allow)
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": CLOCK})
            yield Browser(driver, server, folder)
        finally:
            driver.quit()


def test_from_the_button_to_online(browser: Browser, server: Server) -> None:
    browser.open()
    assert "Example Compute" in browser.text("start")
    kept = browser.share()
    assert browser.text("wait-text") == "Waiting for your computer…"
    assert browser.text("command-text") == "sh ~/Downloads/qubix-worker-installer.sh"
    assert browser.text("code") == kept["code"]

    file = browser.downloads / "qubix-worker-installer.sh"
    WebDriverWait(browser, 20, 0.05).until(lambda _: file.exists())
    assert f"enrollment='{kept['enrollment']}'" in file.read_text()
    assert f"backend='{server.url}'" in file.read_text()

    heartbeat = server.register(kept["enrollment"], "Ana's <b>computer</b>")
    heartbeat()
    browser.wait_for("online")
    assert browser.driver.find_element(By.CSS_SELECTOR, "#online h1").text == (
        "Ana's <b>computer</b> is online"
    )
    hardware = browser.text("online-hardware")
    assert "NVIDIA GeForce RTX 4070, 12 GB" in hardware
    assert "AMD Ryzen 7 7700X" in hardware
    assert "32 GB" in hardware
    assert browser.driver.switch_to.active_element.text == "Ana's <b>computer</b> is online"
    assert "is online" in browser.run("return document.getElementById('said').textContent")
    assert browser.complaints() == []

    browser.open()
    browser.wait_for("online")
    browser.press("another")
    browser.wait_for("share")
    assert browser.kept() is None


def test_after_five_minutes_it_says_what_to_check_and_tries_again(browser: Browser) -> None:
    browser.open()
    kept = browser.share()
    browser.run("putForward(4 * 60 * 1000)")
    browser.wait_for_text("left", "Less than a minute left")
    browser.run("putForward(61 * 1000)")
    browser.wait_for("timeout")
    assert "Was the downloaded file opened?" in browser.text("timeout")
    browser.press("again")
    browser.wait_for("waiting")
    assert browser.kept()["enrollment"] == kept["enrollment"]
    assert "5 minutes left" in browser.text("left")


def test_an_invitation_that_has_ended_is_replaced(browser: Browser) -> None:
    browser.open()
    kept = browser.share()
    browser.run("putForward(61 * 60 * 1000)")
    browser.wait_for("timeout")
    browser.press("again")
    browser.wait_for("waiting")
    assert browser.kept()["enrollment"] != kept["enrollment"]


def test_closed_and_opened_again_it_goes_on_with_the_same_invitation(browser: Browser) -> None:
    browser.open()
    kept = browser.share()
    browser.open()
    browser.wait_for("waiting")
    assert browser.kept()["enrollment"] == kept["enrollment"]
    assert browser.text("code") == kept["code"]


@pytest.mark.parametrize(
    "left_behind", ["'{'", "'null'", '\'{"enrollment":"x","system":"linux"}\'', "'[1]'"]
)
def test_what_cannot_be_gone_on_with_is_dropped(browser: Browser, left_behind: str) -> None:
    browser.open()
    browser.run(f"localStorage.setItem('qubix.share', {left_behind})")
    browser.open()
    browser.wait_for("share")
    assert browser.shown("start")


def test_a_server_that_is_away_is_said_and_waited_for(browser: Browser, server: Server) -> None:
    browser.open()
    browser.share()
    server.process.kill()
    server.process.wait(20)
    browser.wait_for_text("trouble", "The server cannot be reached just now")
    assert browser.shown("waiting")


def test_a_button_that_does_not_work_says_why(browser: Browser, server: Server) -> None:
    browser.open()
    browser.wait_for("share")
    server.process.kill()
    server.process.wait(20)
    browser.press("share")
    browser.wait_for("problem")
    assert "cannot be reached" in browser.text("problem-text")
    assert browser.shown("retry")


def test_on_windows_the_application_comes_first_and_the_script_under_it(browser: Browser) -> None:
    browser.is_system("windows")
    browser.open()
    kept = browser.share()
    host = browser.server.url.removeprefix("http://").replace(":", "_")
    assert browser.text("file") == f"qubix-setup--{host}--{kept['code']}.exe"
    assert browser.text("script") == "qubix-worker-installer.bat"
    assert not browser.shown("command")
    file = browser.downloads / browser.text("file")
    WebDriverWait(browser, 20, 0.05).until(lambda _: file.exists())
    assert file.read_bytes() == b"MZ"


def test_on_a_mac_it_tells_of_the_terminal(browser: Browser) -> None:
    browser.is_system("macos")
    browser.open()
    browser.share()
    assert browser.text("open-title").startswith("Open Terminal, from Applications")
    assert browser.text("command-text") == "sh ~/Downloads/qubix-worker-installer.sh"


def test_on_a_phone_it_sends_to_a_computer(browser: Browser) -> None:
    browser.is_system("phone")
    browser.open()
    browser.wait_for("phone")
    assert "only computers can be shared" in browser.text("phone")
    assert browser.shown("choice")


def test_without_javascript_it_can_be_read_and_every_file_be_had(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.open()
    assert browser.shown("start")
    assert not browser.shown("share")
    assert not browser.shown("waiting")
    links = browser.driver.find_elements(By.CSS_SELECTOR, "footer a")
    assert [link.get_attribute("href").removeprefix(browser.server.url) for link in links] == [
        "/api/installer/windows",
        "/api/installer/macos",
        "/api/installer/linux",
        "/api/installer/worker.py",
    ]


@pytest.mark.parametrize(("width", "scale"), [(320, 2), (1280, 1), (640, 2)])
def test_it_fits_every_width(browser: Browser, width: int, scale: int) -> None:
    size = {"width": width, "height": 700, "deviceScaleFactor": scale, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.open()
    browser.wait_for("share")
    overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(overflow) == 0
    browser.share()
    assert browser.run(overflow) == 0


def test_every_control_has_a_name_and_the_keyboard_is_enough(browser: Browser) -> None:
    browser.open()
    browser.wait_for("share")
    for control in browser.driver.find_elements(By.CSS_SELECTOR, "button, select, a, progress"):
        if control.is_displayed():
            assert control.accessible_name
    browser.run("document.getElementById('share').focus()")
    browser.driver.switch_to.active_element.send_keys("\ue007")
    browser.wait_for("waiting")
    assert browser.driver.switch_to.active_element.text == "Two steps to go"
