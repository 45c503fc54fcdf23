"""`run`: the worker itself, in the foreground of whoever started it. `run-job`: one job's child."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from qubix_worker import identity, settings
from qubix_worker.cli.output import Output
from qubix_worker.errors import SettingsError, SetupError
from qubix_worker.launcher import worker_command
from qubix_worker.lock import Lock
from qubix_worker.own_log import log_to
from qubix_worker.paths import Paths

log = logging.getLogger(__name__)

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def run(arguments: argparse.Namespace, output: Output) -> int:
    paths = Paths.of_user()
    who = identity.load(paths.identity)
    if who is None or who.secret is None:
        raise SetupError(
            "not_joined",
            "This computer has not joined a network yet.",
            "Run `qubix-worker setup`, or use the installer from the network's page.",
        )
    from qubix_worker.worker import Worker  # noqa: PLC0415 - a job's child does not need it

    lock = Lock(paths.lock)
    lock.acquire()
    with ExitStack() as stack:
        stack.callback(lock.release)
        stack.enter_context(log_to(paths.log))
        if arguments.stderr:
            logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))
        try:
            chosen = settings.load(paths.settings)
        except SettingsError as error:
            # Nobody may be looking: it was started at sign-in.
            log.error("the worker cannot start (%s): %s", error.problem.code, error.problem)
            raise
        worker = Worker(paths, who, chosen, worker_command())

        def stop(number: int, frame: FrameType | None) -> None:
            worker.stop(signal.Signals(number).name)

        for name in STOP_SIGNALS:
            if number := getattr(signal, name, None):
                signal.signal(number, stop)
        output.line(f"Sharing as {who.name} with {who.server}. Ctrl+C ends it.")
        try:
            worker.run()
        except Exception:  # the edge of the process: the log tells, whoever started it sees a line
            log.exception("the worker ended unexpectedly")
            raise
    output.line("Stopped.")
    return 0


def run_job(arguments: argparse.Namespace, output: Output) -> int:
    from qubix_worker.kinds import child  # noqa: PLC0415

    return child.main(Path(arguments.folder))
