"""Some of the values that try to become commands, in cmd. (All: tests/installers.)"""

from __future__ import annotations

import re

from qubix_server.installers.scripts import batch_script
from tests.installers.test_hostile_values import values
from tests.installers.windows.machine import PYTHON, Windows
from tests.installers.windows.test_getting_python import NOWHERE
from tests.installers.windows.test_options import RECORDER


def test_some_of_them_are_inert_in_cmd(windows: Windows) -> None:
    """Also those that the server refuses. Without a Python, the script runs to the end of what
    cmd reads; with one, no command that is made of a value runs either."""
    dangerous = [v for v in values(7, 400) if len(v) < 5000 and re.search(r'[&|^%!"\n]', v)][:4]
    assert len(dangerous) == 4

    def ended(value: str) -> tuple[int, str]:
        script = windows.place(r"C:\dl\installer.bat", batch_script(value, value, RECORDER))
        done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=NOWHERE)
        return done.code, done.text

    usual = ended("http://h/")
    assert "Python 3.11" in usual[1]
    for value in dangerous:
        assert ended(value) == usual, value
    windows.path = (PYTHON,)
    code, said = ended(dangerous[0])
    assert code == 0, said
    assert "setup" in said
    for folder in (windows.elsewhere, windows.at(r"C:\dl")):
        assert not list(folder.rglob("canary*"))
