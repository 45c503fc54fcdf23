"""The server's pages as pictures: a real server, a real browser, and a fleet that is made up."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the browser's library is imported only where there is a browser
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

PAGES = ("page", "fleet")
SCHEMES = ("light", "dark")
WAIT_SECONDS = 20.0


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
