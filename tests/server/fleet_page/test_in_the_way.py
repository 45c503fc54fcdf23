"""The fleet page while something is in the way: a busy server, none, a token that ends."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from tests.browser import Browser
from tests.conftest import LiveServer
from tests.server.fleet_page.page import (
    all_there,
    count,
    go,
    row,
    search,
)

pytestmark = pytest.mark.slow


def test_a_busy_server_is_waited_for_as_long_as_it_asks(fleet: Browser) -> None:
    busy = """
      const ask = window.fetch; let left = 1;
      window.fetch = async (path, ...rest) => left-- <= 0 ? ask(path, ...rest) : new Response(
        '{"success":false,"error":"The server is busy. Try again.","code":"overloaded"}',
        { status: 503, headers: { "Retry-After": "600" } });
    """
    cdp = fleet.driver.execute_cdp_cmd
    script = cdp("Page.addScriptToEvaluateOnNewDocument", {"source": busy})
    try:
        fleet.open("/fleet")
        fleet.wait_for_text("notice", "The server is busy. Try again. Trying again in")
        assert fleet.violations() == []
        fleet.press("notice-now")
        fleet.until(lambda: "10,0" in count(fleet))
        assert not fleet.shown("notice")
    finally:
        cdp("Page.removeScriptToEvaluateOnNewDocument", script)


def test_a_server_that_is_started_again_is_found_again_by_itself(
    fleet: Browser, server: LiveServer
) -> None:
    machine = server.join("through-it-all", name="Through it all")
    machine.beat()
    go(fleet, "", "machines")
    all_there(fleet)
    search(fleet, "through it all")
    fleet.until(lambda: "Ready" in row(fleet, "Through it all"))
    server.kill()
    try:
        fleet.wait_for_text("connection-text", "Not connected, trying again in")
        assert "Ready" in row(fleet, "Through it all")
        fleet.run("location.hash = '#/jobs'")
        fleet.wait_for_text("notice-text", "The server cannot be reached just now.")
        assert fleet.violations() == []
    finally:
        server.start()
    machine.beat("paused")
    fleet.run("location.hash = '#/'")
    fleet.until(lambda: "Paused" in row(fleet, "Through it all"))
    assert fleet.text("connection-text") == "Live"
    fleet.until(lambda: not fleet.shown("notice"))


def test_a_token_that_ends_leads_back_to_signing_in_and_then_on(
    fleet: Browser, server: LiveServer
) -> None:
    go(fleet, "#/jobs", "jobs")
    assert server.cli("token").returncode == 0
    fleet.wait_for("signin")
    fleet.wait_for_text("signin-trouble", "does not take this token any more")
    assert fleet.run("return sessionStorage.length") == 0
    fleet.driver.find_element(By.ID, "token").send_keys(f"{server.token}\n")
    fleet.wait_for("jobs")
