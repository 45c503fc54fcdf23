"""The texts of the windows, read from their sources: what stands in `self.tr` and `translate`.

Qt's own reader of Python passes over calls whose count is more than a number, so this one reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DESKTOP = Path(__file__).resolve().parent.parent / "desktop" / "qubix_desktop"


@dataclass(frozen=True, order=True)
class Marked:
    """A text with its context: the class for `tr`, what is named for `translate`."""

    context: str
    text: str
    comment: str = ""
    counts: bool = False


class UnreadableError(Exception):
    """A call hands over what is only known when the program runs: nobody can translate it."""


def all_marked() -> list[Marked]:
    """Every text, sorted, once each. Raises UnreadableError."""
    return sorted({one for file in DESKTOP.rglob("*.py") for one in of_file(file)})


def of_file(file: Path) -> Iterator[Marked]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield from _within(tree, "", file)


def _within(node: ast.AST, context: str, file: Path) -> Iterator[Marked]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.ClassDef) else context
        if isinstance(child, ast.Call):
            match ast.unparse(child.func):
                case "self.tr":
                    yield _marked(context, child.args, child, file)
                case "translate" | "QCoreApplication.translate":
                    named = child.args[0]
                    # What the worker says is looked up as it comes (see languages.said).
                    if not _is_worker(named):
                        yield _marked(_text(named, child, file), child.args[1:], child, file)
        yield from _within(child, inner, file)


def _marked(context: str, arguments: list[ast.expr], call: ast.Call, file: Path) -> Marked:
    if call.keywords:
        raise UnreadableError(f"{file}:{call.lineno}: hand texts and counts over by position")
    comment = arguments[1] if len(arguments) > 1 else None
    return Marked(
        context,
        _text(arguments[0], call, file),
        _text(comment, call, file) if comment and not _is_none(comment) else "",
        len(arguments) > 2,
    )


def _text(node: ast.expr, call: ast.Call, file: Path) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise UnreadableError(f"{file}:{call.lineno}: {ast.unparse(node)} is no literal text")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_worker(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "worker"
