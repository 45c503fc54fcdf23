"""installer.sh gets a Python by uv: what it fetches, with what, and each way that this can fail."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from qubix_server.installers import failures, fetch
from qubix_server.installers.scripts import shell_script
from tests.installers.publisher import Publisher, archive, publishing
from tests.processes import command_lines
from tests.worker.network.authority import Authority
from tests.worker.network.proxy import proxying

NAME = "qubix-worker-installer.sh"
OURS = ".local/share/qubix"
FIT = os.path.realpath(shutil.which("python3", path=os.defpath) or "")
# Puts a Python where it is told to, as uv does, and writes down what it was asked and told.
UV = f"""\
#!/bin/sh
echo "$*" >>"$RECORD.uv"
env | grep ^UV_ | sort >"$RECORD.environment"
mkdir -p "$UV_CACHE_DIR" "$UV_PYTHON_INSTALL_DIR/cpython-3.13-here/bin"
python=$UV_PYTHON_INSTALL_DIR/cpython-3.13-here/bin/python3
printf '%s\\n' '#!/bin/sh' 'exec "{FIT}" "$@"' >"$python"
chmod 755 "$python"
""".encode()
# A Python that can fetch, but not make an environment, as Debian's without python3-venv.
LACKING = f'[ "$1" != -IB ] || exit 1\nexec "{FIT}" "$@"'
# A command line of what fetches it, as everybody can see it.
FETCHING = re.compile(r"^(curl|wget|(\S*/)?python3\S*) .*/uv/uv\.tar\.gz", re.DOTALL)
SENTENCES = {failure.code: failure.happened for failure in failures.FAILURES}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["curl", "wget", "busybox wget", "python3"])
def downloader(request: pytest.FixtureRequest, machine) -> str:
    """The one thing on the machine that can download; there is no Python that is fit."""
    (machine.tools / "python3").unlink()
    for name in ("env", "grep", "sort", "chmod"):
        (machine.tools / name).symlink_to(shutil.which(name) or "")
    name = request.param
    if name == "python3":
        machine.tool("python3", LACKING)
        return name
    program = shutil.which(name.split()[0])
    if program is None:
        pytest.skip(f"{name} is not on this machine")
    (machine.tools / name.split()[-1].replace("wget2", "wget")).symlink_to(program)
    return name


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing(archive(UV)) as publisher:
        yield publisher


@pytest.fixture
def run(machine, recorder: bytes, publisher: Publisher, downloader: str) -> Run:
    """Runs the script, which gives up after a second what takes it half a minute elsewhere."""
    content = shell_script("https://compute.example.org", "token", recorder, publisher.uv)
    for slow, quick in ((b"patience=30", b"patience=1"), (b"patience * 20", b"patience * 1")):
        assert content.count(slow) == 1
        content = content.replace(slow, quick)
    path = machine.home / NAME
    path.write_bytes(content)

    def run(*arguments: str, by: tuple[str, ...] = ("sh",), **environment: str):
        there = {"UV_INSTALLER_GITHUB_BASE_URL": publisher.url, **environment}
        return machine.run([*by, str(path), *arguments], **there)

    return run


def failed(done, code: str, machine) -> None:
    """That it said so in a sentence, ended, and took everything back."""
    assert done.returncode == 1
    assert f"qubix: {SENTENCES[code]} " in done.stderr
    assert "no Python 3.11 or newer" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert machine.files() == [NAME]
    assert machine.record is None


def test_uv_is_fetched_checked_and_asked_for_a_python(run: Run, machine, publisher) -> None:
    done = run()
    assert done.returncode == 0, done.stderr
    assert machine.record["argv"][1] == "setup"
    path = "/astral-sh/uv/releases/download/0.12.5/uv-x86_64-unknown-linux-musl.tar.gz"
    if os.uname().machine == "x86_64":
        assert publisher.asked == [f"GET {path} HTTP/1.1"]
    asked = Path(machine.environment["RECORD"] + ".uv")
    assert asked.read_text() == "python install 3.13\n"
    ours = sorted(path.name for path in (machine.home / OURS).iterdir())
    assert ours == ["python", "qubix_worker.py"]  # uv itself and its cache are gone

    # A second run finds that Python, and fetches nothing.
    publisher.asked.clear()
    assert run().returncode == 0
    assert publisher.asked == []


@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_uv_is_told_to_keep_everything_in_the_workers_folder(run: Run, machine) -> None:
    run()
    told = Path(machine.environment["RECORD"] + ".environment").read_text().splitlines()
    ours = machine.home / OURS
    assert {line for line in told if "GITHUB" not in line} == {
        f"UV_CACHE_DIR={ours}/uv/cache",
        "UV_NO_CONFIG=1",
        "UV_PYTHON_INSTALL_BIN=0",
        f"UV_PYTHON_INSTALL_DIR={ours}/python",
    }


@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
@pytest.mark.parametrize("works", [True, False])
def test_the_uv_that_is_there_comes_first(run: Run, machine, publisher, works: bool) -> None:
    """One that is too old to know how is followed by the one that is fetched."""
    text = UV.decode().split("\n", 1)[1] if works else ': >"$RECORD.old"\nexit 2'
    machine.tool("uv", text)
    assert run().returncode == 0
    assert bool(publisher.asked) is not works
    assert machine.record["argv"][1] == "setup"


@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_one_that_was_fetched_and_is_damaged_is_fetched_anew(run: Run, machine) -> None:
    """uv alone takes it for installed as long as its folder is there."""
    assert run().returncode == 0
    (python,) = (machine.home / OURS / "python").glob("*/bin/python3")
    python.write_text("#!/bin/sh\nexit 1\n")
    left = python.with_name("left by the damaged one")
    left.touch()
    assert run().returncode == 0
    assert python.read_text() != "#!/bin/sh\nexit 1\n"
    assert not left.exists()


@pytest.mark.provokes("not_there")
def test_a_file_that_is_not_there(run: Run, machine, publisher) -> None:
    publisher.way = "missing"
    done = run()
    failed(done, "not_there", machine)
    assert publisher.url in done.stderr


@pytest.mark.provokes("not_expected")
def test_another_file_than_the_one_that_was_expected(run: Run, machine, publisher) -> None:
    publisher.way = "other"
    failed(run(), "not_expected", machine)
    assert not Path(machine.environment["RECORD"] + ".uv").exists()


@pytest.mark.provokes("not_fetched")
@pytest.mark.slow
def test_a_download_that_was_cut_short(run: Run, machine, publisher) -> None:
    publisher.way = "short"
    failed(run(), "not_fetched", machine)
    assert len(publisher.asked) == 3
    assert not Path(machine.environment["RECORD"] + ".uv").exists()


@pytest.mark.provokes("too_slow")
@pytest.mark.slow
def test_a_publisher_that_does_not_answer(run: Run, machine, publisher) -> None:
    publisher.way = "silent"
    failed(run(), "too_slow", machine)


@pytest.mark.provokes("not_reached")
def test_a_publisher_that_takes_no_connection(run: Run, machine) -> None:
    failed(run(UV_INSTALLER_GITHUB_BASE_URL="http://127.0.0.1:9"), "not_reached", machine)


@pytest.mark.parametrize("downloader", ["wget"], indirect=True)
def test_each_shell_understands_what_wget_says(run: Run, shell: list[str], machine) -> None:
    done = run(by=tuple(shell), UV_INSTALLER_GITHUB_BASE_URL="http://127.0.0.1:9", LC_ALL="C.UTF-8")
    failed(done, "not_reached", machine)


@pytest.mark.provokes("host_unknown")
def test_a_name_that_nobody_knows(run: Run, machine) -> None:
    failed(run(UV_INSTALLER_GITHUB_BASE_URL="http://nobody.invalid"), "host_unknown", machine)


@pytest.mark.provokes("proxy_refused")
@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
def test_a_proxy_that_is_away(run: Run, machine) -> None:
    environment = {
        "UV_INSTALLER_GITHUB_BASE_URL": "https://publisher.example",
        "https_proxy": "http://127.0.0.1:9",
    }
    failed(run(**environment), "proxy_refused", machine)


def test_a_proxy_whose_name_nobody_knows(run: Run, machine) -> None:
    environment = {
        "UV_INSTALLER_GITHUB_BASE_URL": "http://publisher.example",
        "http_proxy": "http://nobody.invalid:3128",
        "HTTPS_PROXY": "http://nobody.invalid:3128",
    }
    failed(run(**environment), "proxy_refused", machine)


@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
def test_a_proxy_that_lets_nobody_through(run: Run, machine, publisher) -> None:
    environment = {
        "UV_INSTALLER_GITHUB_BASE_URL": "https://publisher.example",
        "https_proxy": publisher.url,
    }
    failed(run(**environment), "proxy_refused", machine)
    assert publisher.asked[0].startswith("CONNECT publisher.example:443")


@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
@pytest.mark.parametrize(
    ("variable", "password"),
    [
        ("https_proxy", "s3%2Fcr%40t"),
        ("HTTPS_PROXY", "s3%2Fcr%40t"),
        ("ALL_PROXY", "s3%2Fcr%40t"),
        ("HTTPS_PROXY", "an0ther"),
    ],
)
def test_a_proxy_s_password_goes_to_the_proxy_alone(
    run: Run, machine, tmp_path: Path, variable: str, password: str
) -> None:
    """Not to the list of processes, which others on this computer can read, nor onto the screen."""
    authority = Authority(tmp_path / "authority")
    wget = tmp_path / "wgetrc"
    wget.write_text(f"ca_certificate = {authority.certificate}\nca_directory = /nowhere\n")
    stores = dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(authority.certificate))
    words: list[str] = []
    with publishing(archive(UV), secure=authority.server("DNS:publisher.example")) as secure:
        there = ("127.0.0.1", int(secure.url.rpartition(":")[2]))
        with proxying(
            password="ana:s3/cr@t",
            hosts={"publisher.example": there},
            meanwhile=lambda: words.extend(command_lines()),
        ) as proxy:
            done = run(
                UV_INSTALLER_GITHUB_BASE_URL="https://publisher.example",
                WGETRC=str(wget),
                **stores,
                **{variable: f"http://ana:{password}@{proxy.address}"},
            )
    assert proxy.methods[:1] == ["CONNECT"]
    assert any(FETCHING.search(word) for word in words)
    said = [*words, done.stdout, done.stderr]
    assert not [one for one in said if any(secret in one for secret in ("s3", "an0ther"))]
    if password != "an0ther":
        assert done.returncode == 0, done.stderr
        assert machine.record["argv"][1] == "setup"
    else:
        failed(done, "proxy_refused", machine)


SECRET = "s3%2Fcr%40t'"
HOSTILE = "s3%2Fcr%40t\"\\'$(touch${IFS}canary);&`*[1]"
"""What has no meaning in an address has one for a shell, or for curl."""


def at_mirror(publisher: Publisher, secret: str) -> str:
    return publisher.url.replace("http://", f"http://ana:{secret}@")


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
def test_a_mirror_s_password_goes_to_the_mirror_alone(
    run: Run, machine, publisher, right: bool
) -> None:
    """Not to the list of processes, which others on this computer can read, nor onto the screen."""
    publisher.password = f"ana:{unquote(SECRET)}" if right else "ana:another"
    words: list[str] = []
    publisher.meanwhile = lambda: words.extend(command_lines())
    done = run(UV_INSTALLER_GITHUB_BASE_URL=at_mirror(publisher, SECRET))
    assert any(FETCHING.search(word) for word in words)
    assert not [said for said in (*words, done.stdout, done.stderr) if "s3%2F" in said]
    if right:
        assert done.returncode == 0, done.stderr
        assert machine.record["argv"][1] == "setup"
    else:
        failed(done, "not_there", machine)
        mirror = publisher.url.replace("http://", "http://***@")
        assert f"\n  {mirror}/astral-sh/uv/releases/" in done.stderr


@pytest.mark.provokes("not_unseen")
@pytest.mark.parametrize("downloader", ["busybox wget", "wget2"], indirect=True)
@pytest.mark.parametrize("beside", ["nothing", "python3"])
def test_a_wget_that_would_show_a_password_is_not_asked(
    run: Run, machine, publisher, beside: str
) -> None:
    """As busybox's, which takes an address from its command line alone, and wget2, which stands
    still at times where it reads one, and then does not give the password."""
    publisher.password = "ana:s3"
    words: list[str] = []
    publisher.meanwhile = lambda: words.extend(command_lines())
    if beside == "python3":
        machine.tool("python3", LACKING)
    done = run(UV_INSTALLER_GITHUB_BASE_URL=at_mirror(publisher, "s3"))
    assert "ana:s3" not in "\n".join((*words, done.stdout, done.stderr))
    if beside == "python3":
        assert done.returncode == 0, done.stderr
        assert words
    else:
        failed(done, "not_unseen", machine)
        assert publisher.asked == []


@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
def test_no_shell_puts_a_password_on_a_command_line_or_the_screen(
    run: Run, shell: list[str], machine, downloader: str
) -> None:
    """Nor gives it to a command of its own; what is asked for arrives as it is, and in one line."""
    seen = machine.home.parent / "seen"
    words = f"""printf '%s\\n' "$0" "$@" >>{shlex.quote(str(seen))}"""
    for tool in list(machine.tools.iterdir()):
        if tool.name != downloader:
            program = shlex.quote(os.path.realpath(tool))
            machine.tool(tool.name, f'/usr/bin/{words}\nexec {program} "$@"')
    fit = '[ "$1" != -IB ] || exit 1\n' if downloader == "python3" else ""
    told = (
        f'case $* in *--help*) echo GNU Wget 1.21; exit ;; esac\n{fit}cat >"$RECORD.input"\nexit 6'
    )
    machine.tool(downloader, f"/usr/bin/{words}\n{told}")
    done = run(
        by=tuple(shell), UV_INSTALLER_GITHUB_BASE_URL=f"https://ana:{HOSTILE}@mirror.example"
    )
    dry = run("--dry-run", by=tuple(shell), UV_INSTALLER_GITHUB_BASE_URL=f"https://ana:{HOSTILE}@m")
    assert f"/{downloader}\n" in seen.read_text()
    assert "from https://***@m/astral-sh/" in dry.stdout
    for said in (seen.read_text(), done.stdout, done.stderr, dry.stdout, dry.stderr):
        assert "s3" not in said
        assert "canary" not in said
    asked = Path(machine.environment["RECORD"] + ".input").read_text()
    before = "url = " if downloader == "curl" else ""
    assert asked.startswith(f"{before}https://ana:{HOSTILE}@mirror.example/astral-sh/uv/releases/")
    assert asked.count("\n") == 1


@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY"])
def test_nor_does_curl_in_a_terminal_quote_a_proxy_that_it_does_not_understand(
    run: Run, machine, variable: str
) -> None:
    """A password with a sign that should have been written otherwise."""
    run("--help")  # which puts the script there
    ours, its = pty.openpty()
    scheme = variable.partition("_")[0].lower()
    with subprocess.Popen(
        ["sh", str(machine.home / NAME)], stdin=its, stdout=its, stderr=its,
        start_new_session=True, cwd=machine.home,
        env={
            **machine.environment, "UV_INSTALLER_GITHUB_BASE_URL": f"{scheme}://mirror.example",
            variable: "http://ana:s3 cret@127.0.0.1:9",
        },
    ) as process:  # fmt: skip
        os.close(its)
        shown = b""
        with contextlib.suppress(OSError):  # nobody holds the other end any more
            while piece := os.read(ours, 1 << 16):
                shown += piece
        os.close(ours)
    assert process.returncode == 1
    assert SENTENCES["proxy_refused"].encode() in shown
    assert b"s3" not in shown
    assert b"cret" not in shown


@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_an_address_that_is_none_is_not_taken_for_more_than_one(
    run: Run, machine, publisher, tmp_path: Path
) -> None:
    """Of a line behind the first, curl would make an option."""
    more = f"{publisher.url}\noutput = {tmp_path}/canary\nurl = {publisher.url}"
    failed(run(UV_INSTALLER_GITHUB_BASE_URL=more), "not_fetched", machine)
    assert publisher.asked == []


def test_it_goes_by_way_of_the_proxy(run: Run, publisher) -> None:
    environment = {
        "UV_INSTALLER_GITHUB_BASE_URL": "http://publisher.example",
        "http_proxy": publisher.url,
    }
    assert run(**environment).returncode == 0
    assert publisher.asked[0].startswith("GET http://publisher.example/astral-sh/uv/")


@pytest.mark.provokes("not_secure")
@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
@pytest.mark.parametrize("known", [True, False])
def test_a_certificate_must_be_one_that_this_computer_trusts(
    run: Run, machine, publisher, tmp_path: Path, known: bool
) -> None:
    authority = Authority(tmp_path / "authority")
    trust = str(authority.certificate) if known else "/dev/null"
    wget = tmp_path / "wgetrc"
    wget.write_text(f"ca_certificate = {trust}\nca_directory = /nowhere\n")
    stores = {"SSL_CERT_FILE": trust, "CURL_CA_BUNDLE": trust, "WGETRC": str(wget)}
    with publishing(publisher.archive, secure=authority.server()) as secure:
        done = run(UV_INSTALLER_GITHUB_BASE_URL=secure.url, **stores)
    if known:
        assert done.returncode == 0, done.stderr
        assert secure.asked
        assert {name.partition("/")[0] for name in machine.files()} == {NAME, ".local"}
    else:
        failed(done, "not_secure", machine)


@pytest.mark.parametrize("downloader", ["curl", "wget", "python3"], indirect=True)
def test_a_publisher_that_knows_no_secure_connection(run: Run, machine, publisher) -> None:
    """As of a page that a network puts before whoever has not signed in there."""
    address = publisher.url.replace("http:", "https:")
    failed(run(UV_INSTALLER_GITHUB_BASE_URL=address), "not_secure", machine)


@pytest.mark.provokes("no_room")
def test_a_full_disk(run: Run, machine) -> None:
    folder = machine.home / OURS / "uv"
    folder.mkdir(parents=True)
    (folder / "uv.tar.gz").symlink_to("/dev/full")
    done = run()
    assert done.returncode == 1
    assert f"qubix: {SENTENCES['no_room']} " in done.stderr
    assert not folder.exists()


@pytest.mark.provokes("cannot_write")
@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_a_folder_that_cannot_be_made(run: Run, machine) -> None:
    (machine.home / ".local").write_text("a file where a folder should be")
    done = run()
    assert done.returncode == 1
    assert done.stderr.endswith(f"({machine.home / OURS})\n")
    assert SENTENCES["cannot_write"] in done.stderr
    assert machine.files() == [".local", NAME]


@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_without_anything_that_counts_a_digest_nothing_is_trusted(run: Run, machine) -> None:
    (machine.tools / "sha256sum").unlink()
    failed(run(), "not_expected", machine)
    assert not Path(machine.environment["RECORD"] + ".uv").exists()


@pytest.mark.provokes("no_uv_build")
@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_a_kind_of_computer_that_there_is_no_build_for(run: Run, machine, publisher) -> None:
    machine.tool("uname", "case $1 in -m) echo mips ;; *) echo Linux ;; esac")
    failed(run(), "no_uv_build", machine)
    assert publisher.asked == []


@pytest.mark.provokes("uv_failed")
@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_a_uv_that_cannot_get_a_python(run: Run, machine, publisher) -> None:
    instead(machine, publisher, archive(b'#!/bin/sh\nmkdir -p "$UV_CACHE_DIR"\nexit 2\n'))
    failed(run(), "uv_failed", machine)


@pytest.mark.provokes("not_unpacked")
@pytest.mark.parametrize("downloader", ["curl"], indirect=True)
def test_an_archive_that_cannot_be_unpacked(run: Run, machine, publisher) -> None:
    instead(machine, publisher, b"no archive at all")
    failed(run(), "not_unpacked", machine)


def instead(machine, publisher: Publisher, content: bytes) -> None:
    """Has the publisher give out `content`, and the script expect just that."""
    path = machine.home / NAME
    former = publisher.uv.digests["UVLINUXX64"]
    publisher.archive = content
    script = path.read_text()
    assert former in script
    path.write_text(script.replace(former, publisher.uv.digests["UVLINUXX64"]))


def test_the_part_in_python_runs_on_an_old_one(other_pythons: dict[str, Path], tmp_path) -> None:
    old = [by for name, by in other_pythons.items() if name.startswith(("3.6.", "3.7.", "3.9."))]
    if not old:
        pytest.skip("no old Python is on this machine (by pyenv)")
    for by in [Path(sys.executable), *old]:
        with publishing(b"some bytes") as publisher:
            file = tmp_path / "file"
            publisher.password = "ana:s3/cr@t"
            command = [by, "-I", str(fetch.__file__), str(file), "5"]
            address = f"{at_mirror(publisher, 's3%2Fcr%40t')}/a.tar.gz\n".encode()
            assert subprocess.run(command, input=address, check=False).returncode == 0
            assert file.read_bytes() == b"some bytes"
