"""The number of a job's last progress, so that none is taken twice"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("progress_session", sa.String(length=64), nullable=True))
    op.add_column("jobs", sa.Column("progress_report", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "progress_report")
    op.drop_column("jobs", "progress_session")
