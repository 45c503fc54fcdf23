"""installer.bat in cmd: what it is asked for, and what it refuses, also without a Python."""

from __future__ import annotations

import json

import pytest

from qubix_server.installers.scripts import batch_script
from tests.installers.windows.machine import PYTHON, Windows
from tests.inventory import differences, take

RECORDER = b"""\
import json, os, sys
print(json.dumps([sys.argv[1:], os.environ["QUBIX_ENROLLMENT"]]))
sys.exit(int(os.environ.get("WORKER_EXIT", "0")))
"""
REFUSED = "There is no such option, or its value is missing. Nothing was done"


@pytest.fixture
def script(windows: Windows) -> str:
    content = batch_script("http://compute.example", "an-invitation", RECORDER)
    return windows.place(r"C:\dl\qubix-worker-installer.bat", content)


def test_help_needs_no_python(windows: Windows, script: str) -> None:
    for asked in ("--help", "-h", "/?"):
        done = windows.batch(script, asked)
        assert done.code == 0, done.text
        assert done.text.startswith("Shares the idle processor")
        assert "--uninstall" in done.text


@pytest.mark.parametrize(
    "options",
    [("--no-such",), ("--no-start", "--no-such"), ("--no-start", "--name"), ("",), ("x y",)],
)
def test_what_is_not_known_is_refused_before_anything_is_done(
    windows: Windows, script: str, options: tuple[str, ...]
) -> None:
    windows.path = (PYTHON,)
    done = windows.batch(script, *options)
    assert done.code == 2
    assert REFUSED in done.text
    assert windows.left() == []


@pytest.mark.provokes("not_together")
def test_options_that_contradict_each_other_are_refused_before_anything_is_done(
    windows: Windows, script: str
) -> None:
    for name in ("config/settings.toml", "state/identity.json", "data/qubix_worker.py"):
        (windows.local / "qubix" / name).parent.mkdir(parents=True)
        (windows.local / "qubix" / name).write_bytes(RECORDER)
    before = take(windows.local)
    windows.path = (PYTHON,)
    for options in (
        ("--uninstall", "--no-start"), ("--no-autostart", "--dry-run", "--uninstall"), ("--purge",),
        ("--uninstall", "--name", "a"), ("--code=A-1", "--uninstall"),
        ("--memory-limit-mb", "9", "--purge", "--uninstall"),
    ):  # fmt: skip
        done = windows.batch(script, *options)
        assert done.code == 2, done.text
        assert "These options contradict each other: --purge goes only with" in done.text
        assert "Nothing was done; say only one of the two." in done.text
        assert "Would" not in done.text
    assert differences(before, take(windows.local)) == []


def test_options_arrive_as_they_were_given(windows: Windows, script: str) -> None:
    windows.path = (PYTHON,)
    done = windows.batch(script, "--no-start", "--name=My & your 100 (PC)!", "--code", "A-1")
    assert done.code == 0, done.text
    options, enrollment = json.loads(done.text.strip().split("\n")[-1])
    assert options == [
        "setup", "--server", "http://compute.example",
        "--no-start", "--name=My & your 100 (PC)!", "--code", "A-1",
    ]  # fmt: skip
    assert enrollment == "an-invitation"


def test_the_exit_status_is_that_of_the_setup(windows: Windows, script: str) -> None:
    windows.path = (PYTHON,)
    done = windows.batch(script, WORKER_EXIT="7")
    assert done.code == 7
    assert done.text.endswith("QUBIX was not set up. The reason stands above.\n")


def test_a_dry_run_tells_which_python_it_would_fetch_and_does_nothing(
    windows: Windows, script: str
) -> None:
    done = windows.batch(script, "--dry-run")
    assert done.code == 0, done.text
    assert "There is no fit Python on this computer." in done.text
    assert "Would fetch uv, SHA-256 " in done.text
    assert rf'into "{windows.profile}\AppData\Local\qubix\data\python"' in done.text
    assert "winget" in done.text
    assert done.text.endswith("Nothing was done.\n")
    assert windows.left() == []


def test_a_dry_run_with_a_python_does_nothing_and_tells_no_secret(
    windows: Windows, script: str
) -> None:
    windows.path = (PYTHON,)
    done = windows.batch(script, "--dry-run")
    assert done.code == 0, done.text
    assert "setup --server http://compute.example" in done.text
    assert "an-invitation" not in done.text
    assert windows.left() == []


@pytest.mark.parametrize("there", ["nothing", "settings", "a worker", "the application"])
def test_a_dry_run_of_whatever_it_is_leaves_each_file_as_it_is(
    windows: Windows, script: str, there: str
) -> None:
    """In odd orders too, and with an option twice."""
    windows.path = (PYTHON,)
    qubix = windows.local / "qubix"
    kept = {
        "nothing": [],
        "settings": ["config/settings.toml"],
        "a worker": ["config/settings.toml", "state/identity.json", "data/qubix_worker.py"],
        "the application": ["config/settings.toml", "state/identity.json"],
    }[there]
    for name in kept:
        (qubix / name).parent.mkdir(parents=True)
        (qubix / name).write_bytes(RECORDER)
    before = take(windows.local)
    uninstalling = ("--uninstall", "--dry-run", "--purge", "--dry-run")
    for options in (("--dry-run", "--uninstall", "--purge"), uninstalling):
        done = windows.batch(script, *options)
        assert done.code == 0, done.text
        assert ("Would run " in done.text) is (there == "a worker")
        assert ("Would remove the settings." in done.text) is (there == "settings")
    done = windows.batch(script, "--no-start", "--dry-run", "--no-start", "--name", "a", "--yes")
    assert done.code == 0, done.text
    assert done.text.endswith("Nothing was done.\n")
    assert differences(before, take(windows.local)) == []


def test_help_is_given_by_a_file_whose_worker_is_damaged_and_setup_is_not(
    windows: Windows, script: str
) -> None:
    windows.path = (PYTHON,)
    whole = windows.at(script).read_bytes()
    for damaged in (whole[:-9], whole.replace(b"import json, os, sys\r\n", b"")):
        windows.at(script).write_bytes(damaged)
        assert windows.batch(script, "--help").text.startswith("Shares the idle processor")
        done = windows.batch(script)
        assert done.code == 1
        assert "The worker in this file is damaged. Download the file again" in done.text
        assert windows.left() == []


def test_uninstall_where_nothing_is_needs_no_python(windows: Windows, script: str) -> None:
    done = windows.batch(script, "--uninstall")
    assert (done.code, done.text) == (0, "QUBIX is not on this computer.\n")


def test_settings_of_the_application_stay(windows: Windows, script: str) -> None:
    """It shares the folder, has no script's worker, and keeps a state for as long as it is here."""
    settings = windows.local / "qubix" / "config" / "settings.toml"
    for folder in (settings.parent, settings.parent.with_name("state")):
        folder.mkdir(parents=True)
    settings.write_text("")
    assert windows.batch(script, "--uninstall", "--purge").code == 0
    assert settings.exists()


def test_a_setup_that_was_stopped_leaves_nothing(windows: Windows, script: str) -> None:
    windows.path = (PYTHON,)
    done = windows.batch(script, WORKER_EXIT="130")
    assert done.code == 130
    assert windows.left() == []


@pytest.mark.provokes("no_folder")
def test_an_account_without_a_folder_for_its_programs_is_told_so(
    windows: Windows, script: str
) -> None:
    bare = windows.place(r"C:\dl\bare.bat", b'@set "LOCALAPPDATA="\r\n@"%WANTED%"\r\n')
    windows.path = (PYTHON,)
    done = windows.batch(bare, WANTED=script)
    assert done.code == 1
    assert "LOCALAPPDATA is not set" in done.text
    assert windows.left() == []


@pytest.mark.provokes("in_zip")
@pytest.mark.parametrize("folder", ["Temp1_qubix.zip", "1b2c_qubix.zip.b2c", "7zO4C1", "Rar$DIa9"])
def test_in_the_folder_of_a_zip_that_is_looked_into_it_says_to_extract_it(
    windows: Windows, script: str, folder: str
) -> None:
    inside = rf"{windows.profile}\AppData\Local\Temp\{folder}\installer.bat"
    windows.place(inside, windows.at(script).read_bytes())
    windows.path = (PYTHON,)
    done = windows.batch(inside)
    assert done.code == 1
    assert "Extract it first" in done.text
    assert not windows.data.exists()
