"""Commits: one piece of work in a transaction of its own, or several that share one.

Work is a function of a Session. It may be called again after all it did was undone, so it touches
nothing but its session. The outcome of a commit that failed is not known everywhere: what was
handed to one is never done again.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from porchlight.errors import StoreError

Result = TypeVar("Result")
Work = Callable[[Session], Result]
# Whatever ends a piece of work ends the transaction that it shares.
_SHARED: Final[Any] = {"expire_on_commit": False, "join_transaction_mode": "rollback_only"}


class Spoilt(Exception):
    """One of several pieces of work failed: nothing of any of them was kept."""


def alone(engine: Engine, work: Work[Result]) -> Result:
    """One transaction, committed when this returns; StoreError if it was not."""
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            return work(session)
    except SQLAlchemyError as error:
        raise StoreError(brief(error)) from error


def together(engine: Engine, works: Sequence[Work[Any]]) -> list[Any]:
    """All in one transaction, in order, each in a session of its own; their results, once it is
    committed. Spoilt: do them one by one. StoreError: none could begin, or none was committed.
    """
    try:
        with engine.begin() as connection:
            return [_part(Session(connection, **_SHARED), work) for work in works]
    except SQLAlchemyError as error:
        raise StoreError(brief(error)) from error


def _part(session: Session, work: Work[Result]) -> Result:
    try:
        with session, session.begin():
            return work(session)
    except Exception as error:
        raise Spoilt from error


def brief(error: SQLAlchemyError) -> str:
    """The driver's own words: SQLAlchemy's would repeat the statement and its values."""
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0][:200]
