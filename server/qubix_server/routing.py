"""Which route answers: a path belongs to the first address whose form it has, whatever the method.

The framework would look further where the method does not fit, and so hand `GET
/api/providers/register` to the route of a provider who is called `register`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


class Address(BaseRoute):
    """All routes of one path. Other methods than theirs are a 405 that names these."""

    def __init__(self, path: str, routes: Sequence[Route]) -> None:
        self.path = path
        self.routes = tuple(routes)
        self.methods = frozenset(method for route in routes for method in route.methods or ())

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = self.routes[0].matches(scope)
        return (match if match is Match.NONE else Match.FULL), found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in self.routes:
            if route.methods is None or scope["method"] in route.methods:
                await route.app(scope, receive, send)
                return
        raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.methods))})


def addresses(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """These routes with those of one path put together, each where the first of them stood."""
    by_path: dict[str, list[Route]] = {}
    order: list[str | BaseRoute] = []
    for route in routes:
        if not isinstance(route, Route):
            order.append(route)
            continue
        if route.path not in by_path:
            order.append(route.path)
        by_path.setdefault(route.path, []).append(route)
    return [Address(one, by_path[one]) if isinstance(one, str) else one for one in order]
