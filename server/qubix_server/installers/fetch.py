"""Fetches a file where there is neither curl nor wget: with a Python that the worker cannot use.

It stands word for word in installer.sh, between apostrophes, so there is none in here. It ends as
curl would (curl.se/docs/manpage.html, EXIT CODES). The address, which may hold a user and a
password, comes by the standard input. Python 3.6 and newer.
"""

import errno
import shutil
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


def code(error: OSError) -> int:
    """The exit code of curl that means the same."""
    if isinstance(error, urllib.error.HTTPError):
        return 22
    reason = getattr(error, "reason", error)
    if isinstance(reason, socket.gaierror):
        return 6
    if isinstance(reason, ssl.SSLError):
        return 60
    if isinstance(reason, socket.timeout):
        return 28
    known = {errno.ENOSPC: 23, errno.ECONNREFUSED: 7}
    return known.get(getattr(reason, "errno", None) or 0, 56)


def opened(url: str, seconds: float) -> Any:
    """The answer. A user and a password go to that one host, when it asks for them."""
    parts = urllib.parse.urlsplit(url)
    secret, _, host = parts.netloc.rpartition("@")
    user, _, password = map(urllib.parse.unquote, secret.partition(":"))
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, host, user, password)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    return opener.open(parts._replace(netloc=host).geturl(), timeout=seconds)


if __name__ == "__main__":
    try:
        path, seconds = sys.argv[1:3]
        answer = opened(sys.stdin.readline().strip(), float(seconds))
        with open(path, "wb") as file:  # noqa: PTH123 - as short as can be
            shutil.copyfileobj(answer, file)
            if file.tell() < int(answer.headers.get("Content-Length") or 0):
                sys.exit(18)
    except OSError as error:
        sys.exit(code(error))
