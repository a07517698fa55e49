"""ladders of recordings"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recordings") as batch_op:
        batch_op.add_column(sa.Column("ladder", sa.String(length=32), nullable=False, server_default="waiting"))
        batch_op.add_column(sa.Column("ladder_percent", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("recordings") as batch_op:
        batch_op.alter_column("ladder", server_default=None)
        batch_op.alter_column("ladder_percent", server_default=None)
    op.create_table(
        "recording_rungs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=8), nullable=False),
        sa.Column("playlist", sa.Text(), nullable=False),
        sa.Column("codecs", sa.String(length=64), nullable=False),
        sa.Column("bandwidth", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_recording_rungs_recording_id_recordings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_rungs")),
        sa.UniqueConstraint("recording_id", "name", name=op.f("uq_recording_rungs_recording_id_name")),
    )


def downgrade() -> None:
    op.drop_table("recording_rungs")
    with op.batch_alter_table("recordings") as batch_op:
        batch_op.drop_column("ladder_percent")
        batch_op.drop_column("ladder")
