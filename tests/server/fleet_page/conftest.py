"""A real browser before a real server with ten thousand machines, for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import Browser, opened
from tests.conftest import LiveServer
from tests.server.fleet_page.page import MANY, sign_in
from tests.server.machines import put_many


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("server"))
    server.start()
    put_many(server, MANY, with_history=40)
    yield server
    server.stop()


@pytest.fixture(scope="package")
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
