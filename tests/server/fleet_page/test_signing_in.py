"""The operator signs in on the fleet page, and out again."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from tests.browser import Browser
from tests.conftest import LiveServer
from tests.server.fleet_page.page import (
    count,
    focused,
    rows,
)

pytestmark = pytest.mark.slow


def test_the_token_opens_the_page_and_stands_in_no_address(
    browser: Browser, server: LiveServer
) -> None:
    browser.open("/fleet")
    browser.wait_for("signin")
    field = browser.driver.find_element(By.ID, "token")
    field.send_keys("not-the-token\n")
    browser.wait_for_text("signin-trouble", "This is not the operator's token")
    assert focused(browser) == field
    field.send_keys(f"{server.token}\n")
    browser.wait_for("machines")
    browser.until(lambda: "10,0" in count(browser))
    told = browser.run(
        "return [location.href, document.cookie, JSON.stringify(localStorage),"
        " ...performance.getEntriesByType('resource').map((entry) => entry.name)].join(' ')"
    )
    assert "/api/providers?" in told
    assert server.token not in told
    browser.press("sign-out")
    browser.wait_for("signin")
    assert browser.run("return sessionStorage.length") == 0
    assert rows(browser) == [] or not browser.shown("machines")


def test_a_machines_secret_does_not_open_it(browser: Browser, server: LiveServer) -> None:
    secret = server.join("no-operator").secret
    browser.open("/fleet")
    browser.wait_for("signin")
    browser.driver.find_element(By.ID, "token").send_keys(f"{secret}\n")
    browser.wait_for_text("signin-trouble", "a machine's secret")
