"""For a while no job is taken after one could not be begun here."""

from __future__ import annotations

import pytest

from qubix_worker.hold import HOLD_SECONDS, Hold
from qubix_worker.status import Trouble


def test_it_lasts_a_while() -> None:
    now = [0.0]
    hold = Hold(lambda: now[0])
    assert not hold.lasts
    hold.begin(None, "It could not be begun.")
    assert hold.lasts
    now[0] += HOLD_SECONDS
    assert not hold.lasts


def test_its_owner_is_warned_of_what_its_owner_can_mend() -> None:
    hold = Hold()
    assert hold.begin(None, "It could not be begun.") is None
    warning = hold.begin("no_room", "The disk is full.")
    assert warning is not None
    assert (warning.code, warning.happened) == ("disk_full", "The disk is full.")


@pytest.mark.parametrize(("code", "goes"), [("disk_full", True), ("settings_unusable", False)])
def test_only_its_own_warning_goes_with_it(code: str, goes: bool) -> None:
    now = [0.0]
    hold = Hold(lambda: now[0])
    hold.begin("no_room", "The disk is full.")
    warning = Trouble(code, "Something.", "Do something.")
    assert not hold.is_over(warning)
    now[0] += HOLD_SECONDS
    assert hold.is_over(warning) is goes
    assert not hold.is_over(None)
