"""What a failed call means, in words: from what answered, or from the exception that came instead.

The terminal, the wizard and the tray show these sentences as they are. Each must be true of the
worker, which tries again without being asked, and of a setup, which does not.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from qubix_worker.errors import ServerError

FORGOTTEN = (401, 403, 404)
"""The statuses of a server that does not know this worker (any more)."""

NOT_OURS = "not_a_qubix_server"
"""The code of an answer that is no server's of ours, whatever its status: a portal's, a proxy's."""
TOO_OLD = "server_too_old"
"""The code of a server that speaks as ours do, but lacks what this worker needs."""
NOT_FOUND = "not_found"
"""The code of an inherited server's 404: it does not say what it does not know."""
SIGN_IN = "sign_in_to_network"
"""The code of a network that wants its own page to be seen first, and says so."""
CUT = "interrupted"
"""The code of a call that was ended from here."""

RETRY_SECONDS_MOST = 3600.0
"""Nothing that answers can keep a worker waiting for longer."""

CODE_LENGTH = 64
"""No server of ours gives a longer code to a refusal; what is longer is cut."""


def refusal(
    host: str, response: requests.Response, content: bytes, secrets: Sequence[str]
) -> ServerError:
    """What an answer that is no success says. None of `secrets` is repeated."""
    status = response.status_code
    try:
        answer = json.loads(content)
        if status < 500 and answer.get("success") is not False:
            raise ValueError("another program's error, which may look like one of ours")
        sentence = _one_line(_without(secrets, _text(answer["error"])))
        if "code" in answer:
            code = _without(secrets, _text(answer["code"]))
            sentence = in_our_words(code, sentence)
        else:  # an inherited server's, which may mean anything by its status
            code = _CODES.get(status, "server_refused")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        if status in _BY_BARE_STATUS:
            return _problem(host, _BY_BARE_STATUS[status], status)
        if status == 429:  # a proxy's, which speaks for the server
            code, sentence = _CODES[status], "Too much was asked of it at once."
        elif status < 500:
            return not_ours(host, f"status {status}", status)
        else:
            return _problem(host, _TROUBLE, status, _retry_after(response))
    return ServerError(
        code[:CODE_LENGTH],
        f"{host} answered: {sentence}",
        what_to_do(code, status),
        status=status,
        retry_after_seconds=_retry_after(response),
    )


def in_our_words(code: str, sentence: str) -> str:
    """What a refusal of that code means to whoever shares a computer; `sentence` where nobody has
    heard of it. A server speaks to programs as well, and in one language."""
    return MEANING.get(code, sentence)


def what_to_do(code: str, status: int) -> str:
    """About a refusal of that code, or where nobody has heard of it of that status."""
    return _TODO.get(code) or _TODO_BY_STATUS.get(status, _TRY_LATER)


class TooLongError(ServerError):
    """What has answered says more than is read of it."""


def not_ours(
    host: str, reason: str, status: int | None = None, kind: type[ServerError] = ServerError
) -> ServerError:
    """Something has answered, but no server of ours."""
    return kind(
        NOT_OURS,
        f"What answered at {host} is not a QUBIX server ({reason}).",
        "Check the address. If this network asks you to sign in first, as hotels do, open "
        "any web page, sign in there, and try again.",
        status=status,
    )


def is_unknown_call(error: ServerError) -> bool:
    """Whether a server has not refused, but knows no such call: an inherited one, or another's."""
    return error.problem.code in (NOT_OURS, NOT_FOUND) and error.status == 404


def too_old(host: str, status: int | None = None) -> ServerError:
    """A server has answered as ours do, but cannot do what is asked of it."""
    return _problem(host, _TOO_OLD, status)


def cut(host: str) -> ServerError:
    """The call was ended from here."""
    return _problem(host, _CUT)


def too_slow(host: str) -> ServerError:
    """The time for the call was over."""
    return _problem(host, _TIMEOUT)


def unreachable(host: str, error: Exception, wants_script: Callable[[], bool]) -> ServerError:
    """Nothing has answered. `wants_script`: whether the system's settings leave the choice of a
    proxy to a script; asked only where that may be the reason."""
    row = _row(error)
    if row in _BY_PROXY_SETTINGS and wants_script():
        code, happened, _ = row
        row = code, happened, _SCRIPT
    return _problem(host, row)


def was_dropped(error: Exception) -> bool:
    """Whether the other side has closed the connection under the call."""
    kinds = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)
    return any(isinstance(cause, kinds) for cause in _causes(error))


_Row = tuple[str, str, str]
"""A code, what happened, and what to do about it."""

_TRY_LATER = "Wait a few minutes; if it lasts, tell the people who run the network."
_NOTHING = "Nothing needs to be done: the network has given the job to another, or ended it."
_NEW_INVITATION = "Open the network's page again and press Share my GPU for a new one."
_JOIN_AGAIN = "Join the network again from its page."
_TELL = "Tell the people who run the network; waiting will not mend it."
_TODO = {
    "provider_unknown": _JOIN_AGAIN,
    "unauthorized": _JOIN_AGAIN,
    "forbidden": "Nothing needs to be done for a job; if nothing works, join the network again.",
    "job_unknown": _NOTHING,
    "job_cancelled": _NOTHING,
    "lease_lost": _NOTHING,
    "worker_id_taken": _TELL,
    "bad_value": _TELL,
    "bad_json": _TELL,
    "bad_host": "Check the address; if it is right, tell the people who run the network.",
    "enrollment_unknown": _NEW_INVITATION,
    "enrollment_expired": _NEW_INVITATION,
    "enrollment_used": _NEW_INVITATION,
}
MEANING = {
    "provider_unknown": "This computer is not known here any more.",
    "unauthorized": "This computer is not let in here.",
    "enrollment_unknown": "This invitation is not known.",
    "enrollment_expired": "This invitation has ended.",
    "enrollment_used": "Another computer has used this invitation.",
    "worker_id_taken": "A computer that says it is this one has joined already.",
    "too_many": "There were too many tries in a short time.",
    "overloaded": "It is busy at the moment.",
}
_CODES = {
    400: "bad_value",
    401: "unauthorized",
    403: "forbidden",
    404: NOT_FOUND,
    409: "conflict",
    413: "too_large",
    429: "too_many",
    503: "overloaded",
}
_TODO_BY_STATUS = {
    400: _TELL,
    401: _JOIN_AGAIN,
    404: "Check the address; if it is right, join the network again from its page.",
}
_CUT = (
    CUT,
    "The call to {host} was ended from here.",
    "Nothing needs to be done; it may be made again at any time.",
)
_TOO_OLD = (
    TOO_OLD,
    "The network's server ({host}) is too old for this version of QUBIX.",
    "Ask the people who run the network to update it; waiting will not mend it.",
)
_TROUBLE = (
    "server_trouble",
    "{host} answered: It has trouble at the moment.",
    _TRY_LATER,
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

_BY_BARE_STATUS = {
    407: _PROXY_PASSWORD,
    511: _SIGN_IN,  # Network Authentication Required (RFC 6585, 6)
}
"""What a status tells by itself, whatever comes with it."""


def _problem(
    host: str, row: _Row, status: int | None = None, retry_after_seconds: float | None = None
) -> ServerError:
    code, happened, todo = row
    return ServerError(
        code,
        happened.format(host=host),
        todo.format(host=host),
        status=status,
        retry_after_seconds=retry_after_seconds,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        if len(secret) >= len("K7QM2XWD"):  # none of ours is shorter; words would be hit
            text = text.replace(secret, "[removed]")
    return text


def _one_line(text: str) -> str:
    """A server's sentence, made safe for a log and a terminal, with its full stop."""
    line = "".join(c if c.isprintable() else " " for c in text).strip()[:300]
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _retry_after(response: requests.Response) -> float | None:
    """Retry-After in seconds: a number, or a date against the answer's own (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    if re.fullmatch("[0-9]{1,9}", value):
        return float(min(int(value), RETRY_SECONDS_MOST))
    if re.fullmatch("[0-9]+", value):  # too many to be made a number of
        return RETRY_SECONDS_MOST
    try:
        now = parsedate_to_datetime(response.headers["Date"])
        seconds = (parsedate_to_datetime(value) - now).total_seconds()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), RETRY_SECONDS_MOST)


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
