"""What the server's tests share: databases of both kinds, and its command line in this process.

A module whose tests shall run on both kinds says so: `pytestmark = pytest.mark.both_databases`. The
quick run takes the first of them only.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from qubix_server import cli
from tests.conftest import LiveServer
from tests.postgresql import Cluster, cluster
from tests.server.databases import Databases

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "databases" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        if metafunc.definition.get_closest_marker("only_sqlite"):
            both = None
        second = pytest.param("postgresql", marks=pytest.mark.slow)
        kinds = ["sqlite", second] if both else ["sqlite"]
        metafunc.parametrize("databases", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """One for all tests, each of which makes databases of its own in it; it may not be ended."""
    with cluster() as made:
        yield made


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """Of the kind that this run of the test is for."""
    if request.param == "postgresql":
        return Databases(request.getfixturevalue("postgresql"))
    return Databases()


@pytest.fixture
def database_url(databases: Databases, tmp_path: Path) -> str:
    """A migrated database of the test's own."""
    return databases.make(tmp_path)


@pytest.fixture
def live_server(databases: Databases, tmp_path: Path) -> Iterator[LiveServer]:
    """A server of the test's own, that it may kill and start again."""
    server = LiveServer(tmp_path / "server home", environment=_stored_in(databases, tmp_path))
    server.start()
    yield server
    assert server.process
    if server.process.poll() is None:
        server.stop()


@pytest.fixture(scope="module")
def shared_server(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server for all the tests of a module; each uses machines and jobs of its own."""
    folder = tmp_path_factory.mktemp("server")
    server = LiveServer(folder, environment=_stored_in(databases, folder))
    server.start()
    yield server
    server.stop()


def _stored_in(databases: Databases, folder: Path) -> dict[str, str]:
    """The variables of a server with such a database; SQLite's is where it is by itself."""
    if databases.cluster is None:
        return {}
    return {"QUBIX_DATABASE_URL": databases.make(folder)}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one with the variables of `environment`; a process for each would cost a second."""

    def run(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code = cli.main(arguments)
        except SystemExit as end:  # argparse's
            assert isinstance(end.code, int)
            code = end.code
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return run
