"""What people type, and what they read: times, settings, the picture of a status, the log."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import re
import shlex
import stat
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.cli import choosing, parser, picture, times
from qubix_worker.cli.choosing import ChoiceError
from qubix_worker.cli.output import Output, cut, plain
from qubix_worker.cli.reading import Entry, Reader
from qubix_worker.discretion import without_credentials
from qubix_worker.errors import Problem
from qubix_worker.log_files import last_lines
from qubix_worker.own_log import OneLine, log_to
from qubix_worker.protocol import GraphicsUsage, Usage
from qubix_worker.settings import Settings, changed
from qubix_worker.setup.steps import Progress
from qubix_worker.status import CurrentJob, FinishedJob, Shared, State, Status, Trouble

NOW = datetime(2026, 11, 24, 17, 30)  # a Tuesday


# --- Times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("30m", 1800), ("1h", 3600), ("2d", 172_800), ("1h30m", 5400), ("1h 30m", 5400),
     (" 1H ", 3600), ("366d", 31_622_400)],
)  # fmt: skip
def test_a_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert times.duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "0", "0h", "-1h", "1w", "h", "1.5h", "1h-", "nan", "inf", "367d", "9" * 40, "\u0661h"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        times.duration(text)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("18:00", datetime(2026, 11, 24, 18)),
        ("17:30", datetime(2026, 11, 25, 17, 30)),
        ("9:05", datetime(2026, 11, 25, 9, 5)),
        ("tomorrow", datetime(2026, 11, 25, 8)),
        ("Tomorrow 9:30", datetime(2026, 11, 25, 9, 30)),
        ("fri", datetime(2026, 11, 27, 8)),
        ("friday 18:00", datetime(2026, 11, 27, 18)),
        ("tue 18:00", datetime(2026, 11, 24, 18)),
        ("tuesday 9:00", datetime(2026, 12, 1, 9)),
        ("2026-11-25", datetime(2026, 11, 25, 8)),
        ("2026-11-25 18:00", datetime(2026, 11, 25, 18)),
        ("2026-11-25T18:00", datetime(2026, 11, 25, 18)),
    ],
)
def test_a_moment_is_the_next_one_that_people_mean(text: str, then: datetime) -> None:
    assert times.moment(text, NOW) == then


@pytest.mark.parametrize(
    "text",
    ["", " ", "25:00", "18:60", "someday", "mon-fri", "2020-01-01", "2026-11-24 17:30",
     "2029-01-01", "18", "tomorrow tomorrow", "2026-13-01", "18:00:00:00"],
)  # fmt: skip
def test_what_is_no_moment_to_come_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        times.moment(text, NOW)


# --- Settings --------------------------------------------------------------------------------


def test_every_setting_is_explained() -> None:
    assert list(choosing.MEANINGS) == [field.name for field in dataclasses.fields(Settings)]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (["on_battery", "yes"], {"on_battery": True}),
        (["on-battery", "OFF"], {"on_battery": False}),
        (["processor=false"], {"processor": False}),
        (["idle_minutes", "10"], {"idle_minutes": 10}),
        (["stop_above_celsius=85", "on_metered=on"],
         {"stop_above_celsius": 85, "on_metered": True}),
        (["priority", "LOW"], {"priority": "low"}),
        (["hours", "mon-fri 20:00-07:00", "sat,sun"],
         {"hours": ["mon-fri 20:00-07:00", "sat,sun"]}),
        (["hours", "mon-fri 20:00-07:00, sat,sun"],
         {"hours": ["mon-fri 20:00-07:00", "sat,sun"]}),
        (["hours=sat,sun 10:00-12:00", "hours=22:00-06:00"],
         {"hours": ["sat,sun 10:00-12:00", "22:00-06:00"]}),
        (["hours", "always"], {"hours": []}),
        (["hours="], {"hours": []}),
        (["excluded_cards", "Card A, Card B"], {"excluded_cards": ["Card A", "Card B"]}),
        (["excluded_cards", "none"], {"excluded_cards": []}),
        (["name", "a=b"], {"name": "a=b"}),
    ],
)  # fmt: skip
def test_a_setting_is_read_by_its_type(words: list[str], changes: dict[str, Any]) -> None:
    assert choosing.assignments(words) == changes
    changed(Settings(), changes)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["on_battery", "maybe"], "on_battery can't be 'maybe'. It may be: yes or no."),
        (["idle_minutes", "ten"], "idle_minutes can't be 'ten'. It may be: 1 to 1440."),
        (["idle_minutes", "1", "2"], "idle_minutes can't be '1 2'."),
        (["idle_minute", "1"], "There is no setting called 'idle_minute'. Did you mean idle_min"),
        (["xyzzy", "1"], "There is no setting called 'xyzzy'. `qubix-worker settings`"),
        (["on_battery=yes", "hours"], "'hours' is not of the form KEY=VALUE."),
        (["idle_minutes", "\u0661"], "idle_minutes can't be"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_told_with_its_key_and_what_it_may_be(
    words: list[str], told: str
) -> None:
    with pytest.raises(ChoiceError) as caught:
        choosing.assignments(words)
    assert str(caught.value).startswith(told)


def test_a_shown_setting_can_be_typed_again() -> None:
    given = Settings(hours=("mon-fri 20:00-07:00", "sat,sun"), on_battery=True)
    for field in dataclasses.fields(Settings):
        value = getattr(given, field.name)
        again = choosing.parsed(field.name, [choosing.shown(field.name, value)])
        assert (tuple(again) if isinstance(again, list) else again) == value


# --- The picture of a status -----------------------------------------------------------------

STATUS = Status(
    "working", 1.0, "computer", "http://h", "A network", "w-1", "0.1.0", 1,
    jobs=(
        CurrentJob("j-1", "wasm", 1000.0, 42.0, "rendering"),
        CurrentJob("j-2", "container", 1000.0, None, None, frozen=True),
    ),
    recent_jobs=(FinishedJob("j-0", "wasm", "failed", 999.0, 3.0, "it trapped"),),
    last_heartbeat_at=1090.0,
    shared=Shared(5400.0, 72_000.0),
    usage=Usage(
        cpu_percent=22.0, ram_percent=50.0, ram_used_gb=8.0, ram_total_gb=16.0,
        gpus=(
            GraphicsUsage("A card", 97.0, 71.0, 2048.0, 12288.0, 170.0),
            GraphicsUsage("A silent card"),
        ),
    ),
)  # fmt: skip


def test_a_picture_shows_each_job_and_each_card_that_tells() -> None:
    text = picture.describe(STATUS, 1100.0)
    assert "computer is working on A network (http://h)." in text
    assert "job j-1 (wasm) 42 % done, rendering, 100 s" in text
    assert "job j-2 (container), stands still while the pause lasts" in text
    assert "A card 97 %, 71 C, 2.0 of 12.0 GB, 170 W" in text
    assert "A silent card" not in text
    assert "job j-0 failed after 3.0 s: it trapped" in text
    assert "shared for 90 min today, for 20.0 h this week" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [("starting", "is starting"), ("online", "is online"), ("working", "is working"),
     ("paused", "is paused"), ("offline", "is offline"), ("attention", "needs attention")],
)  # fmt: skip
def test_the_first_line_is_a_sentence_in_every_state(state: State, words: str) -> None:
    text, _ = picture.headline(dataclasses.replace(STATUS, state=state))
    assert text == f"computer {words} on A network (http://h)."


@pytest.mark.parametrize("width", [200, 80, 60, 40])
def test_bars_fit_the_terminal(width: int) -> None:
    rows = [text for text, _ in picture.picture(STATUS, 1100.0, width)]
    bars = [row for row in rows if "[#" in row or "[." in row]
    assert len(bars) >= 2
    assert all(len(row) < width for row in bars)
    assert any(re.search(r"\[#+\.+\]  22 %", row) for row in bars)


def test_a_very_narrow_terminal_gets_figures_without_bars() -> None:
    rows = [text for text, _ in picture.picture(STATUS, 1100.0, 20)]
    assert any("22 %" in row and "[" not in row for row in rows)


@pytest.mark.parametrize(
    ("by", "reason", "words"),
    [
        ("you", "You asked for a pause.", "paused by you, until you resume"),
        ("battery", "This computer runs on battery.", "This computer runs on battery."),
        ("schedule", "Your hours.", "paused by your plan of hours"),
    ],
)
def test_a_pause_is_told_with_its_reason(by: str, reason: str, words: str) -> None:
    paused = dataclasses.replace(STATUS, state="paused", paused_by=by, pause_reason=reason)
    assert words in picture.describe(paused, 1100.0)


def test_a_pause_for_a_time_tells_when_it_ends() -> None:
    now = NOW.timestamp()
    for seconds, words in ((1800, "for another 30 min, until 18:00"),
                           (86_400, "for another 24.0 h, until Wed 25 Nov 17:30")):  # fmt: skip
        paused = dataclasses.replace(
            STATUS, state="paused", paused_by="you", paused_until=now + seconds
        )
        assert words in picture.describe(paused, now)


def test_trouble_is_told_with_what_to_do_and_the_next_try() -> None:
    trouble = Trouble("no_network", "It is away.", "Wait.")
    offline = dataclasses.replace(
        STATUS, state="offline", since=980.0, trouble=trouble, retry_at=1130.0
    )
    text = picture.describe(offline, 1100.0)
    assert "It is away. Wait." in text
    assert "offline for 2 min" in text
    assert "next try in 30 s" in text


def test_no_name_can_steer_the_terminal() -> None:
    assert plain("a\033[2Jb\u202ec\rd") == "a?[2Jb?c?d"


def test_wide_letters_are_counted_as_two_cells() -> None:
    assert cut("計算機", 4) == "計算"
    assert cut("計算機", 5) == "計算"
    assert cut("abc", 10) == "abc"


# --- The log ---------------------------------------------------------------------------------


def line(number: int, level: str = "INFO") -> str:
    return f"2026-11-24T10:00:{number:02}Z {level} qubix_worker.link: message {number}"


def test_rotated_files_are_read_oldest_first(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    for name, number in (("worker.log.2", 1), ("worker.log.1", 2), ("worker.log", 3)):
        (tmp_path / name).write_text(line(number) + "\n")
    assert [entry.message for entry in Reader(log).new()] == [f"message {n}" for n in (1, 2, 3)]


def test_a_follower_reads_each_line_once_over_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(line(1) + "\n")
    reader = Reader(log)
    assert len(list(reader.new())) == 1
    with log.open("a") as file:
        file.write(line(2) + "\n" + line(3)[:20])
    assert [entry.message for entry in reader.new()] == ["message 2"]
    with log.open("a") as file:
        file.write(line(3)[20:] + "\n")
    log.rename(tmp_path / "worker.log.1")
    log.write_text(line(4) + "\n")
    assert [entry.message for entry in reader.new()] == ["message 3", "message 4"]
    assert list(reader.new()) == []


def test_a_follower_goes_on_with_a_log_that_was_emptied(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(line(1) + "\n" + line(2) + "\n")
    reader = Reader(log)
    deque(reader.new(), maxlen=0)
    log.write_text(line(3) + "\n")
    assert [entry.message for entry in reader.new()] == ["message 3"]


def test_a_level_keeps_the_traceback_with_its_entry(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(
        "\n".join([line(1), line(2, "ERROR"), "  Traceback", "  deep", line(3, "DEBUG"), ""])
    )
    (entry,) = Reader(log, "warning").new()
    assert entry.text == line(2, "ERROR") + "\n  Traceback\n  deep"
    assert entry.level == "ERROR"


def test_a_line_of_another_form_is_an_entry_too() -> None:
    assert Entry.of("rubbish \x00") == Entry("rubbish \x00")


def test_a_log_that_is_not_there_or_no_text_has_no_entries(tmp_path: Path) -> None:
    assert list(Reader(tmp_path / "none.log").new()) == []
    (tmp_path / "worker.log").write_bytes(b"\xff\xfe\n")
    assert [entry.text for entry in Reader(tmp_path / "worker.log").new()] == ["\ufffd\ufffd"]


@pytest.mark.slow
def test_a_log_stays_small_and_the_owners_own_however_much_is_written(tmp_path: Path) -> None:
    path = tmp_path / "state" / "worker.log"
    message = "x" * 5_000
    with log_to(path):
        for number in range(1_200):
            logging.getLogger("test").info("%d %s", number, message)
    files = sorted(path.parent.iterdir())
    assert len(files) > 2
    assert sum(file.stat().st_size for file in files) <= 5_000_000
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert path.read_text().splitlines()[-1].endswith(f" 1199 {message}")


def test_the_last_lines_are_there_right_after_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    number = 0
    with log_to(path):
        while not path.with_name("worker.log.2").exists():
            logging.getLogger("test").info("%d %s", number, "x" * 5_000)
            number += 1
    assert len(path.read_text().splitlines()) == 1
    wanted = [str(n) for n in range(number - 50, number)]
    assert [text.split()[3] for text in last_lines(path, 50, 512 * 1024)] == wanted
    shown = deque(Reader(path).new(), maxlen=50)
    assert [(entry.message or "").split()[0] for entry in shown] == wanted


def test_a_file_that_is_rotated_while_it_is_read_is_not_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_text("one\ntwo\n")
    path.with_name("worker.log.1").hardlink_to(path)
    assert last_lines(path, 5, 100) == ["one", "two"]


def test_no_message_and_no_traceback_can_pass_for_another_entry(tmp_path: Path) -> None:
    log = logging.getLogger("test")
    with log_to(tmp_path / "state" / "worker.log"):
        try:
            raise ValueError(f"deep\n{line(9)}\033[31m")
        except ValueError:
            log.exception("a name\n%s", line(8))
    entries = list(Reader(tmp_path / "state" / "worker.log").new())
    assert len(entries) == 1
    assert "\033" not in entries[0].text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Max retries: http://user:hunter2pass@proxy:8080/x", "hunter2pass"),
        ("Failed to parse: http://user:hun/ter2pass@proxy", "ter2pass"),
        ("Invalid http://:hunter2pass@[::1]:80", "hunter2pass"),
        ("headers {'Authorization': 'Bearer abcdef0123456789'}", "abcdef0123456789"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("{'workerSecret': 'abcdef0123456789'}", "abcdef0123456789"),
        ("enrollment=abcdef0123456789&x=1", "abcdef0123456789"),
    ],
)
def test_credentials_in_words_from_elsewhere_are_taken_out(text: str, secret: str) -> None:
    assert secret not in without_credentials(text)
    record = logging.LogRecord("n", logging.INFO, "", 0, text, None, None)
    assert secret not in OneLine().format(record)


@pytest.mark.parametrize(
    "text",
    ["GET http://127.0.0.1:3001/api", "the token is not known", "https://h/a@b", "user@host",
     "The server does not know this computer's secret: join again."],
)  # fmt: skip
def test_other_words_stay_as_they_are(text: str) -> None:
    assert without_credentials(text) == text


# --- Help ------------------------------------------------------------------------------------

SHOWN = sorted(set(parser._COMMANDS) - set(parser.HIDDEN))


@pytest.mark.parametrize("command", SHOWN)
def test_the_help_of_a_command_has_examples_that_are_right(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.build().parse_args([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    examples = re.findall(rf"^  qubix-worker ({command}.*)$", text, re.MULTILINE)
    assert examples
    assert "--json" in text
    for example in examples:
        arguments = parser.build().parse_args(shlex.split(example.partition("|")[0]))
        assert arguments.command == command


def test_every_command_has_an_implementation() -> None:
    for command in parser._COMMANDS:
        assert callable(parser.implementation(command))


# --- Steps -----------------------------------------------------------------------------------


def steps_told(**options: bool) -> list[str]:
    """What is written of a step that has three pieces of news, and of one that fails."""
    out, err = io.StringIO(), io.StringIO()
    output = Output(out=out, err=err, **options)
    for done, note in enumerate(("making room", "making room", "certifi")):
        output.show("Preparing", Progress("environment", "running", note, done, 3, "packages"))
    output.show("Preparing", Progress("environment", "done"))
    problem = Problem("refused", "Nothing answers.", "Try again.")
    output.show("Joining", Progress("register", "failed", problem=problem))
    return (out.getvalue() + err.getvalue()).splitlines()


FAILED = ["  no Joining", "qubix-worker: Nothing answers. Try again."]


def test_a_step_is_a_line_where_nothing_can_be_drawn_again() -> None:
    assert steps_told() == ["  ok Preparing", *FAILED]


def test_quiet_tells_only_what_failed() -> None:
    assert steps_told(quiet=True) == FAILED
    assert steps_told(quiet=True, verbose=True) == FAILED


def test_verbose_tells_each_thing_that_a_step_does_once() -> None:
    assert steps_told(verbose=True) == [
        "  .. Preparing making room", "  .. Preparing certifi", "  ok Preparing", *FAILED,
    ]  # fmt: skip


def test_each_piece_of_news_is_an_object_a_line_where_json_is_wanted() -> None:
    told = [json.loads(line) for line in steps_told(json=True)]
    assert [one.get("state") for one in told] == ["running"] * 3 + ["done", "failed"]
