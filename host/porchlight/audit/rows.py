"""Entries as rows. They are written once and never changed, so the session's unit of work has
nothing to do for them: it would only make each of them dearer."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from porchlight.audit.leaf import Said
from porchlight.cases import case_key
from porchlight.store import Entry, Words

_ENTRIES: Final = cast(Table, Entry.__table__)
_WORDS: Final = cast(Table, Words.__table__)
_NEW_ENTRIES: Final = _ENTRIES.insert().returning(_ENTRIES.c.n, sort_by_parameter_order=True)
# The names of columns, and of the attributes that stand for them.
_COLUMNS: Final = {
    attribute.columns[0].name: attribute.key
    for attribute in Entry.__mapper__.column_attrs
    if attribute.key != "n"
}


def insert(session: Session, made: Sequence[tuple[Entry, Mapping[str, Said]]]) -> list[Entry]:
    """Write new entries, in order, and beside each what people wrote in it; the entries, with
    their numbers. However many there are, it is one statement for each table."""
    if not made:
        return []
    database = session.connection()
    values = [{name: getattr(row, key) for name, key in _COLUMNS.items()} for row, _ in made]
    words = []
    for (row, said), n in zip(made, database.scalars(_NEW_ENTRIES, values), strict=True):
        row.n = n
        row.words = Words(n=n) if said else None
        if row.words is not None:
            for name, each in said.items():
                setattr(row.words, name, each.text)
                setattr(row.words, f"{name}_salt", each.salt)
            if "case" in said:
                row.words.case_key = case_key(said["case"].text)
            words.append(_columns(row.words))
    if words:
        database.execute(_WORDS.insert(), words)
    return [row for row, _ in made]


def _columns(words: Words) -> dict[str, object]:
    return {
        "n": words.n,
        "case_number": words.case,
        "case_key": words.case_key,
        "case_salt": words.case_salt,
        "reason": words.reason,
        "reason_salt": words.reason_salt,
        "statement": words.statement,
        "statement_salt": words.statement_salt,
    }
