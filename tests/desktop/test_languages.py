"""Everything a person reads comes in each language, also what the worker has said."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import translations
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from qubix_desktop import languages, words
from qubix_desktop.pages.done import DonePage
from qubix_worker.failures import MEANING

HOLES = re.compile(r"\{\w*\}|%L?n")
TRANSLATED = ("es", "pt")
Speak = Callable[[str], None]


@pytest.fixture
def speak(qapp: QApplication) -> Iterator[Speak]:
    before = set(qapp.findChildren(QTranslator))
    former = QLocale()

    def begin(language: str) -> None:
        languages.speak(qapp, [language])

    yield begin
    QLocale.setDefault(former)
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)
        translator.deleteLater()


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (["pt-BR", "en-US"], "pt"),
        (["pt_PT.UTF-8"], "pt"),
        (["de-DE", "es-AR", "en"], "es"),
        (["de-DE"], "en"),
        (["C"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_of_the_account_that_is_known_is_spoken(
    wanted: list[str], language: str
) -> None:
    assert languages.known(wanted) == language


def test_a_variable_stands_before_the_accounts_languages(speak: Speak) -> None:
    assert languages.wanted({"QUBIX_LANGUAGE": "es_MX"}) == ["es_MX"]
    assert QLocale().language() == QLocale.Language.Spanish
    assert languages.wanted({}) == QLocale().uiLanguages()


def test_windows_speak_portuguese(speak: Speak, qapp: QApplication) -> None:
    speak("pt")
    assert DonePage().title.text() == "Tudo pronto"


def test_qts_own_buttons_speak_it_too(speak: Speak, qapp: QApplication) -> None:
    speak("es")
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    button = box.button(QDialogButtonBox.StandardButton.Cancel)
    assert button.text().replace("&", "") == "Cancelar"


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ("About a minute left", "About 4 minutes left")),
        ("pt", ("Falta cerca de 1 minuto", "Faltam cerca de 4 minutos")),
        ("es", ("Queda cerca de 1 minuto", "Quedan unos 4 minutos")),
    ],
)
def test_what_is_counted_has_its_plural(
    speak: Speak, language: str, texts: tuple[str, str]
) -> None:
    speak(language)
    assert (words.time_left(61), words.time_left(240)) == texts


def test_a_sentence_of_the_worker_is_known_again_by_its_shape(speak: Speak) -> None:
    speak("es")
    assert words.said("The connection to a.example failed.") == "La conexión con a.example falló."
    assert words.said("Resting until the processor has cooled down: it was at 91 °C.") == (
        "En reposo hasta que se enfríe el procesador: estaba a 91 °C."
    )


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_a_server_refuses_is_told_in_one_language(language: str, speak: Speak) -> None:
    speak(language)
    for meaning in MEANING.values():
        told = words.said(f"a.example answered: {meaning}")
        assert told.startswith("a.example")
        assert "answered" not in told
        assert meaning not in told


def test_a_sentence_that_nobody_foresaw_stays_as_it_came(speak: Speak) -> None:
    speak("pt")
    assert words.said("The {moon} is 100% in the way.") == "The {moon} is 100% in the way."
    assert words.said("") == ""


def test_what_a_server_says_is_never_taken_for_a_pattern(speak: Speak) -> None:
    """Its sentence fills a hole, braces and all."""
    speak("pt")
    assert words.said("h answered: {0} {1} {x!r}") == "h respondeu: {0} {1} {x!r}"


# --- What the sources and the files hold -------------------------------------------------------


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_fills_a_text_is_the_same_in_every_language(language: str) -> None:
    for one in translations.messages(translations.source_file(translations.FOLDER, language)):
        for form in one.forms if one.finished else ():
            assert sorted(HOLES.findall(form)) == sorted(HOLES.findall(one.source)), one
            assert form.count("&") == one.source.count("&"), one
            assert form.endswith(("…", ".", "?", ":")) == one.source.endswith(
                ("…", ".", "?", ":")
            ), one


@pytest.mark.slow
def test_every_text_of_the_sources_is_translated() -> None:
    """`make translations`, and fill in what it names."""
    assert translations.stale() == []
    for language in translations.LANGUAGES:
        source = translations.source_file(translations.FOLDER, language)
        left = [
            one for one in translations.messages(source) if not one.finished or not all(one.forms)
        ]
        assert left == []


SHOWS = re.compile(
    r"(^|\.)(setText|setWindowTitle|setToolTip|setStatusTip|setAccessibleName|say|setTitle"
    r"|setAccessibleDescription|setPlaceholderText|setInformativeText|setDetailedText|addAction"
    r"|addMenu|addTab|addRow|addButton|addItem|addItems|setHorizontalHeaderLabels|showMessage"
    r"|setPrefix|setSuffix|setHeaderLabels|Q?Label|QPushButton|QToolButton|QCheckBox|QRadioButton"
    r"|QGroupBox|QMessageBox|QAction|QTableWidgetItem|Bar)$"
)
NAMES = {"QUBIX", "K7QM-2XWD", "compute.example.org"}
"""The same in every language."""


def _unmarked(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and SHOWS.search(name := ast.unparse(node.func)):
            first = 1 if name.endswith("Label") else None  # then comes its role
            for argument in node.args[:first]:
                for text in _texts(argument):
                    if re.search(r"[^\W\d_]{2}", text) and text not in NAMES:
                        yield f"{file.name}:{node.lineno}: {text!r} in {name}"


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Call):
        # What other calls are given is theirs, but a text that is put together is shown.
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
            yield from _texts(node.func.value)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif not isinstance(node, ast.Compare):
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def test_no_text_reaches_a_window_past_the_translation() -> None:
    folder = Path(languages.__file__).parent
    found = [line for file in sorted(folder.rglob("*.py")) for line in _unmarked(file)]
    assert found == []


def test_a_text_that_is_not_marked_would_be_found(tmp_path: Path) -> None:
    source = tmp_path / "page.py"
    source.write_text(
        'label.setText("Hello there" if x else self.tr("Hi"))\n'
        'QPushButton(f"Go on with {name}")\nLabel(self.tr("Fine"), "muted")\n'
    )
    assert [line.partition(" ")[0] for line in _unmarked(source)] == ["page.py:1:", "page.py:2:"]


def test_english_needs_no_translation_of_the_worker(speak: Speak) -> None:
    speak("en")
    text = "The connection to a.example failed."
    assert words.said(text) == text
    assert QCoreApplication.translate("worker", text) == text
