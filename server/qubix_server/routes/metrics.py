"""GET /metrics: what the server has counted, as Prometheus reads it.

For operators, and for who asks from this very computer. What a proxy here hands on from elsewhere
comes from this computer too: where there may be one, the token is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import __version__, access
from qubix_server.access import bearer
from qubix_server.addresses import is_loopback, is_trusted
from qubix_server.measures import Spread
from qubix_server.routes.heartbeat import PATH as HEARTBEAT
from qubix_server.services import Services, of
from qubix_server.store import counts

LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)


async def metrics(request: Request) -> Response:
    services = of(request)
    credential = bearer(request.scope)
    is_here = credential is None and comes_from_here(request)
    now_is = await services.database.read(_count, credential, is_here)
    registry = CollectorRegistry()
    registry.register(Reading(services, now_is))
    headers = {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST}
    return Response(generate_latest(registry), headers=headers)


def comes_from_here(request: Request) -> bool:
    """Whether somebody on this computer asks, and certainly nobody by way of a proxy on it."""
    settings = of(request).settings
    if any(is_trusted(address, settings.trusted_proxies) for address in LOOPBACK):
        return False
    public = urlsplit(settings.public_url or "").hostname
    if is_loopback(settings.host) and public and not is_loopback(public):
        return False  # it is reached from elsewhere, and only a proxy here can bring that
    if any(name in request.headers for name in FORWARDED):
        return False
    # Not by a name that somebody else's name server has led here.
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname
    peer = request.client.host if request.client else ""
    return is_loopback(peer) and is_loopback(named or "")


routes = [Route("/metrics", metrics)]


class Reading(Collector):
    """The numbers at one moment, in Prometheus' form."""

    def __init__(self, services: Services, now_is: counts.Counts) -> None:
        self._services = services
        self._now_is = now_is

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._heartbeats()
        yield from self._commits()
        yield from self._states()

    def _requests(self) -> Iterator[Metric]:
        measures = self._services.measures
        answers = CounterMetricFamily(
            "qubix_http_requests",
            "Requests that were answered.",
            labels=("route", "method", "status"),
        )
        for (route, method, hundreds), number in list(measures.answers.items()):
            answers.add_metric((route, method, f"{hundreds}xx"), number)
        beats = measures.beats
        answers.add_metric((HEARTBEAT, "POST", "2xx"), beats.kept)
        refused: dict[int, int] = {}
        for status, number in list(beats.refused.items()):
            refused[status // 100] = refused.get(status // 100, 0) + number
        for hundreds, number in refused.items():
            answers.add_metric((HEARTBEAT, "POST", f"{hundreds}xx"), number)
        yield answers
        seconds = HistogramMetricFamily(
            "qubix_http_request_seconds",
            "How long answers took; of heartbeats, those that were answered at once.",
            labels=("route", "method"),
        )
        for labels, spread in list(measures.seconds.items()):
            _add(seconds, labels, spread)
        _add(seconds, (HEARTBEAT, "POST"), beats.at_once)
        yield seconds

    def _heartbeats(self) -> Iterator[Metric]:
        beats = self._services.measures.beats
        kept = CounterMetricFamily("qubix_heartbeats", "Heartbeats that were kept.")
        kept.add_metric((), beats.kept)
        yield kept
        held = CounterMetricFamily(
            "qubix_heartbeats_held", "Of these, those whose answer was held until there was news."
        )
        held.add_metric((), beats.held)
        yield held

    def _commits(self) -> Iterator[Metric]:
        commits = self._services.database.commits
        seconds = HistogramMetricFamily(
            "qubix_commit_seconds", "How long the database took to keep what was written together."
        )
        _add(seconds, (), commits.seconds)
        yield seconds
        sizes = HistogramMetricFamily(
            "qubix_commit_writes", "How many writes were kept by one commit."
        )
        _add(sizes, (), commits.sizes)
        yield sizes

    def _states(self) -> Iterator[Metric]:
        providers = GaugeMetricFamily(
            "qubix_providers", "Computers, by what they last told.", labels=("status",)
        )
        for status, number in self._now_is.providers.items():
            providers.add_metric((status,), number)
        yield providers
        jobs = GaugeMetricFamily("qubix_jobs", "Jobs, by their status.", labels=("status",))
        for status, number in self._now_is.jobs.items():
            jobs.add_metric((status,), number)
        yield jobs
        sockets = GaugeMetricFamily("qubix_websocket_clients", "WebSockets that are open.")
        sockets.add_metric((), self._services.measures.sockets)
        yield sockets
        version = GaugeMetricFamily("qubix_build", "Always 1.", labels=("version",))
        version.add_metric((__version__,), 1)
        yield version


def _add(family: HistogramMetricFamily, labels: Sequence[str], spread: Spread) -> None:
    # Copied once: it is added to meanwhile.
    numbers = list(spread.counts)
    upto, buckets = 0, []
    for bound, number in zip((*spread.bounds, float("inf")), numbers, strict=True):
        upto += number
        buckets.append(("+Inf" if bound == float("inf") else str(float(bound)), float(upto)))
    family.add_metric(labels, buckets, spread.total)


def _count(connection: Connection, credential: str | None, is_here: bool) -> counts.Counts:
    if not is_here:
        access.require_operator(connection, credential)
    return counts.now(connection)
