"""What is typed as a code or an address, put into its usual form and checked while it is typed.

No Qt in here. Gentle: nothing is said of a group that is not finished, nor of a field before the
person has left it, unless more typing cannot mend it.
"""

from __future__ import annotations

import re
from typing import Literal

from qubix_desktop.invitation import InvitationError, addresses, is_token, plain, plainly, read

CodeTrouble = Literal["look-alikes", "signs", "too long", "too short"]
AddressTrouble = Literal["spaces", "malformed"]

GROUP = 4
CODE = 2 * GROUP
_LOOK_ALIKES = re.compile("[01OIL]")
_OTHER_SIGNS = re.compile("[^0-9A-Z]")


def grouped(text: str, cursor: int, before: str = "") -> tuple[str, int]:
    """`text` as a code is written, `K7QM-2XWD`, and where the cursor then stands.

    `before` is what stood there: the dash comes with the fourth letter, and whoever takes it away
    is let. What is no code (a link, a token) stays as it is.
    """
    if _is_no_code(text):
        return text, cursor
    letters = plain(text)
    ends_group = len(letters) == GROUP and len(letters) > len(plain(before))
    has_dash = len(letters) > GROUP or ends_group
    shown = f"{letters[:GROUP]}-{letters[GROUP:]}" if has_dash else letters
    at = len(plain(text[:cursor]))
    return shown, at + (at > GROUP or (at == GROUP and ends_group))


def code_trouble(text: str, *, left: bool) -> CodeTrouble | None:
    """What is amiss with a code. `left`: the person has gone on to something else."""
    if _is_no_code(text):
        return None
    letters = plain(text)
    finished = letters if left else letters[: len(letters) // GROUP * GROUP]
    if _OTHER_SIGNS.search(finished):
        return "signs"
    if _LOOK_ALIKES.search(finished):
        return "look-alikes"
    if len(letters) > CODE:
        return "too long"
    return "too short" if left and 0 < len(letters) < CODE else None


def address_trouble(text: str, *, left: bool) -> AddressTrouble | None:
    """What is amiss with an address."""
    address = plainly(text).strip()
    if not address or read(address).servers:
        return None
    if any(sign.isspace() for sign in address):
        return "spaces"
    if left:
        try:
            addresses(address)
        except InvitationError:
            return "malformed"
    return None


def _is_no_code(text: str) -> bool:
    return "://" in text or is_token(text.strip())
