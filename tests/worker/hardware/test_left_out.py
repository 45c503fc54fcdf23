"""Cards that their owner leaves out, on a laptop that puts its card to sleep: as Linux shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qubix_worker.allowance import shared_cards
from qubix_worker.hardware.detect import detect
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.tools import Tools
from qubix_worker.settings import Settings

UUID = "GPU-11111111-2222-3333-4444-555555555555"
NAME = "NVIDIA GeForce RTX 3050 Laptop GPU"
SMI = f'echo "0, {NAME}, {UUID}, 4096, 550.54, 00000000:01:00.0, 8.6, [N/A]"'
NVIDIA, INTEL = (f"sys/bus/pci/devices/{at}" for at in ("0000:01:00.0", "0000:00:02.0"))


class Laptop:
    def __init__(self, folder: Path) -> None:
        self.root, self.programs = folder / "root", folder / "programs"
        self.programs.mkdir()
        self.write(INTEL, "0x8086", "0x46a6")
        self.write(NVIDIA, "0x10de", "0x25a2")
        self.is_bound(INTEL, "i915")
        self.wakes()

    def write(self, folder: str, vendor: str, device: str) -> None:
        (self.root / folder / "power").mkdir(parents=True)
        for name, held in (("class", "0x030000"), ("vendor", vendor), ("device", device)):
            (self.root / folder / name).write_text(f"{held}\n")

    def is_bound(self, folder: str, driver: str | None) -> None:
        link = self.root / folder / "driver"
        link.unlink(missing_ok=True)
        if driver:
            link.symlink_to(f"/sys/bus/pci/drivers/{driver}")

    def wakes(self) -> None:
        self.has_power("active")
        self.is_bound(NVIDIA, "nvidia")
        tool = self.programs / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{SMI}\n")
        tool.chmod(0o755)

    def falls_asleep(self) -> None:
        self.has_power("suspended")

    def is_given_to_a_virtual_machine(self) -> None:
        self.is_bound(NVIDIA, "vfio-pci")
        self._driver_is_gone()

    def loses_its_driver(self) -> None:
        self.is_bound(NVIDIA, None)
        self._driver_is_gone()

    def gets_another_driver(self) -> None:
        self._driver_is_gone()

    def has_power(self, status: str) -> None:
        (self.root / NVIDIA / "power/runtime_status").write_text(f"{status}\n")

    def shared(self, key: str) -> list[str | None]:
        place = Place("linux", self.root, Tools(f"{self.programs}:/usr/bin:/bin"))
        cards = detect(place=place).graphics_cards
        assert {card.pci_address for card in cards} == {"0000:01:00.0", "0000:00:02.0"}
        kept = shared_cards(cards, Settings(excluded_cards=(key,)))
        return [card.pci_address for card in kept]

    def _driver_is_gone(self) -> None:
        (self.programs / "nvidia-smi").write_text("#!/bin/sh\nexit 9\n")


@pytest.mark.parametrize("key", [UUID, NAME, "GeForce RTX 3050 Laptop GPU", "0000:01:00.0"])
@pytest.mark.parametrize(
    "changes",
    [
        Laptop.wakes,
        Laptop.falls_asleep,
        Laptop.is_given_to_a_virtual_machine,
        Laptop.loses_its_driver,
        Laptop.gets_another_driver,
    ],
    ids=lambda changes: str(changes.__name__),
)
def test_a_card_stays_left_out_whatever_becomes_of_it(
    tmp_path: Path, key: str, changes: object
) -> None:
    laptop = Laptop(tmp_path)
    assert callable(changes)
    changes(laptop)
    assert "0000:01:00.0" not in laptop.shared(key)


def test_a_card_that_sleeps_is_told_where_nothing_is_left_out(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    laptop.falls_asleep()
    assert "0000:01:00.0" in laptop.shared("0000:00:02.0")
