"""Sizes as people read them."""

from __future__ import annotations

import pytest

from qubix_desktop import words

MIB = 1 << 20


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (6.1 * MIB, 9.8 * MIB, "6.1 of 9.8 MB"),
        (3 * MIB, 8 * MIB, "3 of 8 MB"),
        (300 * 1024, 9.8 * MIB, "0.3 of 9.8 MB"),
        (0, 2048 * MIB, "0 of 2 GB"),
        (12, 200, "12 of 200 bytes"),
    ],
)
def test_of_a_whole_the_unit_is_named_once(done: float, total: float, shown: str) -> None:
    assert f"{words.size_within(done, total)} of {words.size(total)}" == shown
