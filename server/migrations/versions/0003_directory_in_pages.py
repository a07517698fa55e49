"""why an agreement stands still, what it renews; the version of a consortium"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002t"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agreements") as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=300), server_default="", nullable=False))
        batch_op.add_column(sa.Column("renews_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(op.f("fk_agreements_renews_id_agreements"), "agreements", ["renews_id"], ["id"])
    with op.batch_alter_table("consortia") as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("consortia") as batch_op:
        batch_op.drop_column("version")
    with op.batch_alter_table("agreements") as batch_op:
        batch_op.drop_constraint(op.f("fk_agreements_renews_id_agreements"), type_="foreignkey")
        batch_op.drop_column("renews_id")
        batch_op.drop_column("reason")
