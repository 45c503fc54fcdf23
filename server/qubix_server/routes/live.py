"""WS /ws: what changes, as it changes. The public fields are for all; the rest needs a credential,
in the `Authorization` header or as `token` in the message that subscribes. Operators who listen to
the marketplace are told of all machines in full.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from qubix_server import access, leases, work
from qubix_server.access import bearer
from qubix_server.addresses import host
from qubix_server.credentials import digest
from qubix_server.errors import ApiError
from qubix_server.events import (
    IN_FULL,
    MARKETPLACE,
    SUBSCRIPTIONS_MOST,
    Subscriber,
    framed,
    job_topic,
    provider_topic,
)
from qubix_server.services import Services, of
from qubix_server.store import providers

MESSAGE_BYTES = 16 * 1024
CLOSE_SECONDS = 2.0
SLOW_SECONDS = 5.0
"""So long a reader may leave the answers to its own messages lie."""
FORBIDDEN = 4403


async def live(websocket: WebSocket) -> None:
    services = of(websocket)
    if not _same_origin(websocket):
        await websocket.close(FORBIDDEN)
        return
    await websocket.accept()
    subscriber = Subscriber()
    _tell(subscriber, {"type": "connected"})
    tasks = [
        asyncio.create_task(_send(websocket, subscriber)),
        asyncio.create_task(_listen(websocket, services, subscriber)),
    ]
    ends: list[asyncio.Future[Any]] = [*tasks, subscriber.sent_away]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        services.hub.forget(subscriber)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if subscriber.sent_away.done():
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            await asyncio.wait_for(websocket.close(subscriber.sent_away.result()), CLOSE_SECONDS)


async def _send(websocket: WebSocket, subscriber: Subscriber) -> None:
    while True:
        await websocket.send({"type": "websocket.send", "frames": await subscriber.next()})


async def _listen(websocket: WebSocket, services: Services, subscriber: Subscriber) -> None:
    header = bearer(websocket.scope)
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] != "websocket.receive":
                return
            text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
            try:
                reply = await _reply(services, subscriber, text, header)
            except ApiError as error:
                reply = {"type": "error", "error": error.sentence, "code": error.code}
            _tell(subscriber, reply)
            # No more is read from who does not read, and others have their turn between.
            await asyncio.sleep(0)
            if not await subscriber.has_room(SLOW_SECONDS):
                subscriber.send_away()
                return


async def _reply(
    services: Services, subscriber: Subscriber, text: str, header: str | None
) -> dict[str, Any]:
    message = _understood(text)
    kind = message["type"]
    given = message.get("subscriptionId", MARKETPLACE)
    if kind == "ping":
        return {"type": "pong"}
    if not isinstance(given, str) or len(given) > 128:
        raise ApiError(400, "bad_message", "subscriptionId must be a text.")
    if kind == "unsubscribe":
        topic = subscriber.subscriptions.pop(given, None)
        # It may be asked for under another name as well: by the server's id, and the worker's.
        if topic and topic not in subscriber.subscriptions.values():
            services.hub.unsubscribe(subscriber, topic)
        return {"type": "unsubscribed", "subscriptionId": given}
    credential = message.get("token", header)
    if credential is not None and not isinstance(credential, str):
        raise ApiError(400, "bad_message", "token must be a text.")
    topic = await _topic(services, kind, given, credential)
    if len(subscriber.topics) >= SUBSCRIPTIONS_MOST:
        raise ApiError(400, "too_many", f"At most {SUBSCRIPTIONS_MOST} subscriptions.")
    services.hub.subscribe(subscriber, topic, digest(credential or ""))
    subscription = MARKETPLACE if topic in (MARKETPLACE, IN_FULL) else given
    before = subscriber.subscriptions.get(subscription, topic)
    subscriber.subscriptions[subscription] = topic
    if before not in subscriber.subscriptions.values():
        services.hub.unsubscribe(subscriber, before)
    return {"type": "subscribed", "subscriptionId": subscription, "topic": kind}


async def _topic(services: Services, kind: str, given: str, credential: str | None) -> str:
    if kind == "subscribe:marketplace":
        if credential is None:
            return MARKETPLACE
        knows = await services.database.read(access.is_operator, credential)
        return IN_FULL if knows else MARKETPLACE
    if kind == "subscribe:provider":
        return await services.database.read(_provider_topic, credential, given)
    if kind == "subscribe:job":
        topic, place = await services.database.read(_job_topic, credential, given)
        # Who has seen the job as it is now is not told how it was before, at another server.
        services.hub.is_later(topic, place)
        return topic
    raise ApiError(400, "bad_message", "type is not one that this server knows.")


def _understood(text: str) -> dict[str, Any]:
    if len(text) > MESSAGE_BYTES:
        raise ApiError(400, "bad_message", "The message is too long.")
    try:
        message = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ApiError(400, "bad_message", "The message is not JSON.") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ApiError(400, "bad_message", "A message is an object with a type.")
    return message


def _provider_topic(connection: Connection, credential: str | None, any_id: str) -> str:
    row = providers.find_by_any_id(connection, any_id)
    if row is None:
        access.require_operator(connection, credential)
        raise access.provider_unknown()
    worker_id: str = row["worker_id"]
    access.require_worker_or_operator(connection, credential, worker_id)
    return provider_topic(worker_id)


def _job_topic(
    connection: Connection, credential: str | None, job_id: str
) -> tuple[str, tuple[float, ...]]:
    access.require_operator(connection, credential)
    job = work.find(connection, job_id)
    return job_topic(job["id"]), leases.place(job)


def _tell(subscriber: Subscriber, message: dict[str, Any]) -> None:
    if subscriber.put(framed(message)):
        subscriber.wake()


def _same_origin(websocket: WebSocket) -> bool:
    """A browser names the page that asks; only our own pages may. Programs name none."""
    origin = websocket.headers.get("origin")
    if origin is None:
        return True
    public_url = of(websocket).settings.public_url or ""
    try:
        ours = (host(websocket), urlsplit(public_url).netloc)
        return bool(named := urlsplit(origin).netloc) and named in ours
    except (ValueError, ApiError):
        return False


routes = [WebSocketRoute("/ws", live)]
