"""Fetches a file where there is neither curl nor wget: with a Python that the worker cannot use.

It stands word for word in installer.sh, between apostrophes, so there is none in here. It ends as
curl would (curl.se/docs/manpage.html, EXIT CODES). Python 3.6 and newer.
"""

import errno
import shutil
import socket
import ssl
import sys
import urllib.error
import urllib.request


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


if __name__ == "__main__":
    try:
        url, path, seconds = sys.argv[1:4]
        answer = urllib.request.urlopen(url, timeout=float(seconds))  # noqa: S310 - ours, or a mirror
        with open(path, "wb") as file:  # noqa: PTH123 - as short as can be
            shutil.copyfileobj(answer, file)
            if file.tell() < int(answer.headers.get("Content-Length") or 0):
                sys.exit(18)
    except OSError as error:
        sys.exit(code(error))
