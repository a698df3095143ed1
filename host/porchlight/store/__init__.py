"""What must last: SQL, SQLite by default, PostgreSQL for a cluster. See engine.py for the rules."""

from porchlight.store import clips_model as clips_model  # its tables join Base.metadata
from porchlight.store import digest_model as digest_model
from porchlight.store import leases_model as leases_model
from porchlight.store import operators_model as operators_model
from porchlight.store import requests_model as requests_model
from porchlight.store import webhooks_model as webhooks_model
from porchlight.store.engine import Store
from porchlight.store.log_model import Cosignature, LogHead, LogNode, Witnessed
from porchlight.store.models import (
    Base,
    Camera,
    Entry,
    Grant,
    GrantHub,
    LookAccount,
    Mark,
    Party,
    Words,
)

__all__ = [
    "Base",
    "Camera",
    "Cosignature",
    "Entry",
    "Grant",
    "GrantHub",
    "LogHead",
    "LogNode",
    "LookAccount",
    "Mark",
    "Party",
    "Store",
    "Witnessed",
    "Words",
]
