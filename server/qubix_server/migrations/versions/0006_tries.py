"""How often each address has tried, known to every server"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("whose", sa.String(length=64), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "whose", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_full_at"), "tries", ["full_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tries_full_at"), table_name="tries")
    op.drop_table("tries")
