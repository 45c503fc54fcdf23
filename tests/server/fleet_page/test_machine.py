"""The page of one machine: what it tells, and what can be done with it."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import Browser
from tests.conftest import LiveServer
from tests.server.fleet_page.page import (
    focused,
    go,
    submitted,
    taken,
)

pytestmark = pytest.mark.slow


def test_a_machines_page_tells_of_it_and_can_switch_it_off(
    fleet: Browser, server: LiveServer
) -> None:
    machine = server.join("in-pages", name="Ana's <b>computer</b>")
    for _ in range(3):
        assert machine.beat().ok
    go(fleet, "#/machine/in-pages", "machine")
    fleet.wait_for_text("machine-name", "Ana's <b>computer</b>")
    fleet.wait_for_text("machine-hardware", "A card, 8 GB")
    assert "A processor, 4 cores, 8 threads" in fleet.text("machine-hardware")
    chart = fleet.until(
        lambda: fleet.driver.find_element(By.CSS_SELECTOR, "#machine-charts figure svg")
    )
    fleet.until(lambda: "now 13 %" in (chart.get_attribute("aria-label") or ""))
    body = {"status": "paused", "usage": {}, "pauseReason": "Someone is using it."}
    assert machine.ask("POST", "/api/providers/in-pages/heartbeat", body).ok
    fleet.wait_for_text("machine-why", "Someone is using it.")
    fleet.press("machine-toggle")
    fleet.wait_for_text("machine-toggle", "Give it jobs again")
    fleet.press("machine-toggle")
    fleet.wait_for_text("machine-toggle", "Give it no more jobs")


def test_a_machines_page_shows_its_own_jobs(fleet: Browser, server: LiveServer) -> None:
    mine, other = server.join("mine"), server.join("not-mine")
    shown = submitted(server)
    taken(mine, shown)
    assert mine.ask("POST", f"/api/jobs/{shown}/complete", {"status": "completed"}).ok
    hidden = submitted(server)
    taken(other, hidden)
    assert other.ask("POST", f"/api/jobs/{hidden}/complete", {"status": "completed"}).ok
    go(fleet, "#/machine/mine", "machine")
    fleet.until(lambda: fleet.run(MACHINES_JOBS) == [shown])


MACHINES_JOBS = """
  return [...document.querySelectorAll('#machine-jobs [data-job]')].map((job) => job.dataset.job);
"""


def test_a_machine_is_removed_only_after_a_question_that_names_it(
    fleet: Browser, server: LiveServer
) -> None:
    server.join("to-remove", name="Old computer")
    go(fleet, "#/machine/to-remove", "machine")
    fleet.wait_for_text("machine-name", "Old computer")
    fleet.press("machine-remove")
    fleet.wait_for_text("confirm-title", "Remove Old computer?")
    assert focused(fleet).get_attribute("id") == "confirm-no"
    assert fleet.violations() == []
    focused(fleet).send_keys(Keys.ESCAPE)
    fleet.until(lambda: not fleet.shown("confirm"))
    path = "/api/providers/to-remove"
    assert server.ask("GET", path, credential=server.token).ok
    fleet.press("machine-remove")
    fleet.wait_for("confirm-yes")
    fleet.run("location.hash = '#/machine/node-1'")  # as Back does: the question goes with its page
    fleet.wait_for_text("machine-name", "node-1")
    assert not fleet.shown("confirm")
    go(fleet, "#/machine/to-remove", "machine")
    fleet.wait_for_text("machine-name", "Old computer")
    fleet.press("machine-remove")
    fleet.wait_for("confirm-yes")
    fleet.press("confirm-yes")
    fleet.wait_for("machines")
    assert server.ask("GET", path, credential=server.token).status_code == 404


def test_what_is_not_there_is_said(fleet: Browser) -> None:
    go(fleet, "#/machine/nobody", "missing")
    assert "not there" in fleet.text("missing-text")
    go(fleet, "#/job/none", "missing")
    go(fleet, "#/%E0%A4%A", "missing")
