"""Jobs on the fleet page: submitted, watched, cancelled, listed."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser import Browser
from tests.conftest import LiveServer, wait_until
from tests.server.fleet_page.page import (
    EMPTY_MODULE,
    focused,
    go,
    submitted,
    taken,
)

pytestmark = pytest.mark.slow


# What a job's program may print: marks of a page, of a terminal, and of the reading direction.
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m red \u202e gnorw"


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
