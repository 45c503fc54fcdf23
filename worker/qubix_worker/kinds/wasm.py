"""The kind `wasm`: a WASI preview 1 module, run by wasmtime. Here: its specification.

    module         the module in base64, or
    moduleSha256   the hash of a module that the server keeps
    args           texts, given to the program after its name (default: none)
    env            variables, name to text; the program has no others (default: none)
    stdin          base64 (default: empty)
    memoryMb       most linear memory in MiB (default: all that the provider gives a job)
    fuel           most steps, as the runtime counts them: the same program on the same input ends
                   at the same step on every computer (default: only the time limit counts)
    files, outputs files that it is given and gives back: see `exchange`

Other keys are ignored. Its own folder is `/`, where it begins. How far it is it tells by lines on
its standard error: see `progress`. Nothing in this file loads wasmtime: it also runs in the worker.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qubix_worker.kinds import exchange
from qubix_worker.kinds.confine import HERE
from qubix_worker.kinds.kind import DISK_BYTES, MODULE_BYTES, Limits, Outcome, SpecError, Task

if TYPE_CHECKING:
    import psutil

name = "wasm"
variables: tuple[str, ...] = ()
file_bytes: int | None = DISK_BYTES

MAGIC = b"\0asm"
CORE_VERSION = b"\1\0\0\0"
COMPONENT_VERSION = b"\r\0\1\0"
"""https://webassembly.github.io/spec/core/binary/modules.html#binary-module and
https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md"""
ARGS_CHARACTERS = 32 * 1024
MEMORY_MB_MOST = 4096
"""A 32-bit linear memory has at most 65536 pages of 64 KiB."""
FUEL_MOST = 10**15
"""Weeks, at what a fast processor burns."""
VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]{0,255}")
"""https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html"""


def available() -> bool:
    """Whether wasmtime is there with its library for this system. It is found, not loaded: that
    would cost every idle worker its memory."""
    found = importlib.util.find_spec("wasmtime")
    folders = (found and found.submodule_search_locations) or []
    # The wheels keep it as <sys.platform>-<machine>/_libwasmtime.so, .dylib or _wasmtime.dll.
    return any(
        next(Path(folder).glob(f"{sys.platform}-*/_*wasmtime.*"), None) for folder in folders
    )


def check(spec: dict[str, Any], limits: Limits) -> None:
    """See `Kind`."""
    if not limits.processor:
        raise SpecError("This computer shares only its graphics cards, which this kind cannot use.")
    if ("module" in spec) == ("moduleSha256" in spec):
        raise SpecError(
            "The job's spec must have either 'module' (the program in base64) or 'moduleSha256'."
        )
    if "module" in spec:
        check_module(module(spec))
    else:
        _sha256(spec)
    arguments(spec)
    variables_of(spec)
    stdin(spec)
    memory_mb(spec, limits)
    fuel(spec)
    exchange.given(spec)
    exchange.wanted(spec)


def doubt() -> None:
    """See `Kind`. Nothing is remembered."""


def module_sha256(spec: dict[str, Any]) -> str | None:
    """See `Kind`."""
    return _sha256(spec) if "moduleSha256" in spec else None


def variant(spec: dict[str, Any]) -> str:
    """What it was compiled for, beside what all modules are."""
    return "fuel" if "fuel" in spec else ""


def run(task: Task) -> Outcome:
    """See `Kind`."""
    from qubix_worker.kinds import wasm_run  # noqa: PLC0415 - loads wasmtime: child process only

    return wasm_run.run(task)


def freeze(place: Path, child: psutil.Process) -> None:
    """See `Kind`."""
    _each(child, "suspend")


def thaw(place: Path, child: psutil.Process) -> None:
    """See `Kind`."""
    _each(child, "resume")


def programs(place: Path, child: psutil.Process) -> list[int] | None:
    """See `Kind`."""
    return [process.pid for process in HERE.processes(child)]


def tidy(place: Path) -> None:
    """See `Kind`. A module leaves nothing outside of its process and its folder."""


def sweep(jobs: Path) -> None:
    """See `Kind`."""


def check_module(data: bytes) -> None:
    """Raises SpecError where `data` does not begin as a WebAssembly module does."""
    if len(data) > MODULE_BYTES:
        raise SpecError(f"The module is larger than {MODULE_BYTES >> 20} MiB.")
    if data[:4] == MAGIC and data[4:8] == COMPONENT_VERSION:
        raise SpecError(
            "The module is a WebAssembly component; only WASI preview 1 modules can be run."
        )
    if data[:8] != MAGIC + CORE_VERSION:
        raise SpecError("The module is not a WebAssembly program: it does not begin as one.")


def module(spec: dict[str, Any]) -> bytes:
    """The module that stands in `spec` itself."""
    return exchange.decoded(spec["module"], "The job's 'module'")


def arguments(spec: dict[str, Any]) -> list[str]:
    """The program's arguments, without its name."""
    args = spec.get("args", [])
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        raise SpecError("The job's 'args' must be a list of texts.")
    # WASI hands arguments over as C strings (args_get), so none can hold a zero.
    if any("\0" in arg or _has_surrogate(arg) for arg in args):
        raise SpecError("The job's 'args' must not contain zero characters or lone surrogates.")
    if sum(len(arg) + 1 for arg in args) > ARGS_CHARACTERS:
        raise SpecError(f"The job's 'args' must be at most {ARGS_CHARACTERS} characters in all.")
    return args


def variables_of(spec: dict[str, Any]) -> dict[str, str]:
    """The program's environment, all of it."""
    env = spec.get("env", {})
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        raise SpecError("The job's 'env' must be an object of names and texts.")
    if not all(map(VARIABLE.fullmatch, env)):
        raise SpecError("The names in the job's 'env' must be letters, digits and '_'.")
    if any("\0" in value or _has_surrogate(value) for value in env.values()):
        raise SpecError("The job's 'env' must not contain zero characters or lone surrogates.")
    if sum(len(name) + len(value) + 2 for name, value in env.items()) > ARGS_CHARACTERS:
        raise SpecError(f"The job's 'env' must be at most {ARGS_CHARACTERS} characters in all.")
    return env


def stdin(spec: dict[str, Any]) -> bytes:
    """What the program reads from its standard input."""
    return exchange.decoded(spec.get("stdin", ""), "The job's 'stdin'")


def memory_mb(spec: dict[str, Any], limits: Limits) -> int:
    """The most linear memory that the program may take, in MiB."""
    if "memoryMb" not in spec:
        return min(limits.memory_mb, MEMORY_MB_MOST)
    value = spec["memoryMb"]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MEMORY_MB_MOST:
        raise SpecError(f"The job's 'memoryMb' must be a whole number from 1 to {MEMORY_MB_MOST}.")
    if value > limits.memory_mb:
        raise SpecError(
            f"The job asks for {value} MiB of memory; this computer gives a job"
            f" at most {limits.memory_mb} MiB."
        )
    return value


def fuel(spec: dict[str, Any]) -> int | None:
    """Most steps; None: they are not counted."""
    if "fuel" not in spec:
        return None
    value = spec["fuel"]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= FUEL_MOST:
        raise SpecError(f"The job's 'fuel' must be a whole number from 1 to {FUEL_MOST}.")
    return value


def _each(child: psutil.Process, act: Literal["suspend", "resume"]) -> None:
    """For the child, and for the process in which it really is, where that is another one."""
    import psutil  # noqa: PLC0415 - a job's child does without it

    for process in HERE.processes(child):
        with contextlib.suppress(psutil.NoSuchProcess):
            getattr(process, act)()


def _sha256(spec: dict[str, Any]) -> str:
    value = spec["moduleSha256"]
    if not isinstance(value, str) or not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise SpecError("The job's 'moduleSha256' must be 64 hexadecimal digits.")
    return value.lower()


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
