"""One server for all machines of a process; and no machine at all where none can be made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.installers.matrix.visit")

from tests.conftest import LiveServer  # noqa: E402
from tests.installers.matrix.handed_out import HandedOut, handing_out  # noqa: E402
from tests.installers.matrix.systems import skip_where_impossible  # noqa: E402


@pytest.fixture(scope="session")
def matrix_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    skip_where_impossible()
    server = LiveServer(tmp_path_factory.mktemp("matrix-server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def handed_out() -> Iterator[HandedOut]:
    skip_where_impossible()
    with handing_out() as found:
        yield found
