"""Cases are found by what their number means, however it is spelt."""

import sqlalchemy as sa
from alembic import op

from porchlight.cases import case_key

revision = "0010"
down_revision = "0009"

_WORDS = sa.table("entry_words", sa.column("case_number"), sa.column("case_key"))


def upgrade() -> None:
    """A column beside the case's own spelling, erased with it; and its index."""
    op.add_column("entry_words", sa.Column("case_key", sa.String(64), nullable=True))
    if not op.get_context().as_sql:  # statements on paper have no rows to fill
        _fill()
    op.drop_index("entry_words_case", "entry_words")
    op.create_index("entry_words_case", "entry_words", ["case_key"])


def _fill() -> None:
    number, database = _WORDS.c.case_number, op.get_bind()
    for case in database.scalars(sa.select(number).where(number.is_not(None)).distinct()).all():
        keyed = sa.update(_WORDS).where(number == case).values(case_key=case_key(case))
        database.execute(keyed)
