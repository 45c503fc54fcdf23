"""The Share page's whole promise: from the button to "online", with the script it hands out."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from selenium.webdriver.support.ui import WebDriverWait

from tests.accounts import Account
from tests.browser import opened
from tests.conftest import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_from_the_button_to_online_by_the_downloaded_script(
    account: Account, live_server: LiveServer, tmp_path: Path
) -> None:
    with opened(live_server.url, tmp_path / "Downloads") as browser:
        browser.open()
        kept = browser.share()
        downloaded = browser.downloads / "qubix-worker-installer.sh"
        WebDriverWait(browser, 20, 0.05).until(lambda _: downloaded.exists())
        script = account.home / downloaded.name
        script.write_bytes(downloaded.read_bytes())

        done = account.run("sh", str(script))
        assert done.returncode == 0, done.stdout + done.stderr

        browser.wait_for("online")
        path = f"/api/providers/check-new?enrollment={kept['enrollment']}"
        provider = live_server.ask("GET", path).json()["newProvider"]
        assert provider["name"] in browser.text("online")
        assert provider["cpuCores"] == psutil.cpu_count()
        assert browser.complaints() == []
        account.run("sh", str(script), "--uninstall", "--purge")
