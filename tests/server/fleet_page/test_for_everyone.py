"""The fleet page on every screen, for everyone, and without JavaScript."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver.common.by import By

from tests.browser import Browser
from tests.conftest import LiveServer
from tests.server.fleet_page.page import (
    all_there,
    go,
    sign_in,
    submitted,
)

pytestmark = pytest.mark.slow


SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest.mark.parametrize(
    ("size", "scheme"), [("desktop", "light"), ("desktop", "dark"), ("phone", "dark")]
)
def test_no_view_has_a_fault_that_axe_knows(
    browser: Browser, server: LiveServer, size: str, scheme: str
) -> None:
    browser.looks(scheme)
    browser.is_sized(*SIZES[size], mobile=size == "phone")
    browser.open("/fleet")
    browser.wait_for("signin")
    assert browser.violations() == []
    job_id = submitted(server, requirements={"minRamGb": 9000})
    sign_in(browser, server)
    go(browser, "", "machines")
    all_there(browser)
    assert browser.violations() == []
    for address, section, waits_for in (
        ("#/machine/node-1", "machine", "machine-hardware"),
        ("#/jobs", "jobs", "jobs-list"),
        (f"#/job/{job_id}", "job", "job-facts"),
        ("#/submit", "submit", "submit-go"),
        ("#/nothing", "missing", "missing-text"),
    ):
        browser.run(f"location.hash = {json.dumps(address)}")
        browser.wait_for(section)
        browser.until(lambda waits_for=waits_for: browser.text(waits_for))
        assert browser.violations() == [], section
        assert not browser.overflows(), section


@pytest.mark.parametrize(("width", "scale"), [(320, 2), (640, 2), (1280, 1), (2560, 1)])
def test_it_fits_every_width(fleet: Browser, width: int, scale: int) -> None:
    fleet.is_sized(width, 700, scale=scale)
    for address, section in (
        ("", "machines"),
        ("#/machine/node-1", "machine"),
        ("#/jobs", "jobs"),
        ("#/submit", "submit"),
    ):
        fleet.run("location.hash = ''")
        go(fleet, address, section)
        assert not fleet.overflows(), section


def test_without_javascript_it_says_what_it_is_and_how_to_do_without(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.open("/fleet")
    shown = browser.driver.find_element(By.TAG_NAME, "main").text
    assert "It is made by JavaScript" in shown
    assert "qubix-server providers list" in shown
    assert not browser.shown("signin")
