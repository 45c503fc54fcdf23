"""What a person can be told when something fails, read from the sources that say it.

Three kinds of sources: the list of the installer scripts, the list of the Share page, and whatever
in the worker and the window makes a failure of a code and two sentences, be it at once or by a row
of a table. What is only known when the program runs stands as ‹words› in a sentence.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qubix_server.installers.failures import FAILURES
from qubix_worker.failures import in_our_words, what_to_do

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = "server/qubix_server/installers/failures.py"
PAGE = "server/qubix_server/pages/static/failures.js"
SERVER = "server/qubix_server"
PROGRAMS = ("worker/qubix_worker", "desktop/qubix_desktop")

REFUSALS = (
    "enrollment_unknown", "enrollment_expired", "enrollment_used", "too_many", "bad_host",
    "worker_id_taken", "provider_unknown", "overloaded", "database_unavailable",
)  # fmt: skip
"""What a server says that somebody who shares a computer may see; the others are for programs."""

LIVE = "live.py"
"""What it refuses are messages over the WebSocket, where no worker is."""

HOLES = {
    "host": "server",
    "server.host": "server",
    "sentence": "what it said",
    "reason": "reason",
    "error": "reason",
    "said": "what it said",
    "last[:200]": "what it said",
    "where": "",
    "who": "",
    "path": "file",
    "self._path": "file",
    "file": "file",
    "self._paths.control_key": "file",
    "error.strerror": "reason",
    "error.strerror or error": "reason",
    "type(error).__name__": "kind of mistake",
    "place": "",
    "answer.name": "part",
    "answer.error": "reason",
    "happened": "what happened",
    "word!r": "what was typed",
    "value!r": "what was typed",
    "key": "setting",
    "_near(key)": "",
    "fixed[0]": "setting",
    "network": "network",
    "reason.rstrip('.')": "reason",
    "MEANINGS[key].may_be": "what it may be",
    "self._stop_seconds:.0f": "a number of",
    "self._timeout:.0f": "a number of",
    "text.strip()": "what was typed",
    "seconds": "a number of",
}
"""What stands in a sentence for what is only known later. Another expression must be put here."""

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SENTENCE = re.compile(r"[^a-z].*[.!?:)›]", re.DOTALL)
_MAKERS = re.compile(r"(Problem|Error|__init__|^kind)$")
_ROW = 3


@dataclass(frozen=True)
class Told:
    """A failure as a person reads it, and the source that says it."""

    code: str
    happened: str
    todo: str
    source: str


class UnreadableError(Exception):
    """A sentence is made in a way that nobody who has not run it can read."""


def everything() -> list[Told]:
    """Every failure, by source and in the order of the source, once each."""
    found = [*of_page(), *of_scripts()]
    for folder in PROGRAMS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            found += of_source(file)
    return list(dict.fromkeys([*found, *of_server()]))


def of_scripts() -> Iterator[Told]:
    for failure in FAILURES:
        yield Told(failure.code, failure.happened, failure.todo, SCRIPTS)


def of_page() -> Iterator[Told]:
    """The page's list is JSON between `= ` and the first line that ends a value."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    start, end = text.index("= {\n") + 2, text.index("\n};\n") + 2
    for code, said in json.loads(text[start:end]).items():
        todo = " ".join([said["todo"], *said.get("checks", [])])
        yield Told(code, said["happened"], todo, PAGE)


def of_server() -> Iterator[Told]:
    """What a server refuses, as the worker tells it."""
    for file in sorted((ROOT / SERVER).rglob("*.py")):
        if file.name == LIVE:
            continue
        for call in ast.walk(_tree(file)):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != "ApiError":
                continue
            status, code = (_text(part, {}) for part in call.args[:2])
            if code in REFUSALS and (sentence := _text(call.args[2], {})):
                meaning = in_our_words(code, f"{sentence.removesuffix('.')}.")
                words = f"‹server› answered: {meaning}"
                source = file.relative_to(ROOT).as_posix()
                yield Told(code, words, what_to_do(code, int(status or 0)), source)


def of_source(file: Path) -> Iterator[Told]:
    """What one source of the worker or of the window says."""
    tree = _tree(file)
    for scope, node in _scoped(tree, tree):
        if isinstance(node, ast.Call) and _MAKERS.search(ast.unparse(node.func)):
            parts = [part for part in node.args if not isinstance(part, ast.Starred)]
        elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
            parts = node.elts[-_ROW:]
        else:
            continue
        if len(parts) == _ROW:
            yield from _read(parts, scope, file, isinstance(node, ast.Call))


def _read(parts: list[ast.expr], scope: ast.AST, file: Path, is_made: bool) -> Iterator[Told]:
    names = _names(scope)
    code = _text(parts[0], names)
    if code is None or not _CODE.fullmatch(code):
        return
    source = file.relative_to(ROOT).as_posix()
    for happened in _either(parts[1]):
        said, todo = _text(happened, names), _text(parts[2], names)
        if said and todo and _SENTENCE.fullmatch(said) and _SENTENCE.fullmatch(todo):
            yield Told(code, said, todo, source)
        elif is_made and said and (source, code) not in PASSED_ON:
            raise UnreadableError(f"{source}:{parts[0].lineno}: {code}: {ast.unparse(parts[2])}")


PASSED_ON = {
    ("worker/qubix_worker/cli/choosing.py", "fixed_setting"),
    ("worker/qubix_worker/cli/choosing.py", "bad_choice"),
}
"""Where what to do depends on which setting it is: the command line says it by itself."""


def _either(node: ast.expr) -> tuple[ast.expr, ...]:
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)


def _text(node: ast.AST, names: dict[str, ast.expr]) -> str | None:  # noqa: PLR0911 - a table
    """What `node` says, with words in its holes; None for what is no text."""
    match node:
        case ast.Constant(value=str() as text):
            return _named(text)
        case ast.Constant(value=int() as number):
            return str(number)
        case ast.JoinedStr(values=values):
            return "".join(map(_piece, values))
        case ast.Name(id=name) if name in names:
            return _text(names[name], {})
        case ast.Name(id=name):
            return _constants().get(name)
        case ast.Call(func=ast.Attribute(value=ast.JoinedStr() as inner, attr="lstrip")):
            return (_text(inner, names) or "").lstrip()
    return None


def _piece(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    hole = ast.unparse(ast.JoinedStr([part]))[3:-2]
    if hole not in HOLES:
        raise UnreadableError(f"{hole} has no words in tools/told.py")
    return f"‹{HOLES[hole]}›" if HOLES[hole] else ""


def _named(text: str) -> str:
    """`text` with words where a later `format` puts something, as in a row of a table."""
    return re.sub(r"\{(\w+)\}", lambda hole: f"‹{HOLES[hole[1]]}›", text)


def _scoped(node: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Everything below `node` in the order of the source, with the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        yield scope, child
        inner = child if isinstance(child, ast.FunctionDef) else scope
        yield from _scoped(child, inner)


def _names(scope: ast.AST) -> dict[str, ast.expr]:
    """What names stand for in a function: what it assigns, and the defaults of its arguments."""
    if not isinstance(scope, ast.FunctionDef):
        return {}
    found: dict[str, ast.expr] = {}
    given = scope.args.args
    for argument, default in zip(reversed(given), reversed(scope.args.defaults), strict=False):
        found[argument.arg] = default
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
    return found


@functools.cache
def _constants() -> dict[str, str]:
    """The texts that modules of the worker and of the window give a name."""
    found = {}
    for folder in PROGRAMS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in _tree(file).body:
                match node:
                    case ast.Assign(
                        targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)
                    ):
                        found[name] = text
    return found


@functools.cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))
