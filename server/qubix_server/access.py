"""Who is asking, and may they? Each function runs inside the read or write that it guards.

401: no credential, or one that opens nothing. 403: a good one, of somebody else.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping
from starlette.types import Scope

from qubix_server.credentials import digest
from qubix_server.errors import ApiError
from qubix_server.store import operators, providers

PROVEN_AT_ONCE = 1000
"""So many credentials are looked up by one statement."""


def bearer(scope: Scope) -> str | None:
    """The credential in the `Authorization` header (RFC 6750)."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, credential = value.decode("latin-1").partition(" ")
            return credential.strip() or None if scheme.lower() == "bearer" else None
    return None


def is_operator(connection: Connection, credential: str | None) -> bool:
    return credential is not None and operators.is_operator(connection, digest(credential))


def require_operator(connection: Connection, credential: str | None) -> None:
    if is_operator(connection, credential):
        return
    require_any_worker(connection, credential)
    raise ApiError(403, "forbidden", "Only an operator may do this.")


def require_any_worker(connection: Connection, credential: str | None) -> RowMapping:
    """The provider whose secret this is."""
    if credential is None:
        raise ApiError(401, "unauthorized", "This needs a credential: Authorization: Bearer …")
    provider = providers.owner_of_secret(connection, digest(credential))
    if provider is None:
        if operators.is_operator(connection, digest(credential)):
            raise ApiError(403, "forbidden", "Only a worker may do this.")
        raise ApiError(401, "unauthorized", "This credential is not valid here.")
    return provider


def require_worker(connection: Connection, credential: str | None, worker_id: str) -> RowMapping:
    """The provider with this worker id, if the credential is its own."""
    owner = credential and providers.owner_of_secret(connection, digest(credential))
    if owner and owner["worker_id"] == worker_id:
        return owner
    if providers.find(connection, worker_id) is None:
        raise provider_unknown()
    require_any_worker(connection, credential)
    raise ApiError(403, "forbidden", "This is another worker's.")


def require_worker_or_operator(
    connection: Connection, credential: str | None, worker_id: str
) -> tuple[RowMapping, bool]:
    """The provider with this worker id (operators may give its own id too), for itself or an
    operator; whether it is itself."""
    if not is_operator(connection, credential):
        # Not even whether there is such a provider is for everyone.
        owner = require_any_worker(connection, credential)
        if owner["worker_id"] != worker_id:
            raise ApiError(403, "forbidden", "This is another worker's.")
        return owner, True
    provider = providers.find_by_any_id(connection, worker_id)
    if provider is None:
        raise provider_unknown()
    return provider, False


def unproven(connection: Connection, secret_hashes: Collection[str]) -> set[str]:
    """Of the credentials with these hashes, those that were taken back."""
    wanted = list(secret_hashes)
    left = set(wanted)
    for begin in range(0, len(wanted), PROVEN_AT_ONCE):
        some = wanted[begin : begin + PROVEN_AT_ONCE]
        left -= operators.tokens_among(connection, some)
        left -= providers.secrets_among(connection, some)
    return left


def provider_unknown() -> ApiError:
    return ApiError(404, "provider_unknown", "Provider not found", more={"pendingJobs": []})
