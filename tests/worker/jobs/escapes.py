"""Programs that try to get out of the kind `wasm`, or to hurt the computer that runs them.

Each ends with exit code 0 only if it got what it was after, so that a job that completes has
escaped; those few that may complete say so. What a program is after follows from its name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from string import Template
from typing import Any

import wasmtime

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "examples"
TIME_LIMIT = "its whole time limit of 1 s"

FUNCTIONS = {
    "args_get": "(param i32 i32) (result i32)",
    "args_sizes_get": "(param i32 i32) (result i32)",
    "clock_time_get": "(param i32 i64 i32) (result i32)",
    "environ_sizes_get": "(param i32 i32) (result i32)",
    "fd_allocate": "(param i32 i64 i64) (result i32)",
    "fd_close": "(param i32) (result i32)",
    "fd_filestat_set_size": "(param i32 i64) (result i32)",
    "fd_prestat_get": "(param i32 i32) (result i32)",
    "fd_read": "(param i32 i32 i32 i32) (result i32)",
    "fd_renumber": "(param i32 i32) (result i32)",
    "fd_write": "(param i32 i32 i32 i32) (result i32)",
    "path_create_directory": "(param i32 i32 i32) (result i32)",
    "path_link": "(param i32 i32 i32 i32 i32 i32 i32) (result i32)",
    "path_open": "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
    "path_remove_directory": "(param i32 i32 i32) (result i32)",
    "path_rename": "(param i32 i32 i32 i32 i32 i32) (result i32)",
    "path_symlink": "(param i32 i32 i32 i32 i32) (result i32)",
    "path_unlink_file": "(param i32 i32 i32) (result i32)",
    "poll_oneoff": "(param i32 i32 i32 i32) (result i32)",
    "proc_exit": "(param i32)",
    "proc_raise": "(param i32) (result i32)",
    "random_get": "(param i32 i32) (result i32)",
    "sched_yield": "(result i32)",
    "sock_accept": "(param i32 i32 i32) (result i32)",
    "sock_send": "(param i32 i32 i32 i32 i32) (result i32)",
    "sock_shutdown": "(param i32 i32) (result i32)",
}
PRELUDE = """
  (memory (export "memory") 2)
  ;; Ends the program, unless there was no error.
  (func $need (param $error i32) (if (local.get $error) (then (call $proc_exit (local.get 0)))))
  (func $text (param $at i32) (param $size i32) (param $to i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $size))
    (call $need
      (call $fd_write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 8))))
  ;; Makes or opens a file for writing; its descriptor.
  (func $make (param $at i32) (param $size i32) (result i32)
    (call $need
      (call $path_open (i32.const 3) (i32.const 0) (local.get $at) (local.get $size) (i32.const 1)
        (i64.const 0x400142) (i64.const 0) (i32.const 0) (i32.const 16)))
    (i32.load (i32.const 16)))
  (func $open (param $at i32) (param $size i32) (result i32)
    (call $need
      (call $path_open (i32.const 3) (i32.const 1) (local.get $at) (local.get $size) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (i32.load (i32.const 16)))
"""


def wasi(body: str, *, outside: str = "", more: str = "") -> bytes:
    """A program of `body`, in which a text in quotes stands for where it is and its length."""
    texts: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        text = found[1]
        size = len(re.sub(r"\\[0-9a-f]{2}", "x", text))
        at = texts.setdefault(text, 1024 + 512 * len(texts))
        return f"(i32.const {at}) (i32.const {size})"

    body = re.sub('"([^"]*)"', place, body)
    data = "".join(f'(data (i32.const {at}) "{text}")' for text, at in texts.items())
    imports = "".join(
        f'(import "wasi_snapshot_preview1" "{name}" (func ${name} {kind}))'
        for name, kind in FUNCTIONS.items()
    )
    locals_ = "(local $n i32) (local $f i32)"
    start = f'(func (export "_start") {locals_} {body})'
    return bytes(wasmtime.wat2wasm(f"(module {imports} {more} {PRELUDE} {data} {outside} {start})"))


def program(name: str, **values: object) -> bytes:
    source = HERE / "programs" / f"{name}.wat"
    if not source.exists():
        return (EXAMPLES / f"{name}.wasm").read_bytes()
    text = Template(source.read_text(encoding="utf-8")).safe_substitute(values)
    return bytes(wasmtime.wat2wasm(text))


@dataclass(frozen=True)
class Escape:
    """`reason` is found in the job's error. `{secret}` in an argument becomes a path outside."""

    id: str
    module: Callable[[], bytes]
    reason: str
    spec: dict[str, Any] = field(default_factory=dict)
    timeout: int = 20
    completes: bool = False
    slow: bool = False

    def whole_spec(self, secret: str) -> dict[str, Any]:
        module = base64.b64encode(_built(self.module)).decode("ascii")
        spec = {"module": module} | self.spec
        if "args" in spec:
            spec["args"] = [arg.replace("{secret}", secret) for arg in spec["args"]]
        return spec


@cache
def _built(module: Callable[[], bytes]) -> bytes:
    return module()


def _open(*args: str) -> dict[str, Any]:
    return {"args": list(args)}


def _leb(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _section(number: int, body: bytes) -> bytes:
    return bytes([number]) + _leb(len(body)) + body


def small_module_of_huge_functions() -> bytes:
    """Some kilobytes that ask for fifty thousand variables in each of two thousand functions."""
    count = 2000
    # Each: one group of 50,000 64-bit variables, then a loop that stores in one and starts over.
    body = b"\1" + _leb(50_000) + b"\x7e" + b"\x03\x40\x42\1\x21" + _leb(49_999) + b"\x0c\0\x0b\x0b"
    code = _leb(count) + (_leb(len(body)) + body) * count
    return (
        b"\0asm\1\0\0\0"
        + _section(1, b"\1\x60\0\0")
        + _section(3, _leb(count) + b"\0" * count)
        + _section(7, b"\1\6_start\0\0")
        + _section(10, code)
    )


def deep_blocks() -> bytes:
    """A function of blocks in blocks, a hundred thousand deep."""
    depth = 100_000
    body = b"\0" + b"\2\x40" * depth + b"\x0b" * (depth + 1)
    return (
        b"\0asm\1\0\0\0"
        + _section(1, b"\1\x60\0\0")
        + _section(3, b"\1\0")
        + _section(7, b"\1\6_start\0\0")
        + _section(10, b"\1" + _leb(len(body)) + body)
    )


def importing(name: str) -> bytes:
    text = f'(module (import "wasi_snapshot_preview1" "{name}" (func)) (func (export "_start")))'
    return bytes(wasmtime.wat2wasm(text))


EXIT = "The program ended with exit code"
MANY = "(loop $more {each} (local.set $n (i32.add (local.get $n) (i32.const 1))) {again})"
NAMED = "(i32.store (i32.const 512) (i32.add (i32.const 0x30303030) (local.get $n)))"
"""Four characters that are another name for each number, as long as none becomes a slash."""


def _many(each: str, most: int) -> str:
    again = f"(br_if $more (i32.lt_u (local.get $n) (i32.const {most})))"
    return MANY.format(each=each, again=again)


def _digits(each: str, most: int) -> str:
    """`each`, with another name of five letters at 512 each time."""
    letter = (
        "(i32.store8 (i32.const {at}) (i32.add (i32.const 97)"
        " (i32.rem_u (i32.div_u (local.get $n) (i32.const {by})) (i32.const 26))))"
    )
    name = "".join(letter.format(at=512 + n, by=26**n) for n in range(4))
    return _many(name + each, most)


ESCAPES = [
    # --- Files outside --------------------------------------------------------------------
    Escape("read-by-dotdot", lambda: program("open"), EXIT, _open("../job.json")),
    Escape("read-by-inner-dotdot", lambda: program("open"), EXIT, _open("x/../../job.json")),
    Escape("read-by-backslash", lambda: program("open"), EXIT, _open("..\\job.json")),
    Escape("read-absolute", lambda: program("open"), EXIT, _open("/etc/passwd")),
    Escape("read-double-slash", lambda: program("open"), EXIT, _open("//etc/passwd")),
    Escape("read-proc-environ", lambda: program("open"), EXIT, _open("/proc/self/environ")),
    Escape("read-proc-by-dotdot", lambda: program("open"), EXIT,
           _open("../../../../../../../../proc/self/environ")),
    Escape("read-by-symlink", lambda: program("open"), EXIT, _open("link", "../job.json")),
    Escape("read-by-absolute-symlink", lambda: program("open"), EXIT, _open("link", "/etc/passwd")),
    Escape("read-through-symlinked-folder", lambda: program("open"), EXIT,
           _open("link/passwd", "/etc")),
    Escape("read-secret-of-the-worker", lambda: program("open"), EXIT, _open("{secret}")),
    Escape("read-secret-by-symlink", lambda: program("open"), EXIT, _open("link", "{secret}")),
    Escape("read-device", lambda: program("open"), EXIT, _open("/dev/mem")),
    Escape("hard-link-from-outside", lambda: wasi(
        '(call $need (call $path_link (i32.const 3) (i32.const 0) "../job.json"'
        ' (i32.const 3) "x"))'), EXIT),
    Escape("hard-link-to-outside", lambda: wasi(
        '(drop (call $make "x"))'
        '(call $need (call $path_link (i32.const 3) (i32.const 0) "x" (i32.const 3) "../x"))'),
        EXIT),
    Escape("forge-result-by-rename", lambda: wasi(
        '(drop (call $make "x"))'
        '(call $need (call $path_rename (i32.const 3) "x" (i32.const 3) "../result.json"))'), EXIT),
    Escape("forge-result-from-inside", lambda: wasi(
        '(call $text "{\\22status\\22: \\22completed\\22}" (call $make "result.json"))'
        "(call $proc_exit (i32.const 9))"), f"{EXIT} 9."),
    Escape("poison-compiled-module", lambda: wasi('(drop (call $make "../module.cwasm"))'), EXIT),
    Escape("remove-own-folder", lambda: wasi(
        '(call $need (call $path_remove_directory (i32.const 3) "."))'), EXIT),
    Escape("rename-own-folder", lambda: wasi(
        '(call $need (call $path_rename (i32.const 3) "." (i32.const 3) "../elsewhere"))'), EXIT),
    Escape("write-to-inherited-descriptors", lambda: wasi(
        "(local.set $n (i32.const 4))"
        + _many("(if (i32.eqz (call $fd_write (local.get $n) (i32.const 0) (i32.const 1)"
                "(i32.const 8))) (then (call $proc_exit (i32.const 0))))", 4096)
        + "(call $proc_exit (i32.const 8))"), f"{EXIT} 8."),
    Escape("find-another-folder", lambda: wasi(
        "(local.set $n (i32.const 4))"
        + _many("(if (i32.eqz (call $fd_prestat_get (local.get $n) (i32.const 64)))"
                "(then (call $proc_exit (i32.const 0))))", 4096)
        + "(call $proc_exit (i32.const 8))"), f"{EXIT} 8."),
    # --- Outputs --------------------------------------------------------------------------
    Escape("output-is-symlink", lambda: wasi(
        '(call $need (call $path_symlink "job.json" (i32.const 3) "out"))'), "is a link",
        {"outputs": ["out"]}),
    Escape("output-is-symlinked-folder", lambda: wasi(
        '(call $need (call $path_create_directory (i32.const 3) "real"))'
        '(drop (call $make "real/file"))'
        '(call $need (call $path_symlink "real" (i32.const 3) "out"))'), "left no 'out/file'",
        {"outputs": ["out/file"]}),
    Escape("output-is-hard-link", lambda: wasi(
        '(drop (call $make "x"))'
        '(call $need (call $path_link (i32.const 3) (i32.const 0) "x" (i32.const 3) "out"))'),
        "is a link", {"outputs": ["out"]}),
    Escape("output-has-terminal-codes-in-name", lambda: wasi(
        '(call $need (call $path_create_directory (i32.const 3) "out"))'
        '(drop (call $make "out/\\1b[2J"))'), "must not contain control characters",
        {"outputs": ["out"]}),
    Escape("output-is-too-large", lambda: wasi(
        '(call $need (call $fd_filestat_set_size (call $make "out") (i64.const 20000000)))'),
        "more than 16 MiB", {"outputs": ["out"]}),
    Escape("output-is-missing", lambda: wasi(""), "left no 'out'", {"outputs": ["out"]}),
    # --- Network, other processes, environment ----------------------------------------------
    Escape("accept-on-any-descriptor", lambda: wasi(
        _many("(if (i32.eqz (call $sock_accept (local.get $n) (i32.const 0) (i32.const 64)))"
              "(then (call $proc_exit (i32.const 0))))", 64)
        + "(call $proc_exit (i32.const 8))"), f"{EXIT} 8."),
    Escape("send-on-any-descriptor", lambda: wasi(
        _many("(if (i32.eqz (call $sock_send (local.get $n) (i32.const 0) (i32.const 1)"
              "(i32.const 0) (i32.const 64))) (then (call $proc_exit (i32.const 0))))", 64)
        + "(call $proc_exit (i32.const 8))"), f"{EXIT} 8."),
    *(
        Escape(f"import-{name.replace('_', '-')}", partial(importing, name), "does not have")
        for name in ("sock_open", "sock_connect", "path_exec", "proc_fork", "thread_spawn")
    ),
    Escape("environment", lambda: wasi(
        "(call $need (call $environ_sizes_get (i32.const 64) (i32.const 68)))"
        "(if (i32.eqz (i32.load (i32.const 64))) (then (call $proc_exit (i32.const 8))))"),
        f"{EXIT} 8."),
    Escape("signal", lambda: wasi("(call $need (call $proc_raise (i32.const 9)))"), EXIT),
    # --- Floods ----------------------------------------------------------------------------
    Escape("memory", lambda: program("hungry"), "memory limit of 8 MiB", {"memoryMb": 8}),
    Escape("memory-at-once", lambda: bytes(wasmtime.wat2wasm(
        '(module (memory (export "memory") 65536) (func (export "_start")))')), "of memory"),
    Escape("table", lambda: bytes(wasmtime.wat2wasm(
        '(module (table $t 1 funcref) (func (export "_start") (loop $more'
        " (if (i32.lt_s (table.grow $t (ref.null func) (i32.const 100000)) (i32.const 0))"
        ' (then unreachable)) (br $more))))')), "unreachable"),
    Escape("stack", lambda: bytes(wasmtime.wat2wasm(
        '(module (func $f (export "_start") (call $f)))')), "call stack"),
    Escape("disk", lambda: program("hoard"), "more than 256 MiB"),
    Escape("sparse-file", lambda: wasi(
        '(call $need (call $fd_filestat_set_size (call $make "x")'
        " (i64.const 0x4000000000000000)))"), EXIT),
    Escape("allocate", lambda: wasi(
        '(call $need (call $fd_allocate (call $make "x") (i64.const 0) (i64.const 0x100000000)))'),
        EXIT),
    Escape("many-files", lambda: wasi(
        _digits("(call $need (call $fd_close (call $make (i32.const 512) (i32.const 4))))", 12000)),
        "more than 10000 files", slow=True),
    Escape("many-folders", lambda: wasi(_digits(
        "(call $need (call $path_create_directory (i32.const 3) (i32.const 512) (i32.const 4)))",
        12000)), "more than 10000 files", slow=True),
    Escape("deep-folders", lambda: program("nest"), "nested too deeply"),
    Escape("open-files", lambda: wasi(
        '(drop (call $make "x"))' + _many('(drop (call $open "x"))', 5000)), EXIT),
    Escape("output", lambda: program("flood", stream=1), "more than 16 MiB to its standard output"),
    Escape("log", lambda: wasi('(loop $more (call $text "a line\\0a" (i32.const 2)) (br $more))'),
           "", timeout=2, slow=True),
    Escape("progress", lambda: wasi(
        '(loop $more (call $text "progress: 1\\0aprogress: 2 x\\0a" (i32.const 2)) (br $more))'),
        "", timeout=2, slow=True),
    Escape("random-bytes", lambda: wasi(
        "(loop $more (drop (call $random_get (i32.const 4096) (i32.const 65536))) (br $more))"),
        TIME_LIMIT, timeout=1, slow=True),
    # --- Never ending -----------------------------------------------------------------------
    Escape("loop", lambda: program("loop"), TIME_LIMIT, timeout=1, slow=True),
    Escape("sleep", lambda: program("sleep"), TIME_LIMIT, timeout=1, slow=True),
    Escape("yield", lambda: wasi("(loop $more (drop (call $sched_yield)) (br $more))"),
           TIME_LIMIT, timeout=1, slow=True),
    Escape("loop-before-it-starts", lambda: bytes(wasmtime.wat2wasm(
        '(module (func $f (loop $more (br $more))) (start $f) (func (export "_start")))')),
        TIME_LIMIT, timeout=1, slow=True),
    Escape("loop-without-descriptors", lambda: wasi(
        _many("(drop (call $fd_close (local.get $n)))", 16) + "(loop $for_ever (br $for_ever))"),
        TIME_LIMIT, timeout=1),
    Escape("fuel", lambda: program("loop"), "used up its fuel", {"fuel": 1_000_000}),
    # --- Modules that are none, or too much ---------------------------------------------------
    Escape("not-wasm", lambda: b"MZ\x90\0\3\0\0\0", "not a WebAssembly program"),
    Escape("script", lambda: b"#!/bin/sh\nid\n", "not a WebAssembly program"),
    Escape("component", lambda: b"\0asm\r\0\1\0", "component"),
    Escape("cut-module", lambda: program("mandelbrot")[:-40], "not a valid WebAssembly program"),
    Escape("noise", lambda: b"\0asm\1\0\0\0" + bytes(range(256)), "not a valid WebAssembly"),
    Escape("compiled-code-as-module", lambda: bytes(
        wasmtime.Module(wasmtime.Engine(), program("loop")).serialize())[:2000],
        "not a WebAssembly program"),
    Escape("huge-functions", small_module_of_huge_functions, TIME_LIMIT, timeout=1,
           slow=True),
    Escape("deep-blocks", deep_blocks, "", timeout=1, completes=True),
    # --- What is shown to people ----------------------------------------------------------------
    Escape("terminal-codes-in-error", lambda: wasi(
        '(call $text "\\1b]0;title\\07\\1b[31mred\\e2\\80\\aegnorw" (i32.const 2))'
        "(call $proc_exit (i32.const 3))"), "exit code 3"),
    Escape("exit-code-beyond", lambda: wasi("(call $proc_exit (i32.const 4000))"), "exit code"),
    Escape("standard-output-becomes-a-file", lambda: wasi(
        '(call $need (call $fd_renumber (call $make "x") (i32.const 1)))'
        '(call $text "hidden" (i32.const 1)) (call $proc_exit (i32.const 8))'), f"{EXIT} 8."),
]  # fmt: skip
