"""The Share page as files: what is served, and under which rules."""

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


class Page(html.parser.HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_nothing_in_the_page_is_code_and_the_policy_forbids_it() -> None:
    answer = routes.share(request("/"))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    for tag, attributes in Page(bytes(answer.body).decode()).tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "style"
        assert tag != "script" or attributes["src"]


def test_all_that_the_page_is_made_of_is_served_from_here() -> None:
    page = bytes(routes.share(request("/")).body).decode()
    files = [STATIC / "share.js", STATIC / "style.css"]
    text = page + "".join(file.read_text(encoding="utf-8") for file in files)
    assert not re.search(r"https?://", text)
    needed = re.findall(r'/static/([\w.]+)"', page) + re.findall(r'from "\./([\w.]+)"', text)
    assert {"share.js", "machine.js", "style.css", "qubix.svg"} == set(needed)
    for name in needed:
        answer = routes.static(request(f"/static/{name}"))
        assert bytes(answer.body) == (STATIC / name).read_bytes()
        assert answer.headers["x-content-type-options"] == "nosniff"


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


def test_every_element_that_the_script_looks_for_is_in_the_page() -> None:
    page = Page((STATIC / "index.html").read_text(encoding="utf-8"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r'find\("([\w-]+)"\)', (STATIC / "share.js").read_text("utf-8")))
    assert wanted <= set(ids)
