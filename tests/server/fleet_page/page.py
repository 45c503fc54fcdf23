"""The fleet page as its tests go through it and read it."""

from __future__ import annotations

import base64
import json
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser import Browser
from tests.conftest import LiveServer, Machine, wait_until

MANY = 10_000


EMPTY_MODULE = b"\0asm\1\0\0\0"


def sign_in(browser: Browser, server: LiveServer) -> None:
    browser.run(f"sessionStorage.setItem('qubix.operator-token', {json.dumps(server.token)})")


def go(browser: Browser, address: str, section: str) -> None:
    browser.open("/fleet" + address)
    browser.wait_for(section)


def all_there(browser: Browser) -> None:
    browser.until(lambda: "reading" not in count(browser).lower() and count(browser))


def count(browser: Browser) -> str:
    return browser.text("machines-count")


def rows(browser: Browser) -> list[str]:
    """The names of the machines that are in the page, from the top."""
    names: list[str] = browser.run(
        "return [...document.querySelectorAll('#machines-body .name')].map((a) => a.textContent)"
    )
    return names


def row(browser: Browser, name: str) -> str:
    """A machine's row as text; empty where it is not in the page."""
    found: str = browser.run(
        "return [...document.querySelectorAll('#machines-body .row')]"
        f".find((row) => row.querySelector('.name').textContent === {json.dumps(name)})"
        "?.textContent ?? ''"
    )
    return found


def search(browser: Browser, text: str) -> None:
    field = browser.driver.find_element(By.ID, "search")
    field.clear()
    field.send_keys(text)


def focused(browser: Browser) -> WebElement:
    return browser.driver.switch_to.active_element


def submitted(server: LiveServer, **changes: Any) -> str:
    spec = {"module": base64.b64encode(EMPTY_MODULE).decode(), "args": ["one", "two"]}
    body = {"kind": "wasm", "spec": spec} | changes
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    assert answer.status_code == 201
    job_id: str = answer.json()["job"]["id"]
    return job_id


def taken(machine: Machine, job_id: str) -> None:
    def has_it() -> bool:
        return job_id in [job["id"] for job in machine.beat().json()["pendingJobs"]]

    wait_until(has_it)
