"""A real browser, headless, as a test drives it. It speaks to this machine alone."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

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


STILL = {"prefers-reduced-motion": "reduce"}


@dataclass
class Browser:
    driver: WebDriver
    url: str
    downloads: Path

    def open(self, path: str = "/") -> None:
        self.driver.get(self.url + path)

    def start_anew(self) -> None:
        """As a new one: nothing kept, of a desktop's size, light, with JavaScript. The server must
        be there."""
        cdp = self.driver.execute_cdp_cmd
        cdp("Emulation.setScriptExecutionDisabled", {"value": False})
        cdp("Emulation.clearDeviceMetricsOverride", {})
        cdp("Emulation.setUserAgentOverride", {"userAgent": ""})
        self.looks()
        self.open("/healthz")
        self.run("localStorage.clear(); sessionStorage.clear()")
        self.complaints()

    def looks(self, scheme: str = "light") -> None:
        features = STILL | {"prefers-color-scheme": scheme}
        told = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": told})

    def is_sized(self, width: int, height: int, *, scale: float = 1, mobile: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        root = "document.documentElement"
        return bool(self.run(f"return {root}.scrollWidth > {root}.clientWidth"))

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is now. It works in a world of its own,
        beside the page's: the page's policy would not let it in."""
        cdp = self.driver.execute_cdp_cmd
        frame = cdp("Page.getFrameTree", {})["frameTree"]["frame"]["id"]
        world = cdp("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
        cdp("Runtime.evaluate", {"expression": _axe(), "contextId": world})
        answer = cdp(
            "Runtime.evaluate",
            {
                "expression": AXE_RUN,
                "contextId": world,
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        found: list[str] = answer["result"]["value"]
        return found

    def until(self, condition: Any) -> Any:
        return WebDriverWait(self.driver, 20, 0.05).until(lambda _: condition())

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


AXE_RUN = """
  axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.flatMap(
    ({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`)))
"""


@cache
def _axe() -> str:
    (file,) = [file for file in files("axe-core-python") or () if file.name == "axe.min.js"]
    return Path(str(file.locate())).read_text(encoding="utf-8")


@contextmanager
def opened(url: str, downloads: Path, *, clock: bool = True) -> Iterator[Browser]:
    """A browser for the server at `url`, whose downloads go to `downloads`. Its pages have a clock
    that the test can put forward, unless told otherwise."""
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
            downloads.mkdir(exist_ok=True)
            allow = {"behavior": "allow", "downloadPath": str(downloads)}
            driver.execute_cdp_cmd("Browser.setDownloadBehavior", allow)
            if clock:
                driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": CLOCK})
            yield Browser(driver, url, downloads)
        finally:
            driver.quit()
