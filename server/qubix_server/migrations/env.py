"""How Alembic runs here: on the connection that it is given, all or nothing."""

from __future__ import annotations

from alembic import context

from qubix_server.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
