"""The fleet page in a real browser, before a real server with ten thousand machines."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser import Browser, opened
from tests.conftest import LiveServer, Machine, wait_until
from tests.server.machines import put_many

pytestmark = pytest.mark.slow

MANY = 10_000
EMPTY_MODULE = b"\0asm\1\0\0\0"
# What a job's program may print: marks of a page, of a terminal, and of the reading direction.
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m red \u202e gnorw"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("server"))
    server.start()
    put_many(server, MANY, with_history=40)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def one_browser(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    downloads = tmp_path_factory.mktemp("browser") / "Downloads"
    with opened(server.url, downloads, clock=False) as browser:
        yield browser


@pytest.fixture
def browser(one_browser: Browser) -> Browser:
    one_browser.start_anew()
    return one_browser


@pytest.fixture
def fleet(browser: Browser, server: LiveServer) -> Browser:
    """Where the operator is signed in already."""
    sign_in(browser, server)
    return browser


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


# --- Signing in ---------------------------------------------------------------------------------


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


# --- Machines -----------------------------------------------------------------------------------


def test_ten_thousand_machines_scroll_and_sort_in_a_page_that_stays_small(fleet: Browser) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    table = fleet.driver.find_element(By.ID, "machines-table")
    assert int(table.get_attribute("aria-rowcount") or 0) >= MANY + 1
    fleet.run(
        "window.longest = 0; new PerformanceObserver((list) => { for (const task of"
        " list.getEntries()) longest = Math.max(longest, task.duration); })"
        ".observe({ entryTypes: ['longtask'] })"
    )
    most = 0
    for share in (0.1, 0.5, 0.9, 1, 0.3, 0):
        fleet.run(
            "const all = document.getElementById('machines-scroller');"
            f"all.scrollTop = all.scrollHeight * {share}"
        )
        fleet.until(lambda: fleet.run(IS_FILLED))
        most = max(most, len(rows(fleet)))
    assert most <= 60
    assert rows(fleet)[:2] != rows(fleet)[1:3]
    header = fleet.driver.find_element(By.CSS_SELECTOR, ".head .c-cpu")
    header.find_element(By.TAG_NAME, "button").click()
    fleet.until(lambda: header.get_attribute("aria-sort") == "descending")
    figures = fleet.run(FIGURES)
    assert figures == sorted(figures, reverse=True)
    header.find_element(By.TAG_NAME, "button").click()
    fleet.until(lambda: header.get_attribute("aria-sort") == "ascending")
    figures = fleet.run(FIGURES)
    assert figures == sorted(figures)
    assert fleet.run("return longest") < 1000  # far less by itself; tests share their processors


IS_FILLED = """
  const all = document.getElementById('machines-scroller').getBoundingClientRect();
  const rows = [...document.querySelectorAll('#machines-body .row')];
  const seen = rows.filter((row) => {
    const place = row.getBoundingClientRect();
    return place.bottom > all.top + 40 && place.top < all.bottom;
  });
  return seen.length >= Math.floor((all.height - 60) / rows[0].offsetHeight);
"""
FIGURES = """
  return [...document.querySelectorAll('#machines-body .c-cpu .figure')]
    .map((figure) => parseInt(figure.textContent)).filter((value) => !Number.isNaN(value));
"""


def test_names_are_sorted_as_people_count(fleet: Browser) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    search(fleet, "node-999")
    fleet.until(lambda: "11 of" in count(fleet))
    assert rows(fleet) == ["node-999", *(f"node-{number}" for number in range(9990, 10_000))]


def test_a_change_is_shown_within_a_second(fleet: Browser, server: LiveServer) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    machine = server.join("quick-one", name="Quick one")
    search(fleet, "quick one")
    fleet.until(lambda: row(fleet, "Quick one"))
    waited = []
    for status, word in (("online", "Ready"), ("paused", "Paused"), ("online", "Ready")):
        machine.beat(status)
        began = time.monotonic()
        wait_until(lambda word=word: word in row(fleet, "Quick one"))  # type: ignore[misc]
        waited.append(time.monotonic() - began)
    assert min(waited) < 1
    # What is on the screen is told of in full: its use, too, which is nobody else's business.
    fleet.until(lambda: machine.beat().ok and "13 %" in row(fleet, "Quick one"))
    assert machine.ask("DELETE", "/api/providers/quick-one").ok
    fleet.until(lambda: not row(fleet, "Quick one"))


def test_a_machine_that_another_operator_switches_off_is_shown_within_a_second(
    fleet: Browser, server: LiveServer
) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    machine = server.join("switched", name="Switched one")
    machine.beat()
    search(fleet, "switched one")
    fleet.until(lambda: "Ready" in row(fleet, "Switched one"))
    waited = []
    for is_on, word in ((False, "Switched off"), (True, "Ready"), (False, "Switched off")):
        path, body = "/api/providers/switched/toggle", {"online": is_on}
        assert server.ask("POST", path, body, credential=server.token).ok
        began = time.monotonic()
        wait_until(lambda word=word: word in row(fleet, "Switched one"))  # type: ignore[misc]
        waited.append(time.monotonic() - began)
    assert min(waited) < 1
    assert machine.ask("DELETE", "/api/providers/switched").ok


def test_the_machines_can_be_filtered(fleet: Browser) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    search(fleet, "7900 node")
    fleet.until(lambda: " of 10,0" in count(fleet))
    assert all("AMD Radeon RX 7900 XTX" in row(fleet, name) for name in rows(fleet))
    fleet.run(
        "const status = document.getElementById('status'); status.value = 'paused';"
        "status.dispatchEvent(new Event('change'))"
    )
    fleet.until(lambda: all("Paused" in row(fleet, name) for name in rows(fleet)))
    search(fleet, "there is none of these")
    fleet.wait_for("machines-none")


def test_lines_of_use_and_temperature_are_drawn(fleet: Browser) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    search(fleet, "node-5")
    drawn = "return document.querySelector('#machines-body .c-cpu path').getAttribute('d') ?? ''"
    fleet.until(lambda: fleet.run(drawn).count("L") > 30)


def test_the_keyboard_goes_through_the_machines(fleet: Browser) -> None:
    go(fleet, "", "machines")
    all_there(fleet)
    fleet.run("document.getElementById('machines-scroller').focus()")
    focused(fleet).send_keys(Keys.END)
    fleet.until(lambda: focused(fleet).text == rows(fleet)[-1])
    focused(fleet).send_keys(Keys.HOME)
    fleet.until(lambda: focused(fleet).text == rows(fleet)[0])
    first = focused(fleet).text
    focused(fleet).send_keys(Keys.ARROW_DOWN)
    second = focused(fleet).text
    assert [first, second] == rows(fleet)[:2]
    for _ in range(3):
        focused(fleet).send_keys(Keys.PAGE_DOWN)
    assert focused(fleet).text != second
    name = focused(fleet).text
    focused(fleet).send_keys(Keys.ENTER)
    fleet.wait_for_text("machine-name", name)
    assert focused(fleet).get_attribute("id") == "machine-name"
    fleet.driver.back()
    fleet.wait_for("machines")


# --- A machine ----------------------------------------------------------------------------------


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


# --- Jobs ---------------------------------------------------------------------------------------


def test_a_job_is_submitted_watched_and_its_result_saved(
    fleet: Browser, server: LiveServer, tmp_path: Path
) -> None:
    program = tmp_path / "program.wasm"
    program.write_bytes(EMPTY_MODULE)
    machine = server.join("job-taker")
    go(fleet, "#/submit", "submit")
    fleet.driver.find_element(By.ID, "module").send_keys(str(program))
    fleet.driver.find_element(By.ID, "args").send_keys("first one\n--second")
    fleet.press("submit-go")
    fleet.wait_for("job")
    job_id = fleet.until(lambda: fleet.run("return location.hash").removeprefix("#/job/"))
    fleet.wait_for_text("job-status", "Waiting")
    told = server.ask("GET", f"/api/jobs/{job_id}", credential=server.token).json()["job"]
    assert told["spec"]["args"] == ["first one", "--second"]
    taken(machine, job_id)
    progress = {"progress": 40, "currentOperation": "Half way", "log": [HOSTILE]}
    assert machine.ask("POST", f"/api/jobs/{job_id}/progress", progress).ok
    fleet.wait_for_text("job-status", "Running, 40 %")
    fleet.wait_for_text("job-operation", "Half way")
    fleet.wait_for_text("job-log", "<img src=x onerror=alert(1)>")
    assert "\u202e" not in fleet.text("job-log")
    result = {
        "exitCode": 0,
        "stdout": base64.b64encode(HOSTILE.encode()).decode(),
        "stderr": "words of warning",
        "files": {"../../evil/report.txt": base64.b64encode(b"what it found").decode()},
    }
    body = {"status": "completed", "result": result}
    assert machine.ask("POST", f"/api/jobs/{job_id}/complete", body).ok
    fleet.wait_for_text("job-status", "Completed")
    fleet.wait_for_text("job-outputs", "words of warning")
    assert "<img src=x onerror=alert(1)>" in fleet.text("job-outputs")
    assert fleet.run("return document.querySelectorAll('#job img').length") == 0
    fleet.driver.find_element(By.CSS_SELECTOR, ".files button").click()
    saved = fleet.downloads / "report.txt"
    wait_until(saved.exists)
    assert saved.read_bytes() == b"what it found"
    assert fleet.complaints() == []


def test_a_large_program_is_uploaded_before(
    fleet: Browser, server: LiveServer, tmp_path: Path
) -> None:
    program = tmp_path / "large.wasm"
    # A section of no meaning (0) of 2 MiB: https://webassembly.github.io/spec/core/binary/modules.html
    program.write_bytes(EMPTY_MODULE + b"\0\x80\x80\x80\1" + b"\0" * (2 << 20))
    go(fleet, "#/submit", "submit")
    fleet.driver.find_element(By.ID, "module").send_keys(str(program))
    fleet.press("submit-go")
    fleet.wait_for("job")
    fleet.wait_for_text("job-facts", "SHA-256")
    job_id = fleet.run("return location.hash").removeprefix("#/job/")
    server.ask("POST", f"/api/jobs/{job_id}/cancel", {}, credential=server.token)


def test_what_is_wrong_with_a_job_is_said_before_it_is_sent(fleet: Browser, tmp_path: Path) -> None:
    go(fleet, "#/submit", "submit")
    fleet.press("submit-go")
    fleet.wait_for_text("submit-trouble", "Choose a program first.")
    assert focused(fleet).get_attribute("id") == "module"
    text = tmp_path / "text.wasm"
    text.write_text("not a program")
    fleet.driver.find_element(By.ID, "module").send_keys(str(text))
    fleet.press("submit-go")
    fleet.wait_for_text("submit-trouble", "not a WebAssembly program")
    huge = tmp_path / "huge.wasm"
    with huge.open("wb") as file:
        file.truncate((16 << 20) + 1)
    fleet.driver.find_element(By.ID, "module").send_keys(str(huge))
    fleet.press("submit-go")
    fleet.wait_for_text("submit-trouble", "larger than 16 MiB")
    fleet.driver.find_element(By.CSS_SELECTOR, "[value=container]").click()
    fleet.driver.find_element(By.ID, "image").send_keys("busybox:latest")
    fleet.press("submit-go")
    fleet.wait_for_text("submit-trouble", "its digest")
    timeout = fleet.driver.find_element(By.ID, "timeout")
    timeout.clear()
    timeout.send_keys("100000")
    fleet.press("submit-go")
    fleet.wait_for_text("submit-trouble", "from 1 to 86400 seconds")


def test_a_container_job_says_what_its_machine_must_have(
    fleet: Browser, server: LiveServer
) -> None:
    image = f"registry.example/busybox@sha256:{'a' * 64}"
    go(fleet, "#/submit", "submit")
    fleet.driver.find_element(By.CSS_SELECTOR, "[value=container]").click()
    fleet.driver.find_element(By.ID, "image").send_keys(image)
    fleet.driver.find_element(By.CSS_SELECTOR, "#submit summary").click()
    fleet.driver.find_element(By.ID, "env").send_keys("A=b=c")
    fleet.press("gpu")
    fleet.driver.find_element(By.ID, "min-vram").send_keys("9000")
    fleet.press("submit-go")
    fleet.wait_for("job")
    fleet.wait_for_text("job-facts", "9000 GB of graphics memory")
    job_id = fleet.run("return location.hash").removeprefix("#/job/")
    job = server.ask("GET", f"/api/jobs/{job_id}", credential=server.token).json()["job"]
    assert job["spec"] == {"args": [], "env": {"A": "b=c"}, "image": image, "gpu": True}
    assert job["requirements"] == {"gpu": True, "minVramGb": 9000}
    server.ask("POST", f"/api/jobs/{job_id}/cancel", {}, credential=server.token)


def test_a_job_is_cancelled_after_a_question(fleet: Browser, server: LiveServer) -> None:
    job_id = submitted(server, requirements={"minRamGb": 9000})
    go(fleet, f"#/job/{job_id}", "job")
    fleet.wait_for("job-cancel")
    fleet.press("job-cancel")
    fleet.wait_for("confirm-no")
    fleet.press("confirm-no")
    fleet.until(lambda: not fleet.shown("confirm"))
    fleet.press("job-cancel")
    fleet.wait_for("confirm-yes")
    fleet.press("confirm-yes")
    fleet.wait_for_text("job-status", "Cancelled")
    assert not fleet.shown("job-cancel")


def test_the_queue_is_listed_by_status_a_page_at_a_time(fleet: Browser, server: LiveServer) -> None:
    ids = [submitted(server, requirements={"minRamGb": 9000}) for _ in range(51)]
    go(fleet, "#/jobs?status=PENDING", "jobs")
    newest, oldest = (f"wasm {job_id[:8]}" for job_id in (ids[-1], ids[0]))
    fleet.wait_for_text("jobs-list", newest)
    assert oldest not in fleet.text("jobs-list")
    fleet.press("jobs-older")
    fleet.wait_for_text("jobs-list", oldest)
    fleet.press("jobs-newer")
    fleet.wait_for_text("jobs-list", newest)
    for job_id in ids:
        server.ask("POST", f"/api/jobs/{job_id}/cancel", {}, credential=server.token)
    fleet.until(lambda: newest not in fleet.text("jobs-list"))
    go(fleet, "#/jobs?status=CANCELLED", "jobs")
    fleet.wait_for_text("jobs-list", newest)


# --- When something is in the way ---------------------------------------------------------------


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


# --- For everyone -------------------------------------------------------------------------------


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


def test_a_programs_digest_is_right_without_the_browsers_own(fleet: Browser) -> None:
    go(fleet, "#/submit", "submit")
    differing = fleet.driver.execute_async_script(
        """
        const done = arguments[0];
        import("/static/sha256.js").then(async ({ sha256, workedOut, hexadecimal }) => {
          const wrong = [];
          for (const length of [...Array(130).keys(), 1000, 65536, 1000003]) {
            const data = Uint8Array.from({ length }, (_, at) => (at * 31 + length) % 251);
            const own = hexadecimal(await sha256(data));
            if (own !== hexadecimal(workedOut(data))) wrong.push(length);
          }
          done(wrong);
        }, (error) => done([String(error)]));
        """
    )
    assert differing == []
