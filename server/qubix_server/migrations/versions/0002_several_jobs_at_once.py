"""Several jobs at once on a provider, and why one is paused"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("providers", sa.Column("free_slots", sa.Integer(), nullable=True))
    op.add_column("providers", _flag("names_jobs"))
    op.add_column("providers", sa.Column("session", sa.String(length=64), nullable=True))
    op.add_column("providers", sa.Column("report", sa.BigInteger(), nullable=True))
    op.add_column("providers", sa.Column("pause_reason", sa.String(length=256), nullable=True))
    op.add_column("providers", sa.Column("price_per_hour", sa.Float(), nullable=True))
    op.add_column("jobs", _flag("named"))
    # Until now each worker was one that names its jobs, and RUNNING those that were named.
    op.execute("UPDATE providers SET names_jobs = true")
    op.execute("UPDATE jobs SET named = true WHERE status = 'RUNNING'")


def downgrade() -> None:
    # Column by column, not as a batch: that would copy the table and drop the old one, and with
    # it, by the foreign keys, what belongs to its rows.
    op.drop_column("jobs", "named")
    added = ("price_per_hour", "pause_reason", "report", "session", "names_jobs", "free_slots")
    for column in added:
        op.drop_column("providers", column)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
