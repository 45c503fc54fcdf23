"""What keeps the one-file worker from its libraries: each cause brought about before the real pip,
with the sentence that a person reads, what to do, and the same in the log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qubix_worker.amalgamation import amalgamate
from qubix_worker.setup.environment import LOG_NAME, requirements
from tests.worker.network.authority import Authority
from tests.worker.network.proxy import proxying
from tests.worker.network.scripted import Request, Visit, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BASE = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
NOWHERE = "http://127.0.0.1:9/simple"


@dataclass
class Installation:
    """A worker's one file on a bare Python, which is to get its libraries."""

    folder: Path
    python: Path = BASE
    environment: dict[str, str] = field(default_factory=dict)

    def setup(self) -> subprocess.CompletedProcess[str]:
        return self.run("setup", "--server", "http://127.0.0.1:9")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "qubix_worker.py"
        file.write_bytes(amalgamate())
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUBIX_", "PIP_"))}
        return subprocess.run(
            [self.python, "-I", file, *arguments],
            env=kept | self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    @property
    def log(self) -> str:
        return (self.folder / LOG_NAME).read_text(encoding="utf-8")

    def fails(self, code: str, happened: str, todo: str) -> None:
        done = self.setup()
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert f"{happened} {todo}" in " ".join(said.split()), f"{said}\n{self.log}"
        assert f"setup step environment failed ({code}): {happened} {todo}" in self.log
        assert "Traceback" not in said


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    if not BASE.exists():
        pytest.skip("the Python that these tests run on has no base that runs by itself")
    settings = {"PIP_INDEX_URL": NOWHERE, "PIP_CONFIG_FILE": os.devnull}  # not this machine's own
    return Installation(tmp_path / "a folder é", environment=settings)


@pytest.mark.provokes("no_network", by="environment")
def test_nothing_answers_where_libraries_come_from(installation: Installation) -> None:
    installation.fails(
        "no_network",
        "The libraries that QUBIX needs could not be fetched from the internet.",
        "Check this computer's connection to the internet, then try again.",
    )


@pytest.mark.provokes("no_network", by="environment")
def test_a_name_that_is_not_found_is_no_network_either(installation: Installation) -> None:
    installation.environment["PIP_INDEX_URL"] = "https://nowhere.invalid/simple"
    installation.fails(
        "no_network",
        "The libraries that QUBIX needs could not be fetched from the internet.",
        "Check this computer's connection to the internet, then try again.",
    )


@pytest.mark.provokes("certificate", by="environment")
def test_a_certificate_that_nobody_vouches_for(installation: Installation, tmp_path: Path) -> None:
    tls = Authority(tmp_path / "authority").server("IP:127.0.0.1")
    with serving(lambda _, visit: visit.answer(b""), tls=tls) as index:
        installation.environment["PIP_INDEX_URL"] = f"https://127.0.0.1:{index.port}/simple"
        installation.fails(
            "certificate",
            "The libraries could not be fetched over a secure connection.",
            "Check this computer's date and time, then try again. If a company or a school runs "
            "this network, tell it that the download is held up.",
        )


@pytest.mark.provokes("tampered", by="environment")
def test_a_library_that_is_not_the_one_that_was_expected(installation: Installation) -> None:
    with serving(other_libraries) as index:
        installation.environment["PIP_INDEX_URL"] = f"http://127.0.0.1:{index.port}/simple"
        installation.fails(
            "tampered",
            "A library that was fetched is not the one that was expected, so it was not used.",
            "Try again; if it lasts, tell the people who run the network.",
        )


def other_libraries(request: Request, visit: Visit) -> None:
    """An index that has each library under its name and version, with something else in it."""
    if request.path.endswith(".whl"):
        visit.answer(b"something else")
        return
    name = request.path.strip("/").split("/")[-1]
    found = re.search(rf"^{re.escape(name)}==(\S+)", requirements().decode(), re.MULTILINE)
    assert found
    file = f"{name.replace('-', '_')}-{found[1]}-py3-none-any.whl"
    visit.answer(f'<a href="/{file}">{file}</a>'.encode(), Content_Type="text/html")


@pytest.mark.provokes("no_build", by="environment")
def test_an_index_without_a_build_for_this_system(installation: Installation) -> None:
    def empty(_: Request, visit: Visit) -> None:
        visit.answer(b"<html></html>", Content_Type="text/html")

    with serving(empty) as index:
        installation.environment["PIP_INDEX_URL"] = f"http://127.0.0.1:{index.port}/simple"
        installation.fails(
            "no_build",
            "One of the libraries that QUBIX needs is not there for this system and its Python.",
            "Install a Python from 3.11 to 3.14 that was made for this system, then try again; or "
            "use the application or the container instead.",
        )


@pytest.mark.provokes("proxy", by="environment")
def test_a_proxy_that_wants_a_password(installation: Installation) -> None:
    with proxying(password="ana:secret") as proxy:
        installation.environment |= {
            "PIP_INDEX_URL": "https://libraries.example/simple",
            "https_proxy": f"http://{proxy.address}",
        }
        installation.fails(
            "proxy",
            "The proxy of this network did not let the download through.",
            "Check the proxy's address and password in the system's settings, then try again.",
        )
        assert proxy.methods[:1] == ["CONNECT"]


@pytest.mark.provokes("proxy", by="environment")
def test_a_proxy_that_is_not_written_as_it_must_be(installation: Installation) -> None:
    installation.environment |= {
        "PIP_INDEX_URL": "https://libraries.example/simple",
        "https_proxy": "http://ana:s3c/ret@127.0.0.1:9",
    }
    installation.fails(
        "proxy",
        "The proxy of this network did not let the download through.",
        "Check the proxy's address and password in the system's settings, then try again.",
    )
    assert "Failed to parse: http://[removed]@" in installation.log
    assert "s3c" not in installation.log


@pytest.mark.provokes("environment_failed", by="environment")
def test_what_nobody_has_thought_of_is_told_in_its_own_last_words(
    installation: Installation,
) -> None:
    installation.environment["PIP_TIMEOUT"] = "soon"
    done = installation.setup()
    assert done.returncode == 1
    assert "The software could not be prepared (" in done.stderr
    assert "soon" in done.stderr
    assert "send the log to the people who run the network." in done.stderr
    assert "failed (environment_failed): The software could not be prepared (" in installation.log


@pytest.mark.provokes("not_prepared")
def test_a_file_that_was_never_set_up_says_what_to_do(installation: Installation) -> None:
    done = installation.run("status")
    assert done.returncode == 1
    assert (
        "This file has not been set up on this computer, so its libraries are missing. "
        "Run it with `setup` first, or with `uv run`, which fetches them by itself."
    ) in done.stderr


# --- The disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted, which takes root")
    options = ["-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", str(disk)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], capture_output=True, check=False)


@pytest.mark.provokes("disk_full", by="environment")
@pytest.mark.parametrize(
    ("small_disk", "has_pip"), [(4, False), (36, True)], indirect=["small_disk"]
)
def test_a_disk_that_is_full(installation: Installation, small_disk: Path, has_pip: bool) -> None:
    installation.folder = small_disk
    # The libraries come from where this machine gets its own.
    installation.environment = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
    installation.fails(
        "disk_full", "There is no room left on the disk.", "Free about 200 MB, then try again."
    )
    assert ("Successfully installed pip" in installation.log) is has_pip


# --- The Python -------------------------------------------------------------------------------


@pytest.mark.provokes("python_incomplete", by="environment")
@pytest.mark.parametrize("lacks", ["venv", "ensurepip"])
def test_a_python_that_comes_in_parts(
    installation: Installation, tmp_path: Path, lacks: str
) -> None:
    installation.python = python_without(tmp_path / "python", lacks)
    installation.fails(
        "python_incomplete",
        "The Python on this computer comes without the part that makes environments (venv).",
        "Install it (on Debian and Ubuntu: sudo apt-get install python3-venv), then try again.",
    )


def python_without(root: Path, module: str) -> Path:
    """This very Python at another place, as Debian splits it: without one module."""
    library = Path("lib") / BASE.name
    (root / library).mkdir(parents=True)
    (root / "bin").mkdir()
    shutil.copy(BASE.resolve(), root / "bin" / BASE.name)
    for entry in (Path(sys.base_prefix) / library).iterdir():
        if entry.name not in (module, "site-packages", "__pycache__"):
            (root / library / entry.name).symlink_to(entry)
    return root / "bin" / BASE.name
