"""The jobs of one worker are found without looking at all"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_jobs_worker_id", "jobs", ["worker_id", "seq"])


def downgrade() -> None:
    op.drop_index("ix_jobs_worker_id", table_name="jobs")
