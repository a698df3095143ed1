"""What must last: SQL, SQLite by default, PostgreSQL for a cluster. See engine.py for the rules."""

from porchlight.store.engine import Store
from porchlight.store.models import Base, Camera, Entry, Grant, GrantHub, Mark, Party

__all__ = ["Base", "Camera", "Entry", "Grant", "GrantHub", "Mark", "Party", "Store"]
