"""What the operator has chosen: one frozen value, read once from flags and environment.

A flag wins over its environment variable (`--heartbeat-interval-seconds` is
`QUBIX_HEARTBEAT_INTERVAL_SECONDS`), which wins over the default.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from qubix_server.addresses import check_backend, is_loopback
from qubix_server.errors import ApiError, StartError

# A registry, a name, perhaps a tag, and a digest: the image that it is today, and will be tomorrow.
_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:\w[\w.-]{0,127})?"
    r"@sha256:[0-9a-f]{64}",
    re.ASCII,
)

MISSED_HEARTBEATS = 3
"""A provider is offline after this many heartbeats that did not come."""


@dataclass(frozen=True)
class Settings:
    """`public_url` has no slash at its end. `trusted_proxies` are addresses or networks."""

    # It may hold a password.
    database_url: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 3001
    public_url: str | None = None
    server_name: str = "QUBIX"
    downloads_dir: Path | None = None
    worker_image: str | None = None
    heartbeat_interval_seconds: int = 30
    trusted_proxies: tuple[str, ...] = ()
    insecure_http: bool = False

    @property
    def offline_after_seconds(self) -> int:
        return MISSED_HEARTBEATS * self.heartbeat_interval_seconds

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None for another kind, or one in memory."""
        _, found, path = self.database_url.partition("sqlite:///")
        return Path(path) if found and path and path != ":memory:" else None

    @property
    def folder(self) -> Path:
        """Where the server keeps what is not in the database (the operator's token)."""
        file = self.database_file
        return file.parent if file else data_folder(os.environ)


def data_folder(environment: Mapping[str, str]) -> Path:
    """The server's folder on this machine: under `QUBIX_HOME`, else one of its own in the user's
    data folder: an uninstall of the worker on the same machine must not take it away."""
    if home := environment.get("QUBIX_HOME"):
        return Path(home).absolute() / "server"
    return platformdirs.PlatformDirs("qubix-server", appauthor=False).user_data_path


def load(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """The settings from `flags` (by their Python names; None where not given) and environment.

    Raises StartError with a sentence where a value cannot be used.
    """

    def given(name: str) -> str | None:
        flag = flags.get(name)
        value = str(flag) if flag is not None else environment.get(f"QUBIX_{name.upper()}")
        return value.strip() or None if value is not None else None

    database_url = given("database_url")
    if database_url is None:
        database_url = f"sqlite:///{data_folder(environment) / 'qubix.db'}"
    downloads = given("downloads_dir")
    return Settings(
        database_url=database_url,
        host=given("host") or Settings.host,
        port=_whole_number("port", given("port"), Settings.port, 0, 65535),
        public_url=_public_url(given("public_url")),
        server_name=_server_name(given("server_name")),
        downloads_dir=Path(downloads).absolute() if downloads else None,
        worker_image=_image(given("worker_image")),
        heartbeat_interval_seconds=_whole_number(
            "heartbeat-interval-seconds",
            given("heartbeat_interval_seconds"),
            Settings.heartbeat_interval_seconds,
            1,
            3600,
        ),
        trusted_proxies=_proxies(given("trusted_proxies")),
        insecure_http=bool(flags.get("insecure_http"))
        or environment.get("QUBIX_INSECURE_HTTP", "").lower() in ("1", "true", "yes"),
    )


def check_exposure(settings: Settings) -> None:
    """Raises StartError where secrets would travel unprotected to other machines."""
    if is_loopback(settings.host) or settings.insecure_http or settings.trusted_proxies:
        return
    raise StartError(
        f"Listening on {settings.host} would send secrets over the network unprotected. "
        "Put a proxy with https in front and name it with --trusted-proxies, "
        "or add --insecure-http if this network is your own."
    )


def _whole_number(flag: str, text: str | None, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise StartError(f"--{flag} {text!r} cannot be used. Give a number from {least} to {most}.")
    return int(text)


def _public_url(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return check_backend(text)
    except ApiError as error:
        rule = error.sentence.removeprefix("backend ")
        raise StartError(f"--public-url {text!r} cannot be used. It {rule}") from error


def _image(text: str | None) -> str | None:
    if text is not None and (len(text) > 512 or not _IMAGE.fullmatch(text)):
        raise StartError(
            f"--worker-image {text!r} cannot be used. Give an image with its registry and its "
            "digest, such as registry.example/qubix-worker@sha256:... with 64 digits."
        )
    return text


def _server_name(text: str | None) -> str:
    name = text or socket.gethostname() or Settings.server_name
    if len(name) > 64 or not name.isprintable():
        raise StartError(f"--server-name {name!r} cannot be used. Give at most 64 characters.")
    return name


def _proxies(text: str | None) -> tuple[str, ...]:
    proxies = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError as error:
            raise StartError(
                f"--trusted-proxies {proxy!r} cannot be used. Give addresses or networks, "
                "such as 10.0.0.2 or 10.0.0.0/8, with commas between them."
            ) from error
    return proxies
