"""The colours: light, dark, and both for whom these are too faint. A test computes contrasts."""

from __future__ import annotations

from typing import NamedTuple


class Colours(NamedTuple):
    window: str
    rail: str
    card: str
    field: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    """Fills: under `on_accent`."""
    accent_hover: str
    on_accent: str
    link: str
    """Accent as text and lines, on any ground."""
    good: str
    bad: str
    warn: str
    problem: str
    track: str
    disabled: str


LIGHT = Colours(
    window="#F5F6F8", rail="#EBEEF3", card="#FFFFFF", field="#FFFFFF", border="#DADFE7",
    strong_border="#7B8595", text="#1A1D23", muted="#545D6B", accent="#2F62D6",
    accent_hover="#2453BE", on_accent="#FFFFFF", link="#2A5BCB", good="#17734A", bad="#B3261E",
    warn="#855300", problem="#FDF0EE", track="#E1E5EC", disabled="#8B93A0",
)  # fmt: skip
DARK = Colours(
    window="#1E2127", rail="#181B20", card="#282C34", field="#1A1D22", border="#3A404B",
    strong_border="#7C8696", text="#E9EBEF", muted="#AAB2BF", accent="#3B6FE0",
    accent_hover="#3262CC", on_accent="#FFFFFF", link="#92B4FF", good="#62CF98", bad="#FF9A91",
    warn="#F0B64A", problem="#3A2626", track="#3B414C", disabled="#757D8A",
)  # fmt: skip
CONTRAST_LIGHT = Colours(
    window="#FFFFFF", rail="#FFFFFE", card="#FFFFFF", field="#FFFFFF", border="#000000",
    strong_border="#000000", text="#000000", muted="#000000", accent="#2456C8",
    accent_hover="#1A46AC", on_accent="#FFFFFF", link="#0037A6", good="#00501E", bad="#8F0000",
    warn="#5C3700", problem="#FFFFFF", track="#FFFFFF", disabled="#4A4A4A",
)  # fmt: skip
CONTRAST_DARK = Colours(
    window="#000000", rail="#000001", card="#000000", field="#000000", border="#FFFFFF",
    strong_border="#FFFFFF", text="#FFFFFF", muted="#FFFFFF", accent="#2A5FD8",
    accent_hover="#1F4FC0", on_accent="#FFFFFF", link="#9CC2FF", good="#6BFFA8", bad="#FFA8A0",
    warn="#FFD24D", problem="#000000", track="#000000", disabled="#8F8F8F",
)  # fmt: skip
ALL = {
    "light": LIGHT,
    "dark": DARK,
    "contrast light": CONTRAST_LIGHT,
    "contrast dark": CONTRAST_DARK,
}
BY_GROUND = {colours.window: colours for colours in ALL.values()}
