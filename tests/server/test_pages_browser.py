"""The Share page in a real browser, before the real server: from the button to "online"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser import Browser, opened
from tests.conftest import LiveServer

pytestmark = pytest.mark.slow

HARDWARE = {
    "os": {"name": "linux", "version": "12", "architecture": "x86_64"},
    "processor": {"logicalCores": 16, "physicalCores": 8, "model": "AMD Ryzen 7 7700X"},
    "memory": {"totalBytes": 32 << 30},
    "graphicsCards": [
        {"vendor": "NVIDIA", "name": "NVIDIA GeForce RTX 4070", "memoryTotalBytes": 12 << 30}
    ],
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """One that has an application for Windows to hand out."""
    placed = tmp_path / "applications" / "windows"
    placed.mkdir(parents=True)
    (placed / "qubix-0.1.0.exe").write_bytes(b"MZ")
    server = LiveServer(tmp_path / "home", environment={"QUBIX_DOWNLOADS_DIR": str(placed.parent)})
    server.start()
    yield server
    assert server.process
    if server.process.poll() is None:
        server.stop()


@pytest.fixture
def browser(server: LiveServer, tmp_path: Path) -> Iterator[Browser]:
    with opened(server.url, tmp_path / "Downloads") as browser:
        yield browser


def register(server: LiveServer, enrollment: str, name: str) -> Callable[[], object]:
    """Registers a computer as a worker does; what is given says its first heartbeat."""
    worker_id = f"worker-{enrollment[:8].lower()}".replace("_", "-")
    machine = server.join(worker_id, name=name, hardware=HARDWARE, enrollment=enrollment)
    return machine.beat


def test_from_the_button_to_online(browser: Browser, server: LiveServer) -> None:
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

    heartbeat = register(server, kept["enrollment"], "Ana's <b>computer</b>")
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


def test_a_server_that_is_away_is_said_and_waited_for(browser: Browser, server: LiveServer) -> None:
    browser.open()
    browser.share()
    server.kill()
    browser.wait_for_text("trouble", "The server cannot be reached just now")
    assert browser.shown("waiting")


def test_a_button_that_does_not_work_says_why(browser: Browser, server: LiveServer) -> None:
    browser.open()
    browser.wait_for("share")
    server.kill()
    browser.press("share")
    browser.wait_for("problem")
    assert "cannot be reached" in browser.text("problem-text")
    assert browser.shown("retry")


def test_on_windows_the_application_comes_first_and_the_script_under_it(browser: Browser) -> None:
    browser.is_system("windows")
    browser.open()
    kept = browser.share()
    host = browser.url.removeprefix("http://").replace(":", "_")
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
    assert [link.get_attribute("href").removeprefix(browser.url) for link in links] == [
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
