"""what became of the authority's file of a session"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_hand_ins",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.String(length=32), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_in_by", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["teaching_sessions.id"], name="fk_teaching_hand_ins_session_id_teaching_sessions"
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["people.id"], name="fk_teaching_hand_ins_taken_by_people"),
        sa.ForeignKeyConstraint(["handed_in_by"], ["people.id"], name="fk_teaching_hand_ins_handed_in_by_people"),
        sa.PrimaryKeyConstraint("session_id", name="pk_teaching_hand_ins"),
    )


def downgrade() -> None:
    op.drop_table("teaching_hand_ins")
