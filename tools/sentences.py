"""What the worker says to people, read from its sources: it knows no Qt, so it can mark nothing.

A whole sentence is known by its shape; the few words that stand in sentences or name a setup step,
by where they are. An f-string becomes a pattern with numbered holes. Not read: the command line,
which speaks English, and `kinds/`, whose refusals go to whoever has sent the job.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "worker" / "qubix_worker"
DESKTOP = ROOT / "desktop" / "qubix_desktop"
UNREAD = ("cli", "kinds", "amalgamation.py", "jobs.py", "pending.py", "spool.py")
PHRASES = ("setup", "guest/senses.py", "hardware/detect.py", "hardware/nvidia.py")
"""Where short pieces stand that fill the holes of sentences."""

_SENTENCE = re.compile(r"([A-Z“]|\{\w+\} )[^\n]*[^\W\d_]{2}[^\n]*([.?!…]\)?|: \{\w+\})$")
_PHRASE = re.compile(r"[A-Za-z{][\w',{} -]*")
_HOLE = re.compile(r"\{\w*\}")
_UNSEEN = re.compile(r"(log|re)\.|raise (Value|Type|Runtime|OS)Error\(")
_MADE = re.compile(r"(Problem|Error|Rest|not_ours)$")


def all_sentences() -> list[str]:
    """Every sentence and piece, in the order of the alphabet, once each."""
    found = set()
    for file in sorted(WORKER.rglob("*.py")):
        name = file.relative_to(WORKER).as_posix()
        if not name.startswith(UNREAD):
            pieces = name.startswith(PHRASES)
            found |= {
                text for text in texts(file) if _is_sentence(text) or (pieces and _is_piece(text))
            }
    for file in sorted(DESKTOP.rglob("*.py")):
        found |= {text for text in problems(file) if _is_sentence(text)}
    return sorted(found)


def patterns() -> list[str]:
    """Those with holes, the most telling first: what is fixed in them decides."""
    with_holes = [text for text in all_sentences() if _HOLE.search(text)]
    return sorted(with_holes, key=lambda text: (-len(_HOLE.sub("", text)), text))


def texts(file: Path) -> Iterator[str]:
    """All texts of a source but documentation, and what is for the log or for programmers."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    unsaid = set(_unsaid(tree))
    for node in ast.walk(tree):
        if id(node) not in unsaid and (text := text_of(node)):
            yield text


def problems(file: Path) -> Iterator[str]:
    """The texts that a source of the window itself puts into a Problem."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _MADE.search(ast.unparse(node.func)):
            for argument in node.args:
                if text := text_of(argument):
                    yield text


def text_of(node: ast.AST) -> str:
    """A literal; the holes of an f-string are {0}, {1}, …"""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts, holes = [], 0
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        else:
            parts.append(f"{{{holes}}}")
            holes += 1
    return "".join(parts)


def _unsaid(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
        elif isinstance(node, ast.JoinedStr):
            yield from (id(value) for value in node.values)
        elif isinstance(node, ast.Call | ast.Raise) and _UNSEEN.match(ast.unparse(node)):
            yield from (id(inner) for inner in ast.walk(node))


def _is_sentence(text: str) -> bool:
    words = _HOLE.sub("", text).split()
    enough = len(words) >= 2 or text.endswith("}")
    return enough and bool(_SENTENCE.match(text)) and "|" not in text


def _is_piece(text: str) -> bool:
    words = _HOLE.sub("", text).split()
    return len(words) >= 2 and bool(_PHRASE.fullmatch(text))
