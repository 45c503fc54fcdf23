"""What a computer is given of its host, what it runs in, and how hot it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from qubix_worker import hardware
from qubix_worker.hardware import cgroups, heat, machine, pci
from qubix_worker.hardware.drm import DrmProbe
from qubix_worker.hardware.place import Place
from qubix_worker.protocol import GraphicsUsage, Memory
from tests.worker.hardware import recorded


def lay(root: Path, **files: str) -> Path:
    """Files below `root`, by paths with `|` for `/`."""
    for name, text in files.items():
        path = root / name.replace("|", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


# --- Limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"sys|fs|cgroup|cpu.max": "max 100000\n"}, None),
        ({"sys|fs|cgroup|cpu.max": "200000 100000\n"}, 2),
        ({"sys|fs|cgroup|cpu.max": "150000 100000\n"}, 2),
        ({"sys|fs|cgroup|cpu.max": "10000 100000\n"}, 1),
        ({"sys|fs|cgroup|cpuset.cpus.effective": "0-3,8\n"}, 5),
        (
            {
                "proc|self|cgroup": "0::/a/b\n",
                "sys|fs|cgroup|a|cpu.max": "300000 100000\n",
                "sys|fs|cgroup|a|b|cpu.max": "max 100000\n",
            },
            3,
        ),
        (
            {
                "proc|self|cgroup": "3:cpu,cpuacct:/docker/0a1b\n",
                "sys|fs|cgroup|cpu|cpu.cfs_quota_us": "400000\n",
                "sys|fs|cgroup|cpu|cpu.cfs_period_us": "100000\n",
            },
            4,
        ),
        ({"sys|fs|cgroup|cpu|cpu.cfs_quota_us": "-1\n"}, None),
        ({"sys|fs|cgroup|cpu.max": "rubbish\n"}, None),
        ({"proc|self|cgroup": "0::/../../escape\n"}, None),
        ({"proc|self|cgroup": "no colons\n\n:::\n"}, None),
    ],
)
def test_the_cores_that_a_container_is_given(
    files: dict[str, str], cores: int | None, tmp_path: Path
) -> None:
    assert cgroups.cores(lay(tmp_path, **files)) == cores


@pytest.mark.parametrize(
    ("files", "memory"),
    [
        ({}, 1 << 30),
        ({"sys|fs|cgroup|memory.max": "max\n"}, 1 << 30),
        ({"sys|fs|cgroup|memory.max": "536870912\n"}, 1 << 29),
        ({"sys|fs|cgroup|memory|memory.limit_in_bytes": "9223372036854771712\n"}, 1 << 30),
        ({"sys|fs|cgroup|memory|memory.limit_in_bytes": "268435456\n"}, 1 << 28),
        ({"sys|fs|cgroup|memory.max": "0\n"}, 1 << 30),
    ],
)
def test_the_memory_that_can_be_used(files: dict[str, str], memory: int, tmp_path: Path) -> None:
    lay(tmp_path, **{"proc|meminfo": "MemTotal:        1048576 kB\nMemFree: 1 kB\n"}, **files)
    assert machine.memory(Place("linux", tmp_path)) == Memory(memory)


# --- Virtual machines and containers ---------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, None),
        ({"sys|class|dmi|id|sys_vendor": "Dell Inc.\n"}, None),
        ({"sys|class|dmi|id|sys_vendor": "Microsoft Corporation\n"}, None),
        ({"sys|class|dmi|id|product_name": "Google Compute Engine\n"}, "google"),
        ({"sys|class|dmi|id|sys_vendor": "Parallels Software International Inc.\n"}, "parallels"),
        ({"sys|class|dmi|id|bios_vendor": "BHYVE\n"}, "bhyve"),
        ({"sys|hypervisor|type": "xen\n"}, "xen"),
        ({"sys|hypervisor|type": "xen\n", "proc|xen|capabilities": "control_d\n"}, None),
        ({"proc|device-tree|hypervisor|compatible": "linux,kvm\0"}, "kvm"),
        ({"proc|sys|kernel|osrelease": "4.4.0-19041-Microsoft\n"}, "wsl"),
    ],
)
def test_the_virtual_machine_that_it_runs_in(
    files: dict[str, str], kind: str | None, tmp_path: Path
) -> None:
    assert machine.virtual_machine(Place("linux", lay(tmp_path, **files))) == kind


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, None),
        ({".dockerenv": ""}, "docker"),
        ({"run|.containerenv": ""}, "podman"),
        ({"run|systemd|container": "lxc\n"}, "lxc"),
        ({"proc|1|environ": "PATH=/bin\0container=systemd-nspawn\0"}, "systemd-nspawn"),
        ({"proc|1|environ": "container=\x1b[31m rubbish\0"}, None),
        ({"proc|1|cgroup": "4:memory:/lxc/web\n"}, "lxc"),
        ({"proc|1|cgroup": "0::/init.scope\n"}, None),
    ],
)
def test_the_container_that_it_runs_in(
    files: dict[str, str], kind: str | None, tmp_path: Path
) -> None:
    assert machine.container(Place("linux", lay(tmp_path, **files))) == kind


# --- Heat ------------------------------------------------------------------------------------


def chip(root: Path, at: int, name: str, **sensors: str) -> Path:
    files = {f"sys|class|hwmon|hwmon{at}|{key}": f"{value}\n" for key, value in sensors.items()}
    return lay(root, **{f"sys|class|hwmon|hwmon{at}|name": f"{name}\n"}, **files)


def test_the_hottest_core_counts(tmp_path: Path) -> None:
    chip(tmp_path, 0, "coretemp", temp1_input="61000", temp2_input="58000", temp3_input="74500")
    assert heat.Processor(tmp_path).temperatures() == (heat.Temperature("processor", 74.5),)


def test_what_the_fans_go_by_does_not_count_where_the_true_one_is_told(tmp_path: Path) -> None:
    chip(
        tmp_path, 0, "k10temp",
        temp1_input="92000", temp1_label="Tctl", temp2_input="65000", temp2_label="Tdie",
    )  # fmt: skip
    assert [told.celsius for told in heat.Processor(tmp_path).temperatures()] == [65.0]


def test_a_disk_and_a_mainboard_are_left_alone(tmp_path: Path) -> None:
    chip(tmp_path, 0, "nvme", temp1_input="99000")
    chip(tmp_path, 1, "drivetemp", temp1_input="99000")
    chip(tmp_path, 2, "nct6798", temp1_input="127000")
    assert heat.Processor(tmp_path).temperatures() == ()


def test_a_sensor_that_tells_rubbish_is_left_out(tmp_path: Path) -> None:
    chip(tmp_path, 0, "coretemp", temp1_input="rubbish", temp2_input="-128000")
    assert heat.Processor(tmp_path).temperatures() == ()


def test_two_sockets_are_two_temperatures(tmp_path: Path) -> None:
    chip(tmp_path, 0, "coretemp", temp1_input="50000")
    chip(tmp_path, 1, "coretemp", temp1_input="60000")
    assert [told.celsius for told in heat.Processor(tmp_path).temperatures()] == [50.0, 60.0]


def test_cores_whose_numbers_have_gaps_all_count(tmp_path: Path) -> None:
    """As coretemp has them on a processor without a sensor of its own for the whole."""
    cores = {f"temp{at}_input": "50000" for at in (2, 3, 4, 10)}
    chip(tmp_path, 0, "coretemp", **cores, temp11_input="97000")
    assert degrees(heat.Processor(tmp_path)) == [97.0]


def test_two_sensors_of_one_name_both_count(tmp_path: Path) -> None:
    hot = {"temp2_input": "95000", "temp2_label": "Core 0"}
    chip(tmp_path, 0, "coretemp", **hot, temp3_input="50000", temp3_label="Core 0")
    assert degrees(heat.Processor(tmp_path)) == [95.0]


def test_sensors_whose_module_is_loaded_later_are_found_soon(tmp_path: Path) -> None:
    clock = [0.0]
    processor = heat.Processor(tmp_path, lambda: clock[0])
    assert degrees(processor) == []
    chip(tmp_path, 3, "coretemp", temp1_input="99000")
    clock[0] += heat.NONE_SECONDS
    assert degrees(processor) == [99.0]


def test_sensors_of_another_module_are_found_within_ten_minutes(tmp_path: Path) -> None:
    clock = [0.0]
    processor = heat.Processor(tmp_path, lambda: clock[0])
    chip(tmp_path, 0, "cpu_thermal", temp1_input="40000")
    assert degrees(processor) == [40.0]
    chip(tmp_path, 3, "coretemp", temp1_input="99000")
    clock[0] += 600
    assert degrees(processor) == [40.0, 99.0]


def test_sensors_that_have_moved_are_found_at_once(tmp_path: Path) -> None:
    processor = heat.Processor(tmp_path, lambda: 0.0)
    folder = tmp_path / "sys/class/hwmon"
    chip(tmp_path, 3, "coretemp", temp1_input="99000")
    assert degrees(processor) == [99.0]
    (folder / "hwmon3").rename(folder / "hwmon7")
    assert degrees(processor) == [99.0]
    # Where they were is a disk now, which must not be taken for the processor.
    (folder / "hwmon7").rename(folder / "hwmon2")
    chip(tmp_path, 7, "nvme", temp1_input="44000")
    assert degrees(processor) == [99.0]


def degrees(processor: heat.Processor) -> list[float]:
    return [told.celsius for told in processor.temperatures()]


def test_a_card_without_a_sensor_has_no_temperature() -> None:
    uses = (GraphicsUsage("a", temperature_celsius=71.0, uuid="GPU-1"), GraphicsUsage("b"))
    assert heat.of_cards(uses) == (heat.Temperature("a", 71.0, "GPU-1"),)


def test_the_temperatures_of_this_computer_are_plausible() -> None:
    assert all(0 <= told.celsius <= 200 for told in hardware.temperatures())


# --- Devices ---------------------------------------------------------------------------------


def test_the_shares_of_a_card_for_virtual_machines_are_no_cards(tmp_path: Path) -> None:
    for address in ("0000:03:00.0", "0000:03:02.0"):
        told = {"class": "0x030000", "vendor": "0x8086", "device": "0x56c0"}
        files = {f"sys|bus|pci|devices|{address}|{key}": f"{v}\n" for key, v in told.items()}
        lay(tmp_path, **files)
    (tmp_path / "sys/bus/pci/devices/0000:03:02.0/physfn").symlink_to("../0000:03:00.0")
    assert [device.address for device in pci.devices(tmp_path)] == ["0000:03:00.0"]


def test_the_power_of_a_card_is_the_energy_since_the_last_time(tmp_path: Path) -> None:
    place = recorded.load("intel-arc-xe").lay_out(tmp_path)
    now = [0.0]
    probe = DrmProbe(place.root, lambda: now[0])
    energy = place.root / "sys/bus/pci/devices/0000:03:00.0/hwmon/hwmon2/energy1_input"
    told = []
    for seconds, microjoules in ((0, 1_000_000), (10, 401_000_000), (10, 0), (10, 50_000_000)):
        now[0] += seconds
        energy.write_text(f"{microjoules}\n")
        told.append(probe.usage()[0].power_watts)
    assert told == [None, 40.0, None, 5.0], "a counter that begins anew is no power"
