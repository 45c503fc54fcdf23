"""installer.bat: what it holds, and what its Python does. cmd itself is not needed for that.

The command with which the .bat takes its program out of itself is read out of the .bat, and run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qubix_server.installers.scripts import batch_script
from qubix_worker.amalgamation import amalgamate

BACKEND = "https://compute.example.org:8443/base"
HOSTILE = [
    '"&calc&"',
    "%PATH%",
    "^&calc",
    "!PATH!",
    "a\r\ncalc\r\n",
    "\n:: === # a section\nraise SystemExit(9)\n",
    "a\0b",
    "\ud800",
    "\u202ekcuf",
    "exit /b & goto qubix_end",
    "@PROGRAM@ @VALUES@",
]


def commands(script: bytes) -> list[str]:
    """The lines that cmd runs: those above the last `exit /b`."""
    above, _, _ = script.partition(b"\r\n:: === ")
    return above.decode("ascii").split("\r\n")


def code_of(script: bytes) -> str:
    """The Python that the .bat hands to the Python it has found."""
    (code,) = (
        found[1]
        for line in commands(script)
        if (found := re.search(r'-IB -c "(import sys; exec[^"]*)" "%~f0" %\*$', line))
    )
    return code


def run(
    folder: Path, script: bytes, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    file = folder / "qubix worker & (installer) é (1).bat"
    file.write_bytes(script)
    known = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    return subprocess.run(
        [sys.executable, "-I", "-c", code_of(script), str(file), *arguments],
        env={
            **known,
            "LOCALAPPDATA": str(folder / "Local"),
            "RECORD": str(folder / "record"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def script(recorder: bytes) -> bytes:
    return batch_script(BACKEND, "a-secret-token", recorder)


def test_it_is_ascii_in_lines_that_cmd_can_read() -> None:
    text = batch_script(BACKEND, "token", amalgamate()).decode("ascii")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == text.count("\r")
    assert max(map(len, text.split("\r\n"))) < 8191


def test_cmd_reads_nothing_below_the_last_line_that_it_runs(script: bytes) -> None:
    lines = [line for line in commands(script) if line]
    assert lines[-1] == "exit /b 0"
    labels = {line[1:] for line in lines if line.startswith(":")}
    jumps = {found[1] for line in lines if (found := re.search(r"(?:goto |call :)(\w+)", line))}
    assert jumps == labels
    assert len(commands(script)) <= 250


def test_only_the_options_are_gone_through_backwards(script: bytes) -> None:
    """For a label that stands above, cmd reads on to the end of the file first: all of the worker,
    over a network perhaps."""
    above: set[str] = set()
    for line in commands(script):
        above |= {line[1:]} if line.startswith(":") else set()
        target = re.search(r"(?:goto |call :)(\w+)", line)
        assert not target or target[1] not in above - {"qubix_option"}, line


def test_no_line_reads_what_it_has_put_in_a_second_time() -> None:
    """So that a path may hold a %: Wine's cmd reads such lines twice, Windows' own does not."""
    text = "\n".join(commands(batch_script("", "", b"pass\n")))
    called = re.findall(r"\bcall ([^\n)&]*)", text)
    assert called
    assert all(re.fullmatch(r":\w+", what) for what in called), called
    run = re.findall(r"for /f [^\n]* in \('([^\n]*?)'\)", text)
    assert run
    for command in run:
        assert re.findall("%+[^%]*%*", command.replace("%%K", "")) == ["%QUBIX_SYSTEM%"], command


def test_no_value_stands_where_cmd_could_see_it(recorder: bytes) -> None:
    nothing = commands(batch_script("", "", recorder))
    for value in HOSTILE:
        assert commands(batch_script(value, value, recorder)) == nothing


def test_it_puts_the_worker_in_place_and_runs_its_setup(
    script: bytes, recorder: bytes, tmp_path: Path
) -> None:
    done = run(tmp_path, script, "--no-start", "two words")
    assert (done.returncode, done.stderr) == (0, "")
    worker = tmp_path / "Local/qubix/data/qubix_worker.py"
    assert worker.read_bytes() == recorder
    record = json.loads((tmp_path / "record").read_text())
    assert record["argv"] == [
        str(worker), "setup", "--server", BACKEND, "--no-start", "two words",
    ]  # fmt: skip
    assert record["enrollment"] == "a-secret-token"


def test_the_whole_worker_comes_out_byte_for_byte(tmp_path: Path) -> None:
    script = batch_script("http://127.0.0.1:9", None, amalgamate())
    home = tmp_path / "all of it"
    done = run(tmp_path, script, "--no-such-option", QUBIX_HOME=str(home))
    assert done.returncode != 0
    assert (home / "data/qubix_worker.py").read_bytes() == amalgamate()


@pytest.mark.parametrize("value", HOSTILE)
def test_every_value_arrives_as_it_was_given(value: str, recorder: bytes, tmp_path: Path) -> None:
    done = run(tmp_path, batch_script(value, None, recorder), "--dry-run")
    if value == "\ud800":
        return  # no terminal can show it; that it is inert is shown above
    assert done.returncode == 0, done.stderr
    assert "Nothing was done." in done.stdout
    assert not (tmp_path / "Local").exists()


def test_the_exit_status_is_that_of_setup(script: bytes, tmp_path: Path) -> None:
    assert run(tmp_path, script, WORKER_EXIT="3").returncode == 3


def test_what_was_stopped_is_taken_back(script: bytes, tmp_path: Path) -> None:
    assert run(tmp_path, script, WORKER_EXIT="130").returncode == 130
    assert not (tmp_path / "Local/qubix").exists()


def test_what_was_there_before_stays_when_a_setup_is_stopped(
    script: bytes, recorder: bytes, tmp_path: Path
) -> None:
    run(tmp_path, script)
    assert run(tmp_path, script, WORKER_EXIT="130").returncode == 130
    assert (tmp_path / "Local/qubix/data/qubix_worker.py").read_bytes() == recorder


def test_a_changed_byte_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    content = batch_script(BACKEND, "token", amalgamate())
    changed = content.replace(b"# All that is in here", b"# All that is in hers")
    assert changed != content
    done = run(tmp_path, changed)
    assert done.returncode == 1
    assert done.stderr == (
        "qubix: The worker in this file is damaged. Download the file again, then run it.\n"
    )
    assert not (tmp_path / "Local").exists()


def test_a_file_that_was_cut_short_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    content = batch_script(BACKEND, "token", amalgamate())
    whole_code = code_of(content)
    program = content.index(b":: === # The program")
    for length in (program + 30, program + 1500, content.index(b":: === The worker") - 2,
                   len(content) // 2, len(content) - 3):  # fmt: skip
        cut = content[:length]
        assert code_of(cut) == whole_code
        done = run(tmp_path, cut)
        assert done.returncode != 0 or length < program + 2000
        assert not (tmp_path / "Local").exists()


def test_line_feeds_alone_do_no_harm(script: bytes, recorder: bytes, tmp_path: Path) -> None:
    """As a mail program or a copy by way of a terminal leaves the file."""
    file = tmp_path / "installer.bat"
    file.write_bytes(script.replace(b"\r\n", b"\n"))
    command = [sys.executable, "-I", "-c", code_of(script), str(file)]
    record = str(tmp_path / "record")
    environment = {**os.environ, "QUBIX_HOME": str(tmp_path / "home"), "RECORD": record}
    assert subprocess.run(command, env=environment, check=False).returncode == 0
    assert (tmp_path / "home/data/qubix_worker.py").read_bytes() == recorder


def test_a_dry_run_does_nothing_and_tells_no_secret(script: bytes, tmp_path: Path) -> None:
    done = run(tmp_path, script, "--dry-run")
    assert f"setup --server {BACKEND}" in done.stdout
    assert "a-secret-token" not in done.stdout
    assert not (tmp_path / "Local").exists()


def test_uninstall_runs_the_worker_that_is_there_or_is_content(
    script: bytes, tmp_path: Path
) -> None:
    done = run(tmp_path, script, "--uninstall")
    assert (done.returncode, done.stdout) == (0, "QUBIX is not on this computer.\n")
    run(tmp_path, script)
    run(tmp_path, script, "--uninstall", "--purge")
    record = json.loads((tmp_path / "record").read_text())
    assert record["argv"][1:] == ["uninstall", "--purge"]


def test_a_folder_that_cannot_be_made_is_a_sentence(script: bytes, tmp_path: Path) -> None:
    (tmp_path / "Local").write_text("a file where a folder should be")
    done = run(tmp_path, script)
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: The worker could not be written to ")


def test_a_value_too_long_for_a_line_is_refused(recorder: bytes) -> None:
    with pytest.raises(ValueError, match="longer than cmd reads"):
        batch_script("x" * 1_000_000, None, recorder)


def test_a_worker_with_a_line_that_cmd_takes_for_a_label_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        batch_script(BACKEND, None, b"x = [\n:qubix_end]\n")
