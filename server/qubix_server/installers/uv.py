"""Which uv the scripts fetch where there is no Python: its version, and the digests of its builds.

The digests are those that its publisher states beside each build, as the publisher's own
astral-sh/setup-uv keeps them (src/download/checksum/known-checksums.json at 19b4d1e).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Uv:
    version: str
    digests: Mapping[str, str]
    """The SHA-256 of each build's archive, by the name that a template has for it."""

    def words(self) -> dict[str, str]:
        """For templates, by slot."""
        return {"UVVERSION": self.version, **self.digests}


# The musl builds are static: they run on every Linux, and fetch the Python that fits its C library.
PINNED = Uv(
    "0.12.5",
    {
        "UVLINUXX64": "a4742988791c9aeae68c78150d6cba762062ad2a47e53738c2779d2b596bfcdb",
        "UVLINUXARM64": "8767a0e77f2cd45436401b1b42bf7e9ed5a4a91a74a5305d6fe93249d0f6dbc5",
        "UVMACX64": "b3b2137477cf96c9686ebfb71524614cec780c673fd73e59bce099aef02e70e8",
        "UVMACARM64": "5bb0e5fe008a773c3dbcb97ff79cd89e1241464fe9d2f986d52ad8f1b037bd62",
        "UVWINDOWSX64": "4c4d49d8738847d9b71ba319e49a5688c93eac0fe6204b1df24e98528dddf39a",
        "UVWINDOWSARM64": "724279317fee6e5fa8ad1908e4eba2bbe764ef1ece5b3f4597927b62b1fe562a",
    },
)
