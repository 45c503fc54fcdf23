"""`make translations`: gathers every text of the windows and of the worker into the .ts files, and
makes of these what the application reads. What is translated already stays; what is new stands
there with type="unfinished", to be filled in by hand or in Qt Linguist.

Qt's own lupdate and lrelease do the work; both come in PySide6's wheel.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import marked
import sentences

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "desktop" / "qubix_desktop" / "resources" / "languages"
LANGUAGES = ("en", "es", "pt")
SENTENCES = "sentences.json"


@dataclass(frozen=True)
class Message:
    """One text in one language. `forms` are its translations: several where it counts things."""

    context: str
    source: str
    forms: tuple[str, ...]
    finished: bool
    counts: bool


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    make(FOLDER)
    left = [
        f"{language}: {message.context}: {message.source}"
        for language in LANGUAGES
        for message in messages(source_file(FOLDER, language))
        if not message.finished
    ]
    for line in left:
        print(f"not translated: {line}")
    print(f"{len(left)} texts are left to translate, in {FOLDER.relative_to(ROOT)}/*.ts")
    return 0


def make(folder: Path) -> None:
    """Brings the .ts files in `folder` up to the sources, and makes the rest of them anew."""
    gather(folder)
    (folder / SENTENCES).write_text(
        json.dumps(sentences.patterns(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    for language in LANGUAGES:
        source = source_file(folder, language)
        _run("lrelease", "-silent", str(source), "-qm", str(source.with_suffix(".qm")))


def gather(folder: Path) -> None:
    """Merges the texts of the sources into the .ts files; those that are gone are dropped."""
    with tempfile.TemporaryDirectory() as made:
        texts = Path(made) / "texts.py"
        texts.write_text("".join(_lines()), encoding="utf-8")
        for language in LANGUAGES:
            # English needs a file for its plurals only: all else is English already.
            more = ["-pluralonly"] if language == "en" else []
            _run(
                "lupdate", "-silent", "-no-obsolete", "-locations", "none", *more,
                "-source-language", "en", "-target-language", language,
                "-disable-heuristic", "similartext", "-disable-heuristic", "sametext",
                str(texts), "-ts", str(source_file(folder, language)),
            )  # fmt: skip


def _lines() -> Iterator[str]:
    """All texts as calls that lupdate understands."""
    for one in marked.all_marked():
        yield _line(one.context, one.text, one.comment, one.counts)
    for text in sentences.all_sentences():
        yield _line("worker", text)


def _line(context: str, text: str, comment: str = "", counts: bool = False) -> str:
    values = ", ".join(json.dumps(value, ensure_ascii=False) for value in (context, text, comment))
    return f"QCoreApplication.translate({values}{', 1' if counts else ''})\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """The names of the files that `make` would change."""
    with tempfile.TemporaryDirectory() as fresh:
        for file in folder.glob("*.ts"):
            shutil.copy(file, fresh)
        make(Path(fresh))
        names = {file.name for place in (folder, Path(fresh)) for file in place.iterdir()}
        return sorted(name for name in names if not _same(folder / name, Path(fresh) / name))


def messages(source: Path) -> Iterator[Message]:
    """What a .ts file holds."""
    for context in ET.parse(source).getroot().iter("context"):  # noqa: S314 - our own file
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            forms = tuple(form.text or "" for form in translation.iter("numerusform"))
            yield Message(
                context.findtext("name", ""),
                message.findtext("source", ""),
                forms or (translation.text or "",),
                translation.get("type") != "unfinished",
                message.get("numerus") == "yes",
            )


def source_file(folder: Path, language: str) -> Path:
    return folder / f"qubix_{language}.ts"


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def _run(tool: str, *arguments: str) -> None:
    """Raises CalledProcessError, after showing what the tool said."""
    import PySide6  # noqa: PLC0415 - only to find its tools

    program = shutil.which(tool, path=str(Path(PySide6.__path__[0])))
    if program is None:
        raise FileNotFoundError(f"{tool} is not in PySide6's folder")
    ended = subprocess.run(
        [program, *arguments], capture_output=True, text=True, errors="replace", check=False
    )
    if ended.returncode:
        sys.stderr.write(ended.stdout + ended.stderr)
    ended.check_returncode()


if __name__ == "__main__":
    sys.exit(main())
