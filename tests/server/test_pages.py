"""The pages as files: what is served, and under which rules."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from qubix_server.errors import ApiError
from qubix_server.pages import routes
from qubix_server.settings import Settings

STATIC = Path(routes.__file__).with_name("static")
REPOSITORY = Path(__file__).parents[2]


def request(
    path: str, server_name: str = "Example", method: str = "GET", **headers: str
) -> Request:
    app = Starlette()
    app.state.settings = Settings(database_url="sqlite://", server_name=server_name)
    named = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": named, "app": app}
    return Request({**scope, "path_params": {"name": path.rpartition("/")[2]}, "query_string": b""})


PAGES = {"/": (routes.share, "index.html"), "/fleet": (routes.fleet, "fleet.html")}
SCRIPTS = {"index.html": "share.js", "fleet.html": "fleet.js"}


def scripts_of(page: str) -> set[str]:
    """The modules that a page is made of, by name."""
    found: set[str] = set()
    waiting = [SCRIPTS[page]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r'from "\./([\w.-]+)"', (STATIC / name).read_text("utf-8"))
    return found


class Page(html.parser.HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", PAGES)
def test_nothing_in_the_page_is_code_and_the_policy_forbids_it(path: str) -> None:
    answer = PAGES[path][0](request(path))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    for tag, attributes in Page(bytes(answer.body).decode()).tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "style"
        assert tag != "script" or attributes["src"]


def test_all_that_the_pages_are_made_of_is_served_from_here() -> None:
    needed: set[str] = set()
    for path, (page, file) in PAGES.items():
        text = bytes(page(request(path)).body).decode()
        needed |= set(re.findall(r'/static/([\w.-]+)"', text)) | scripts_of(file)
    assert needed == {file.name for file in STATIC.iterdir() if file.suffix != ".html"}
    for name in needed:
        answer = routes.static(request(f"/static/{name}"))
        assert bytes(answer.body) == (STATIC / name).read_bytes()
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_is_asked_of_another_host() -> None:
    # The SVG namespace is a name, and what stands in comments is for those who read them.
    for file in STATIC.iterdir():
        text = re.sub(r"// .*", "", file.read_text("utf-8"))
        assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}, file


def test_no_script_reads_text_as_markup_or_code() -> None:
    for file in STATIC.glob("*.js"):
        sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
        assert not re.search(sinks, file.read_text("utf-8")), file


def test_a_file_that_is_held_already_is_not_sent_again() -> None:
    etag = routes.share(request("/")).headers["etag"]
    again = routes.share(request("/", if_none_match=etag))
    assert (again.status_code, again.body) == (304, b"")
    assert routes.share(request("/", "Another", if_none_match=etag)).status_code == 200


def test_the_name_of_the_network_cannot_become_code() -> None:
    page = bytes(routes.share(request("/", "<script>alert(1)</script>&\"'")).body).decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;" in page


@pytest.mark.parametrize("name", ["nothing", "index.html", "..", "routes.py", ""])
def test_no_other_file_is_served(name: str) -> None:
    with pytest.raises(ApiError) as refusal:
        routes.static(request(f"/static/{name}"))
    assert refusal.value.status == 404


def test_the_mark_is_the_one_that_icons_holds() -> None:
    assert (STATIC / "qubix.svg").read_bytes() == (REPOSITORY / "icons/qubix.svg").read_bytes()


@pytest.mark.parametrize("file", SCRIPTS)
def test_every_element_that_the_scripts_look_for_is_in_the_page(file: str) -> None:
    page = Page((STATIC / file).read_text(encoding="utf-8"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    texts = [(STATIC / name).read_text("utf-8") for name in scripts_of(file)]
    wanted = {name for text in texts for name in re.findall(r'find\("([\w-]+)"\)', text)}
    assert wanted
    assert wanted <= set(ids)
