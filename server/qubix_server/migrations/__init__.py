"""The database's history, run by Alembic at each start (`qubix_server.store.migrate`)."""
