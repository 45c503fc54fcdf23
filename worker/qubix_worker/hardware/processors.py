"""The processor: what it is called, how many cores it has, which instructions it knows.

Cores are those that the system has online, and no more than what a container is given: in a
container, the container is the computer. A limit on this very process (taskset) says nothing about
the computer and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qubix_worker.hardware import cgroups, figures
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.tools import ToolSilentError
from qubix_worker.protocol import Processor

CPUINFO_BYTES = 4 << 20
FEATURES = (
    "sse4_2", "popcnt", "aes", "pclmulqdq", "avx", "f16c", "fma", "bmi2", "avx2", "sha_ni", "vaes",
    "avx_vnni", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni",
    "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "amx_fp16",
    "neon", "asimd", "fphp", "asimdhp", "asimddp", "sha2", "atomics", "sve", "sve2", "i8mm",
    "bf16", "sme", "vsx", "rvv",
)  # fmt: skip
"""Those that make a difference to computing, by Linux's names (asm/cpufeatures.h, elf_hwcaps)."""

_MACOS_X86 = {
    "SSE4.2": "sse4_2", "POPCNT": "popcnt", "AES": "aes", "PCLMULQDQ": "pclmulqdq",
    "AVX1.0": "avx", "F16C": "f16c", "FMA": "fma", "BMI2": "bmi2", "AVX2": "avx2",
    "AVX512F": "avx512f", "AVX512BW": "avx512bw", "AVX512CD": "avx512cd",
    "AVX512DQ": "avx512dq", "AVX512VL": "avx512vl", "AVX512VNNI": "avx512_vnni",
}  # fmt: skip
_MACOS_ARM = {
    "AdvSIMD": "asimd", "arm.AdvSIMD": "asimd", "neon": "asimd", "arm.FEAT_FP16": "asimdhp",
    "arm.FEAT_DotProd": "asimddp", "arm.FEAT_I8MM": "i8mm", "arm.FEAT_BF16": "bf16",
    "arm.FEAT_AES": "aes", "arm.FEAT_SHA256": "sha2", "arm.FEAT_LSE": "atomics",
    "arm.FEAT_SME": "sme",
}  # fmt: skip
"""Names below hw.optional (developer.apple.com, "Determining instruction set characteristics")."""
_WINDOWS = {
    38: "sse4_2", 39: "avx", 40: "avx2", 41: "avx512f", 19: "asimd", 30: "aes", 34: "atomics",
    43: "asimddp", 46: "sve", 47: "sve2", 60: "bmi2", 66: "i8mm", 67: "asimdhp", 68: "bf16",
    70: "sme",
}  # fmt: skip
"""PF_..._AVAILABLE of IsProcessorFeaturePresent (winnt.h)."""
_WINDOWS_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"


def processor(place: Place) -> Processor:
    """The processor of this place."""
    if place.family == "linux":
        return _on_linux(place)
    model: str | None = None
    features: tuple[str, ...] = ()
    if place.family == "macos":
        model, features = _of_macos(place)
    elif place.registry:
        model = figures.text(place.registry.values(_WINDOWS_KEY).get("ProcessorNameString"))
        features = by_flags(place.registry.has_feature)
    return Processor(
        logical_cores=place.cpu_count(True) or 1,
        physical_cores=place.cpu_count(False),
        model=model,
        features=features,
    )


def by_flags(present: Callable[[int], object]) -> tuple[str, ...]:
    """What Windows says by its numbers of features."""
    return _sorted(name for number, name in _WINDOWS.items() if present(number))


def by_sysctl(output: bytes) -> tuple[str, ...]:
    """What `sysctl hw.optional machdep.cpu` says: `hw.optional.avx2_0: 1`."""
    found: list[str] = []
    for line in figures.lines(output, 1024):
        key, _, value = line.partition(": ")
        if key in ("machdep.cpu.features", "machdep.cpu.leaf7_features"):
            found += [_MACOS_X86[word] for word in value.split() if word in _MACOS_X86]
        elif key.startswith("hw.optional.") and value.strip() == "1":
            name = _MACOS_ARM.get(key.removeprefix("hw.optional."))
            found += [name] if name else []
    return _sorted(found)


def _of_macos(place: Place) -> tuple[str | None, tuple[str, ...]]:
    """The model and the features."""
    try:
        told = place.tools.run("sysctl", ("hw.optional", "machdep.cpu"), also=("/usr/sbin",))
    except ToolSilentError:
        return None, ()
    if not told:
        return None, ()
    named = "machdep.cpu.brand_string: "
    lines = (line for line in figures.lines(told.output, 1024) if line.startswith(named))
    return figures.text(next(lines, "").removeprefix(named)), by_sysctl(told.output)


def _on_linux(place: Place) -> Processor:
    told = _cpuinfo(place)
    online = _online(place)
    logical = len(online) or place.cpu_count(True) or 1
    physical = _physical(place, online)
    given = cgroups.cores(place.root)
    if given is not None and given < logical:
        # A share of the time of many cores: how many real ones stand behind it is not known.
        logical, physical = given, None
    return Processor(
        logical_cores=min(logical, 65536),
        physical_cores=physical if physical and physical <= logical else None,
        model=_model(told, place),
        features=_features(told),
    )


def _cpuinfo(place: Place) -> list[dict[str, str]]:
    """/proc/cpuinfo: a paragraph a core, and on ARM one more for the board (proc_cpuinfo(5))."""
    try:
        with (place.root / "proc/cpuinfo").open("rb") as opened:
            held = opened.read(CPUINFO_BYTES)
    except OSError:
        return []
    paragraphs: list[dict[str, str]] = [{}]
    for line in figures.lines(held, 200_000):
        key, colon, value = line.partition(":")
        if not line.strip():
            paragraphs.append({})
        elif colon and (text := figures.text(value, most=8192)):
            paragraphs[-1].setdefault(key.strip(), text)
    return [paragraph for paragraph in paragraphs if paragraph]


def _model(told: list[dict[str, str]], place: Place) -> str | None:
    """The processor's name; on boards whose kernel gives none, the board's."""
    for key in ("model name", "cpu model", "cpu", "Model"):
        for paragraph in told:
            if found := figures.text(" ".join(paragraph.get(key, "").split())):
                return found
    # A device tree's texts end with a NUL byte (Devicetree Specification 0.4, 2.2.4).
    try:
        with (place.root / "proc/device-tree/model").open("rb") as opened:
            held = opened.read(256)
    except OSError:
        return None
    return figures.text(held[:-1].decode("utf-8", "replace")) if held.endswith(b"\0") else None


def _features(told: list[dict[str, str]]) -> tuple[str, ...]:
    """Those that every core has: a program may be moved to any."""
    common: set[str] | None = None
    for paragraph in told:
        words = paragraph.get("flags") or paragraph.get("Features")
        if words:
            has = set(words.split())
            common = has if common is None else common & has
    return _sorted(common or ())


def _sorted(features: Iterable[str]) -> tuple[str, ...]:
    has = set(features)
    return tuple(name for name in FEATURES if name in has)


def _online(place: Place) -> list[int]:
    """`0-3,8`, as the kernel lists the cores that it schedules (cputopology.rst)."""
    written = figures.read(place.root / "sys/devices/system/cpu/online")
    return cgroups.cpu_list(written) if written else []


def _physical(place: Place, online: list[int]) -> int | None:
    """How many groups of siblings there are: threads of one core. Each must know the others."""
    cores: set[tuple[int, ...]] = set()
    for number in online[:4096]:
        folder = place.root / f"sys/devices/system/cpu/cpu{number}/topology"
        told = figures.read(folder / "core_cpus_list") or figures.read(
            folder / "thread_siblings_list"
        )
        cores.add(tuple(cgroups.cpu_list(told or "")))
    siblings = sorted(number for core in cores for number in core)
    return len(cores) if siblings == online and () not in cores else None
