"""Every page and state as a picture, light and dark, drawn by the real windows on an X server of
its own: `make screenshots`. With `--to` and `--scale 2` it draws for looking at, not for keeping.

What is shown is made up where a picture needs it (a graphics card, a job half done), and only here.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - Qt and the windows are imported by the drawing process only
import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from own_display import own_display

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from qubix_desktop.services import Services
    from qubix_worker.status import Status

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "screenshots"
SCHEMES = ("light", "dark")
WAIT_SECONDS = 20.0
NOW = 1_900_000_000.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=KEPT, help="folder (default: docs/screenshots)")
    parser.add_argument("--scale", default="1", help="Qt's scale factor (default: 1)")
    parser.add_argument("--right-to-left", action="store_true", help="mirrored, as in Arabic")
    parser.add_argument("--no-page", action="store_true", help="leave the server's pages out")
    parser.add_argument("--only-page", action="store_true", help="only the server's pages")
    parser.add_argument("--inside", choices=SCHEMES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return draw(arguments.to, arguments.inside, arguments.right_to_left)
    if not shutil.which("Xvfb"):
        sys.stderr.write("screenshots: Xvfb is missing. Install it (Debian: xvfb) and try again.\n")
        return 1
    arguments.to.mkdir(parents=True, exist_ok=True)
    with own_display() as display, tempfile.TemporaryDirectory() as home:
        for scheme in () if arguments.only_page else SCHEMES:
            command = [sys.executable, __file__, "--to", str(arguments.to), "--inside", scheme]
            command += ["--right-to-left"] if arguments.right_to_left else []
            environment = {
                **os.environ, "DISPLAY": display, "QT_SCALE_FACTOR": arguments.scale,
                "QT_QPA_PLATFORM": "xcb", "QUBIX_HOME": home, "LC_ALL": "C.UTF-8",
            }  # fmt: skip
            subprocess.run(command, env=environment, check=True)
        if not arguments.no_page:
            draw_pages(arguments.to, Path(home))
    for picture in sorted(arguments.to.glob("*.png")):
        print(picture)
    return 0


# --- The windows ------------------------------------------------------------------------------


def draw(to: Path, scheme: str, right_to_left: bool) -> int:
    """All windows in one scheme; runs in a process of its own, since Qt reads its scale once."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QApplication, QSystemTrayIcon

    from qubix_desktop import theme

    app = QApplication([])
    font = QFont(app.font())
    font.setPointSizeF(10)
    app.setFont(font)
    app.setStyle("Fusion")
    if right_to_left:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    theme.wear(app, Qt.ColorScheme.Dark if scheme == "dark" else Qt.ColorScheme.Light)
    studio = Studio(app, to, scheme)
    if shutil.which("trayer"):
        studio.until(QSystemTrayIcon.isSystemTrayAvailable)
    draw_wizard(studio)
    draw_failures(studio)
    draw_status(studio)
    draw_tray(studio)
    draw_removal(studio)
    sys.stdout.flush()
    os._exit(0)  # a made-up setup may still wait on its thread


class Studio:
    """Takes pictures, when what is to be seen is there."""

    def __init__(self, app: QApplication, to: Path, scheme: str) -> None:
        self.app = app
        self.to = to
        self.scheme = scheme

    def take(self, widget: QWidget, name: str) -> None:
        self.settle(0.15)
        widget.grab().save(str(self.to / f"{name}-{self.scheme}.png"))

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not true():
            if time.monotonic() > end:
                raise TimeoutError("what was to be drawn did not appear")
            self.settle(0.02)

    def settle(self, seconds: float) -> None:
        from PySide6.QtTest import QTest

        QTest.qWait(round(seconds * 1000))


def fake_services(*, fail: bool = False, hold: threading.Event | None = None) -> Services:
    from qubix_desktop.flow import Network
    from qubix_desktop.services import Services
    from qubix_worker.errors import Problem
    from qubix_worker.hardware.detect import Finding
    from qubix_worker.paths import Paths
    from qubix_worker.protocol import Disk, GraphicsCard, Memory, Processor
    from qubix_worker.settings import Settings
    from qubix_worker.setup.steps import Choices, Phase, Progress, Setup

    refused = Problem(
        "refused",
        "compute.example.org can be reached, but nothing answers there.",
        "The server is probably not running. Try again in a few minutes.",
    )

    class FakeStep:
        def __init__(self, key: str, title: str, phase: Phase, weight: float, mode: str) -> None:
            self.key, self.title, self.phase, self.weight = key, title, phase, weight
            self._mode = mode

        def is_done(self) -> bool:
            return False

        def undo(self) -> None:
            pass

        def run(self, cancel: threading.Event) -> Iterator[Progress]:
            if self._mode == "slow":
                if self.phase == "prepare":
                    yield Progress(self.key, "running", "wasmtime", 6.1e6, 9.8e6, "bytes")
                (hold or threading.Event()).wait()
            if self._mode == "fail":
                from qubix_worker.errors import SetupError

                raise SetupError(refused.code, refused.happened, refused.todo)
            yield Progress(self.key, "running")

    def plan(_: Choices) -> Setup:
        return Setup((
            FakeStep("environment", "Preparing the software", "prepare", 30, "slow"),
            FakeStep("settings", "Saving your choices", "prepare", 1, "ok"),
            FakeStep("register", "Joining the network", "join", 2, "fail" if fail else "ok"),
            FakeStep("autostart", "Starting at sign-in", "join", 1, "ok"),
            FakeStep("start", "Starting to share", "join", 2, "slow-join"),
            FakeStep("confirm", "Going online", "join", 3, "slow" if hold else "ok"),
        ))  # fmt: skip

    def find() -> Iterator[Finding]:
        yield Finding("processor", Processor(16, 8, "AMD Ryzen 7 5800X 8-Core Processor"))
        yield Finding("memory", Memory(32 << 30))
        yield Finding("disk", Disk(1000 << 30, 412 << 30))
        yield Finding(
            "graphics:0",
            GraphicsCard("NVIDIA", "NVIDIA GeForce RTX 4070", "GPU-1", 12282 << 20, "550.54.14"),
        )
        yield Finding("graphics:1", GraphicsCard("NVIDIA", "NVIDIA GeForce GTX 970"))

    def unused(*_: object) -> NoReturn:
        raise AssertionError("no picture needs this")

    return Services(
        paths=Paths.of_user(),
        worker=FakeWorker(),
        look_up=lambda _: Network("https://compute.example.org", "Example Compute", "K7QM-2XWD"),
        find_hardware=find,
        plan=plan,
        start_worker=unused,
        uninstall=unused,
        logs=lambda _: LOG,
        kept=Settings,
        plan_change=plan,
    )


class FakeWorker:
    def status(self) -> Status:
        return statuses()["online"]

    def pause(self, seconds: float | None) -> Status:
        return self.status()

    def resume(self) -> Status:
        return self.status()

    def stop(self) -> None:
        pass

    def logs(self, lines: int) -> list[str]:
        return list(LOG)


def draw_wizard(studio: Studio) -> None:
    from PySide6.QtWidgets import QPushButton

    from qubix_desktop.flow import Page
    from qubix_desktop.invitation import Invitation
    from qubix_desktop.wizard import Wizard
    from qubix_worker.settings import Settings

    invitation = Invitation(("https://compute.example.org",), "K7QM-2XWD", "file name")
    first, second = threading.Event(), threading.Event()
    holds = iter((first, second))

    class Hold(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return next(holds).wait(timeout)

    wizard = Wizard(fake_services(hold=Hold()), invitation, Settings(name="marie-desktop"))
    wizard.show()

    def button(text: str) -> QPushButton:
        found = [b for b in wizard.findChildren(QPushButton) if b.isVisible() and b.text() == text]
        return found[0]

    def can_go_on() -> bool:
        buttons = [b for b in wizard.findChildren(QPushButton) if b.isVisible()]
        return any(b.text() == "Next" and b.isEnabled() for b in buttons)

    studio.until(can_go_on)
    studio.take(wizard, "wizard-1-welcome")
    button("Next").click()
    studio.until(can_go_on)
    studio.take(wizard, "wizard-2-computer")
    button("Next").click()
    studio.take(wizard, "wizard-3-sharing")
    button("Next").click()
    studio.until(lambda: wizard.page is Page.PREPARING)
    studio.settle(0.3)
    studio.take(wizard, "wizard-4-preparing")
    first.set()
    studio.until(lambda: wizard.page is Page.JOINING)
    studio.settle(0.3)
    studio.take(wizard, "wizard-5-joining")
    second.set()
    studio.until(lambda: wizard.page is Page.DONE)
    studio.take(wizard, "wizard-6-done")
    wizard.hide()


def draw_failures(studio: Studio) -> None:
    from PySide6.QtWidgets import QPushButton

    from qubix_desktop.flow import Page
    from qubix_desktop.invitation import Invitation
    from qubix_desktop.wizard import Wizard
    from qubix_worker.settings import Settings

    empty = Wizard(fake_services(), Invitation(), Settings())
    empty.show()
    studio.take(empty, "wizard-1-typing")
    empty.hide()
    done = threading.Event()
    done.set()
    invitation = Invitation(("https://compute.example.org",), "K7QM-2XWD", "file name")
    wizard = Wizard(fake_services(fail=True, hold=done), invitation, Settings())
    wizard.show()

    def next_buttons() -> list[QPushButton]:
        buttons = wizard.findChildren(QPushButton)
        return [b for b in buttons if b.text() == "Next" and b.isEnabled() and b.isVisible()]

    for _ in (Page.WELCOME, Page.COMPUTER, Page.SHARING):
        studio.until(lambda: bool(next_buttons()))
        next_buttons()[0].click()
    studio.until(
        lambda: any(
            b.text() == "Try again" and b.isVisible() for b in wizard.findChildren(QPushButton)
        )
    )
    for fold in wizard.findChildren(QPushButton):
        if fold.isVisible() and fold.isCheckable():
            fold.click()
    studio.take(wizard, "wizard-5-failed")
    wizard.hide()


def statuses() -> dict[str, Status]:
    """One status for each state."""
    from qubix_worker.protocol import Usage
    from qubix_worker.status import CurrentJob, FinishedJob, Status, Trouble

    jobs = (
        FinishedJob("6f1c", "wasm", "completed", NOW - 120, 41.2),
        FinishedJob("6f1b", "wasm", "completed", NOW - 340, 39.8),
        FinishedJob(
            "6f1a", "wasm", "failed", NOW - 900, 5.0,
            "The job ran for its whole time limit of 5 s and was stopped.",
        ),
        FinishedJob("6f19", "wasm", "cancelled", NOW - 4000, 12.4),
    )  # fmt: skip
    usage = Usage(cpu_percent=37, ram_percent=58, gpu_percent=81, gpu_temp=64)
    online = Status(
        "online", NOW - 8000, "marie-desktop", "https://compute.example.org", "Example Compute",
        "w-3f0c", "0.1.0", 4711, recent_jobs=jobs, last_heartbeat_at=NOW - 12, usage=usage,
    )  # fmt: skip
    lost = Trouble("no_network", "The connection to compute.example.org failed.", "")
    gone = Trouble(
        "unauthorized",
        "compute.example.org does not know this computer any more.",
        "Join the network again from its page.",
    )
    return {
        "starting": replace(online, state="starting"),
        "online": online,
        "working": replace(
            online,
            state="working",
            jobs=(CurrentJob("6f1d", "wasm", NOW - 25, progress_percent=62),),
        ),
        "paused": replace(online, state="paused", paused_by="you", paused_until=NOW + 3600),
        "offline": replace(online, state="offline", trouble=lost, retry_at=NOW + 20),
        "attention": replace(online, state="attention", trouble=gone),
    }


LOG: Sequence[str] = (
    "2030-03-17T17:44:02Z INFO qubix_worker.worker: started, version 0.1.0",
    "2030-03-17T17:44:03Z INFO qubix_worker.link: online at https://compute.example.org",
    "2030-03-17T17:44:33Z INFO qubix_worker.jobs: job 6f19 (wasm) begun",
    "2030-03-17T17:44:45Z INFO qubix_worker.jobs: job 6f19 cancelled by the network",
    "2030-03-17T17:45:03Z INFO qubix_worker.jobs: job 6f1a (wasm) begun",
    "2030-03-17T17:45:08Z WARNING qubix_worker.jobs: job 6f1a ran for its whole time limit of 5 s",
)


def draw_status(studio: Studio) -> None:
    from PySide6.QtWidgets import QTabBar

    from qubix_desktop.status.window import StatusWindow
    from qubix_desktop.watcher import Seen
    from qubix_worker.errors import Problem

    window = StatusWindow(lambda: NOW)
    window.log_wanted.connect(lambda: window.show_log(LOG))
    window.show()
    for state, status in statuses().items():
        window.show_seen(Seen(status))
        studio.take(window, f"status-{state}")
    absent = Problem("worker_not_running", "QUBIX is not running on this computer.", "")
    window.show_seen(Seen(statuses()["online"], absent))
    studio.take(window, "status-stopped")
    window.show_seen(Seen(statuses()["working"]))
    window.findChildren(QTabBar)[0].setCurrentIndex(1)
    studio.take(window, "status-log")
    window.hide()


def draw_tray(studio: Studio) -> None:
    from PySide6.QtCore import QPoint, QRect, Qt
    from PySide6.QtGui import QPainter, QPixmap
    from PySide6.QtWidgets import QMenu, QWidget

    from qubix_desktop import icons, theme
    from qubix_desktop.tray import Tray
    from qubix_desktop.watcher import Seen

    tray = Tray(lambda: NOW)
    tray.show_seen(Seen(statuses()["online"]))
    menu = tray.menu
    ground = QWidget(None, Qt.WindowType.FramelessWindowHint)
    theme.dress(ground, "rail")
    ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    ground.setGeometry(0, 0, 600, 400)
    ground.show()
    studio.settle(0.2)
    menu.popup(QPoint(20, 20))
    studio.settle(0.2)
    sub = next(action for action in menu.actions() if action.text() == "Pause")
    menu.setActiveAction(sub)
    opened = sub.menu()
    assert isinstance(opened, QMenu)
    opened.popup(menu.mapToGlobal(menu.actionGeometry(sub).topRight()))
    studio.settle(0.3)
    screen = studio.app.primaryScreen()
    area = menu.geometry().united(opened.geometry()).adjusted(-12, -12, 12, 12)
    screen.grabWindow(0, area.x(), area.y(), area.width(), area.height()).save(
        str(studio.to / f"tray-menu-{studio.scheme}.png")
    )
    opened.hide()
    menu.hide()
    ground.hide()
    ratio = screen.devicePixelRatio()
    colours = theme.DARK if studio.scheme == "dark" else theme.LIGHT
    sides = (16, 22, 32, 64)
    states: tuple[icons.StateIcon, ...] = (
        "starting", "online", "working", "paused", "offline", "attention",
    )  # fmt: skip
    strip = QPixmap(round(162 * len(states) * ratio), round(130 * ratio))
    strip.setDevicePixelRatio(ratio)
    strip.fill(colours.rail)
    painter = QPainter(strip)
    painter.setPen(colours.text)
    for at, state in enumerate(states):
        left = at * 162 + 6
        for side in sides:
            painter.drawPixmap(left, 84 - side, icons.picture(f"tray-{state}", side, ratio))
            left += side + 4
        painter.drawText(QRect(at * 162, 96, 162, 24), Qt.AlignmentFlag.AlignCenter, state)
    painter.end()
    strip.save(str(studio.to / f"tray-icons-{studio.scheme}.png"))


def draw_removal(studio: Studio) -> None:
    from qubix_desktop.removal import RemovalDialog

    dialog = RemovalDialog(fake_services())
    dialog.show()
    studio.take(dialog, "removal")
    dialog.hide()


# --- The pages --------------------------------------------------------------------------------


def draw_pages(to: Path, home: Path) -> None:
    """The pages of a real server in a real browser."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        sys.stderr.write("screenshots: no Chromium here, so the pages were left out.\n")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "qubix_server", "serve", "--port", str(port),
         "--server-name", "Example Compute", "--until-stdin-closes"],
        env={**os.environ, "QUBIX_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _await_page(url, server)
        fill_fleet(url)
        token = (home / "server" / "operator-token").read_text().strip()
        photograph(url, token, to, Path(browser), Path(driver))
    finally:
        assert server.stdin
        server.stdin.close()
        server.wait(timeout=20)


def photograph(url: str, token: str, to: Path, browser: Path, driver: Path) -> None:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = str(browser)
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 "--disable-background-networking", "--disable-component-update"):  # fmt: skip
        options.add_argument(flag)
    window = webdriver.Chrome(options=options, service=Service(str(driver)))
    try:
        size = {"width": 1200, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        drawn = "return document.querySelectorAll('.c-cpu .line[d*=L]').length"
        for scheme in SCHEMES:
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            window.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            window.get(url + "/")
            patience = WebDriverWait(window, WAIT_SECONDS, 0.05)
            patience.until(lambda _: window.find_element(By.ID, "share").is_displayed())
            window.save_screenshot(str(to / f"page-{scheme}.png"))
            window.execute_script(
                "sessionStorage.setItem('qubix.operator-token', arguments[0])", token
            )
            window.get(url + "/fleet")
            patience.until(lambda _: window.execute_script(drawn) == len(FLEET))
            window.save_screenshot(str(to / f"fleet-{scheme}.png"))
    finally:
        window.quit()


FLEET = (
    ("Ana's desktop", "NVIDIA", "NVIDIA GeForce RTX 4070", 12, "busy"),
    ("atelier-1", "AMD", "AMD Radeon RX 7900 XTX", 24, "busy"),
    ("atelier-2", "AMD", "AMD Radeon RX 7900 XTX", 24, "online"),
    ("Bruno's MacBook Pro", "Apple", "Apple M3 Max", 48, "paused"),
    ("class-room-01", "NVIDIA", "NVIDIA GeForce RTX 3060", 12, "online"),
    ("class-room-02", "NVIDIA", "NVIDIA GeForce RTX 3060", 12, "busy"),
    ("class-room-03", "NVIDIA", "NVIDIA GeForce RTX 3060", 12, "offline"),
    ("lab-tower", "NVIDIA", "NVIDIA RTX A6000", 48, "busy"),
    ("Lúcia", "Intel", "Intel Arc A770", 16, "online"),
    ("night-owl", "NVIDIA", "NVIDIA GeForce RTX 4090", 24, "online"),
)


def fill_fleet(url: str) -> None:
    """Has made-up computers join, and tell of half an hour."""
    dice = random.Random(7)  # noqa: S311 - nothing secret: the same picture each time
    for at, (name, vendor, card, gigabytes, state) in enumerate(FLEET):
        hardware = {
            "os": {"name": "linux", "version": "13", "architecture": "x86_64"},
            "processor": {"logicalCores": 16, "physicalCores": 8},
            "memory": {"totalBytes": 32 << 30},
            "graphicsCards": [
                {"vendor": vendor, "name": card, "memoryTotalBytes": gigabytes << 30}
            ],
        }
        joined = _ask(url, "/api/providers/register", {
            "workerId": f"worker-{at}", "name": name, "hardware": hardware,
            "workerVersion": "0.1.0", "workerSha256": "", "capabilities": ["wasm"],
            "enrollment": _ask(url, "/api/enrollments", {})["enrollment"],
        })  # fmt: skip
        cpu, gpu, heat = (dice.uniform(10, 50), dice.uniform(20, 90), dice.uniform(45, 65))
        for left in range(29, -1, -1):
            cpu, gpu = (min(97, max(3, x + dice.uniform(-11, 11))) for x in (cpu, gpu))
            heat = min(84, max(38, heat + (gpu - 50) / 45 + dice.uniform(-1, 1)))
            usage = {"cpuPercent": cpu, "ramPercent": 42, "gpuPercent": gpu, "gpuTemp": heat}
            beat = {"status": "online" if left else state, "usage": usage}
            path = f"/api/providers/worker-{at}/heartbeat"
            _ask(url, path, beat, joined["workerSecret"])


def _ask(url: str, path: str, body: dict[str, Any], secret: str | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:  # noqa: S310
        told: dict[str, Any] = json.load(answer)
        return told


def _await_page(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            urllib.request.urlopen(url + "/healthz", timeout=2).close()  # noqa: S310
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
