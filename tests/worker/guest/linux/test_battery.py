"""Recorded power supplies, and whether a computer with them runs on its battery."""

from __future__ import annotations

from pathlib import Path

import pytest

from qubix_worker.system.power_linux import on_battery

# Names and values as the kernel's Documentation/ABI/testing/sysfs-class-power gives them, in
# sets that public reports of such machines show (`upower -d` and the like).
AC, AC_OUT = {"type": "Mains", "online": "1"}, {"type": "Mains", "online": "0"}
MOUSE = {"type": "Battery", "scope": "Device", "present": "1", "status": "Discharging",
         "model_name": "Wireless Mouse"}  # fmt: skip
USB_C, USB_C_OUT = {"type": "USB", "online": "1"}, {"type": "USB", "online": "0"}


def battery(status: str, **more: str) -> dict[str, str]:
    return {"type": "Battery", "present": "1", "status": status, "technology": "Li-ion"} | more


POWER_SUPPLIES: dict[str, tuple[dict[str, dict[str, str]], bool | None]] = {
    "a desktop": ({}, None),
    "a desktop with a wireless mouse": ({"hidpp_battery_0": MOUSE}, None),
    "a laptop on the mains": ({"AC": AC, "BAT0": battery("Charging")}, False),
    "a laptop that is full": ({"ADP1": AC, "BAT0": battery("Full")}, False),
    "a laptop that holds at 80 %": ({"AC": AC, "BAT0": battery("Not charging")}, False),
    "a laptop on battery": ({"AC": AC_OUT, "BAT0": battery("Discharging")}, True),
    "a laptop just unplugged": ({"AC": AC_OUT, "BAT0": battery("Full")}, True),
    "a laptop whose status is odd": ({"AC": AC_OUT, "BAT0": battery("Unknown")}, True),
    "two batteries, one at work": (
        {"AC": AC_OUT, "BAT0": battery("Not charging"), "BAT1": battery("Discharging")},
        True,
    ),
    "a weak charger": ({"AC": AC, "BAT0": battery("Discharging")}, False),
    "a laptop at a port of USB": (
        {"AC": AC_OUT, "BAT0": battery("Charging"), "ucsi-source-psy-USBC000:001": USB_C},
        False,
    ),
    "a full laptop at a port of USB": (
        {"AC": AC_OUT, "BAT0": battery("Full"), "ucsi-source-psy-USBC000:001": USB_C},
        False,
    ),
    "a laptop that feeds a telephone": (
        {"AC": AC_OUT, "BAT0": battery("Discharging"), "ucsi-source-psy-USBC000:001": USB_C},
        True,
    ),
    "a laptop of Arm without mains, charging": (
        {"qcom-battmgr-bat": battery("Charging"), "qcom-battmgr-usb": USB_C},
        False,
    ),
    "the same on battery": (
        {"qcom-battmgr-bat": battery("Discharging"), "qcom-battmgr-usb": USB_C_OUT},
        True,
    ),
    "a laptop whose battery was taken out": (
        {"AC": AC, "BAT0": {"type": "Battery", "present": "0", "status": "Unknown"}},
        None,
    ),
    "a laptop on the mains and a mouse": (
        {"AC": AC, "BAT0": battery("Full", scope="System"), "hidpp_battery_1": MOUSE},
        False,
    ),
    "a machine behind a power supply that holds out": (
        {"ups": {"type": "UPS", "status": "Discharging"}},
        True,
    ),
    "a battery that tells nothing": ({"BAT0": {"type": "Battery"}}, None),
}


@pytest.mark.parametrize("machine", POWER_SUPPLIES)
def test_a_computer_knows_whether_it_runs_on_its_battery(tmp_path: Path, machine: str) -> None:
    supplies, expected = POWER_SUPPLIES[machine]
    for name, files in supplies.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text + "\n")
    assert on_battery(tmp_path) is expected


def test_power_supplies_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    (tmp_path / "BAT0").mkdir()
    (tmp_path / "BAT0" / "type").write_bytes(b"\xff\xfe\0Battery")
    (tmp_path / "BAT1").symlink_to(tmp_path / "gone")
    assert on_battery(tmp_path) is None
    assert on_battery(tmp_path / "nowhere") is None
