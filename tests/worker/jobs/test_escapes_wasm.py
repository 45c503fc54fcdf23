"""Programs that try to get out, or to hurt: each ends as a failed job that says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job

from .conftest import COMMAND, Started
from .escapes import ESCAPES, Escape

SECRET = "the-secret-of-the-worker"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A worker's folders, with its secrets in them."""
    paths = Paths.under(tmp_path_factory.mktemp("home"))
    paths.state.mkdir(parents=True)
    for secret in (paths.identity, paths.control_key):
        secret.write_text(SECRET)
    return paths


@pytest.fixture(scope="module")
def shared_runner(home: Paths) -> Iterator[JobRunner]:
    environment = {"QUBIX_HOME": str(home.home), "QUBIX_ENROLLMENT": SECRET}
    limits = Limits(64, priority="normal")
    runner = JobRunner(home, COMMAND, limits, environment=environment)
    yield runner
    runner.stop()


@pytest.fixture
def attempt(shared_runner: JobRunner, home: Paths) -> Callable[[Escape], Started]:
    def run(escape: Escape) -> Started:
        started = Started()
        job = Job(escape.id, "wasm", escape.whole_spec(str(home.identity)), escape.timeout)
        assert shared_runner.start(job, started.hear)
        return started

    return run


@pytest.mark.parametrize(
    "escape",
    [
        pytest.param(escape, id=escape.id, marks=[pytest.mark.slow] if escape.slow else [])
        for escape in ESCAPES
    ],
)
def test_a_program_does_not_get_out(
    attempt: Callable[[Escape], Started],
    escape: Escape,
    home: Paths,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    before = outside(home)
    job = attempt(escape)
    completion = job.completion
    if not escape.completes:
        assert completion.status == "failed"
    if completion.status == "failed":
        assert completion.error
        assert completion.error.isprintable()
        assert escape.reason in completion.error
    assert "ended unexpectedly" not in (completion.error or ""), completion.error
    assert job.end.seconds < escape.timeout + 5
    assert SECRET not in json.dumps(completion.result)
    assert len(json.dumps(completion.result)) < 16 << 20
    wait_until(lambda: not any(home.jobs.iterdir()))
    assert outside(home) == before
    assert all(len(news.lines) <= 41 for news in job.progress)
    assert len(job.progress) <= escape.timeout + 3


def outside(home: Paths) -> dict[str, Any]:
    """All files of the worker but those of its jobs and caches."""
    assert home.home is not None
    found = [path for path in home.home.rglob("*") if path.is_file()]
    kept = [path for path in found if not _is_the_jobs(path, home)]
    return {str(path): path.read_text() for path in kept}


def _is_the_jobs(path: Path, home: Paths) -> bool:
    return path.is_relative_to(home.jobs) or path.is_relative_to(home.data)
