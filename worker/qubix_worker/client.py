"""The worker's side of the server's API: each call, and each way that it can fail, in words.

A session of one thread: a client is not shared between threads, but for `cut`. Every call ends:
`patience_seconds` bounds the whole of it, not only the silence between two bytes.
"""

from __future__ import annotations

import io
import ipaddress
import json
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests

from qubix_worker import __version__
from qubix_worker import proxies as proxy_settings
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
from qubix_worker.transport import Adapter, Deadline, Wire, system_trust
from qubix_worker.wire import WireError, from_wire, to_wire

log = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 32 * 1024
"""What a large body may take longer, each way: a poor connection is no failure."""
PIECE_BYTES = 16 * 1024
IDLE_SECONDS = 60.0
"""A connection that was idle for longer is not used again: the computer may have slept, or the
network may have forgotten it, and a request on it would wait in vain."""

ANSWER_BYTES = 1 << 20
"""No answer but a module is longer; what is longer is not read."""

CODE_LENGTH = 64
"""No server of ours gives a longer code to a refusal; what is longer is cut."""

FORGOTTEN = (401, 403, 404)
"""The statuses of a server that does not know this worker (any more)."""

NOT_OURS = "not_a_qubix_server"
"""The code of an answer that is no server's of ours, whatever its status: a portal's, a proxy's."""
SIGN_IN = "sign_in_to_network"
"""The code of a network that wants its own page to be seen first, and says so."""
CUT = "interrupted"
"""The code of a call that was ended by `cut`."""


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
        clock: Callable[[], float] = time.time,
        desktop: proxy_settings.Desktop | None = None,
    ) -> None:
        """`patience_seconds`: the longest to wait for a connection (10 s at most) or an answer.
        `clock`: seconds since the epoch; it goes on while the computer sleeps."""
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self.host = parts.netloc
        self._worker_id = worker_id
        self._patience = patience_seconds
        self._clock = clock
        self._used_at = clock()
        self._wire = Wire()
        self._session = requests.Session()
        self._session.auth = _Bearer(secret)
        self._unrepeated = [secret] if secret else []
        """What no sentence of a server may bring into a log."""
        self._session.headers["User-Agent"] = f"qubix-worker/{__version__}"
        # A small answer may stand for gigabytes once it is unpacked: none is asked for.
        self._session.headers["Accept-Encoding"] = "identity"
        adapter = Adapter(self._wire, system_trust() if parts.scheme == "https" else None)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._desktop = desktop or proxy_settings.current()
        self._proxies: dict[str, str] | None = None
        if _is_loopback(parts.hostname or ""):
            self._proxies = {parts.scheme: ""}  # none can reach this computer's own loopback

    def close(self) -> None:
        self._session.close()

    def cut(self) -> None:
        """Ends the call that is under way, if there is one. For any thread."""
        self._wire.cut()

    def enrollment_info(self, enrollment_or_code: str) -> EnrollmentInfo:
        """Whose network an enrollment belongs to."""
        self._unrepeated.append(enrollment_or_code)
        path = f"/api/enrollments/{quote(enrollment_or_code, safe='')}"
        return self._decode(EnrollmentInfo, self._call("GET", path))

    def register(self, registration: Registration) -> RegistrationAnswer:
        """Makes this computer a provider. Repeating it gives the same provider."""
        self._unrepeated.append(registration.enrollment)
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
            path = f"{self._provider}/metrics/history?limit=1"
            self._call("GET", path, says_success=False)
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

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        held_seconds: float = 0,
        says_success: bool = True,
    ) -> Any:
        content = self._bytes(method, path, body, most=ANSWER_BYTES, held_seconds=held_seconds)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._not_ours("the answer is not JSON") from error
        # Nothing counts as acknowledged because something, anything, has answered with 200.
        if says_success and not (isinstance(answer, dict) and answer.get("success") is True):
            raise self._not_ours("the answer does not say that it succeeded")
        return answer

    def _bytes(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        most: int,
        held_seconds: float = 0,
    ) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        seconds = self._patience + held_seconds + len(data or b"") / SLOWEST_BYTES_PER_SECOND
        if most > ANSWER_BYTES:
            seconds += most / SLOWEST_BYTES_PER_SECOND
        if not 0 <= self._clock() - self._used_at < IDLE_SECONDS:
            self._session.close()
        self._wire.mend()
        with Deadline(self._wire, seconds) as deadline:
            try:
                response = self._request(method, path, data, seconds)
                with response:
                    content = self._content(response, most)
                    if self._wire.is_cut:  # else what came before would look like all of it
                        raise TimeoutError("cut")
                    if response.status_code // 100 != 2:
                        raise self._refusal(response, content)
                    return content
            except (requests.RequestException, ValueError, OSError) as error:
                if self._wire.is_cut:
                    self._session.close()
                    if not deadline.is_over:
                        raise self._problem(_CUT) from error
                    raise self._problem(_TIMEOUT) from error
                raise self._unreachable(error) from error
            finally:
                self._used_at = self._clock()

    def _request(
        self, method: str, path: str, data: bytes | None, seconds: float
    ) -> requests.Response:
        # What was sent may still be on its way for long when the waiting for an answer begins.
        timeout = min(CONNECT_SECONDS, self._patience), seconds
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if self._proxies is None:
            self._proxies = self._desktop.proxies(self.url)
        proxies = self._proxies

        def request() -> requests.Response:
            return self._session.request(
                method,
                self.url + path,
                # A large body goes in pieces, since the time to connect limits each of them.
                data=io.BytesIO(data) if data and len(data) > PIECE_BYTES else data,
                headers=headers,
                timeout=timeout,
                proxies=dict(proxies),
                allow_redirects=False,
                stream=True,
            )

        before = self._wire.connections
        try:
            return request()
        except requests.ConnectionError as error:
            # A server may close a connection that was kept in the very moment of its use. Every
            # call may be repeated, so that is no failure.
            if self._wire.is_cut or self._wire.connections != before or not _was_dropped(error):
                raise
            log.debug("a kept connection was gone; trying on a new one")
            return request()

    def _content(self, response: requests.Response, most: int) -> bytes:
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise self._not_ours("the answer is packed, though that was not asked for")
        content = bytearray()
        for chunk in response.iter_content(1 << 16):
            content += chunk
            if len(content) > most:
                raise self._not_ours(f"the answer is longer than {most} bytes")
        return bytes(content)

    def _refusal(self, response: requests.Response, content: bytes) -> ServerError:
        try:
            answer = json.loads(content)
            code, sentence = map(self._without_secrets, (answer["code"], answer["error"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            if response.status_code == 407:
                return self._problem(_PROXY_PASSWORD, response.status_code)
            if response.status_code == 511:  # Network Authentication Required (RFC 6585, 6)
                return self._problem(_SIGN_IN, response.status_code)
            if response.status_code >= 500:
                code, sentence = "server_trouble", "It has trouble at the moment."
            else:
                return self._not_ours(f"status {response.status_code}", response.status_code)
        return ServerError(
            code[:CODE_LENGTH],
            f"{self.host} answered: {_one_line(sentence)}",
            _TODO.get(code) or _TODO_BY_STATUS.get(response.status_code, _TRY_LATER),
            status=response.status_code,
            retry_after_seconds=_retry_after(response),
        )

    def _without_secrets(self, words: Any) -> str:
        text = str(words)
        for secret in self._unrepeated:
            if len(secret) >= len("K7QM2XWD"):  # none of ours is shorter; words would be hit
                text = text.replace(secret, "[removed]")
        return text

    def _not_ours(self, reason: str, status: int | None = None) -> ServerError:
        return ServerError(
            NOT_OURS,
            f"What answered at {self.host} is not a QUBIX server ({reason}).",
            "Check the address. If this network asks you to sign in first, as hotels do, open "
            "any web page, sign in there, and try again.",
            status=status,
        )

    def _unreachable(self, error: Exception) -> ServerError:
        row = _row(error)
        if not _is_loopback(urlsplit(self.url).hostname or ""):
            self._proxies = None  # they may have been changed, as people do on another network
        if row in _BY_PROXY_SETTINGS and self._desktop.wants_script():
            code, happened, _ = row
            return self._problem((code, happened, _SCRIPT))
        return self._problem(row)

    def _problem(self, row: _Row, status: int | None = None) -> ServerError:
        code, happened, todo = row
        host = self.host
        return ServerError(code, happened.format(host=host), todo.format(host=host), status=status)


_Row = tuple[str, str, str]
"""A code, what happened, and what to do about it: in words that are true of the worker, which tries
again by itself, and of a setup, which does not."""

_TRY_LATER = "Wait a few minutes; if it lasts, tell the people who run the network."
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
_CUT = (
    CUT,
    "The call to {host} was ended.",
    "It is tried again by itself.",
)
_SIGN_IN = (
    SIGN_IN,
    "This network lets nobody through to {host} before they have signed in.",
    "Open any web page and sign in there as this network asks; then it can go on.",
)
_PROXY = (
    "proxy",
    "The proxy of this network did not let the connection to {host} through.",
    "Ask the people who run this network to allow {host}, or try from another connection.",
)
_PROXY_PASSWORD = (
    "proxy_password",
    "The proxy of this network wants a name and a password.",
    "Put them into the proxy's address in the system's settings, then try again.",
)
_PROXY_KIND = (
    "proxy_unsupported",
    "The proxy that this computer is set to use is of a kind that QUBIX does not speak.",
    "Set a proxy for the web (HTTP) in the system's settings, then try again.",
)
_PROXY_AWAY = (
    "proxy_unreachable",
    "The proxy that this computer is set to use cannot be reached.",
    "Check the proxy's address in the system's settings, then try again.",
)
_SCRIPT = (
    "The system's settings leave the choice of a proxy to a script, which QUBIX cannot run: "
    "enter the proxy's address there by hand, or ask the people who run this network for it."
)
_NOT_YET = (
    "clock",
    "The certificate of {host} is not valid yet at the time that this computer shows.",
    "Check that this computer's date and time are right, then try again.",
)
_EXPIRED = (
    "clock",
    "The certificate of {host} has expired at the time that this computer shows.",
    "Check that this computer's date and time are right; if they are, tell the people who run "
    "the network.",
)
_SELF_SIGNED = (
    "certificate",
    "The connection to {host} is not secure: its certificate is vouched for by nobody but itself.",
    "Do not go on. Tell the people who run the network, or try from another connection.",
)
_UNKNOWN_AUTHORITY = (
    "certificate",
    "The connection to {host} is not secure: this computer does not know the authority that "
    "vouches for its certificate.",
    "If a company or a school runs this network, ask it to add its certificate authority to this "
    "computer. Else do not go on, and try from another connection.",
)
_OTHER_NAME = (
    "certificate",
    "The connection to {host} is not secure: the certificate there is for another name.",
    "Check the address. If this network asks you to sign in first, do that, and try again.",
)
_NO_TLS = (
    "certificate",
    "What answers at {host} does not speak the secure protocol.",
    "Check the address; if it is right, tell the people who run the network.",
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


_BY_PROXY_SETTINGS = (_PROXY, _PROXY_PASSWORD, _PROXY_AWAY, _NAME, _REFUSED, _TIMEOUT, _NETWORK)
"""The failures that a proxy nobody told us of may be behind."""

_BY_VERIFY_CODE = {
    # OpenSSL's (x509_vfy.h), Windows' (winerror.h), macOS' (SecBase.h): truststore hands them on.
    9: _NOT_YET,
    10: _EXPIRED,
    18: _SELF_SIGNED,
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
    0x800B0101: _EXPIRED,
    0x800B0109: _UNKNOWN_AUTHORITY,
    0x800B010A: _UNKNOWN_AUTHORITY,
    0x800B010F: _OTHER_NAME,
    -67818: _EXPIRED,
    -67819: _NOT_YET,
    -67843: _UNKNOWN_AUTHORITY,
    -25318: _UNKNOWN_AUTHORITY,
    -67602: _OTHER_NAME,
}


def _row(error: Exception) -> _Row:  # noqa: PLR0911 - a table of causes, the most telling first
    causes = tuple(_causes(error))

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    text = " ".join(str(cause) for cause in causes)
    if caused_by(requests.exceptions.InvalidSchema):
        return _PROXY_KIND  # ours is always http or https
    if caused_by(requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL):
        if "407" in text:
            return _PROXY_PASSWORD
        return _PROXY if "Tunnel connection failed" in text else _PROXY_AWAY
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _BY_VERIFY_CODE.get(getattr(cause, "verify_code", 0), _CERTIFICATE)
    if "WRONG_VERSION_NUMBER" in text:
        return _NO_TLS
    if caused_by(requests.exceptions.SSLError, ssl.SSLError) or "CA certificate bundle" in text:
        return _CERTIFICATE
    if caused_by(socket.gaierror) or "NameResolutionError" in text:
        return _NAME
    if caused_by(ConnectionRefusedError):
        return _REFUSED
    if isinstance(error, ValueError) and not caused_by(requests.exceptions.InvalidHeader):
        return _NAME
    if caused_by(requests.exceptions.Timeout, TimeoutError):
        return _TIMEOUT
    return _NETWORK


def _was_dropped(error: Exception) -> bool:
    kinds = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)
    return any(isinstance(cause, kinds) for cause in _causes(error))


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
