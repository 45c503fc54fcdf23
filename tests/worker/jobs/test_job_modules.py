"""The cache of fetched modules."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from qubix_worker.kinds.modules import ModuleCache


def put(cache: ModuleCache, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    cache.put(sha256, data)
    return sha256


def test_what_was_used_longest_ago_is_dropped_when_it_is_too_much(tmp_path: Path) -> None:
    cache = ModuleCache(tmp_path, limit_bytes=250)
    first, second = put(cache, b"1" * 100), put(cache, b"2" * 100)
    os.utime(tmp_path / first, (1, 1))
    os.utime(tmp_path / second, (2, 2))
    assert cache.get(first) == b"1" * 100, "and is thereby used just now"
    third = put(cache, b"3" * 100)
    assert cache.get(second) is None
    assert cache.get(first) and cache.get(third)


def test_what_was_put_last_is_kept_however_large(tmp_path: Path) -> None:
    cache = ModuleCache(tmp_path, limit_bytes=10)
    assert cache.get(put(cache, b"1" * 100)) == b"1" * 100


def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = ModuleCache(tmp_path / "file")
    assert cache.get(put(cache, b"1")) is None
