"""`settings`: what this computer shares and when, shown, explained and changed.

A running worker is told over the control channel, and keeps it; else the file is written here.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import re
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qubix_worker import chosen, identity, settings
from qubix_worker.allowance import unmatched
from qubix_worker.cli.output import Output
from qubix_worker.cli.parser import WRONG_USAGE
from qubix_worker.commands import FIXED
from qubix_worker.control import Control
from qubix_worker.errors import ControlError, SettingsError
from qubix_worker.hardware.detect import detect
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings

YES = ("yes", "true", "on", "1")
NO = ("no", "false", "off", "0")
NOTHING = ("", "none", "always", "-")
"""An empty list, as people may write it; `always` for the hours."""
_BETWEEN_SPANS = r";|(?<=\d\d:\d\d)\s*,"
"""A list of days has commas of its own: a comma parts two spans only after a time of day."""


@dataclass(frozen=True)
class Meaning:
    """What a setting is for, and what may be written there."""

    words: str
    may_be: str


MEANINGS = {
    "server": Meaning("the network's address", "an address such as https://compute.example"),
    "name": Meaning("how the network calls this computer", "a name of at most 64 letters"),
    "memory_limit_mb": Meaning("the most memory that one job may take", "MB, 64 or more"),
    "processor": Meaning("whether the processor is shared, or only the cards", "yes or no"),
    "processor_percent": Meaning(
        "the most of the whole processor that all jobs together may use", "1 to 100"
    ),
    "priority": Meaning(
        "how jobs stand behind this computer's own programs", "idle, low or normal"
    ),
    "jobs_at_once": Meaning("the most jobs at once; 0: as many as fit", "0 to 64"),
    "excluded_cards": Meaning(
        "graphics cards that are left out", "names or UUIDs as `detect` shows them; or none"
    ),
    "hours": Meaning(
        "when to share", "such as 'mon-fri 20:00-07:00' 'sat,sun'; or always"
    ),
    "only_when_idle": Meaning("share only while nobody uses this computer", "yes or no"),
    "idle_minutes": Meaning("how long nobody must have touched it for that", "1 to 1440"),
    "on_battery": Meaning("share also on battery", "yes or no"),
    "on_metered": Meaning("share also where the connection is paid by what is sent", "yes or no"),
    "stop_above_celsius": Meaning(
        "rest while the processor or a shared card is hotter; 0: never", "0, or 40 to 120"
    ),
    "when_paused": Meaning("what a pause does with a job at work", "end or freeze"),
    "keep_awake": Meaning(
        "do not fall asleep while a job is at work (never on battery)", "yes or no"
    ),
    "container_network": Meaning(
        "whether a container job that asks for the network may have it", "yes or no"
    ),
    "start_at_sign_in": Meaning("start when you sign in", "yes or no"),
}  # fmt: skip


OF_JOINING = (*FIXED, "name")
"""What stands of these in the file counts no more once this computer has joined."""


class ChoiceError(SettingsError):
    """What was asked for cannot be: wrong usage, of which `happened` names the key."""


def settings_command(arguments: argparse.Namespace, output: Output) -> int:
    paths = Paths.of_user()
    words: list[str] = arguments.words
    try:
        if not words:
            _show_all(_now(paths), output)
            _look_at_file(paths, output)
        elif len(words) == 1 and "=" not in words[0]:
            key = known(words[0])
            value = getattr(_now(paths), key)
            output.value({key: value}, shown(key, value))
            if key in OF_JOINING:
                _look_at_fixed(paths, [key], output)
        else:
            _change(paths, assignments(words), output)
    except ChoiceError as error:
        output.problem(error.problem)
        return WRONG_USAGE
    return 0


def assignments(words: list[str]) -> dict[str, Any]:
    """The changes that `KEY VALUE...` or `KEY=VALUE KEY=VALUE...` ask for. Raises ChoiceError."""
    if "=" not in words[0]:
        key, values = known(words[0]), words[1:]
        return {key: parsed(key, put_together(values) if key == "hours" else values)}
    asked: dict[str, list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ChoiceError(
                "bad_choice",
                f"{word!r} is not of the form KEY=VALUE.",
                "Quote a value that has spaces: hours='mon-fri 20:00-07:00'.",
            )
        asked.setdefault(known(key), []).append(value)
    return {key: parsed(key, values) for key, values in asked.items()}


def known(word: str) -> str:
    """The name of the setting that `word` means. Raises ChoiceError."""
    key = word.strip().lower().replace("-", "_")
    if key in MEANINGS:
        return key
    raise ChoiceError(
        "unknown_setting",
        f"There is no setting called {word!r}.",
        f"{_near(key)} `qubix-worker settings` shows them all.".lstrip(),
    )


def parsed(key: str, values: list[str]) -> Any:
    """What people write for `key`, as the value that it has. Raises ChoiceError."""
    for value in values:
        if not _is_text(value):
            raise ChoiceError(
                "bad_choice",
                f"{key} can't be {value!r}, which is no text in this terminal's encoding.",
                "Use a terminal, and a locale (LC_ALL), of UTF-8.",
            )
    kind = typing.get_type_hints(Settings)[key]
    if typing.get_origin(kind) is tuple:
        return _items(key, values)
    if len(values) != 1:
        raise _cannot_be(key, " ".join(values))
    word = values[0].strip()
    if kind is bool:
        if word.lower() not in (*YES, *NO):
            raise _cannot_be(key, word)
        return word.lower() in YES
    if kind is int:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", word):
            raise _cannot_be(key, word)
        return int(word)
    return word.lower() if typing.get_origin(kind) is typing.Literal else word


def put_together(words: list[str]) -> list[str]:
    """Spans of hours that were typed without quotes, which a shell takes apart at each space. Days
    right before a time belong to it: alone, they would mean the whole day."""
    spans: list[str] = []
    for word in words:
        if spans and _goes_on(spans[-1], word):
            spans[-1] += f" {word}"
        else:
            spans.append(word)
    return spans


def shown(key: str, value: Any) -> str:
    """A setting's value, as `parsed` understands it again."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(value) or ("always" if key == "hours" else "none")
    return str(value)


def _is_text(word: str) -> bool:
    """Python has halves of surrogate pairs for the bytes of an argument that it can't decode."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


def _near(key: str) -> str:
    near = difflib.get_close_matches(key, MEANINGS, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _goes_on(span: str, word: str) -> bool:
    last = re.split(_BETWEEN_SPANS, span)[-1].strip()
    only_days = re.fullmatch(r"[A-Za-z][A-Za-z,\- ]*", last) is not None
    return (only_days and word[:1].isdigit()) or last.endswith((",", "-")) or word == "-"


def _items(key: str, values: list[str]) -> list[str]:
    between = _BETWEEN_SPANS if key == "hours" else r"[;,]"
    items = [item.strip() for value in values for item in re.split(between, value)]
    if len(items) == 1 and items[0].lower() in NOTHING:
        return []
    return [item for item in items if item]


def _now(paths: Paths) -> Settings:
    """The settings in force: the running worker's, else the file's."""
    try:
        return Control(paths).settings()
    except ControlError:
        return chosen.of_file(paths)


def _show_all(now: Settings, output: Output) -> None:
    values = dataclasses.asdict(now)
    if output.json:
        output.value(values, "")
        return
    value_cells = min(24, max(len(shown(*item)) for item in values.items()))
    for key, value in values.items():
        meaning = MEANINGS[key]
        output.value(
            None,
            f"{key:<18}  {shown(key, value):<{value_cells}}  {meaning.words} ({meaning.may_be})",
        )
    output.value(None, "\nChange one with: qubix-worker settings KEY VALUE")


def _look_at_file(paths: Paths, output: Output) -> None:
    """Tells what is wrong with it, though a running worker may have other settings in force."""
    try:
        for key in settings.unknown(paths.settings):
            output.note(f"{paths.settings} has {key!r}, which is no setting.{_near(key)}")
    except SettingsError as error:
        output.note(str(error))
    else:
        _look_at_fixed(paths, OF_JOINING, output)


def _look_at_fixed(paths: Paths, keys: Sequence[str], output: Output) -> None:
    """Tells of a line in the file that does not count, since this computer has joined."""
    who = identity.load(paths.identity)
    try:
        in_file = settings.load(paths.settings)
    except SettingsError:
        return  # `settings` tells what is wrong with it
    for key in identity.without_effect(in_file, who):
        if who and key in keys:
            output.note(
                f"{paths.settings} says {key} = {getattr(in_file, key)!r}, which has no effect: "
                f"this computer belongs to {who.server}. {_how_to_change(key)}"
            )


def _change(paths: Paths, changes: dict[str, Any], output: Output) -> None:
    _check_free(paths, changes)
    former = _now(paths)
    try:
        settings.changed(former, changes)
    except ValueError as error:
        raise _refused(changes, str(error)) from error
    try:
        done = chosen.change(paths, changes)
    except ControlError as error:
        if error.problem.code == "control_refused":
            raise _refused(changes, error.problem.happened) from error
        raise
    now = done.settings
    when = "in force now" if done.in_force else "kept; in force when QUBIX runs next"
    said = {key: getattr(now, key) for key in changes}
    output.value(said, "\n".join(f"{key} = {shown(key, value)}" for key, value in said.items()))
    output.note(f"It is {when}.")
    if keys := now.excluded_cards if "excluded_cards" in changes else ():
        for key in unmatched(keys, detect().graphics_cards):
            output.note(
                f"No graphics card of this computer is called {key!r} now: what may be that card "
                "is left out too. `qubix-worker detect` shows the cards."
            )


def _check_free(paths: Paths, changes: dict[str, Any]) -> None:
    fixed = [key for key in FIXED if key in changes]
    if not fixed or not chosen.has_joined(paths):
        return
    who = identity.load(paths.identity)
    network = who.server if who else ""
    raise ChoiceError(
        "fixed_setting",
        f"{fixed[0]} can't be changed while this computer belongs to {network}.",
        _how_to_change(fixed[0]),
    )


def _how_to_change(fixed: str) -> str:
    if fixed == "server":
        return (
            "Leave it with `qubix-worker uninstall`, then join another with `qubix-worker setup`."
        )
    return "Change it with `qubix-worker settings name NAME`."


def _refused(changes: dict[str, Any], reason: str) -> ChoiceError:
    key = next((key for key in changes if key in reason), None)
    may_be = f"{key} may be: {MEANINGS[key].may_be}." if key else "Correct it, then try again."
    return ChoiceError("bad_choice", f"That can't be set: {reason.rstrip('.')}.", may_be)


def _cannot_be(key: str, word: str) -> ChoiceError:
    return ChoiceError(
        "bad_choice", f"{key} can't be {word!r}.", f"It may be: {MEANINGS[key].may_be}."
    )
