"""What a provider measured last, kept in its own row until there are some.

A row of `metrics` for each heartbeat costs a page of that table's index, which no other heartbeat
of that moment needs; the provider's own row is written anyway. So its measurements gather there, as
one JSON text, and go into `metrics` several at once: when they are many, when something is told
that is new, and when it falls silent. The one thing to know before changing it: whoever puts a row
into `metrics` puts those before it, so that the order of `seq` stays that of time.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

Measurement = tuple[int, float | None, float | None, float | None, float | None, float | None]
"""`at`, and the columns in MEASURES."""
MEASURES = ("cpu_percent", "ram_percent", "gpu_percent", "gpu_temp", "gpu_mem_used")
NONE = ""
LEAST = 6
"""So many are gathered at least: a row of `providers` grows by some 40 bytes with each."""
_decode = msgspec.json.Decoder(list[Measurement]).decode


def with_another(recent: str, measurement: Measurement) -> str:
    """`recent` with what was measured after it."""
    another = msgspec.json.encode(measurement).decode()
    return f"{recent[:-1]},{another}]" if recent else f"[{another}]"


def measurements(recent: str) -> Sequence[Measurement]:
    """The oldest first."""
    return _decode(recent) if recent else ()


def is_full(recent: str, provider_seq: int) -> bool:
    """Not for all at the same time: those who came together beat together."""
    return recent.count("[") > LEAST + provider_seq % LEAST
