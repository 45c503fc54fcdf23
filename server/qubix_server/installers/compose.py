"""The Compose file that runs the worker in a container.

A value stands in it as a YAML string in quotes, in which every `$` is doubled, since Compose takes
one for a variable of its own, wherever it stands. It runs the operator's image where there is one;
else it brings the image's recipe along, which fetches the worker's one file from the server.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
import urllib.parse

import qubix_worker
from qubix_server.addresses import is_loopback
from qubix_server.installers.templates import filled, text

_BUILD = """\
# Built here by the recipe below: Debian's Python, and the worker's one file after its SHA-256 has
# been checked, which brings the hashes of its libraries.
image: {image}
build:
  args:
    WORKER: {address}
    SHA256: {sha256}
  dockerfile_inline: |
{recipe}"""
_LOOPBACK = """\
  # The network's address is on this very computer, which no other network leads to.
  network_mode: host
"""


def compose_file(
    backend: str, enrollment: str | None, worker: bytes, image: str | None = None
) -> bytes:
    """The Compose file, in ASCII. `worker` is the one file; `image` is one that has it, by digest.

    Raises ValueError for a value that no container's environment can hold.
    """
    host = urllib.parse.urlsplit(backend).hostname or ""
    values = {
        "VERSION": qubix_worker.__version__,
        "IMAGE": textwrap.indent(_image(backend, worker, image), "  ").rstrip("\n"),
        "BACKEND": quoted(backend),
        # Without one, whoever starts it may give the code that the network's page shows.
        "ENROLLMENT": quoted(enrollment) if enrollment else '"${QUBIX_ENROLLMENT:-}"',
        "NETWORK": _LOOPBACK if is_loopback(host) else "",
    }
    return filled("compose.yaml", values).encode("ascii")


def quoted(value: str) -> str:
    """`value` as a string of YAML (1.2.2, 7.3.1) that Compose reads as just that."""
    if re.search("[\0\ud800-\udfff]", value):
        raise ValueError("A variable of the environment cannot hold NUL, or what is no character")
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character == "$":
        return "$$"
    if character in '"\\':
        return "\\" + character
    return character if " " <= character <= "~" else f"\\U{ord(character):08x}"


def _image(backend: str, worker: bytes, image: str | None) -> str:
    if image is not None:
        return f"image: {quoted(image)}\n"
    sha256 = hashlib.sha256(worker).hexdigest()
    # No registry is called localhost: nobody can be asked for an image of this name.
    name = f"localhost/qubix-worker:{qubix_worker.__version__}-{sha256[:12]}"
    return _BUILD.format(
        image=quoted(name),
        address=quoted(f"{backend}/api/installer/worker.py"),
        sha256=quoted(sha256),
        recipe=textwrap.indent(text("Containerfile").replace("$", "$$"), "    "),
    )
