"""attendance corrected, credit and certificates revoked, reviews asked for"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_corrections",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("finding", sa.String(length=32), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["teaching_sessions.id"], name=op.f("fk_teaching_corrections_session_id_teaching_sessions")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_teaching_corrections_person_id_people")),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_teaching_corrections_by_people")),
        sa.PrimaryKeyConstraint("session_id", "person_id", "number", name=op.f("pk_teaching_corrections")),
    )
    op.create_index("ix_teaching_corrections_person", "teaching_corrections", ["person_id"])
    op.create_table(
        "teaching_reviews",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["teaching_sessions.id"], name=op.f("fk_teaching_reviews_session_id_teaching_sessions")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_teaching_reviews_person_id_people")),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_teaching_reviews_answered_by_people")),
        sa.PrimaryKeyConstraint("session_id", "person_id", "number", name=op.f("pk_teaching_reviews")),
    )
    with op.batch_alter_table("teaching_attendance") as table:
        table.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("revoked_by", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("revoked_for", sa.String(length=32), nullable=True))
        table.create_foreign_key(op.f("fk_documents_revoked_by_people"), "people", ["revoked_by"], ["id"])


def downgrade() -> None:
    """Corrections, reviews and revocations are lost: a revoked certificate verifies as a valid one again."""
    with op.batch_alter_table("documents") as table:
        table.drop_constraint(op.f("fk_documents_revoked_by_people"), type_="foreignkey")
        table.drop_column("revoked_for")
        table.drop_column("revoked_by")
        table.drop_column("revoked_at")
    with op.batch_alter_table("teaching_attendance") as table:
        table.drop_column("revoked_at")
    op.drop_table("teaching_reviews")
    op.drop_table("teaching_corrections")
