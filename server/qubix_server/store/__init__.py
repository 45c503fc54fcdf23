"""What the server remembers: tables, queries by noun, and the one writer that commits them.

Query functions take a connection first and no more of the server than plain values. The SQL is
kept to what SQLite and PostgreSQL both understand. Times are milliseconds since the epoch.
"""
