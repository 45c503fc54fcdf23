"""The application: all routes, what stands around them, and what lives as long as it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from qubix_server import housekeeping, upgrades
from qubix_server.answers import Shield, on_api_error, on_http_error
from qubix_server.clock import Clock, now
from qubix_server.errors import ApiError
from qubix_server.installers.release import release
from qubix_server.installers.routes import routes as installers
from qubix_server.openapi.document import routes as openapi
from qubix_server.pages.routes import routes as pages
from qubix_server.routes import enrollments, health, heartbeat, jobs, live, modules, providers
from qubix_server.routes.heartbeat import HeartbeatApp
from qubix_server.routing import addresses
from qubix_server.services import Services
from qubix_server.settings import Settings
from qubix_server.store.database import Database


class Application(Starlette):
    """Heartbeats go to `beats` at once, all else through the framework."""

    def __init__(self, beats: HeartbeatApp, **more: Any) -> None:
        super().__init__(**more)
        self._beats = beats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (worker_id := heartbeat.worker_of(scope)) is not None:
            scope["path_params"] = {"worker_id": worker_id}
            await self._beats(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create(settings: Settings, clock: Clock = now) -> Starlette:
    """The application over a database that is migrated already; it closes it when it ends."""
    services = Services(settings, Database(settings.database_url), clock, release())
    beats = HeartbeatApp(services)
    app = Application(
        beats,
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


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    services: Services = app.state.services
    duties = housekeeping.start(services)
    try:
        yield
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        services.database.close()
