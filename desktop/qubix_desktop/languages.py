"""The language of the windows: which one, and how sentences of the worker come into it.

`make translations` makes what lies in resources/languages/: a .qm for each language, and the list
of the worker's sentences that have holes in them (see tools/sentences.py).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

FOLDER = Path(__file__).parent / "resources" / "languages"
LANGUAGES = ("en", "es", "pt")
OVERRIDE = "QUBIX_LANGUAGE"
NAMES: Mapping[str, Sequence[str]] = {"pt": ("pt_BR", "pt_PT", "pt")}
"""How Qt calls a language of ours, where it knows several."""


def speak(app: QCoreApplication, wanted: Sequence[str]) -> str:
    """Has `app` speak the first of `wanted` that is known, else English; Qt's own dialogs too.

    Returns the language. The direction of reading comes with it.
    """
    language = known(wanted)
    for folder, names in (
        (FOLDER, [f"qubix_{language}"]),
        (
            Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
            [f"qtbase_{name}" for name in NAMES.get(language, (language,))],
        ),
    ):
        for name in names:
            translator = QTranslator(app)
            if translator.load(name, str(folder)):
                app.installTranslator(translator)
                break
    return language


def wanted(environment: Mapping[str, str]) -> list[str]:
    """The account's languages, the dearest first; QUBIX_LANGUAGE stands before them, and numbers
    and times then follow it as well."""
    if override := environment.get(OVERRIDE, ""):
        QLocale.setDefault(QLocale(override))
        return [override]
    return QLocale().uiLanguages()


def known(wanted: Sequence[str]) -> str:
    """The first of `wanted` that is spoken here: `pt-BR`, `pt_PT.UTF-8` and `pt` are one."""
    for name in wanted:
        language = re.split(r"[-_.@]", name.lower())[0]
        if language in LANGUAGES:
            return language
    return "en"


def said(text: str) -> str:
    """A sentence that the worker has made, as the account's language has it.

    What fills a hole is looked up as well; what nobody has foreseen stays as it came.
    """
    translated = QCoreApplication.translate("worker", text)
    if translated != text:
        return translated
    for shape in _shapes():
        if match := _match(shape, text):
            pattern = QCoreApplication.translate("worker", shape)
            return _HOLE.sub(lambda hole: said(match[f"hole_{hole[1]}"]), pattern)
    return text


_HOLE = re.compile(r"\{(\w+)\}")


@functools.cache
def _shapes() -> tuple[str, ...]:
    found = json.loads((FOLDER / "sentences.json").read_text(encoding="utf-8"))
    return tuple(str(shape) for shape in found)


@functools.lru_cache(maxsize=4096)
def _match(shape: str, text: str) -> re.Match[str] | None:
    return _compiled(shape).fullmatch(text)


@functools.cache
def _compiled(shape: str) -> re.Pattern[str]:
    """The expression that knows a sentence of this shape again, each hole by its name."""
    parts, seen = [], set[str]()
    for at, part in enumerate(_HOLE.split(shape)):
        if at % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P=hole_{part})")
        else:
            seen.add(part)
            parts.append(f"(?P<hole_{part}>.*?)")
    return re.compile("".join(parts), re.DOTALL)
