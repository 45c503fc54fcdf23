"""The command line as people's shells meet it: real processes, pipes that break, terminals of every
kind. Nothing here needs a worker that runs; what does stands in test_cli_worker.py."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_worker import identity, settings
from qubix_worker.identity import Identity
from qubix_worker.paths import Paths
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "qubix_worker"]
LINE = "2026-11-24T10:00:0{}Z INFO qubix_worker.link: message {}\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "a home é"


@pytest.fixture
def run(home: Path) -> Run:
    def run(*arguments: str, script: str | None = None, **environment: str):  # type: ignore[no-untyped-def]
        command = [*COMMAND, *arguments]
        if script is not None:
            # `$@` is the command; bash tells how each part of a pipe ended.
            command = ["bash", "-c", script, "bash", *command]
        return subprocess.run(
            command, env=variables(home, **environment), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def variables(home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUBIX_", "NO_COLOR"))}
    return kept | {"QUBIX_HOME": str(home)} | more


def write_log(home: Path, lines: int = 5) -> Path:
    log = Paths.under(home).log
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(LINE.format(n, n) for n in range(lines)))
    return log


# --- Exit codes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["settings"], 0),
        (["logs"], 0),
        (["setup", "--dry-run"], 1),  # it was not said which network to join
        (["run"], 1),  # has not joined
        ([], 2),
        (["stats"], 2),
        (["pause", "--for", "soon"], 2),
        (["pause", "--for", "1h", "--until", "18:00"], 2),
        (["settings", "idle_minutes", "0"], 2),
        (["settings", "unheard_of"], 2),
        (["logs", "-n", "-1"], 2),
        (["status"], 3),
        (["status", "--watch"], 3),
        (["pause", "--for", "1h"], 3),
        (["resume"], 3),
        (["stop"], 3),
    ],
    ids=str,
)
def test_the_exit_code_says_how_it_went(run: Run, arguments: list[str], code: int) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (code != 0 or arguments == ["logs"])


def test_the_exit_codes_are_documented(run: Run) -> None:
    text = run("--help").stdout
    assert "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running, 130 interrupted." in text


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["stats"], "Did you mean status? `qubix-worker --help`"),
        ([], "`qubix-worker --help` tells how it is used."),
        (["pause", "--for", "soon"], "'soon' is not a time such as 30m, 1h, 1h30m or 2d."),
        (["pause", "--for"], "`qubix-worker pause --help`"),
        (["logs", "--level", "loud"], "`qubix-worker logs --help`"),
        (["settings", "hour", "x"], "Did you mean hours?"),
        (["settings", "processor_percent", "200"], "processor_percent must be between 1 and 100"),
        (["settings", "hours", "8 to 9"], "hours: '8 to 9' is not such as"),
    ],
    ids=str,
)
def test_wrong_usage_gets_a_hint(run: Run, arguments: list[str], hint: str) -> None:
    done = run(*arguments)
    assert hint in done.stderr
    assert done.stderr.startswith("qubix-worker: ")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["stats", "--json"], "wrong_usage"), (["status", "--json"], "worker_not_running"),
     (["settings", "xyz", "--json"], "unknown_setting"),
     (["setup", "--dry-run", "--json"], "no_server")],
    ids=str,
)  # fmt: skip
def test_failures_too_are_json_where_json_is_wanted(
    run: Run, arguments: list[str], code: str
) -> None:
    done = run(*arguments)
    assert json.loads(done.stdout)["error"]["code"] == code
    assert done.stderr == ""


# --- Settings without a worker ---------------------------------------------------------------


def test_settings_are_shown_with_what_each_means(run: Run) -> None:
    lines = run("settings").stdout.splitlines()
    assert re.match(r"idle_minutes +5 +how long nobody must have touched it", lines[10])
    assert json.loads(run("settings", "--json").stdout)["idle_minutes"] == 5
    assert run("settings", "idle_minutes").stdout == "5\n"
    assert json.loads(run("settings", "hours", "--json").stdout) == {"hours": []}


def test_a_setting_is_kept_where_no_worker_runs(run: Run, home: Path) -> None:
    done = run("settings", "hours", "mon-fri 20:00-07:00", "sat,sun")
    assert done.stdout == "hours = mon-fri 20:00-07:00; sat,sun\n"
    assert "when QUBIX runs next" in done.stderr
    assert settings.load(Paths.under(home).settings).hours == ("mon-fri 20:00-07:00", "sat,sun")
    assert json.loads(run("settings", "on_battery=yes", "--json").stdout) == {"on_battery": True}
    kept = settings.load(Paths.under(home).settings)
    assert (kept.on_battery, len(kept.hours)) == (True, 2)


def test_hours_without_quotes_are_one_span(run: Run, home: Path) -> None:
    done = run("settings", "hours", "mon-fri", "20:00-07:00")
    assert done.stdout == "hours = mon-fri 20:00-07:00\n"
    assert settings.load(Paths.under(home).settings).hours == ("mon-fri 20:00-07:00",)


def test_a_card_that_is_not_there_is_left_out_with_a_warning(run: Run, home: Path) -> None:
    done = run("settings", "excluded_cards", "No such card")
    assert done.returncode == 0
    assert "No graphics card of this computer is called 'No such card' now" in done.stderr
    assert settings.load(Paths.under(home).settings).excluded_cards == ("No such card",)
    assert "No graphics card" not in run("settings", "excluded_cards", "none").stderr


def test_a_setup_that_is_only_tried_tells_each_step_as_json(run: Run, home: Path) -> None:
    done = run("setup", "--dry-run", "--json", "--server", "http://127.0.0.1:1")
    first, *steps = map(json.loads, done.stdout.splitlines())
    assert first["server"] == "http://127.0.0.1:1"
    assert str(Paths.under(home).config) in first["folders"]
    assert {"step": "register", "isDone": False} in steps
    assert not home.exists()


@pytest.mark.parametrize("name", ["n" * 65, "a\u202eb"])
def test_a_name_that_no_network_takes_is_refused_before_anything_is_done(
    run: Run, home: Path, name: str
) -> None:
    done = run("setup", "--server", "http://127.0.0.1:1", "--name", name)
    assert done.returncode == 1
    assert "name must have at most 64 characters" in done.stderr
    assert not home.exists()


def test_a_setting_that_cannot_be_changes_nothing(run: Run, home: Path) -> None:
    run("settings", "idle_minutes", "7")
    before = Paths.under(home).settings.read_bytes()
    assert run("settings", "idle_minutes=8", "processor_percent=0").returncode == 2
    assert Paths.under(home).settings.read_bytes() == before


def test_a_damaged_file_of_settings_is_told_with_its_place(run: Run, home: Path) -> None:
    path = Paths.under(home).settings
    path.parent.mkdir(parents=True)
    path.write_text("idle_minutes = many\n")
    done = run("settings", "on_battery", "yes")
    assert done.returncode == 1
    assert "settings.toml" in done.stderr
    assert path.read_text() == "idle_minutes = many\n"


def test_a_key_in_the_file_that_is_no_setting_is_told_with_what_was_meant(
    run: Run, home: Path
) -> None:
    path = Paths.under(home).settings
    path.parent.mkdir(parents=True)
    path.write_text("idle_minute = 7\non_battery = true\n")
    done = run("settings")
    assert done.returncode == 0
    assert "has 'idle_minute', which is no setting. Did you mean idle_minutes?" in done.stderr
    assert run("settings", "on_battery").stdout == "yes\n"


def test_the_server_is_the_one_that_was_joined_whatever_the_file_says(run: Run, home: Path) -> None:
    paths = Paths.under(home)
    identity.save(paths.identity, Identity("w-1", "http://joined", "computer", secret="s" * 20))
    settings.save(paths.settings, settings.Settings(server="http://elsewhere", name="computer"))
    done = run("settings", "server")
    assert done.stdout == "http://joined\n"
    assert "server = 'http://elsewhere', which has no effect" in done.stderr
    assert "qubix-worker uninstall" in done.stderr
    done = run("settings")
    assert "server              http://joined " in done.stdout
    assert done.stderr.count("no effect") == 1
    assert run("settings", "name").stderr == ""


def test_a_worker_that_its_settings_keep_from_starting_writes_down_why(
    run: Run, home: Path
) -> None:
    paths = Paths.under(home)
    identity.save(
        paths.identity, Identity("w-1", "http://127.0.0.1:1", "computer", secret="s" * 20)
    )
    paths.settings.parent.mkdir(parents=True)
    paths.settings.write_text("idle_minutes = 0\n")
    done = run("run")
    assert done.returncode == 1
    assert "idle_minutes must be between 1 and 1440" in done.stderr
    (entry,) = run("logs", "--level", "error").stdout.splitlines()
    assert "the worker cannot start" in entry
    assert "idle_minutes must be between 1 and 1440" in entry


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=str,
)
@pytest.mark.parametrize("typed", ["excluded_cards $'\\xff'", "name=$'B\\xfcro'"])
def test_a_value_that_is_no_text_is_refused(
    run: Run, home: Path, environment: dict[str, str], typed: str
) -> None:
    done = run("settings", script=f'exec "$@" {typed}', **environment)
    assert done.returncode == 2
    assert "is no text" in done.stderr
    assert "unexpected" not in done.stderr
    assert not Paths.under(home).settings.exists()


# --- Streams ---------------------------------------------------------------------------------

LOOKS = [["settings"], ["logs"], ["detect"], ["status"], ["--help"], ["settings", "--json"]]


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", LOOKS, ids=str)
def test_a_closed_stream_harms_nothing(
    run: Run, home: Path, arguments: list[str], closed: str
) -> None:
    write_log(home)
    done = run(*arguments, script=f'exec "$@" {closed}')
    assert done.returncode == (3 if arguments == ["status"] else 0), done.stderr
    assert not re.search("Traceback|unexpected|Exception", done.stdout + done.stderr)
    assert "message 0" in Paths.under(home).log.read_text()


@pytest.mark.slow
def test_what_was_asked_for_is_done_where_nobody_can_read_the_answer(run: Run, home: Path) -> None:
    for script in ('exec "$@" >&-', '"$@" | true', 'exec "$@" >&- 2>&- <&-'):
        Paths.under(home).settings.unlink(missing_ok=True)
        assert run("settings", "idle_minutes", "7", script=script).returncode == 0
        text = Paths.under(home).settings.read_text()
        assert "idle_minutes = 7\n" in text
        assert text.startswith("#")  # and nothing was written into it by mistake


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [*LOOKS[:3], ["logs", "-n", "99999"]], ids=str)
def test_a_reader_that_has_enough_is_no_failure(run: Run, home: Path, arguments: list[str]) -> None:
    write_log(home).write_text(LINE.format(0, "x" * 200) * 3000)
    done = run(*arguments, script='"$@" | head -1; echo "${PIPESTATUS[0]}"')
    assert done.stdout.splitlines()[-1] == "0"
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_behind_the_output_is_said_once(run: Run) -> None:
    done = run("settings", script='exec "$@" > /dev/full')
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "The output of this command could not be written" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_change_behind_an_output_that_is_full_is_not_said_to_have_failed(
    run: Run, home: Path
) -> None:
    done = run("settings", "processor_percent", "60", script='exec "$@" > /dev/full')
    assert done.returncode == 1
    assert "The output of this command could not be written" in done.stderr
    assert "may be done all the same" in done.stderr
    assert settings.load(Paths.under(home).settings).processor_percent == 60


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
     {"PYTHONIOENCODING": "ascii"}, {"LANG": "", "LC_ALL": "", "LC_CTYPE": ""}],
    ids=str,
)  # fmt: skip
def test_names_of_other_languages_harm_no_plain_locale(
    run: Run, home: Path, environment: dict[str, str]
) -> None:
    settings.save(Paths.under(home).settings, settings.Settings(name="Rechner für 計算"))
    for arguments in (["settings"], ["settings", "name"], ["settings", "--json"]):
        done = run(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        assert "Rechner f" in done.stdout


# --- The log ---------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["loop", "folder"])
def test_a_log_that_cannot_be_read_is_not_taken_for_an_empty_one(
    run: Run, home: Path, what: str
) -> None:
    log = Paths.under(home).log
    log.parent.mkdir(parents=True)
    if what == "loop":
        log.symlink_to(log.name)
    else:
        log.mkdir()
    done = run("logs")
    assert done.returncode == 1
    assert f"The log in {log} cannot be read" in done.stderr


def test_the_log_is_shown_from_its_rotated_files_too(run: Run, home: Path) -> None:
    log = write_log(home, 2)
    log.rename(log.with_name("worker.log.1"))
    log.write_text(LINE.format(2, 2) + LINE.format(3, 3).replace("INFO", "ERROR"))
    assert re.findall(r"message \d", run("logs").stdout) == [f"message {n}" for n in range(4)]
    assert re.findall(r"message \d", run("logs", "-n", "3").stdout)[0] == "message 1"
    (entry,) = run("logs", "--level", "error", "--json").stdout.splitlines()
    assert json.loads(entry) == {
        "text": "2026-11-24T10:00:03Z ERROR qubix_worker.link: message 3",
        "time": "2026-11-24T10:00:03Z", "level": "ERROR", "name": "qubix_worker.link",
        "message": "message 3",
    }  # fmt: skip


@pytest.mark.parametrize("options", [[], ["--json"], ["--level", "info"]], ids=str)
def test_the_log_is_followed_until_ctrl_c(home: Path, options: list[str]) -> None:
    log = write_log(home, 1)
    process = subprocess.Popen(
        [*COMMAND, "logs", "--follow", *options], env=variables(home), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert "message 0" in process.stdout.readline()
    with log.open("a") as file:
        file.write(LINE.format(1, 1))
    assert "message 1" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


# --- Terminals -------------------------------------------------------------------------------


def test_a_terminal_gets_colours(home: Path) -> None:
    with Terminal([*COMMAND, "status"], variables(home, TERM="xterm")) as terminal:
        assert terminal.ended() == 3
        assert "\033[31mqubix-worker:\033[0m" in terminal.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}], ids=str
)
def test_a_terminal_that_wants_none_gets_no_colours(
    home: Path, environment: dict[str, str]
) -> None:
    write_log(home).write_text(LINE.format(0, 0).replace("INFO", "ERROR"))
    for arguments in (["status"], ["logs"], ["settings"]):
        told = variables(home, **({"TERM": "xterm"} | environment))
        with Terminal([*COMMAND, *arguments], told) as terminal:
            terminal.ended()
            assert not re.search(r"\033\[\d+m", terminal.text)
            if "NO_COLOR" not in environment:
                assert "\033" not in terminal.text


@pytest.mark.slow
@pytest.mark.parametrize("columns", [1, 8, 20])
def test_a_very_narrow_terminal_is_no_trouble(home: Path, columns: int) -> None:
    for arguments in (["--help"], ["settings"], ["detect"], ["pause", "--help"]):
        with Terminal([*COMMAND, *arguments], variables(home, TERM="xterm"), columns) as terminal:
            assert terminal.ended() == 0, terminal.text
            assert "Traceback" not in terminal.text
