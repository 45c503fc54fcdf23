"""What is told while pip fetches the libraries."""

from __future__ import annotations

from pathlib import Path

from qubix_worker.setup.fetching import Fetching, News

# As pip 23.2.1 and 24.2 printed it here, 2026-11-29; the paths shortened.
PRINTED = """\
Looking in links: /wheels
Collecting certifi==2026.10.18 (from -r requirements.txt (line 1))
  Downloading certifi-2026.10.18-py3-none-any.whl (134 kB)
Processing /a-b c/nvidia_ml_py-13.615.71-py3-none-any.whl (from -r /environment-1/req.txt (line 4))
Collecting wasmtime==50.0.1 (from -r requirements.txt (line 220))
  Downloading wasmtime-50.0.1-py3-none-manylinux1_x86_64.whl.metadata (8.1 kB)
  Downloading wasmtime-50.0.1-py3-none-manylinux1_x86_64.whl (9.6 MB)
""".splitlines()
WHEEL = "wasmtime-50.0.1-py3-none-manylinux1_x86_64.whl"


def test_what_is_fetched_how_much_of_it_has_come_and_how_fast(tmp_path: Path) -> None:
    now = [0.0]
    fetching = Fetching(tmp_path, lambda: now[0])
    told = [news for line in PRINTED if (news := fetching.after(line))]
    assert told == [News("certifi", 0), News("nvidia-ml-py", 1), News("wasmtime", 2)]

    unpack = tmp_path / "pip-unpack-x1"
    unpack.mkdir()
    (unpack / WHEEL).write_bytes(bytes(2_400_000))
    assert fetching.after("") is None, "no sooner than half a second after it began"
    now[0] = 2.0
    assert fetching.after("") == News("wasmtime, 2.4 of 9.6 MB, 1.2 MB/s", 2.25)
    assert fetching.after("") is None
    now[0] = 3.0
    assert fetching.after("Installing collected packages: wasmtime") is None
    assert fetching.after("") is None


def test_a_file_that_has_been_taken_to_its_place_is_told_no_more(tmp_path: Path) -> None:
    now = [0.0]
    fetching = Fetching(tmp_path, lambda: now[0])
    for line in PRINTED:
        fetching.after(line)
    now[0] = 3.0
    assert fetching.after("") is None


def test_nothing_is_told_where_nothing_is_known(tmp_path: Path) -> None:
    now = [0.0]
    fetching = Fetching(tmp_path, lambda: now[0])
    for line in PRINTED[:3]:
        fetching.after(line)
    now[0] = 9.0
    assert fetching.after("") is None, "a small file is there at once"
    assert Fetching(tmp_path).after("") is None
