"""The proxy that a person has set for the whole desktop, where requests does not see it.

requests reads the environment everywhere, the registry on Windows and the system's configuration
on macOS. What is added here: GNOME's and KDE's own settings, and on every system whether the choice
is left to a script (PAC, WPAD), which nothing here can run: that is said when a connection fails.
"""

from __future__ import annotations

import configparser
import functools
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from qubix_worker import system

TOOL_SECONDS = 3.0
FRESH_SECONDS = 20.0
"""For so long what was found is not looked for again: each look runs a few small programs."""

Run = Callable[[Sequence[str]], str]
"""What a command prints; empty where it is not there, fails or takes too long."""


class Desktop(Protocol):
    """The proxy settings of one kind of desktop."""

    def proxies(self, url: str) -> dict[str, str]:
        """The proxy for `url`, as requests takes it; empty for none, or where requests finds it
        by itself."""
        ...

    def wants_script(self) -> bool:
        """Whether the settings leave the choice to a script."""
        ...


def run(command: Sequence[str]) -> str:
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TOOL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


class Linux:
    """GNOME's settings (gsettings, org.gnome.system.proxy) and KDE's (kioslaverc)."""

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        home: Path | None = None,
        run: Run = run,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environ = environ
        self._run = run
        self._clock = clock
        self._found: dict[str, tuple[float, dict[str, str]]] = {}
        self._config = Path(environ.get("XDG_CONFIG_HOME") or (home or Path.home()) / ".config")

    def proxies(self, url: str) -> dict[str, str]:
        now = self._clock()
        found_at, found = self._found.get(url, (now - FRESH_SECONDS, {}))
        if now - found_at >= FRESH_SECONDS:
            found = self._look(url)
            self._found[url] = now, found
        return found

    def _look(self, url: str) -> dict[str, str]:
        # The environment goes before: it is nearer to the program.
        if not self._has_desktop() or urllib.request.getproxies_environment().keys() - {"no"}:
            return {}
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
        kde = self._kde()
        if kde.get("proxytype") == "1":
            if _is_excepted(host, re.split(r"[,\s]+", kde.get("noproxyfor", ""))):
                return {}
            # "http://proxy.example 8080", or with a colon before the port.
            address = kde.get(f"{scheme}proxy", "").strip().replace(" ", ":")
            return {scheme: address} if address else {}
        if self._gnome("", "mode") == "manual":
            if _is_excepted(host, re.findall(r"'([^']*)'", self._gnome("", "ignore-hosts"))):
                return {}
            name, port = self._gnome(f".{scheme}", "host"), self._gnome(f".{scheme}", "port")
            return {scheme: f"http://{name}:{port}"} if name and port not in ("", "0") else {}
        return {}

    def wants_script(self) -> bool:
        if not self._has_desktop():
            return False
        return self._kde().get("proxytype") in ("2", "3") or self._gnome("", "mode") == "auto"

    def _has_desktop(self) -> bool:
        return bool(
            self._environ.get("XDG_CURRENT_DESKTOP") or self._environ.get("KDE_FULL_SESSION")
        )

    def _gnome(self, below: str, key: str) -> str:
        said = self._run(["gsettings", "get", f"org.gnome.system.proxy{below}", key]).strip()
        return said.strip("'") if said.count("'") == 2 else said

    def _kde(self) -> Mapping[str, str]:
        """The settings, their names in lower case."""
        parser = configparser.RawConfigParser(strict=False)
        try:
            text = (self._config / "kioslaverc").read_text(encoding="utf-8")
            parser.read_string(f"[default]\n{text}")  # KDE allows keys before the first group
            return dict(parser["Proxy Settings"])
        except (OSError, KeyError, ValueError, configparser.Error):
            return {}


class MacOS:
    """`scutil --proxy`; requests knows the proxies themselves."""

    def __init__(self, run: Run = run) -> None:
        self._run = run

    def proxies(self, url: str) -> dict[str, str]:
        return {}

    def wants_script(self) -> bool:
        said = self._run(["scutil", "--proxy"])
        return bool(re.search(r"^\s*ProxyAuto(Config|Discovery)Enable : 1\s*$", said, re.MULTILINE))


class Windows:
    """The registry's internet settings; requests knows the proxies themselves."""

    def proxies(self, url: str) -> dict[str, str]:
        return {}

    def wants_script(self) -> bool:
        import winreg  # noqa: PLC0415 - Windows only

        try:
            with winreg.OpenKey(  # type: ignore[attr-defined,unused-ignore]
                winreg.HKEY_CURRENT_USER,  # type: ignore[attr-defined,unused-ignore]
                r"Software\Microsoft\Windows\CurrentVersion\Internet Settings",
            ) as key:
                return bool(winreg.QueryValueEx(key, "AutoConfigURL")[0])  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False


@functools.cache
def current() -> Desktop:
    """The settings of the desktop that this process runs on."""
    kinds: dict[str, Callable[[], Desktop]] = {
        "windows": Windows,
        "macos": MacOS,
        "linux": Linux,
    }
    return kinds[system.current().name]()


def _is_excepted(host: str, patterns: Sequence[str]) -> bool:
    """Whether `host` is reached without the proxy: patterns such as `*.example` or `example`."""
    for pattern in filter(None, patterns):
        domain = pattern.lower().removeprefix("*").removeprefix(".")
        if host.lower() == domain or host.lower().endswith("." + domain):
            return True
    return False
