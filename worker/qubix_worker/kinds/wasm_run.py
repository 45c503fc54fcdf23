"""The kind `wasm`, in the job's child process: wasmtime, and what a module is given.

That is: its own folder as `/`, its arguments, the job's environment, no network (preview 1 has no
way to open a socket), one linear memory up to its limit, one processor core, and its time. All that
a module may need and that is not stable or not bounded by the store's limits is off.

The one thing to know before changing it: names of files here are relative to the job's folder,
which is the working folder of the child process.
"""

from __future__ import annotations

import contextlib
import functools
import re
from pathlib import Path
from typing import cast

import wasmtime
from wasmtime import ExitTrap, Trap, TrapCode, WasmtimeError

from qubix_worker.kinds import exchange, line, wasm
from qubix_worker.kinds.confine import HERE
from qubix_worker.kinds.folder import COMPILED, FILES, STDERR, STDIN, STDOUT
from qubix_worker.kinds.harmless import last_line, one_line
from qubix_worker.kinds.kind import Outcome, SpecError, Task, timed_out

PAGE_BYTES = 64 * 1024
TABLES_MOST = 16
TABLE_ELEMENTS_MOST = 1_000_000
"""8 bytes each (wasmtime's Store.set_limits): 128 MB for all tables, where they are filled."""
PROGRAM_NAME = "module.wasm"

TRAPS = {
    TrapCode.UNREACHABLE: "unreachable code was reached, as at an abort or a panic",
    TrapCode.MEMORY_OUT_OF_BOUNDS: "out of bounds memory access",
    TrapCode.STACK_OVERFLOW: "its call stack was exhausted",
    TrapCode.INTEGER_DIVISION_BY_ZERO: "integer division by zero",
    TrapCode.INTEGER_OVERFLOW: "integer overflow",
    TrapCode.BAD_CONVERSION_TO_INTEGER: "a number could not be converted to an integer",
    TrapCode.TABLE_OUT_OF_BOUNDS: "out of bounds table access",
    TrapCode.INDIRECT_CALL_TO_NULL: "a call through a table entry that is empty",
    TrapCode.BAD_SIGNATURE: "a call through a table entry of another type",
}


def prepare() -> None:
    """Loads what can be loaded before there is a job."""
    _runtime(fuel=False)


def run(task: Task) -> Outcome:
    """Compiles and runs the module of `task`. Raises SpecError where it cannot be begun."""
    limit_mb = wasm.memory_mb(task.spec, task.limits)
    fuel = wasm.fuel(task.spec)
    data = Path(task.module_file).read_bytes() if task.module_file else wasm.module(task.spec)
    wasm.check_module(data)
    engine, linker = _runtime(fuel=fuel is not None)
    # The module is interrupted when its time is over. One that waits inside a system call, or is
    # made to compile for very long, does not notice; the worker ends the process a moment later.
    line.when_over(engine.increment_epoch)
    store = _store(engine, task, limit_mb)
    if fuel is not None:
        store.set_fuel(fuel)
    module = _module(engine, data, task.compiled_file)
    _check_exports(module, limit_mb)
    # All is loaded and all is open: from here on this thread wants nothing but the job's folder.
    HERE.wall_in(Path())
    return _execute(store, linker, module, task, limit_mb)


@functools.cache
def _runtime(*, fuel: bool) -> tuple[wasmtime.Engine, wasmtime.Linker]:
    engine = wasmtime.Engine(_config(fuel=fuel))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    return engine, linker


def _config(*, fuel: bool) -> wasmtime.Config:
    """A change in here wants a new `artefacts.CONFIG`."""
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.consume_fuel = fuel
    # One core for one job: others share this computer, its owner first.
    config.parallel_compilation = False
    # The store's limit holds for each memory, and not for garbage-collected objects.
    config.wasm_multi_memory = False
    config.wasm_memory64 = False
    config.wasm_gc = False
    config.wasm_exceptions = False
    config.wasm_function_references = False
    config.gc_support = False
    # Threads need shared memories, which the C API's WASI does not give a module.
    config.wasm_threads = False
    config.wasm_stack_switching = False
    return config


def _store(engine: wasmtime.Engine, task: Task, limit_mb: int) -> wasmtime.Store:
    store = wasmtime.Store(engine)
    store.set_limits(
        memory_size=limit_mb << 20,
        table_elements=TABLE_ELEMENTS_MOST,
        tables=TABLES_MOST,
        instances=1,
        memories=1,
    )
    store.set_epoch_deadline(1)
    Path(STDIN).write_bytes(wasm.stdin(task.spec))
    exchange.write(Path(FILES), exchange.given(task.spec))
    wasi = wasmtime.WasiConfig()
    wasi.argv = [PROGRAM_NAME, *wasm.arguments(task.spec)]
    wasi.env = list(wasm.variables_of(task.spec).items())
    wasi.stdin_file = STDIN
    wasi.stdout_file = STDOUT
    wasi.stderr_file = STDERR
    wasi.preopen_dir(FILES, "/")
    store.set_wasi(wasi)
    return store


def _module(engine: wasmtime.Engine, data: bytes, compiled_file: str | None) -> wasmtime.Module:
    """Compiled before, if it was and this runtime takes it; else now, and offered to the worker
    before any of it runs."""
    if compiled_file:
        with contextlib.suppress(WasmtimeError):
            return wasmtime.Module.deserialize_file(engine, compiled_file)
    try:
        module = wasmtime.Module(engine, data)
    except WasmtimeError as error:
        raise SpecError(
            f"The module is not a valid WebAssembly program: {_cause(error)}."
        ) from error
    with contextlib.suppress(OSError):
        Path(COMPILED).write_bytes(module.serialize())
        line.offer("compiled")
    return module


def _check_exports(module: wasmtime.Module, limit_mb: int) -> None:
    start = next((export.type for export in module.exports if export.name == "_start"), None)
    if not isinstance(start, wasmtime.FuncType):
        raise SpecError("The module has no function '_start': it is a library, not a program.")
    if start.params or start.results:
        raise SpecError("The module's function '_start' must take and return nothing.")
    for export in module.exports:
        if isinstance(export.type, wasmtime.MemoryType):
            _check_least_memory(export.type.limits.min, limit_mb)


def _check_least_memory(pages: int, limit_mb: int) -> None:
    if pages * PAGE_BYTES > limit_mb << 20:
        raise SpecError(
            f"The module needs {_mebibytes(pages * PAGE_BYTES)} MiB of memory to begin with;"
            f" its limit is {limit_mb} MiB."
        )


def _execute(
    store: wasmtime.Store,
    linker: wasmtime.Linker,
    module: wasmtime.Module,
    task: Task,
    limit_mb: int,
) -> Outcome:
    instance = None
    failure: ExitTrap | Trap | WasmtimeError | None = None
    line.say("running")
    try:
        instance = linker.instantiate(store, module)
        # _check_exports has seen to it that this is a function.
        cast(wasmtime.Func, instance.exports(store)["_start"])(store)
    except (ExitTrap, Trap, WasmtimeError) as trap:
        failure = trap
    held = _memory_bytes(store, instance)
    fuel = wasm.fuel(task.spec)
    fuel_used = None if fuel is None else fuel - store.get_fuel()
    store.close()  # and with it all files that the program has left open: what follows wants some
    exit_code: int | None = 0
    error = None
    match failure:
        case ExitTrap():
            exit_code = failure.code
            error = _ended_with(exit_code)
        case Trap():
            exit_code = None
            error = _trapped(failure, task, held, limit_mb)
        case WasmtimeError():
            if instance is None:
                raise SpecError(_cannot_start(_cause(failure))) from failure
            exit_code = None
            error = _with_last_words(_stopped(_cause(failure)))
    return Outcome(
        status="failed" if error else "completed",
        exit_code=exit_code,
        error=error,
        memory_mb=None if held is None else held / (1 << 20),
        fuel_used=fuel_used,
    )


def _ended_with(code: int) -> str | None:
    if code == 0:
        return None
    return _with_last_words(f"The program ended with exit code {code}.")


def _trapped(trap: Trap, task: Task, held: int | None, limit_mb: int) -> str:
    code = trap.trap_code
    if code is TrapCode.INTERRUPT:
        return timed_out(task.timeout_seconds)
    if code is TrapCode.OUT_OF_FUEL:
        return f"The program used up its fuel of {wasm.fuel(task.spec)} and was stopped."
    what = TRAPS.get(code) if code else None
    sentence = f"The program trapped: {what or _cause(trap)}"
    # The limiter does not tell of a refused growth; what the memory holds in the end tells enough.
    if held is not None and held + PAGE_BYTES > limit_mb << 20:
        sentence += f", after it had reached its memory limit of {limit_mb} MiB"
    elif held is not None and held >= limit_mb << 19:
        sentence += f", while it held {_mebibytes(held)} MiB of at most {limit_mb} MiB of memory"
    return _with_last_words(f"{sentence}.")


def _cannot_start(cause: str) -> str:
    if unknown := re.fullmatch("unknown import: `(.*)` has not been defined", cause):
        return f"The module needs the function {unknown[1]}, which WASI preview 1 does not have."
    return f"The module cannot be started: {cause}."


def _stopped(cause: str) -> str:
    if "invalid exit status" in cause:
        return "The program ended with an exit code that is not between 0 and 125."
    return f"The program was stopped: {cause}."


def _with_last_words(sentence: str) -> str:
    last = last_line(Path(STDERR))
    return f"{sentence} The last line of its error output: {last}" if last else sentence


def _memory_bytes(store: wasmtime.Store, instance: wasmtime.Instance | None) -> int | None:
    """How much linear memory the program holds; None where it does not export its memory."""
    if instance is None:
        return None
    memories = (item for item in instance.exports(store).values())
    return next((m.data_len(store) for m in memories if isinstance(m, wasmtime.Memory)), None)


def _cause(error: Exception) -> str:
    """The last line of wasmtime's chain of causes, without its numbering and backtrace."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else type(error).__name__
    return one_line(re.sub("^([0-9]+: )?(wasm trap: )?", "", last).rstrip("."))


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.4g}"
