"""Proofs by clocks that run ahead of ours: their time comes only after it was used.

A restart forgets which proofs were used, and takes none from before it. One whose time lay ahead
would still be good then, so the newest such time of each key is kept before its request is served.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from porchlight.dpop import Proof
from porchlight.store.engine import Store
from porchlight.store.models import Ahead


def load(session: Session) -> dict[str, int]:
    """By thumb, the newest `iat` (unix s) that lay ahead when it was used."""
    return {row.thumb: row.iat for row in session.scalars(select(Ahead))}


async def keep(store: Store, proof: Proof) -> None:
    """Remember a used proof that lies ahead of us. Durable when this returns."""

    def work(session: Session) -> None:
        row = session.get(Ahead, proof.key.thumb)
        if row is None:
            session.add(Ahead(thumb=proof.key.thumb, iat=proof.iat))
        else:
            row.iat = max(row.iat, proof.iat)

    await store.run(work)
