"""The last measurements of a provider stand in its own row, until there are some"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_PROVIDERS = sa.table("providers", sa.column("seq"), sa.column("recent"))
_METRICS = sa.table(
    "metrics",
    *map(
        sa.column,
        ("provider_seq", "at", "cpu_percent", "ram_percent", "gpu_percent", "gpu_temp",
         "gpu_mem_used"),
    ),
)  # fmt: skip
_AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("providers", sa.Column("recent", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """What stands there goes to the others first: nothing of the history is lost."""
    connection = op.get_bind()
    after = -1
    while found := connection.execute(_next(after)).all():
        after = found[-1].seq
        names = [column.name for column in _METRICS.columns]
        connection.execute(
            _METRICS.insert(),
            [
                dict(zip(names, (row.seq, *measured), strict=True))
                for row in found
                for measured in json.loads(row.recent)
            ],
        )
    op.drop_column("providers", "recent")


def _next(after: int) -> sa.Select[tuple[int, str]]:
    query = sa.select(_PROVIDERS).where(_PROVIDERS.c.recent != "", _PROVIDERS.c.seq > after)
    return query.order_by(_PROVIDERS.c.seq).limit(_AT_ONCE)
