"""Tokens, codes and secrets: how they are made, and the only form in which they are kept."""

from __future__ import annotations

import hashlib
import secrets

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""For reading aloud: no 0 and O, no 1, I and L."""
CODE_LENGTH = 8


def new_secret() -> str:
    """256 random bits as 43 characters that are safe in a URL, a header and a shell."""
    # A leading "-" would look like a flag to the programs that it is handed to.
    while (secret := secrets.token_urlsafe(32)).startswith("-"):
        pass
    return secret


def new_code() -> str:
    """A short code such as K7QM-2XWD."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return f"{code[:4]}-{code[4:]}"


def plain_code(text: str) -> str | None:
    """`text` as a code without hyphen, in capitals; None where it has not the form of one."""
    code = text.strip().upper().replace("-", "").replace(" ", "")
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) else None


def digest(secret: str) -> str:
    """What the database keeps of `secret`: SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
