"""teaching cases that sessions discuss"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_session_cases",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["teaching_cases.id"], name=op.f("fk_teaching_session_cases_case_id_teaching_cases")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["teaching_sessions.id"],
            name=op.f("fk_teaching_session_cases_session_id_teaching_sessions"),
        ),
        sa.PrimaryKeyConstraint("session_id", "case_id", name=op.f("pk_teaching_session_cases")),
    )
    op.create_index(op.f("ix_teaching_session_cases_case_id"), "teaching_session_cases", ["case_id"])


def downgrade() -> None:
    op.drop_table("teaching_session_cases")
