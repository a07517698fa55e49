"""copies of files for teaching cases"""

import sqlalchemy as sa
from alembic import op

revision = "0007k"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_copies",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("original_id", sa.String(length=32), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=True),
        sa.Column("sheets", sa.JSON(), nullable=False),
        sa.Column("sheets_id", sa.String(length=32), nullable=True),
        sa.Column("sheets_key", sa.LargeBinary(), nullable=True),
        sa.Column("masks", sa.JSON(), nullable=False),
        sa.Column("confirmed_by_id", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["teaching_cases.id"], name=op.f("fk_teaching_copies_case_id_teaching_cases")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["people.id"], name=op.f("fk_teaching_copies_confirmed_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_copies")),
    )
    op.create_index("ix_teaching_copies_case", "teaching_copies", ["case_id", "number"])


def downgrade() -> None:
    op.drop_table("teaching_copies")
