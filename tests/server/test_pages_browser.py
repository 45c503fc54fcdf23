"""The Share page in a real browser, before the real server: from the button to "online"."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser import Browser, opened
from tests.conftest import LiveServer
from tests.server.databases import execute

pytestmark = pytest.mark.slow

HARDWARE = {
    "os": {"name": "linux", "version": "12", "architecture": "x86_64"},
    "processor": {"logicalCores": 16, "physicalCores": 8, "model": "AMD Ryzen 7 7700X"},
    "memory": {"totalBytes": 32 << 30},
    "graphicsCards": [
        {"vendor": "NVIDIA", "name": "NVIDIA GeForce RTX 4070", "memoryTotalBytes": 12 << 30}
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One that has an application for Windows to hand out."""
    home = tmp_path_factory.mktemp("server")
    placed = home / "applications"
    (placed / "windows").mkdir(parents=True)
    (placed / "windows" / "qubix-0.1.0.exe").write_bytes(b"MZ")
    server = LiveServer(home / "home", environment={"QUBIX_DOWNLOADS_DIR": str(placed)})
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def one_browser(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with opened(server.url, tmp_path_factory.mktemp("browser") / "Downloads") as browser:
        yield browser


@pytest.fixture
def browser(one_browser: Browser) -> Browser:
    one_browser.start_anew()
    for file in one_browser.downloads.iterdir():
        file.unlink()
    return one_browser


@contextmanager
def away(server: LiveServer) -> Iterator[None]:
    """While it lasts there is no server."""
    server.kill()
    try:
        yield
    finally:
        server.start()


def pictures(browser: Browser) -> list[str]:
    shown = browser.driver.find_elements(By.CSS_SELECTOR, "[data-picture]:not([hidden])")
    return [str(picture.get_attribute("data-picture")) for picture in shown]


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


@pytest.mark.provokes("not_online")
def test_after_five_minutes_it_says_what_to_check_and_tries_again(browser: Browser) -> None:
    browser.open()
    kept = browser.share()
    browser.run("putForward(4 * 60 * 1000)")
    browser.wait_for_text("left", "Less than a minute left")
    browser.run("putForward(61 * 1000)")
    browser.wait_for("timeout")
    assert "your computer has not come online" in browser.text("timeout-text")
    assert "press Try again" in browser.text("timeout-todo")
    assert "Was the downloaded file opened?" in browser.text("checks")
    assert f"reach {browser.url.removeprefix('http://')}." in browser.text("checks")
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


@pytest.mark.provokes("joined_not_online")
def test_a_computer_that_joined_and_says_no_more_is_told_of_by_name(
    browser: Browser, server: LiveServer
) -> None:
    browser.open()
    kept = browser.share()
    register(server, kept["enrollment"], "Silent one")
    browser.wait_for_text("wait-text", "Silent one has joined and is starting")
    browser.run("putForward(5 * 60 * 1000)")
    browser.wait_for("timeout")
    assert browser.text("timeout-text") == (
        "Silent one has joined, but has not said that it is ready."
    )
    assert "Does the installer's window say what is wrong?" in browser.text("checks")


@pytest.mark.provokes("used_not_online")
def test_an_invitation_that_was_used_long_ago_leads_to_a_new_one(
    browser: Browser, server: LiveServer
) -> None:
    browser.open()
    kept = browser.share()
    browser.open("/healthz")  # the page is closed while the computer joins
    register(server, kept["enrollment"], "Gone again")
    server.stop()
    execute(server, "UPDATE providers SET registered_at = registered_at - 301000")
    server.start()
    browser.open()
    browser.wait_for("waiting")
    browser.run("putForward(5 * 60 * 1000)")
    browser.wait_for("timeout")
    assert "has joined with this invitation some time ago" in browser.text("timeout-text")
    assert browser.text("checks") == ""
    browser.press("again")
    browser.wait_for("waiting")
    assert browser.kept()["enrollment"] != kept["enrollment"]


@pytest.mark.provokes("unknown_not_online")
def test_five_minutes_without_a_server_are_not_blamed_on_the_computer(
    browser: Browser, server: LiveServer
) -> None:
    browser.open()
    kept = browser.share()
    with away(server):
        browser.run("putForward(5 * 60 * 1000)")
        browser.wait_for("timeout")
        assert "this page cannot reach the server to ask" in browser.text("timeout-text")
        assert "may be online all the same" in browser.text("timeout-todo")
        assert browser.violations() == []
    register(server, kept["enrollment"], "Online all the same")()
    browser.press("again")
    browser.wait_for("online")


@pytest.mark.provokes("download_failed")
def test_a_download_that_fails_is_told_and_a_press_on_its_name_begins_it_anew(
    browser: Browser, server: LiveServer
) -> None:
    browser.open()
    browser.share()
    file = browser.downloads / "qubix-worker-installer.sh"
    browser.until(file.exists)
    file.unlink()
    with away(server):
        browser.press("file")
        browser.wait_for("missing")
        assert browser.text("missing").startswith("The file could not be downloaded.")
        assert "press the file's name" in browser.text("missing")
        assert browser.shown("waiting")
        assert browser.violations() == []
    browser.press("file")
    browser.until(file.exists)
    assert not browser.shown("missing")


@pytest.mark.provokes("download_failed")
def test_a_server_that_stops_between_the_button_and_the_download_is_told(
    browser: Browser,
) -> None:
    cdp = browser.driver.execute_cdp_cmd
    cdp("Network.enable", {})
    cdp("Network.setBlockedURLs", {"urls": ["*/api/installer/linux*"]})
    try:
        browser.open()
        browser.share()
        browser.wait_for("missing")
        assert "The server cannot be reached just now." in browser.text("missing")
    finally:
        cdp("Network.setBlockedURLs", {"urls": []})
        cdp("Network.disable", {})
    assert list(browser.downloads.iterdir()) == []


@pytest.mark.provokes("server_answered")
def test_what_stands_before_the_server_and_answers_for_it_is_told(browser: Browser) -> None:
    gone = "window.fetch = async () => new Response('<html>Bad gateway</html>', { status: 502 });"
    cdp = browser.driver.execute_cdp_cmd
    script = cdp("Page.addScriptToEvaluateOnNewDocument", {"source": gone})
    try:
        browser.open()
        browser.wait_for("share")
        browser.press("share")
        browser.wait_for_text("problem-text", "The server answered 502, without saying why.")
    finally:
        cdp("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.mark.parametrize(
    "left_behind", ["'{'", "'null'", '\'{"enrollment":"x","system":"linux"}\'', "'[1]'"]
)
def test_what_cannot_be_gone_on_with_is_dropped(browser: Browser, left_behind: str) -> None:
    browser.open()
    browser.run(f"localStorage.setItem('qubix.share', {left_behind})")
    browser.open()
    browser.wait_for("share")
    assert browser.shown("start")


@pytest.mark.provokes("server_away")
def test_a_server_that_is_away_is_said_and_waited_for(browser: Browser, server: LiveServer) -> None:
    browser.open()
    kept = browser.share()
    with away(server):
        browser.wait_for_text("trouble", "The server cannot be reached just now")
        assert browser.shown("waiting")
    browser.until(lambda: not browser.text("trouble"))
    register(server, kept["enrollment"], "Patient one")()
    browser.wait_for("online")
    assert browser.text("online-name") == "Patient one"


def test_a_button_that_does_not_work_says_why(browser: Browser, server: LiveServer) -> None:
    browser.open()
    browser.wait_for("share")
    with away(server):
        browser.press("share")
        browser.wait_for("problem")
        assert "cannot be reached" in browser.text("problem-text")
        assert browser.violations() == []
    browser.press("retry")
    browser.wait_for("waiting")


def test_on_windows_the_application_comes_first_and_the_script_under_it(browser: Browser) -> None:
    browser.is_system("windows")
    browser.open()
    kept = browser.share()
    host = browser.url.removeprefix("http://").replace(":", "_")
    assert browser.text("file") == f"qubix-setup--{host}--{kept['code']}.exe"
    assert browser.text("script") == "qubix-worker-installer.bat"
    assert browser.text("open-title") == "Double-click that file"
    assert pictures(browser) == ["window"]
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
    assert pictures(browser) == ["terminal"]


@pytest.mark.parametrize(
    ("system", "file", "picture", "title"),
    [
        ("macos", "qubix-0.1.0.dmg", "disk", "Open that file, and QUBIX in it"),
        ("linux", "qubix-0.1.0.AppImage", "terminal", "Open a terminal, and run it"),
        ("linux", "qubix-0.2.0.tar.gz", "box", "Unpack that file, and open QUBIX in it"),
    ],
)
def test_each_kind_of_application_has_a_second_step_of_its_own(
    browser: Browser, server: LiveServer, *, system: str, file: str, picture: str, title: str
) -> None:
    folder = Path(server.environment["QUBIX_DOWNLOADS_DIR"]) / system
    folder.mkdir()
    try:
        (folder / file).write_bytes(b"an application")
        if system == "macos":
            browser.is_system(system)
        browser.open()
        browser.share()
        assert browser.text("open-title") == title
        assert pictures(browser) == [picture]
        if file.endswith(".AppImage"):
            name = f"~/Downloads/{browser.text('file')}"
            assert browser.text("command-text") == f"chmod +x {name} && {name}"
    finally:
        shutil.rmtree(folder)


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
        "/api/installer/docker",
    ]


@pytest.mark.parametrize(("width", "scale"), [(320, 2), (1280, 1), (640, 2)])
def test_it_fits_every_width(browser: Browser, width: int, scale: int) -> None:
    browser.is_sized(width, 700, scale=scale)
    browser.open()
    browser.wait_for("share")
    assert not browser.overflows()
    browser.share()
    assert not browser.overflows()


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


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(1280, 800, "light"), (1280, 800, "dark"), (390, 844, "light"), (390, 844, "dark")],
)
def test_no_state_has_a_fault_that_axe_knows(
    browser: Browser, server: LiveServer, width: int, height: int, scheme: str
) -> None:
    browser.looks(scheme)
    browser.is_sized(width, height, mobile=width < 500)
    browser.open()
    browser.wait_for("share")
    assert browser.violations() == []
    kept = browser.share()
    assert browser.violations() == []
    browser.run("putForward(5 * 60 * 1000)")
    browser.wait_for("timeout")
    assert browser.violations() == []
    browser.press("again")
    browser.wait_for("waiting")
    register(server, kept["enrollment"], f"Seen {scheme} at {width}")()
    browser.wait_for("online")
    assert browser.violations() == []


def test_without_its_script_the_page_has_no_fault_either(browser: Browser) -> None:
    cdp = browser.driver.execute_cdp_cmd  # axe-core itself needs JavaScript to be on
    cdp("Network.enable", {})
    cdp("Network.setBlockedURLs", {"urls": ["*.js"]})
    try:
        browser.open()
        assert not browser.shown("share")
        assert browser.violations() == []
    finally:
        cdp("Network.setBlockedURLs", {"urls": []})
        cdp("Network.disable", {})


ADAPTER = """
  Object.defineProperty(navigator, "gpu", { configurable: true, value: %s });
"""
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null;"
WEBGL = """
  HTMLCanvasElement.prototype.getContext = () => ({
    getExtension: (name) => name === "WEBGL_debug_renderer_info"
      ? { UNMASKED_RENDERER_WEBGL: 1 } : { loseContext() {} },
    getParameter: () => "ANGLE (NVIDIA, NVIDIA GeForce RTX 3080 (0x00002206) Direct3D11, D3D11)",
  });
"""
WEBGPU = "{ requestAdapter: async () => ({ info: %s }) }"
NEVER = "{ requestAdapter: () => new Promise(() => {}) }"
NAMED = '{ description: "AMD Radeon RX 7900 XTX", vendor: "amd", architecture: "rdna-3" }'
UNNAMED = '{ description: "", vendor: "nvidia", architecture: "ampere" }'


@pytest.mark.parametrize(
    ("there_is", "shown"),
    [
        (ADAPTER % (WEBGPU % NAMED) + WEBGL, "AMD Radeon RX 7900 XTX"),
        (ADAPTER % (WEBGPU % UNNAMED) + WEBGL, "NVIDIA GeForce RTX 3080"),
        (ADAPTER % (WEBGPU % UNNAMED) + NO_WEBGL, "NVIDIA (ampere)"),
        (ADAPTER % NEVER + WEBGL, "NVIDIA GeForce RTX 3080"),
        (ADAPTER % "undefined" + WEBGL, "NVIDIA GeForce RTX 3080"),
        (ADAPTER % "undefined" + NO_WEBGL, "Unknown"),
    ],
    ids=["webgpu", "webgl names it", "only the kind", "webgpu hangs", "webgl", "neither"],
)
def test_the_graphics_card_is_told_by_webgpu_else_by_webgl_else_not(
    browser: Browser, there_is: str, shown: str
) -> None:
    cdp = browser.driver.execute_cdp_cmd
    script = cdp("Page.addScriptToEvaluateOnNewDocument", {"source": there_is})
    try:
        browser.open()
        browser.wait_for_text("machine-graphics", shown)
    finally:
        cdp("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.mark.provokes("too_many")
def test_too_many_invitations_are_told_of_with_how_long_to_wait(browser: Browser) -> None:
    many = """
      window.fetch = async () => new Response(
        '{"success":false,"error":"Too many tries.","code":"too_many"}',
        { status: 429, headers: { "Retry-After": "30" } });
    """
    cdp = browser.driver.execute_cdp_cmd
    script = cdp("Page.addScriptToEvaluateOnNewDocument", {"source": many})
    try:
        browser.open()
        browser.wait_for("share")
        browser.press("share")
        browser.wait_for_text("problem-text", "Too many tries. Try again in 30 seconds.")
    finally:
        cdp("Page.removeScriptToEvaluateOnNewDocument", script)
