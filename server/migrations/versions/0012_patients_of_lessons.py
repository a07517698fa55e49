"""patients of lessons, and on which occasion somebody consents"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_patients",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["named_by"], ["people.id"], name=op.f("fk_teaching_patients_named_by_people")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_teaching_patients_patient_id_patients")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["teaching_sessions.id"], name=op.f("fk_teaching_patients_session_id_teaching_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", "patient_id", name=op.f("pk_teaching_patients")),
    )
    with op.batch_alter_table("consents") as batch_op:
        batch_op.add_column(sa.Column("occasion", sa.String(length=32), server_default="consultation", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("consents") as batch_op:
        batch_op.drop_column("occasion")
    op.drop_table("teaching_patients")
