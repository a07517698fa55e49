"""teaching cases"""

import sqlalchemy as sa
from alembic import op

revision = "0004c"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_cases",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("consultation_id", sa.String(length=32), nullable=False),
        sa.Column("consortium_id", sa.String(length=32), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("specialty", sa.String(length=40), nullable=False),
        sa.Column("points", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.String(length=32), nullable=False),
        sa.Column("proposer_institution_id", sa.String(length=32), nullable=False),
        sa.Column("sent_back_why", sa.String(length=500), nullable=False),
        sa.Column("reviewed_by_id", sa.String(length=32), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("fk_teaching_cases_consultation_id_consultations")
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"], ["consortia.id"], name=op.f("fk_teaching_cases_consortium_id_consortia")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["people.id"], name=op.f("fk_teaching_cases_proposed_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposer_institution_id"],
            ["institutions.id"],
            name=op.f("fk_teaching_cases_proposer_institution_id_institutions"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["people.id"], name=op.f("fk_teaching_cases_reviewed_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_cases")),
        sa.UniqueConstraint("consultation_id", name=op.f("uq_teaching_cases_consultation_id")),
    )
    op.create_index("ix_teaching_cases_consortium", "teaching_cases", ["consortium_id", "state", "id"])


def downgrade() -> None:
    op.drop_table("teaching_cases")
