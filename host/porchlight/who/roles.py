"""One table: what a role may do. And one: what a route of the API takes. Unknown means no.

Roles are of operators at a hub. They narrow what the hub may do, and never widen it: a role opens
no camera, only a resident's grant does. Residents have no roles.
"""

from collections.abc import Iterable, Mapping
from typing import Final

READ: Final = "read"  # what the hub is told anyway: cameras that named it, grants, its own views
LOOK: Final = "look"
SEARCH: Final = "search"
REQUEST: Final = "request"
CLIPS: Final = "clips"
EXPORT: Final = "export"
APPROVE: Final = "approve"
AUDIT: Final = "audit"
MANAGE: Final = "manage"
NOBODY: Final = ""  # no role has it

MAY: Final[Mapping[str, frozenset[str]]] = {
    "viewer": frozenset({READ, LOOK}),
    "investigator": frozenset({READ, LOOK, SEARCH, REQUEST, CLIPS, EXPORT}),
    "approver": frozenset({READ, APPROVE}),
    "auditor": frozenset({READ, AUDIT}),
    "admin": frozenset({READ, MANAGE}),
}

# action of a grant -> what it takes
ACTIONS: Final[Mapping[str, str]] = {
    "live": LOOK,
    "snapshot": LOOK,
    "clips": CLIPS,
    "export": EXPORT,
}

# noun in the path -> (what GET takes, what the other methods take)
NOUNS: Final[Mapping[str, tuple[str, str]]] = {
    "me": (READ, NOBODY),
    "cameras": (READ, NOBODY),
    "grants": (READ, NOBODY),
    "events": (READ, NOBODY),
    "delegates": (NOBODY, NOBODY),  # residents' own
    "views": (READ, LOOK),
    "approvals": (READ, APPROVE),
    "items": (SEARCH, NOBODY),  # of OGC API Features
    "search": (SEARCH, SEARCH),
    "requests": (REQUEST, REQUEST),
    "clips": (CLIPS, CLIPS),
    "exports": (EXPORT, EXPORT),
    "entries": (AUDIT, NOBODY),
    "log": (AUDIT, NOBODY),
    "cases": (AUDIT, NOBODY),
    "transparency": (READ, NOBODY),  # open to everybody
    "webhooks": (MANAGE, MANAGE),
    "operators": (MANAGE, MANAGE),
}


def may(roles: Iterable[str], what: str) -> bool:
    """Whether one of these roles may do that."""
    return any(what in MAY.get(role, ()) for role in roles)


def takes(method: str, path: str) -> str:
    """What a route takes, by the last noun in its path; NOBODY for one that is not in the table."""
    for word in reversed(path.split("/")):
        if word in NOUNS:
            return NOUNS[word][method not in ("GET", "HEAD")]
    return NOBODY
