"""`setup` and `uninstall`: the terminal's face of the setup steps."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time

from qubix_worker import identity, launcher, settings
from qubix_worker.cli.interrupt import INTERRUPTED, TAKEN_BACK, interruptible
from qubix_worker.cli.output import Output, Row
from qubix_worker.cli.picture import pause
from qubix_worker.client import ServerClient
from qubix_worker.control import Control
from qubix_worker.errors import ControlError, SettingsError, SetupError
from qubix_worker.own_log import log_to
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup import environment
from qubix_worker.setup.plan import places, plan
from qubix_worker.setup.steps import Choices, Setup
from qubix_worker.setup.uninstall import TITLES
from qubix_worker.setup.uninstall import uninstall as uninstall_steps


def setup(arguments: argparse.Namespace, output: Output) -> int:
    paths = Paths.of_user()
    choices = _choices(arguments, paths)
    if arguments.code and not arguments.yes and not output.json and sys.stdin.isatty():
        _confirm_network(choices, output)
    steps = plan(paths, choices)
    if arguments.dry_run:
        _foretell(paths, choices, steps, output)
        return 0
    steps.look()
    with log_to(paths.setup_log), interruptible() as cancel:
        succeeded = output.follow(steps, steps.run(cancel))
    if not succeeded:
        if cancel.is_set():
            steps.take_back()
            output.line(TAKEN_BACK)
            return INTERRUPTED
        return 1
    if own := environment.for_this_program(os.environ):
        own.keep()
    _closing_words(paths, choices, output)
    return 0


def uninstall(arguments: argparse.Namespace, output: Output) -> int:
    paths = Paths.of_user()
    if not arguments.yes and not output.json and sys.stdin.isatty():
        what = "its settings too" if arguments.purge else "its settings stay"
        if not _ask(f"Remove QUBIX from this computer ({what})? [y/N] ", default=False):
            return 1
    failed: list[str] = []
    for at in uninstall_steps(paths, purge=arguments.purge):
        if at.state == "failed":
            failed.append(at.step)
        output.show(TITLES[at.step], at)
    if set(failed) - {"leave"}:  # the network finds out by itself
        return 1
    output.line("QUBIX has been removed from this computer.")
    return 0


def _choices(arguments: argparse.Namespace, paths: Paths) -> Choices:
    kept = settings.load(paths.settings)
    server = arguments.server or os.environ.get("QUBIX_BACKEND") or kept.server
    if not server:
        raise SetupError(
            "no_server",
            "It was not said which network to join.",
            "Give its address with --server, or use the installer from the network's page.",
        )
    try:
        server = settings.check_server_url(server)
        changes: dict[str, object] = {"server": server}
        if arguments.name is not None:
            changes["name"] = arguments.name
        if arguments.memory_limit_mb is not None:
            changes["memory_limit_mb"] = arguments.memory_limit_mb
        if arguments.no_autostart:
            changes["start_at_sign_in"] = False
        chosen: Settings = dataclasses.replace(kept, **changes)  # type: ignore[arg-type]
    except ValueError as error:
        raise SettingsError("bad_choice", f"That can't be used: {error}.", "Correct it.") from error
    enrollment = arguments.code or os.environ.get("QUBIX_ENROLLMENT", "")
    return Choices(server, chosen, enrollment.strip(), start=not arguments.no_start)


def _foretell(paths: Paths, choices: Choices, steps: Setup, output: Output) -> None:
    folders = [str(folder) for folder in places(paths)]
    text = "\n  ".join([f"Would join {choices.server} and write under:", *folders])
    output.value({"server": choices.server, "folders": folders}, text)
    for step in steps.steps:
        done = step.is_done()
        mark = "is done already" if done else "would be done"
        output.value({"step": step.key, "isDone": done}, f"  {step.title}: {mark}")


def _confirm_network(choices: Choices, output: Output) -> None:
    info = ServerClient(choices.server).network(choices.enrollment)
    name = f"{info.server_name} at " if info else ""
    output.line(f"You are joining {name}{choices.server}.")
    if info:
        output.line(info.meaning)
    if not _ask("Go on? [Y/n] ", default=True):
        raise SetupError("declined", "Nothing was done.", "Run setup again when you like.")


def _ask(question: str, *, default: bool) -> bool:
    answer = input(question).strip().lower()
    return default if not answer else answer in ("y", "yes")


def _closing_words(paths: Paths, choices: Choices, output: Output) -> None:
    who = identity.load(paths.identity)
    name = who.name if who else ""
    network = (who.server_name if who else "") or choices.server
    command = launcher.shown_command(paths)
    output.line()
    if choices.start and (rests := _rests(paths)):
        text = f"This computer is set up as {name} on {network}, but rests now:"
        output.line(output.styled(text, "bold"))
        output.rows(rests)
    elif choices.start:
        output.line(output.styled(f"This computer is online as {name} on {network}.", "bold"))
    else:
        output.line(f"This computer is set up as {name} on {network}; start it with: {command} run")
    output.line(f"  see it     {command} status")
    output.line(f"  pause it   {command} pause --for 1h")
    output.line(f"  resume it  {command} resume")
    output.line(f"  stop it    {command} stop")
    output.line(f"  remove it  {command} uninstall")
    output.line(f"  settings   {paths.settings}")
    output.line(f"  log        {paths.log}")


def _rests(paths: Paths) -> list[Row]:
    """Why the worker that was just set up takes no jobs now; nothing where it does."""
    try:
        return list(pause(Control(paths).status(), time.time()))
    except ControlError:
        return []
