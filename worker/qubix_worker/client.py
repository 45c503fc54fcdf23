"""The worker's side of the server's API: each call, bounded in time and in size.

A session of one thread: a client is not shared between threads, but for `cut`. Every call ends:
`patience_seconds` bounds the whole of it, not only the silence between two bytes.
"""

from __future__ import annotations

import http.cookiejar
import io
import ipaddress
import json
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests

from qubix_worker import __version__, failures
from qubix_worker import proxies as proxy_settings
from qubix_worker.errors import ServerError
from qubix_worker.failures import FORGOTTEN, NOT_FOUND, NOT_OURS
from qubix_worker.pending import UnreadableJob, told_apart
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
from qubix_worker.wire import MissingError, WireError, from_wire, to_wire

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
        # A secret is all that a server knows us by; whatever else it wants us to bring is left.
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
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
        return self._needed(EnrollmentInfo, self._call("GET", path))

    def network(self, enrollment_or_code: str) -> EnrollmentInfo | None:
        """As `enrollment_info`; None from a server that knows the inherited API only, which takes
        invitations but tells nothing of them."""
        try:
            return self.enrollment_info(enrollment_or_code)
        except ServerError as error:
            if enrollment_or_code and failures.is_unknown_call(error) and self._is_inherited():
                log.info("it tells nothing of invitations: %s", error)
                return None
            raise

    def offered_version(self) -> str:
        """The version that the server hands out now; older servers do not tell it."""
        answer = self._call("GET", "/api/installer", says_success=False)
        version = answer.get("version") if isinstance(answer, dict) else None
        return version[:64] if isinstance(version, str) else ""

    def register(self, registration: Registration) -> RegistrationAnswer:
        """Makes this computer a provider. Repeating it gives the same provider."""
        self._unrepeated.append(registration.enrollment)
        try:
            answer = self._call("POST", "/api/providers/register", to_wire(registration))
        except ServerError as error:
            if error.problem.code == NOT_FOUND:  # it answers as ours do, and knows no such call
                log.info("it cannot be joined: %s", error)
                raise failures.too_old(self.host, error.status) from error
            raise
        return self._needed(RegistrationAnswer, answer)

    def heartbeat(
        self,
        heartbeat: Heartbeat,
        wait_seconds: float = 0,
        unreadable: Callable[[UnreadableJob], object] = lambda job: None,
    ) -> HeartbeatAnswer:
        """Tells how this computer is; with `wait_seconds` the server may hold its answer for that
        long, until there is a job. Jobs that cannot be read go to `unreadable` alone."""
        path = f"{self._provider}/heartbeat"
        if wait_seconds > 0:
            path += f"?wait={wait_seconds:g}"
        answer = self._call("POST", path, to_wire(heartbeat), held_seconds=wait_seconds)
        answer, left_out = told_apart(answer)
        heard = self._decode(HeartbeatAnswer, answer)
        for job in left_out:
            unreadable(job)
        return heard

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
        """Asks the server to forget this computer; content where it has done so before."""
        try:
            self._call("DELETE", self._provider)
        except ServerError as error:
            if error.status not in FORGOTTEN or error.problem.code == NOT_OURS:
                raise

    def _is_inherited(self) -> bool:
        """Whether what answers is a server of ours at all, by a call that even the oldest know."""
        try:
            answer = self._call("GET", "/api/providers/check-new", says_success=False)
        except ServerError:
            return False
        return isinstance(answer, dict) and "newProvider" in answer

    @property
    def _provider(self) -> str:
        return f"/api/providers/{quote(self._worker_id or '', safe='')}"

    def _needed(self, kind: type[T], answer: Any) -> T:
        """As `_decode`, for the calls by which one joins: a server that says that it succeeded, and
        tells too little, is one from before it told that."""
        try:
            return from_wire(kind, answer)
        except MissingError as error:
            log.info("the answer tells too little: %s", error)
            raise failures.too_old(self.host) from error
        except WireError as error:
            raise failures.not_ours(self.host, str(error)) from error

    def _decode(self, kind: type[T], answer: Any) -> T:
        try:
            return from_wire(kind, answer)
        except WireError as error:
            raise failures.not_ours(self.host, str(error)) from error

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
            raise failures.not_ours(self.host, "the answer is not JSON") from error
        # Nothing counts as acknowledged because something, anything, has answered with 200.
        if says_success and not (isinstance(answer, dict) and answer.get("success") is True):
            raise failures.not_ours(self.host, "the answer does not say that it succeeded")
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
                        raise failures.refusal(self.host, response, content, self._unrepeated)
                    return content
            except (requests.RequestException, ValueError, OSError) as error:
                if self._wire.is_cut:
                    self._session.close()
                    if not deadline.is_over:
                        raise failures.cut(self.host) from error
                    raise failures.too_slow(self.host) from error
                if not _is_loopback(urlsplit(self.url).hostname or ""):
                    self._proxies = None  # may have changed, as people do on another network
                raise failures.unreachable(self.host, error, self._desktop.wants_script) from error
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
            if (
                self._wire.is_cut
                or self._wire.connections != before
                or not failures.was_dropped(error)
            ):
                raise
            log.debug("a kept connection was gone; trying on a new one")
            return request()

    def _content(self, response: requests.Response, most: int) -> bytes:
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise failures.not_ours(
                self.host, "the answer is packed, though that was not asked for"
            )
        content = bytearray()
        for chunk in response.iter_content(1 << 16):
            content += chunk
            if len(content) > most:
                reason = f"the answer is longer than {most} bytes"
                raise failures.not_ours(self.host, reason, kind=failures.TooLongError)
        return bytes(content)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
