"""Copy for support: what is secret is taken out, what helps stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from qubix_desktop.support import report, without_secrets

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
