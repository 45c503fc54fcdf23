"""Makes each .wasm beside it from its .wat: `python examples/build.py`. Needs wasmtime only."""

from __future__ import annotations

from pathlib import Path

import wasmtime

HERE = Path(__file__).parent


def main() -> None:
    for source in sorted(HERE.glob("*.wat")):
        source.with_suffix(".wasm").write_bytes(build(source))


def build(source: Path) -> bytes:
    """The WebAssembly program that the text in `source` describes."""
    return bytes(wasmtime.wat2wasm(source.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
