"""Asking a running server as its operator."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

import requests

from qubix_server import operator_token
from qubix_server.addresses import check_backend, is_loopback
from qubix_server.errors import ApiError, StartError
from qubix_server.settings import load

SECONDS = 60


class Client:
    """Calls to one server. Raises StartError with what happened and what to do."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        environment = os.environ
        port = environment.get("QUBIX_PORT") or "3001"
        given = arguments.server or environment.get("QUBIX_PUBLIC_URL")
        try:
            self.url = check_backend(given or f"http://127.0.0.1:{port}")
        except ApiError as error:
            rule = error.sentence.removeprefix("backend ")
            raise StartError(f"That is no address of a server: it {rule}") from error
        token = environment.get("QUBIX_OPERATOR_TOKEN") or operator_token.read(
            load({}, environment)
        )
        if not token:
            raise StartError(
                "There is no operator's token on this computer. Give the one that the server "
                "has printed in QUBIX_OPERATOR_TOKEN, or make a new one with qubix-server token."
            )
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(urlsplit(self.url).hostname or "")
        self._session.auth = _bearer(token)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, json=body)

    def put(self, path: str, data: bytes, media_type: str) -> dict[str, Any]:
        return self._call("PUT", path, data=data, headers={"Content-Type": media_type})

    def delete(self, path: str) -> dict[str, Any]:
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            response = self._session.request(
                method, self.url + path, timeout=SECONDS, allow_redirects=False, **more
            )
            value = response.json()
        except requests.JSONDecodeError as error:
            raise StartError(f"What answers at {self.url} is not a QUBIX server.") from error
        except requests.RequestException as error:
            raise StartError(
                f"The server at {self.url} cannot be reached. Is it running? "
                "Start it with qubix-server serve, or name another with --server."
            ) from error
        if not isinstance(value, dict) or not response.ok:
            reason = value.get("error") if isinstance(value, dict) else None
            raise StartError(f"The server refused: {reason or response.status_code}")
        return value


def write(value: Any) -> None:
    """A result as JSON."""
    line(json.dumps(value, ensure_ascii=False))


def line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _bearer(token: str) -> requests.auth.AuthBase:
    class Bearer(requests.auth.AuthBase):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

    return Bearer()
