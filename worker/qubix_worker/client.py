"""The worker's side of the server's API: each call, and each way that it can fail, in words.

A session of one thread: a client is not shared between threads.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests

from qubix_worker import __version__
from qubix_worker.errors import ServerError
from qubix_worker.protocol import (
    RESULT_BYTES,
    EnrollmentInfo,
    Heartbeat,
    HeartbeatAnswer,
    JobCompletion,
    JobProgress,
    Registration,
    RegistrationAnswer,
)
from qubix_worker.wire import WireError, from_wire, to_wire

T = TypeVar("T")

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
ANSWER_BYTES = 1 << 20
"""No answer but a module is longer; what is longer is not read."""

FORGOTTEN = (401, 403, 404)
"""The statuses of a server that does not know this worker (any more)."""

NOT_OURS = "not_a_qubix_server"
"""The code of an answer that is no server's of ours, whatever its status: a portal's, a proxy's."""


class _Bearer(requests.auth.AuthBase):
    """Sends the secret, or nothing; in both cases a .netrc file is not asked."""

    def __init__(self, secret: str | None) -> None:
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._secret:
            request.headers["Authorization"] = f"Bearer {self._secret}"
        return request


class ServerClient:
    """Calls to one server. Every method raises ServerError."""

    def __init__(
        self,
        url: str,
        *,
        worker_id: str | None = None,
        secret: str | None = None,
        patience_seconds: float = READ_SECONDS,
    ) -> None:
        """`patience_seconds`: the longest to wait for a connection (10 s at most) or an answer."""
        self.url = url.rstrip("/")
        self.host = urlsplit(url).netloc
        self._worker_id = worker_id
        self._patience = patience_seconds
        self._session = requests.Session()
        self._session.auth = _Bearer(secret)
        self._session.headers["User-Agent"] = f"qubix-worker/{__version__}"
        if _is_loopback(urlsplit(url).hostname or ""):
            self._session.trust_env = False  # a proxy can't reach this computer's own loopback

    def close(self) -> None:
        self._session.close()

    def enrollment_info(self, enrollment_or_code: str) -> EnrollmentInfo:
        """Whose network an enrollment belongs to."""
        path = f"/api/enrollments/{quote(enrollment_or_code, safe='')}"
        return self._decode(EnrollmentInfo, self._call("GET", path))

    def register(self, registration: Registration) -> RegistrationAnswer:
        """Makes this computer a provider. Repeating it gives the same provider."""
        answer = self._call("POST", "/api/providers/register", to_wire(registration))
        return self._decode(RegistrationAnswer, answer)

    def heartbeat(self, heartbeat: Heartbeat, wait_seconds: float = 0) -> HeartbeatAnswer:
        """Tells how this computer is; with `wait_seconds` the server may hold its answer for that
        long, until there is a job."""
        path = f"{self._provider}/heartbeat"
        if wait_seconds > 0:
            path += f"?wait={wait_seconds:g}"
        answer = self._call("POST", path, to_wire(heartbeat), held_seconds=wait_seconds)
        return self._decode(HeartbeatAnswer, answer)

    def progress(self, job_id: str, progress: JobProgress) -> None:
        self._call("POST", f"/api/jobs/{quote(job_id, safe='')}/progress", to_wire(progress))

    def complete(self, job_id: str, completion: JobCompletion) -> None:
        """Hands in a result. May be repeated."""
        self._call("POST", f"/api/jobs/{quote(job_id, safe='')}/complete", to_wire(completion))

    def module(self, sha256: str) -> bytes:
        """The bytes of a module; the caller checks them against `sha256`."""
        path = f"/api/modules/{quote(sha256, safe='')}"
        return self._bytes("GET", path, most=RESULT_BYTES)

    def is_known(self) -> bool:
        """Whether the server still knows this computer by its secret."""
        try:
            self._call("GET", f"{self._provider}/metrics/history?limit=1")
        except ServerError as error:
            if error.status in FORGOTTEN:
                return False
            raise
        return True

    def forget(self) -> None:
        """Asks the server to forget this computer."""
        self._call("DELETE", self._provider)

    @property
    def _provider(self) -> str:
        return f"/api/providers/{quote(self._worker_id or '', safe='')}"

    def _decode(self, kind: type[T], answer: Any) -> T:
        try:
            return from_wire(kind, answer)
        except WireError as error:
            raise self._not_ours(str(error)) from error

    def _call(self, method: str, path: str, body: Any = None, *, held_seconds: float = 0) -> Any:
        answer = self._bytes(method, path, body, most=ANSWER_BYTES, held_seconds=held_seconds)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise self._not_ours("the answer is not JSON") from error

    def _bytes(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        most: int,
        held_seconds: float = 0,
    ) -> bytes:
        connect, read = min(CONNECT_SECONDS, self._patience), self._patience + held_seconds
        try:
            with self._session.request(
                method,
                self.url + path,
                json=body,
                timeout=(connect, read),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = b""
                for chunk in response.iter_content(1 << 16):
                    content += chunk
                    if len(content) > most:
                        raise self._not_ours(f"the answer is longer than {most} bytes")
                if response.status_code // 100 != 2:
                    raise self._refusal(response, content)
                return content
        except (requests.RequestException, ValueError) as error:
            raise self._unreachable(error) from error

    def _refusal(self, response: requests.Response, content: bytes) -> ServerError:
        try:
            answer = json.loads(content)
            code, sentence = str(answer["code"]), str(answer["error"])
        except (ValueError, TypeError, KeyError, RecursionError):
            if response.status_code >= 500:
                code, sentence = "server_trouble", "It has trouble at the moment."
            else:
                return self._not_ours(f"status {response.status_code}", response.status_code)
        return ServerError(
            code,
            f"{self.host} answered: {_one_line(sentence)}",
            _TODO.get(code) or _TODO_BY_STATUS.get(response.status_code, _TRY_LATER),
            status=response.status_code,
            retry_after_seconds=_retry_after(response),
        )

    def _not_ours(self, reason: str, status: int | None = None) -> ServerError:
        return ServerError(
            NOT_OURS,
            f"What answered at {self.host} is not a QUBIX server ({reason}).",
            "Check the address. If this network asks you to sign in first, as hotels do, open "
            "any web page, sign in there, and try again.",
            status=status,
        )

    def _unreachable(self, error: Exception) -> ServerError:
        causes = tuple(_causes(error))

        def caused_by(*kinds: type[BaseException]) -> bool:
            return any(isinstance(cause, kinds) for cause in causes)

        text = " ".join(str(cause) for cause in causes)
        if caused_by(requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL):
            row = _PROXY
        elif "certificate is not yet valid" in text or "certificate has expired" in text:
            row = _CLOCK
        elif caused_by(requests.exceptions.SSLError, ssl.SSLError):
            row = _CERTIFICATE
        elif caused_by(socket.gaierror) or "NameResolutionError" in text:
            row = _NAME
        elif caused_by(ConnectionRefusedError):
            row = _REFUSED
        elif isinstance(error, ValueError):
            row = _NAME
        elif caused_by(requests.exceptions.Timeout, TimeoutError):
            row = _TIMEOUT
        else:
            row = _NETWORK
        code, happened, todo = row
        return ServerError(code, happened.format(host=self.host), todo)


_TRY_LATER = "It is tried again by itself; if it lasts, tell the people who run the network."
_NEW_INVITATION = "Open the network's page again and press Share my GPU for a new one."
_TODO = {
    "enrollment_unknown": _NEW_INVITATION,
    "enrollment_expired": _NEW_INVITATION,
    "enrollment_used": _NEW_INVITATION,
}
_TODO_BY_STATUS = {
    401: "Join the network again from its page.",
    404: "Join the network again from its page.",
}
_PROXY = (
    "proxy",
    "The proxy of this network did not let the connection to {host} through.",
    "Check the proxy's address and password in the system's settings, then try again.",
)
_CLOCK = (
    "clock",
    "The certificate of {host} is not valid at the time that this computer shows.",
    "Check that this computer's date and time are right, then try again.",
)
_CERTIFICATE = (
    "certificate",
    "The connection to {host} is not secure: its certificate could not be checked.",
    "Do not go on. Tell the people who run the network, or try from another connection.",
)
_NAME = (
    "name_not_found",
    "No computer named {host} could be found.",
    "Check the address and this computer's connection to the internet, then try again.",
)
_REFUSED = (
    "refused",
    "{host} can be reached, but nothing answers there.",
    "The server is probably not running. Try again in a few minutes.",
)
_TIMEOUT = (
    "timeout",
    "{host} did not answer in time.",
    "Check this computer's connection to the internet; the server may also be busy.",
)
_NETWORK = (
    "no_network",
    "The connection to {host} failed.",
    "Check this computer's connection to the internet, then try again.",
)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and all that led to it: requests hides the cause in arguments and `reason`."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        at = waiting.pop(0)
        if not isinstance(at, BaseException) or id(at) in seen:
            continue
        seen.add(id(at))
        yield at
        waiting += [at.__cause__, at.__context__, getattr(at, "reason", None), *at.args]


def _retry_after(response: requests.Response) -> float | None:
    """Retry-After in seconds: a number, or a date against the answer's own (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    if value.isdigit():
        return float(min(int(value), 3600))
    try:
        now = parsedate_to_datetime(response.headers["Date"])
        seconds = (parsedate_to_datetime(value) - now).total_seconds()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), 3600.0)


def _one_line(text: str) -> str:
    """A server's sentence, made safe for a log and a terminal, with its full stop."""
    line = "".join(c if c.isprintable() else " " for c in text).strip()[:300]
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
