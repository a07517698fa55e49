"""approvals after the fact"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_approvals",
        sa.Column("consultation_id", sa.String(length=32), nullable=False),
        sa.Column("institution_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_late_approvals_answered_by_people")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("fk_late_approvals_consultation_id_consultations")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_late_approvals_institution_id_institutions")
        ),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_late_approvals")),
    )
    op.create_index("ix_late_approvals_due", "late_approvals", ["verdict", "due_at"])
    op.create_index("ix_late_approvals_of", "late_approvals", ["institution_id", "verdict"])


def downgrade() -> None:
    op.drop_index("ix_late_approvals_of", table_name="late_approvals")
    op.drop_index("ix_late_approvals_due", table_name="late_approvals")
    op.drop_table("late_approvals")
