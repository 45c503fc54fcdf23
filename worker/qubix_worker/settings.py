"""settings.toml: what the provider chose. Read by the worker, written by setup and the faces.

It survives an uninstall unless purged. A key that is not known is kept out, and said.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import logging
import os
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from qubix_worker.bounds import NAME_LENGTH, SLOTS_MOST
from qubix_worker.errors import SettingsError
from qubix_worker.files import write_whole
from qubix_worker.guest.hours import Plan
from qubix_worker.wire import WireError, camel, from_wire, to_wire, wire_names

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Good defaults: a person who changes nothing has chosen well."""

    server: str = ""
    """The server's URL, without a slash at its end; empty until the computer has joined."""
    name: str = ""
    """How this computer is called on the network; empty means its host name."""
    memory_limit_mb: int = 2048
    """The most memory that one job may take."""
    processor: bool = True
    """False: only graphics cards are shared."""
    processor_percent: int = 75
    """The most of the whole processor that all jobs together may use."""
    priority: Literal["idle", "low", "normal"] = "idle"
    """How jobs stand behind this computer's own programs: `idle` has only what nobody wants."""
    jobs_at_once: int = 0
    """The most jobs at once; 0: as many as the processor's share and the memory allow."""
    excluded_cards: tuple[str, ...] = ()
    """UUIDs, or names, of the cards left out."""
    hours: tuple[str, ...] = ()
    """When to share, such as `mon-fri 20:00-07:00` or `sat,sun`; empty: at all hours."""
    only_when_idle: bool = False
    """Share only while nobody uses this computer."""
    idle_minutes: int = 5
    """How long nobody must have touched it for that."""
    on_battery: bool = False
    on_metered: bool = False
    """Share also where the connection is paid by what is sent."""
    stop_above_celsius: int = 90
    """Rest while the processor or a shared card is hotter than this; 0: never."""
    when_paused: Literal["end", "freeze"] = "end"
    """What becomes of a job at work when a pause begins. `freeze`: it goes on after a short one."""
    keep_awake: bool = False
    """Do not let this computer fall asleep while a job is at work; never on battery."""
    container_network: bool = False
    """Whether a job of the kind `container` that asks for the network may have it."""
    start_at_sign_in: bool = True

    def __post_init__(self) -> None:
        if len(self.name) > NAME_LENGTH or not self.name.isprintable():
            raise ValueError(
                f"name must have at most {NAME_LENGTH} characters, all of them visible"
            )
        _within("memory_limit_mb", self.memory_limit_mb, 64, 1 << 24)
        _within("processor_percent", self.processor_percent, 1, 100)
        _within("jobs_at_once", self.jobs_at_once, 0, SLOTS_MOST)
        _within("idle_minutes", self.idle_minutes, 1, 24 * 60)
        if self.stop_above_celsius:
            _within("stop_above_celsius", self.stop_above_celsius, 40, 120)
        Plan.of(self.hours)
        if self.server:
            check_server_url(self.server)


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be between {least} and {most}")


def check_server_url(url: str) -> str:
    """`url` without a slash at its end. Raises ValueError, with the reason, where it is no URL
    of a server: absolute, http or https, a host, no user info, query or fragment."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("server must be an address that begins with http:// or https://")
    if parts.username or parts.password or parts.query or parts.fragment or len(url) > 2048:
        raise ValueError("server must be a plain address, without user, '?' or '#'")
    if not url.isprintable() or any(c.isspace() for c in url):
        raise ValueError("server must not contain spaces or control characters")
    _ = parts.port  # raises ValueError when out of range
    return url.rstrip("/")


def load(path: Path) -> Settings:
    """The settings in `path`, or the defaults where there is no such file.

    A key that no setting has is passed over, and the log tells which. Raises SettingsError where
    the file is no TOML or a value is out of range.
    """
    values = _read(path)
    if strange := _strange(values):
        shown = ", ".join(repr(key[:64]) for key in strange[:8])
        log.warning("%s has what is no setting, and is passed over: %s", path, shown)
    try:
        return changed(Settings(), {key: values[key] for key in values.keys() - set(strange)})
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def unknown(path: Path) -> list[str]:
    """The keys in `path` that no setting has. Raises SettingsError where it is no TOML."""
    return _strange(_read(path))


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """`settings` with `changes`, by the names that they have in the file.

    Raises ValueError, which names the setting that is unknown, of the wrong type or out of range.
    """
    kept = dataclasses.asdict(settings)
    if strange := _strange(changes):
        raise ValueError(f"unknown setting {str(strange[0])[:64]!r}")
    try:
        whole = {camel(key): to_wire(value) for key, value in (kept | dict(changes)).items()}
        return from_wire(Settings, whole)
    except WireError as error:
        # In the file names are Python's, as in TOML they usually are.
        names = wire_names(Settings)
        told = re.sub(r"^\w+", lambda name: names.get(name[0], name[0]), str(error))
        raise ValueError(told) from error
    except RecursionError as error:
        raise ValueError("a value is nested too deeply") from error


def save(path: Path, settings: Settings) -> None:
    """Writes `settings` whole, or not at all. Where `path` is a link, the file that it leads to is
    written and the link stays. Raises OSError, also where such a link leads nowhere."""
    lines = ["# QUBIX: what this computer shares, and how. Read at the worker's start."]
    for field in dataclasses.fields(Settings):
        lines.append(f"{field.name} = {_toml(getattr(settings, field.name))}")
    write_whole(_target(path), ("\n".join(lines) + "\n").encode())


def _target(path: Path) -> Path:
    """What `path` leads to, so that writing it leaves a person's links as they are."""
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"it is a link to {target}", str(path))
    return target


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # Notepad may begin with a mark
        from tomllib import loads  # noqa: PLC0415 - where there is no file, a window opens sooner

        return loads(text)
    except FileNotFoundError as error:
        if dangling := next((at for at in (path, path.parent) if _leads_nowhere(at)), None):
            raise _unreadable(path, f"{dangling} is a link to what is not there") from error
        return {}
    except NotADirectoryError:
        raise  # it is the place that is wrong, not what stands in the settings
    except UnicodeDecodeError as error:
        raise _unusable(
            path, "they are not written in UTF-8", "Save that file as UTF-8, then try again."
        ) from error
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _unusable(path, str(error)) from error
    except RecursionError as error:
        raise _unusable(path, "it is nested too deeply") from error


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _strange(values: Mapping[str, Any]) -> list[str]:
    return sorted(values.keys() - {field.name for field in dataclasses.fields(Settings)})


def _toml(value: Any) -> str:
    # TOML's basic strings, integers, booleans and arrays are written as JSON writes them,
    # but for the escape of U+007F, which TOML asks for (toml.io, v1.0.0, String).
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _unusable(
    path: Path,
    reason: str,
    todo: str = "Correct that line, or delete the file to start from the defaults.",
) -> SettingsError:
    happened = f"The settings in {path} cannot be used: {reason}."
    return SettingsError("settings_unusable", happened, todo)


def _unreadable(path: Path, reason: str) -> SettingsError:
    return _unusable(path, reason, "See to it that this account can read that file.")
