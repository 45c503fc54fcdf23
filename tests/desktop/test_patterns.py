"""Patterns that are compiled when they are first used match as all others do."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from qubix_desktop.patterns import METHODS, compiled_later

WORD, TEXT = r"(?P<word>[a-z]+)-(\d)", "one-1, two-2"


def later(pattern: str, flags: int = 0) -> Any:
    with compiled_later():
        return re.compile(pattern, flags)


def test_each_method_does_what_it_always_does() -> None:
    real, ours = re.compile(WORD), later(WORD)
    for _ in range(2):  # the first use, and those after it
        assert ours.findall(TEXT) == real.findall(TEXT)
        assert [one.span() for one in ours.finditer(TEXT)] == [(0, 5), (7, 12)]
        assert ours.fullmatch("one-1")["word"] == "one"
        assert ours.match(TEXT, 7)[0] == "two-2"
        assert ours.search(TEXT, pos=1)[0] == "ne-1"
        assert ours.split(TEXT, maxsplit=1) == real.split(TEXT, maxsplit=1)
        assert ours.sub("x", TEXT) == "x, x"
        assert ours.subn("x", TEXT) == ("x, x", 2)
        assert ours.scanner(TEXT).search()[0] == "one-1"


def test_no_method_is_forgotten() -> None:
    public = {name for name in dir(re.compile("")) if not name.startswith("_")}
    assert {name for name in public if callable(getattr(re.compile(""), name))} == METHODS


def test_a_method_that_was_taken_before_serves_as_well() -> None:
    match = later(WORD).match
    assert match("one-1") and match("two-2") and not match("three")


def test_what_else_there_is_to_know_of_it_is_known() -> None:
    ours = later(WORD, re.IGNORECASE)
    assert (ours.pattern, ours.groups, ours.groupindex["word"]) == (WORD, 2, 1)
    assert ours.flags & re.IGNORECASE
    assert not hasattr(ours, "_unheard_of")


def test_what_is_no_pattern_is_said_when_it_is_used() -> None:
    with pytest.raises(re.error):
        later("(").match("")


def test_all_is_as_before_when_it_ends() -> None:
    with pytest.raises(KeyError), compiled_later():
        raise KeyError
    assert isinstance(re.compile("x"), re.Pattern)


def test_qts_binding_tells_what_was_wrong_with_a_call_all_the_same() -> None:
    program = """
from qubix_desktop import early, patterns
with patterns.compiled_later():
    early.import_meanwhile()
    early.import_qt_alone()
    import argparse, textwrap
from PySide6.QtCore import QSize, QTimer
from shibokensupport.signature import get_signature
print(get_signature(QTimer.setTimerType))
print(textwrap.fill("one two", 4).split())
argparse.ArgumentParser("p", description="some words " * 20).format_help()
try:
    QSize("wide", "high")
except TypeError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.returncode == 0, said.stderr
    signature, words, *error = said.stdout.splitlines()
    assert "atype: PySide6.QtCore.Qt.TimerType" in signature
    assert words == "['one', 'two']"
    assert "(w: int, h: int" in "\n".join(error)
