"""What the matrix stands on: a machine leaves nothing behind, and no difference goes unseen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import wait_until
from tests.installers.matrix.machine import Machine
from tests.installers.matrix.systems import skip_where_impossible
from tests.inventory import differences, take

HOLDS_ONE = """
import sys
from pathlib import Path
from tests.installers.matrix.machine import Machine
with Machine.over(Path(sys.argv[1]), ["layer"]) as machine:
    print(machine.first, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """A folder with a layer that is nearly nothing."""
    skip_where_impossible()
    for place in ("proc", "sys", "dev/shm", "etc", "usr/local/share"):
        (tmp_path / "layer" / place).mkdir(parents=True)
    (tmp_path / "layer" / "etc" / "motd").write_text("Hello")
    return tmp_path


def test_what_is_changed_on_a_machine_does_not_reach_its_layers(layers: Path) -> None:
    before = take(layers)
    with Machine.over(layers, ["layer"]) as machine:
        new = machine.inventory()
        machine.place("etc/motd", b"Bye")
        (machine.files / "usr/local/share").chmod(0o700)
        assert [line.split(":")[:2] for line in differences(new, machine.inventory())] == [
            ["changed", " etc/motd"],
            ["changed", " usr/local/share"],
        ]
    assert differences(before, take(layers)) == []


def test_a_machine_goes_with_who_made_it_even_if_that_is_killed(layers: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_ONE, str(layers)], cwd=root, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(root)},
    ) as maker:  # fmt: skip
        assert maker.stdout
        first = int(maker.stdout.readline())
        assert psutil.pid_exists(first)
        maker.send_signal(signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(first))
    assert str(layers) not in Path("/proc/self/mountinfo").read_text()
    with Machine.over(layers, ["layer"]):
        assert len(list(layers.glob("machine-*"))) == 1, "the folder of the first was cleared"


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda folder: (folder / "new").mkdir(), "came: new"),
        (lambda folder: (folder / "file").unlink(), "went: file"),
        (lambda folder: (folder / "file").write_text("2"), "changed: file"),
        (lambda folder: (folder / "file").chmod(0o600), "changed: file"),
        (lambda folder: _turn(folder / "link", "elsewhere"), "changed: link"),
    ],
)
def test_every_difference_is_seen(tmp_path: Path, act: Callable[[Path], object], said: str) -> None:
    (tmp_path / "file").write_text("1")
    (tmp_path / "link").symlink_to("file")
    before = take(tmp_path)
    assert differences(before, take(tmp_path)) == []
    act(tmp_path)
    (line,) = differences(before, take(tmp_path))
    assert line.startswith(said)


def _turn(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)
