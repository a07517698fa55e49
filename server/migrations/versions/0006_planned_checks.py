"""planned checks"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005r"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("teaching_sessions") as batch_op:
        batch_op.add_column(sa.Column("planned_checks", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("teaching_sessions") as batch_op:
        batch_op.drop_column("planned_checks")
