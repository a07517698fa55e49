"""showings of recordings"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_showings",
        sa.Column("sign_in_id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_recording_showings_recording_id_recordings"),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_ins.id"], name="fk_recording_showings_sign_in_id_sign_ins"),
        sa.PrimaryKeyConstraint("sign_in_id", "recording_id", name="pk_recording_showings"),
    )


def downgrade() -> None:
    op.drop_table("recording_showings")
