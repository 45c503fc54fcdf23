"""No message of the running worker tells of a card that is left out: every one is recorded here."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from qubix_worker import settings as settings_file
from qubix_worker.cli.detecting import in_force
from qubix_worker.computer import Known
from qubix_worker.identity import Identity
from qubix_worker.launcher import worker_command
from qubix_worker.paths import Paths
from qubix_worker.protocol import (
    GraphicsCard,
    GraphicsUsage,
    Hardware,
    Memory,
    OperatingSystem,
    Processor,
)
from qubix_worker.settings import Settings
from qubix_worker.usage import Sampler
from qubix_worker.worker import Worker
from tests.conftest import wait_until

OUT = GraphicsCard("AMD", "Card out", uuid="0123456789abcdef", pci_address="0000:03:00.0")
KEPT = GraphicsCard("NVIDIA", "Card kept", uuid="GPU-1", pci_address="0000:01:00.0")
USE_OUT = GraphicsUsage("Card out", power_watts=98765.0, uuid=OUT.uuid)
USE_KEPT = GraphicsUsage("Card kept", percent=11.0, uuid=KEPT.uuid)
HARDWARE = Hardware(OperatingSystem("linux", "Debian", "x86_64"), Processor(2), Memory(8 << 30))
ANSWER = json.dumps(
    {"success": True, "pendingJobs": [], "cancelledJobs": [], "heartbeatIntervalSeconds": 1}
).encode()


class Recorder(ThreadingHTTPServer):
    """A server that agrees with everything, and keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.told: list[bytes] = []

    @property
    def beats(self) -> list[dict[str, Any]]:
        beats = [json.loads(held) for held in list(self.told) if held]
        return [beat for beat in beats if "usage" in beat]


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        self.server.told.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    do_PUT = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Computer:
    """A computer whose cards come and go; `answers` lets it be looked at."""

    def __init__(self, home: Path, server: Recorder, key: str) -> None:
        self.cards: tuple[GraphicsCard, ...] = (OUT, KEPT)
        self.uses: tuple[GraphicsUsage, ...] = (USE_OUT, USE_KEPT)
        self.answers = threading.Event()
        url = f"http://127.0.0.1:{server.server_port}"
        chosen = Settings(server=url, name="computer", excluded_cards=(key,))
        self.paths = paths = Paths.under(home)
        settings_file.save(paths.settings, chosen)
        self.worker = Worker(
            paths, Identity(f"w-{'a' * 20}", url, "computer", "", "s" * 20), chosen,
            worker_command(), look_at_computer=self._look, find_out_seconds=3600.0,
            sampler=Sampler(lambda: self.uses),
        )  # fmt: skip
        self.thread = threading.Thread(target=self.worker.run)

    def _look(self) -> Known:
        self.answers.wait(60)
        return Known(dataclasses.replace(HARDWARE, graphics_cards=self.cards), ("wasm",))

    def __enter__(self) -> Computer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answers.set()
        self.worker.stop("the test is over")
        self.thread.join(20)
        assert not self.thread.is_alive()


def used(beat: dict[str, Any]) -> list[str]:
    return [use["name"] for use in beat["usage"].get("gpus") or ()]


def had(beat: dict[str, Any]) -> list[str]:
    return [card["name"] for card in (beat.get("hardware") or {}).get("graphicsCards") or ()]


def never_told(server: Recorder) -> None:
    for word in (b"Card out", b"0123456789abcdef", b"0000:03:00.0", b"98765"):
        assert not [held for held in server.told if word in held]


@pytest.mark.parametrize("key", ["AMD Card out", "0123456789ABCDEF", "0000:03:00.0"])
def test_nothing_of_a_card_is_told_before_the_cards_are_known(
    tmp_path: Path, server: Recorder, key: str
) -> None:
    with Computer(tmp_path, server, key) as computer:
        wait_until(lambda: len(server.beats) >= 2)
        assert all(used(beat) == [] for beat in server.beats)
        assert all(beat["usage"].get("gpuPercent") is None for beat in server.beats)
        computer.answers.set()
        wait_until(lambda: any(used(beat) == ["Card kept"] for beat in server.beats))
        assert any(had(beat) == ["Card kept"] for beat in server.beats)
    never_told(server)


def test_nothing_of_a_card_that_is_plugged_in_is_told_and_new_ones_are_looked_for_at_once(
    tmp_path: Path, server: Recorder
) -> None:
    new = GraphicsCard("NVIDIA", "Card new", uuid="GPU-3", pci_address="0000:05:00.0")
    with Computer(tmp_path, server, OUT.uuid or "") as computer:
        computer.cards, computer.uses = (KEPT,), (USE_KEPT,)
        computer.answers.set()
        wait_until(lambda: any(had(beat) == ["Card kept"] for beat in server.beats))
        computer.uses = (USE_OUT, USE_KEPT, GraphicsUsage("Card new", percent=5.0, uuid="GPU-3"))
        computer.cards = (OUT, KEPT, new)
        wait_until(lambda: used(server.beats[-1]) == ["Card kept", "Card new"])
        assert had(next(beat for beat in server.beats if "Card new" in used(beat)))
    never_told(server)


def test_detect_goes_by_the_settings_that_the_worker_has_in_force(
    tmp_path: Path, server: Recorder
) -> None:
    with Computer(tmp_path, server, "GPU-1") as computer:
        wait_until(lambda: bool(server.beats))
        computer.paths.settings.write_text("excluded_cards = [")
        assert in_force(computer.paths).excluded_cards == ("GPU-1",)
        computer.paths.settings.unlink()
        assert in_force(computer.paths).excluded_cards == ("GPU-1",)


def test_a_card_that_falls_asleep_is_not_told_as_another_one(
    tmp_path: Path, server: Recorder
) -> None:
    asleep = GraphicsCard("AMD", "Navi 21", pci_address="0000:03:00.0", state="off")
    with Computer(tmp_path, server, OUT.uuid or "") as computer:
        computer.cards = (asleep, KEPT)
        computer.answers.set()
        wait_until(lambda: any(had(beat) for beat in server.beats))
    never_told(server)
