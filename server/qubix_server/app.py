"""The application: all routes, what stands around them, and what lives as long as it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from qubix_server import housekeeping, upgrades
from qubix_server.answers import Shield, on_api_error, on_http_error
from qubix_server.clock import Clock, now
from qubix_server.errors import ApiError
from qubix_server.installers.release import release
from qubix_server.installers.routes import routes as installers
from qubix_server.measures import Measures
from qubix_server.neighbours import neighbours
from qubix_server.openapi.document import routes as openapi
from qubix_server.others import Others
from qubix_server.pages.routes import routes as pages
from qubix_server.routes import (
    audit,
    enrollments,
    health,
    heartbeat,
    jobs,
    live,
    metrics,
    modules,
    providers,
)
from qubix_server.routes.heartbeat import HeartbeatApp
from qubix_server.routing import Address, addresses
from qubix_server.services import Services
from qubix_server.settings import Settings
from qubix_server.store.database import Database


class Application(Starlette):
    """Heartbeats go to `beats` at once, all else through the framework, and is counted."""

    def __init__(self, beats: HeartbeatApp, measures: Measures, **more: Any) -> None:
        super().__init__(**more)
        self.direct = beats
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (worker_id := heartbeat.worker_of(scope)) is not None:
            scope["path_params"] = {"worker_id": worker_id}
            await self.direct(scope, receive, send)
        elif scope["type"] == "http":
            await self._counted(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._counted_socket(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        status = 0

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await super().__call__(scope, receive, counting)
        finally:
            if status:  # else the client has gone
                seconds = time.perf_counter() - begun
                self._measures.answered(*_template(scope), status, seconds)

    async def _counted_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = False

        async def counting(message: Message) -> None:
            nonlocal is_open
            if message["type"] == "websocket.accept":
                is_open = True
                self._measures.sockets += 1
            await send(message)

        try:
            await super().__call__(scope, receive, counting)
        finally:
            if is_open:
                self._measures.sockets -= 1


def create(settings: Settings, clock: Clock = now) -> Starlette:
    """The application over a database that is migrated already; it closes it when it ends."""
    services = Services(
        settings,
        Database(settings.database_url),
        clock,
        release(),
        neighbours=neighbours(settings.database_url),
    )
    beats = HeartbeatApp(services)
    app = Application(
        beats,
        services.measures,
        routes=addresses(
            [
                *pages,
                *health.routes,
                *openapi,
                *installers,
                *enrollments.routes,
                Route(heartbeat.PATH, beats, methods=["POST"]),
                *providers.routes,
                *jobs.routes,
                *modules.routes,
                *live.routes,
                *upgrades.routes,
                *metrics.routes,
                *audit.routes,
            ]
        ),
        middleware=[Middleware(Shield), Middleware(upgrades.Upgrades)],
        exception_handlers={ApiError: on_api_error, HTTPException: on_http_error},
        lifespan=_lifespan,
    )
    # A path has one spelling; redirects would lose a body.
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.services = services
    return app


def _template(scope: Scope) -> tuple[str, str]:
    """The route that a request went to, and its method: few, whatever clients send."""
    address = scope.get("route")
    if not isinstance(address, Address):
        return "none", "any"
    method: str = scope["method"]
    return address.path, method if method in address.methods else "other"


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    services: Services = app.state.services
    duties = housekeeping.start(services)
    others = Others(services)
    services.neighbours.start(others.take)
    try:
        yield
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        await asyncio.to_thread(services.neighbours.close)
        await others.close()
        services.database.close()
