"""Copy for support: what is secret is taken out, what helps stays."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from qubix_desktop.support import kept_secrets, report, without_secrets
from qubix_worker import identity
from qubix_worker.files import write_whole
from qubix_worker.paths import Paths

HOME = Path("/home/zoe")


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abc.DEF-123",
        '{"workerSecret": "hunter2-hunter2"}',
        "QUBIX_ENROLLMENT=hunter2",
        "operator_token = 'hunter2'",
        "GET /api/installer/linux?backend=https://h&enrollment=hunter2&x=1",
        "qubix://join?server=https://h&code=K7QM-2XWD",
        "started as qubix-setup--compute.example.org--K7QM-2XWD (1).exe",
        "the code K7QM-2XWD has expired",
        "proxy http://zoe:hunter2@proxy:8080",
        "Zk3xQ9vTq0aLm2Nc8Rb5Ys7Wd1Pf4Gh6",
        "/home/zoe/.local/state/qubix",
    ],
)
def test_what_is_secret_is_taken_out(secret: str) -> None:
    clean = without_secrets(secret, HOME)
    for piece in ("hunter2", "abc.DEF-123", "K7QM", "Zk3xQ9", "zoe"):
        assert piece not in clean


@pytest.mark.parametrize(
    "line",
    [
        "2030-01-01T10:00:00Z INFO online at https://compute.example.org:3001/path",
        "job 6f1c completed in 3.2 s",
        "The name compute.example.org could not be found. Check the connection.",
    ],
)
def test_what_helps_stays(line: str) -> None:
    assert without_secrets(line, HOME) == line


def test_a_report_says_what_it_is_about() -> None:
    text = report([("State", "online"), ("Empty", "")], ["line one"], HOME)
    assert text.startswith("QUBIX: ")
    assert "State: online\n" in text
    assert "Empty" not in text
    assert text.endswith("\n\nline one\n")


def test_what_this_computer_keeps_secret_is_taken_out_wherever_it_stands(tmp_path: Path) -> None:
    """The real ones, as they are kept, whatever they look like."""
    paths = Paths.under(tmp_path)
    secret = "short-but-secret"  # no pattern would know it
    identity.save(paths.identity, identity.new("https://h", "desk", "H").with_secret(secret))
    write_whole(paths.control_key, key := bytes(range(32)))
    lines = [f"it said {secret}!", key.hex(), base64.b64encode(key).decode()]
    text = report((), lines, HOME, known=kept_secrets(paths))
    for piece in (secret, key.hex(), base64.b64encode(key).decode()):
        assert piece not in text
    assert "it said [removed]!" in text


def test_without_anything_kept_there_is_nothing_to_take_out(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    assert kept_secrets(paths) == []
    write_whole(paths.identity, b"damaged")
    assert kept_secrets(paths) == []
