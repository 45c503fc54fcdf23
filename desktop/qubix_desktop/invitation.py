"""Where the network's address and the enrollment come from, so that nobody has to type them.

No Qt in here. In this order: a link that the browser handed over, the environment with its
`--server`, the application's own file name, what a person types. The file name is what remains
of an invitation when a signed program, whose bytes must not change, is downloaded.
"""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal

from qubix_worker.errors import QubixError
from qubix_worker.settings import check_server_url

Source = Literal["nothing", "link", "environment", "file name", "typed"]


class InvitationError(QubixError):
    """What was typed is no address, or no code."""


@dataclass(frozen=True)
class Invitation:
    """Addresses to try, the likeliest first, and what lets this computer in (a code or a token)."""

    servers: tuple[str, ...] = ()
    enrollment: str = field(default="", repr=False)
    source: Source = "nothing"

    @property
    def complete(self) -> bool:
        return bool(self.servers and self.enrollment)

    @property
    def link(self) -> str:
        """The link that invites to the same; empty where nothing is to be joined."""
        if not self.complete:
            return ""
        # Where there is more than one address to try, the host alone leads to them all again.
        server = self.servers[0] if len(self.servers) == 1 else host_of(self.servers[0])
        query = urllib.parse.urlencode({"server": server, "enrollment": self.enrollment})
        return f"qubix://join?{query}"


def find(link: str, server: str, environment: Mapping[str, str], program: str) -> Invitation:
    """The best invitation there is. `program` is the path that the application was started by."""
    told = server or environment.get("QUBIX_BACKEND", "")
    enrollment = environment.get("QUBIX_ENROLLMENT", "")
    candidates = [from_link(link), _told(told, enrollment), from_file_name(program)]
    found = [candidate for candidate in candidates if candidate.servers]
    complete = [candidate for candidate in found if candidate.complete]
    return next(iter([*complete, *found]), Invitation())


def from_link(link: str) -> Invitation:
    """`qubix://join?server=https://host&code=K7QM-2XWD`; anything else invites to nothing."""
    try:
        parts = urllib.parse.urlsplit(link.strip())
        query = urllib.parse.parse_qs(parts.query)
    except ValueError:
        return Invitation()
    if parts.scheme.lower() != "qubix" or _place(parts) != "join":
        return Invitation()
    enrollment = _first(query, "enrollment") or code_of(_first(query, "code"))
    return _lenient(_first(query, "server") or _first(query, "host"), enrollment, "link")


_CODE_LETTERS = "2-9A-HJKMNP-Z"
_CODE = re.compile(rf"[{_CODE_LETTERS}]{{4}}-?[{_CODE_LETTERS}]{{4}}")
_FILE_NAME = re.compile(
    rf"--(?P<host>[^/\\]+?)--(?:(?P<code>[{_CODE_LETTERS}]{{4}}-?[{_CODE_LETTERS}]{{4}})"
    r"(?![a-z0-9])|(?P<token>[a-z0-9_-]{30,}))",
    re.IGNORECASE,
)
_TOKEN = re.compile("[A-Za-z0-9_-]{30,}")
_FILE_NAME_PORT = re.compile(r"[_,;+](?P<port>\d{1,5})$")
_LONG_DASH = "\N{EM DASH}"
"""What some systems make of two short ones."""
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D], "-")


def from_file_name(program: str) -> Invitation:
    """`qubix-setup--<host>--<code>.exe`, however a browser or a person has changed its ends:
    ` (1)`, ` - Copy`, another extension, another start. A port, where a colon may not stand, is
    written `host_3001`. A token may stand in the place of the code."""
    name = plainly(_name_of(program)).replace(_LONG_DASH, "--")
    name = name.translate(_DASHES)
    match = _FILE_NAME.search(name)
    if match is None:
        return Invitation()
    host = _FILE_NAME_PORT.sub(r":\g<port>", match["host"].strip(" -"))
    return _lenient(host, match["token"] or code_of(match["code"]), "file name")


def _name_of(program: str) -> str:
    """The name that a person sees: of the file, or on macOS of the bundle that it lies in."""
    # A Windows path is also recognised on POSIX: a name may be handed over by a wrapper.
    path = PurePosixPath(program)
    bundle = next((part for part in reversed(path.parts) if part.lower().endswith(".app")), None)
    return bundle or PureWindowsPath(path.name).name


def read(text: str) -> Invitation:
    """What a person has pasted, as far as it invites: a whole link of ours, also with words around
    it, or the address of the network's page, with or without an enrollment in it."""
    found = re.search(r"\b(qubix|https?)://[^\s<>\"']+", plainly(text), re.I)
    if found is None:
        return Invitation()
    link = found[0].rstrip(".,;:!?)")
    if found[1].lower() == "qubix":
        return replace(from_link(link), source="typed")
    try:
        parts = urllib.parse.urlsplit(link)
        query = urllib.parse.parse_qs(parts.query)
    except ValueError:
        return Invitation()
    enrollment = _first(query, "enrollment") or code_of(_first(query, "code"))
    # Its installers and its pages lie below the address that it is known by.
    path = re.sub(r"/(api/.*|fleet/?)?$", "", parts.path)
    address = urllib.parse.urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return _lenient(address, enrollment, "typed")


def typed(address: str, code: str) -> Invitation:
    """What a person has typed or pasted. Raises InvitationError, which says what is missing."""
    for text in (address, code):
        if (pasted := read(text)).complete:
            return pasted
    if not address.strip():
        raise InvitationError(
            "address_missing",
            "The network's address is missing.",
            "Type it as it stands on the page where you got the code.",
        )
    servers = read(address).servers or addresses(address)
    enrollment = code.strip() if is_token(code.strip()) else code_of(code)
    if not enrollment:
        raise InvitationError(
            "code_malformed",
            "A code has eight letters and digits, such as K7QM-2XWD.",
            "Type the code as it stands on the network's page.",
        )
    return Invitation(servers, enrollment, "typed")


def code_of(text: str) -> str:
    """The code in `text` in its one spelling, `K7QM-2XWD`, or an empty text where it is none."""
    letters = plain(text)
    return f"{letters[:4]}-{letters[4:]}" if _CODE.fullmatch(letters) else ""


def plain(text: str) -> str:
    """`text` without what only parts it: spaces, and dashes of any kind; in capitals."""
    text = plainly(text).translate(_DASHES)
    return re.sub(r"[\s_-]", "", text).upper()


def is_token(text: str) -> bool:
    """Whether it is the long form of an enrollment, which a link or a file name may carry."""
    return _TOKEN.fullmatch(text) is not None


def plainly(text: str) -> str:
    """In the plainest letters that mean the same: of full width, say, are none."""
    if text.isascii():
        return text
    import unicodedata  # noqa: PLC0415 - seldom needed, and large

    return unicodedata.normalize("NFKC", text)


def host_of(server: str) -> str:
    """The part of an address that tells people whose it is."""
    return urllib.parse.urlsplit(server).netloc or server


def addresses(text: str) -> tuple[str, ...]:
    """The URLs that an address may mean: as given with a scheme, else https; on this computer http,
    and in a house's own network http after https. Raises InvitationError."""
    address = plainly(text).strip()
    try:
        if "://" in address:
            return (check_server_url(address),)
        urls = [f"{scheme}://{address}" for scheme in _schemes(address)]
        return tuple(check_server_url(url) for url in urls)
    except ValueError as error:
        raise InvitationError(
            "address_malformed",
            f"“{text.strip()}” is not the address of a network.",
            "An address looks like compute.example.org or https://compute.example.org.",
        ) from error


def _schemes(address: str) -> tuple[str, ...]:
    host = urllib.parse.urlsplit(f"//{address}").hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            return ("http",)
        # A name without a dot, or under .local (RFC 6762), can only be a neighbour's.
        return ("https", "http") if "." not in host or host.endswith(".local") else ("https",)
    if number.is_loopback:
        return ("http",)
    return ("https", "http") if number.is_private else ("https",)


def _told(server: str, enrollment: str) -> Invitation:
    return _lenient(server, enrollment, "environment")


def _lenient(address: str, enrollment: str, source: Source) -> Invitation:
    """An invitation that nobody typed: where its address is none, there is no invitation."""
    if not address:
        return Invitation()
    try:
        return Invitation(addresses(address), enrollment, source)
    except InvitationError:
        return Invitation()


def _place(parts: urllib.parse.SplitResult) -> str:
    return (parts.netloc or parts.path.strip("/")).lower()


def _first(query: Mapping[str, list[str]], key: str) -> str:
    return query.get(key, [""])[0]
