"""The computer as a whole: its memory, and whether it is a virtual machine or a container.

Names are those of systemd-detect-virt(1), found by files that anyone may read. What is not said
for certain by one of them is None.
"""

from __future__ import annotations

import re
from pathlib import Path

from qubix_worker.hardware import cgroups, figures
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.tools import ToolSilentError
from qubix_worker.protocol import Memory

_BY_FIRMWARE = (
    ("VMware", "vmware"),
    ("QEMU", "qemu"),
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("KubeVirt", "kvm"),
    ("innotek GmbH", "oracle"),
    ("VirtualBox", "oracle"),
    ("Oracle Corporation VirtualBox", "oracle"),
    ("Xen", "xen"),
    ("Bochs", "bochs"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Amazon EC2", "amazon"),
    ("Google Compute Engine", "google"),
    ("DigitalOcean", "kvm"),
    ("Hetzner vServer", "kvm"),
    ("Apple Virtualization", "apple"),
    ("VirtualMac", "apple"),
    ("Microsoft Corporation Virtual Machine", "microsoft"),
)
"""What the firmware calls a computer's maker and product (SMBIOS, "System Information")."""
_BIOS_KEY = r"HARDWARE\DESCRIPTION\System\BIOS"
_CONTAINERS = (
    (re.compile(r"/kubepods|/cri-containerd"), "kubernetes"),
    (re.compile(r"/docker[/-]"), "docker"),
    (re.compile(r"/libpod[/-]"), "podman"),
    (re.compile(r"/lxc(/|\.payload)"), "lxc"),
)


def memory(place: Place) -> Memory:
    """What can be used: the computer's memory, or what a container is given of it. Raises
    ValueError where the system does not tell."""
    if place.family != "linux":
        told = place.memory_total_bytes()
        if told is None:
            raise ValueError("the system told no size")
        return Memory(told)
    total = _meminfo(place.root)
    if total is None:
        raise ValueError("/proc/meminfo has no MemTotal")
    given = cgroups.memory_bytes(place.root)
    return Memory(min(total, given) if given else total)


def virtual_machine(place: Place) -> str | None:
    """The kind of virtual machine that this system runs in."""
    if place.family == "macos":
        return _of_macos(place)
    if place.family == "windows":
        values = place.registry.values(_BIOS_KEY) if place.registry else {}
        names = ("SystemManufacturer", "SystemProductName")
        return _by_firmware(*(figures.text(values.get(name)) for name in names))
    return _of_linux(place.root)


def container(place: Place) -> str | None:
    """The kind of container that this process runs in."""
    if place.family != "linux":
        return None
    root = place.root
    if (root / "run/.containerenv").exists():
        return "podman"
    if (root / ".dockerenv").exists():
        return "docker"
    for said in (_held(root / "run/systemd/container"), _of_init(root)):
        if found := re.fullmatch(r"[a-z][a-z0-9-]{1,31}", (said or "").strip()):
            return found[0]
    groups = _held(root / "proc/1/cgroup") or ""
    return next((name for pattern, name in _CONTAINERS if pattern.search(groups)), None)


def _meminfo(root: Path) -> int | None:
    """MemTotal of /proc/meminfo, in units of 1024 bytes (proc_meminfo(5))."""
    try:
        with (root / "proc/meminfo").open("rb") as opened:
            held = opened.read(64 << 10)
    except OSError:
        return None
    for line in figures.lines(held, 64):
        if found := re.fullmatch(r"MemTotal:\s+(\d+) kB", line):
            return figures.memory_bytes(found[1], 1024)
    return None


def _of_linux(root: Path) -> str | None:
    release = figures.read(root / "proc/sys/kernel/osrelease") or ""
    if "microsoft" in release.lower():
        return "wsl"
    dmi = root / "sys/class/dmi/id"
    maker, product = figures.read(dmi / "sys_vendor"), figures.read(dmi / "product_name")
    if found := _by_firmware(maker, product, figures.read(dmi / "bios_vendor")):
        return found
    kind = figures.read(root / "sys/hypervisor/type")
    if kind == "xen":
        # Domain 0 is the computer itself (Documentation/ABI/stable/sysfs-hypervisor-xen).
        return None if "control_d" in (_held(root / "proc/xen/capabilities") or "") else "xen"
    # Clocks that only exist inside: kvmclock.c, hyperv_timer.c.
    clocks = figures.read(
        root / "sys/devices/system/clocksource/clocksource0/available_clocksource"
    )
    if "kvm-clock" in (clocks or "").split():
        return "kvm"
    if "hyperv_clocksource" in (clocks or ""):
        return "microsoft"
    model = _held(root / "proc/device-tree/hypervisor/compatible") or ""
    return "kvm" if model.startswith("linux,kvm") else None


def _of_macos(place: Place) -> str | None:
    try:
        told = place.tools.run("sysctl", ("kern.hv_vmm_present", "hw.model"), also=("/usr/sbin",))
    except ToolSilentError:
        return None
    pairs = (line.partition(": ") for line in figures.lines(told.output, 8)) if told else ()
    said = {key: figures.text(value) for key, _, value in pairs}
    if found := _by_firmware(said.get("hw.model")):
        return found
    return "apple" if said.get("kern.hv_vmm_present") == "1" else None


def _by_firmware(*said: str | None) -> str | None:
    known = [text for text in said if text]
    if any(text.endswith(".metal") for text in known):
        return None  # Amazon's computers that are no virtual machines
    for text in (*known, " ".join(known[:2])):
        for begin, name in _BY_FIRMWARE:
            if text.startswith(begin):
                return name
    return None


def _of_init(root: Path) -> str | None:
    """`container=lxc` in the first process's environment, which only root may read."""
    held = _held(root / "proc/1/environ") or ""
    pairs = (entry.partition("=") for entry in held.split("\0"))
    return next((value for key, _, value in pairs if key == "container"), None)


def _held(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return opened.read(64 << 10).decode("utf-8", "replace")
    except OSError:
        return None
