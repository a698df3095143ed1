"""Entries as rows. They are written one by one and never changed, so the session's unit of work has
nothing to do for them: it would only make each of them dearer."""

from collections.abc import Mapping
from typing import Final, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from porchlight.audit.leaf import Said
from porchlight.store import Entry, Words

_ENTRIES: Final = cast(Table, Entry.__table__)
_WORDS: Final = cast(Table, Words.__table__)
# The names of columns, and of the attributes that stand for them.
_COLUMNS: Final = {
    attribute.columns[0].name: attribute.key
    for attribute in Entry.__mapper__.column_attrs
    if attribute.key != "n"
}


def insert(session: Session, row: Entry, said: Mapping[str, Said]) -> Entry:
    """Write a new entry, and beside it what people wrote in it; the entry, with its number."""
    values = {name: getattr(row, key) for name, key in _COLUMNS.items()}
    if row.detail is None:
        del values["detail"]  # SQL's NULL, not JSON's
    database = session.connection()
    key = database.execute(_ENTRIES.insert(), values).inserted_primary_key
    row.n = key[0] if key else 0
    row.words = Words(n=row.n) if said else None
    if row.words is not None:
        for name, each in said.items():
            setattr(row.words, name, each.text)
            setattr(row.words, f"{name}_salt", each.salt)
        database.execute(_WORDS.insert(), _columns(row.words))
    return row


def _columns(words: Words) -> dict[str, object]:
    return {
        "n": words.n,
        "case_number": words.case,
        "case_salt": words.case_salt,
        "reason": words.reason,
        "reason_salt": words.reason_salt,
    }
