"""who was reminded of a consent to be completed"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007k"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("consents") as batch_op:
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_consents_to_complete", ["state", "complete_by"])


def downgrade() -> None:
    with op.batch_alter_table("consents") as batch_op:
        batch_op.drop_index("ix_consents_to_complete")
        batch_op.drop_column("reminded_at")
