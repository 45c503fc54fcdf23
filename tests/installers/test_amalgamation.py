"""The worker's one file: what is in it, and that it runs as the package does."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import qubix_worker
from qubix_worker import amalgamation
from tests.accounts import PYTHON, Account

PACKAGE = Path(qubix_worker.__file__).parent
LOADED = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("loaded", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
"""

Built = Callable[..., Path]


@pytest.fixture
def built(tmp_path: Path) -> Built:
    """Writes the one file of a small package whose cli.py is the given text."""

    def build(cli: str, **more: str) -> Path:
        sources = {
            "qubix_worker/__init__.py": '"""A small package."""\n',
            "qubix_worker/cli.py": cli,
            **{f"qubix_worker/{name}.py": text for name, text in more.items()},
        }
        file = tmp_path / "ein Ordner für Geräte" / "qubix_worker.py"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(amalgamation.build(sources))
        return file

    return build


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The worker's one file, in a folder with spaces and letters of other languages."""
    file = tmp_path / "données à 計算" / "qubix_worker.py"
    file.parent.mkdir()
    file.write_bytes(amalgamation.amalgamate())
    return file


def python(*arguments: str | Path, by: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(by or sys.executable), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_every_module_stands_in_it_word_for_word() -> None:
    text = amalgamation.amalgamate().decode("ascii")
    files = [*PACKAGE.rglob("*.py"), PACKAGE / "requirements.txt"]
    assert len(files) > 10
    for file in files:
        heading = f"# ====== qubix_worker/{file.relative_to(PACKAGE).as_posix()} ="
        assert heading in text
        assert "=\n" + file.read_text(encoding="ascii") + "\n" in text


def head() -> list[str]:
    lines = amalgamation.amalgamate().decode("ascii").split("\n")
    return lines[: lines.index("# /// script")]


def test_its_table_of_contents_names_true_lines() -> None:
    lines = amalgamation.amalgamate().decode("ascii").split("\n")
    contents = [re.match(r"#   +(\d+)  (\S+)", line) for line in head()]
    entries = {found[2]: int(found[1]) for found in contents if found}
    files = [*PACKAGE.rglob("*.py"), PACKAGE / "requirements.txt"]
    assert sorted(entries) == sorted(file.relative_to(PACKAGE).as_posix() for file in files)
    for path, number in entries.items():
        first = (PACKAGE / path).read_text(encoding="ascii").split("\n")[0]
        assert lines[number - 1] == first
        assert f"qubix_worker/{path} =" in lines[number - 2]


def test_its_modules_stand_in_the_order_of_its_table_of_contents() -> None:
    entries = [found[1] for line in head() if (found := re.match(r"#   +\d+  (\S+)", line))]
    text = amalgamation.amalgamate().decode("ascii")
    headings = re.findall(r"^# =+ qubix_worker/(\S+) =+$", text, re.MULTILINE)
    assert headings == entries
    assert headings[0] == "protocol.py"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What does it send when it joins?", "class Registration:"),
        ("... of this computer?", "class Hardware:"),
        ("... every 30 seconds?", "class Heartbeat:"),
        ("... of a job?", "class JobProgress:"),
        ("To whom, and how?", "class ServerClient:"),
        ("What are the limits, and who sets them?", "class Settings:"),
        ("What is kept, and where?", "class Paths:"),
        ("Who can steer it?", "class Commands:"),
    ],
)
def test_its_first_screen_leads_to_the_very_line_of_an_answer(question: str, answer: str) -> None:
    lines = amalgamation.amalgamate().decode("ascii").split("\n")
    (found,) = (
        found
        for line in lines[:40]
        if (found := re.match(rf"#   {re.escape(question)} +line +(\d+)  ", line))
    )
    assert lines[int(found[1]) - 1] == answer


def test_every_question_of_its_first_screen_has_an_answer() -> None:
    """So that a module that is renamed is not lost to the reader."""
    for question, places in amalgamation.QUESTIONS:
        for place, beginning in places:
            text = (PACKAGE / place).read_text(encoding="ascii")
            assert not beginning or f"\n{beginning}" in text, (question, place)


def test_its_first_screen_says_what_it_is() -> None:
    screen = "\n".join(head()[:40])
    assert f"QUBIX worker {qubix_worker.__version__}" in screen
    for question in ("What can a wasm job do", "What can a container do", "What is read from"):
        assert re.search(rf"{question}.* line +\d+", screen)


def digest(by: Path, package: Path, **environment: str) -> str:
    """The file's digest as `by` makes it of the package in `package`."""
    code = f"import os, sys; os.umask({environment.pop('UMASK', '0o022')}); "
    code += f"sys.path.insert(0, os.fsdecode({os.fsencode(package.parent)!r}))\n"
    code += "from qubix_worker import amalgamation as a; sys.stdout.write(a.sha256())"
    done = subprocess.run(
        [by, "-s", "-P", "-B", "-c", code], env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_sources_give_the_same_bytes_under_other_pythons(
    other_pythons: dict[str, Path],
) -> None:
    others = [by for name, by in other_pythons.items() if name.startswith(("3.12", "3.13", "3.14"))]
    if not others:
        pytest.skip("no other Python that is new enough is on this machine (by pyenv)")
    for by in [Path(sys.executable), *others]:
        assert digest(by, PACKAGE) == amalgamation.sha256()


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4294967295"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
        {"UMASK": "0o077"},
        {"PYTHONOPTIMIZE": "2"},
    ],
    ids=str,
)
def test_the_same_sources_give_the_same_bytes_in_another_place(
    environment: dict[str, str], tmp_path: Path
) -> None:
    copy = tmp_path / "Ordner é 計" / "qubix_worker"
    # Made in another order, with other times: neither must be seen in the file.
    for file in sorted(PACKAGE.rglob("*"), reverse=True):
        if file.is_file() and "__pycache__" not in file.parts:
            target = copy / file.relative_to(PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    assert digest(Path(sys.executable), copy, **environment) == amalgamation.sha256()


def test_it_is_a_program_of_its_own(built: Built) -> None:
    file = built(
        "import sys\ndef main():\n    sys.stdout.write(repr(sys.argv[1:]))\n    return 7\n"
    )
    done = python("-I", file, "run", "two words")
    assert (done.returncode, done.stdout) == (7, "['run', 'two words']")


def test_a_worker_that_runs_from_it_knows_and_can_give_it_again(whole: Path) -> None:
    code = LOADED + (
        "from qubix_worker import amalgamation as a\n"
        "assert a.amalgamate() == open(sys.argv[1], 'rb').read()\n"
        "assert str(a.running_from()) == sys.argv[1], a.running_from()\n"
        "sys.stdout.write(a.sha256())"
    )
    done = python("-I", "-c", code, whole)
    assert done.stdout == amalgamation.sha256(), done.stderr
    assert amalgamation.running_from() is None


def test_a_traceback_names_the_lines_of_the_file(built: Built) -> None:
    deep = "\n\ndef fail():\n    raise RuntimeError('here')\n"
    file = built("from qubix_worker.deep import fail\ndef main():\n    fail()\n", deep=deep)
    done = python(file)
    numbers = re.findall(rf'File "{re.escape(str(file))}", line (\d+), in (\S+)', done.stderr)
    lines = file.read_text().split("\n")
    assert [(name, lines[int(number) - 1].strip()) for number, name in numbers] == [
        ("<module>", "sys.exit(main())"),
        ("main", "fail()"),
        ("fail", "raise RuntimeError('here')"),
    ]
    assert "    raise RuntimeError('here')\n" in done.stderr


def test_a_traceback_of_the_whole_file_names_its_true_lines(whole: Path) -> None:
    code = LOADED + (
        "from qubix_worker import settings\n"
        "settings.changed(settings.Settings(), {'idle_minutes': 0})\n"
    )
    done = python("-c", code, whole)
    lines = whole.read_text(encoding="ascii").split("\n")
    named = re.findall(
        rf'File "{re.escape(str(whole))}", line (\d+), in (\S+)\n    (.*)', done.stderr
    )
    assert len(named) > 3, done.stderr
    for number, function, shown in named:
        assert lines[int(number) - 1].strip() == shown
        assert f"def {function}(" in "\n".join(lines[: int(number)])
    assert named[-1][1] in ("changed", "_within", "_decode_dataclass")


def test_every_module_can_be_imported_from_it(whole: Path) -> None:
    platform = {"linux": "linux", "win32": "windows", "darwin": "macos"}[sys.platform]
    others = {"linux", "windows", "macos"} - {platform}
    names = [
        ".".join(("qubix_worker", *file.relative_to(PACKAGE).with_suffix("").parts))
        for file in PACKAGE.rglob("*.py")
        if file.stem.split("_")[-1] not in others and file.stem not in ("__main__", "posix")
    ]
    code = LOADED + (
        "import importlib\n"
        "for name in sys.argv[2:]:\n"
        "    module = importlib.import_module(name.removesuffix('.__init__'))\n"
        "    assert module.__file__.startswith(sys.argv[1]), module.__file__\n"
    )
    done = python("-c", code, whole, *names)
    assert done.returncode == 0, done.stderr


def test_data_is_found_in_package_and_file_alike(whole: Path) -> None:
    data = pkgutil.get_data("qubix_worker", "requirements.txt")
    assert data == (PACKAGE / "requirements.txt").read_bytes()
    code = LOADED + (
        "import pkgutil\n"
        "sys.stdout.buffer.write(pkgutil.get_data('qubix_worker', 'requirements.txt'))\n"
        "try:\n    pkgutil.get_data('qubix_worker', 'nothing.txt')\n"
        "except FileNotFoundError:\n    sys.exit(5)\n"
    )
    done = python("-I", "-c", code, whole)
    assert (done.stdout.encode(), done.returncode) == (data, 5), done.stderr


def test_children_of_multiprocessing_find_its_modules(built: Built) -> None:
    cli = (
        "import multiprocessing, sys\nfrom qubix_worker.work import double\n"
        "def main():\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        sys.stdout.write(str(pool.map(double, [1, 2])))\n"
    )
    done = python(built(cli, work="def double(x):\n    return 2 * x\n"))
    assert done.stdout == "[2, 4]", done.stderr


def test_imported_by_its_own_name_it_gives_the_package(whole: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import qubix_worker, qubix_worker.wire\n"
        "sys.stdout.write(qubix_worker.wire.camel(qubix_worker.__name__))"
    )
    done = python("-I", "-c", code, whole.parent)
    assert done.stdout == "qubixWorker", done.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 'é'\n", "line 1: the worker's sources must be ASCII"),
        ("x = " + "'" * 3 + "a" + "'" * 3 + "\n", "three apostrophes"),
        ("x = 1\r\n", "plain lines"),
        ("x = 1", "plain lines"),
        ("x = 1\n# ====== qubix_worker/y.py =====\n", "looks like a heading"),
    ],
)
def test_a_source_that_cannot_stand_in_it_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        amalgamation.build({"qubix_worker/x.py": text})


def test_a_file_that_was_cut_short_runs_nothing(built: Built) -> None:
    file = built("import sys\ndef main():\n    sys.stdout.write('ran')\n")
    text = file.read_bytes()
    for length in (len(text) - 40, text.index(b"A small package"), 3000):
        file.write_bytes(text[:length])
        done = python(file)
        assert "ran" not in done.stdout


def test_an_old_python_is_told_so_in_a_sentence(
    whole: Path, other_pythons: dict[str, Path]
) -> None:
    old = [by for name, by in other_pythons.items() if name.startswith(("3.8.", "3.9.", "3.10."))]
    if not old:
        pytest.skip("no Python older than 3.11 is on this machine (by pyenv)")
    for by in old:
        done = python(whole, "--help", by=by)
        assert done.returncode == 1
        assert re.fullmatch(r"QUBIX needs Python 3\.11 or newer\. This is .*\n", done.stderr)


def test_its_libraries_are_those_of_the_distribution() -> None:
    project = PACKAGE.parents[1] / "pyproject.toml"
    dependencies = tomllib.loads(project.read_text())["project"]["dependencies"]
    assert sorted(dependencies) == list(amalgamation.DEPENDENCIES)
    text = amalgamation.amalgamate().decode("ascii")
    # As PEP 723 says to find it.
    regex = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"
    (block,) = re.finditer(regex, text)
    content = "".join(line[2:] for line in block["content"].splitlines(keepends=True))
    assert tomllib.loads(content) == {
        "requires-python": ">=3.11",
        "dependencies": sorted(dependencies),
    }


def test_a_program_without_sources_has_no_digest(tmp_path: Path) -> None:
    package = tmp_path / "qubix_worker"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    python("-m", "compileall", "-q", "-b", package)
    for source in package.rglob("*.py"):
        source.unlink()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "from qubix_worker import amalgamation as a; sys.stdout.write(repr(a.sha256()))"
    done = python("-I", "-c", code)
    assert done.stdout == "''", done.stderr


def test_bare_python_can_be_asked_for_help(whole: Path) -> None:
    done = python("-I", "-S", whole, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "setup" in done.stdout


@pytest.mark.slow
def test_bare_python_detects_with_libraries_that_it_fetches_by_itself(
    account: Account, tmp_path: Path
) -> None:
    file = account.home / "qubix_worker.py"
    file.write_bytes(amalgamation.amalgamate())
    done = account.run(str(PYTHON), "-I", str(file), "detect", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["processor"]["logicalCores"] >= 1
    done = account.run(str(PYTHON), "-I", str(file), "detect")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Processor +\S", done.stdout, re.MULTILINE)
    assert "Preparing" not in done.stdout + done.stderr  # that was done the first time
    assert account.files_elsewhere() == ""


@pytest.mark.slow
def test_uv_runs_it_as_a_script(whole: Path, tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    known = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    index = pip_settings(known)
    for arguments, expected in ((["--help"], "status"), (["detect", "--json"], "logicalCores")):
        done = subprocess.run(
            [uv, "run", "--no-project", "--python", sys.executable, whole, *arguments],
            env=known | index | {"UV_CACHE_DIR": str(tmp_path / "cache")},
            cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout


def pip_settings(environment: dict[str, str]) -> dict[str, str]:
    """Where pip is told to find packages, said to uv."""
    names = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_FIND_LINKS": "UV_FIND_LINKS",
             "PIP_CERT": "SSL_CERT_FILE"}  # fmt: skip
    told = {uv: environment[pip] for pip, uv in names.items() if pip in environment}
    done = python("-m", "pip", "config", "get", "global.index-url")
    return {"UV_DEFAULT_INDEX": done.stdout.strip()} | told if done.returncode == 0 else told
