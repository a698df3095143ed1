"""Whether a grant covers a hub's search at this moment. Pure."""

from typing import Final

from accord import permit
from accord.errors import Refused
from accord.grant import Grant
from porchlight.search.index import REGISTER

# Two approvals are asked for when a camera is opened, not when it is found; masks are burned in.
HONOURED: Final = {"approved": True, "masks": True}


def until(grant: Grant, hub: str, action: str, purpose: str, now: int) -> int | None:
    """Until when (unix s) this grant lets `hub` do `action` for `purpose`; None: not now."""
    try:
        if action == REGISTER:
            return _registered_until(grant, hub, purpose, now)
        return permit.check(
            grant, hub=hub, action=action, now=now, purpose=purpose, **HONOURED
        ).ends
    except Refused:
        return None


def _registered_until(grant: Grant, hub: str, purpose: str, now: int) -> int | None:
    """The checks of a permit but for the action: a grant without any allows to be listed."""
    holder = hub in grant.aud and grant.cnf in (None, hub)
    alive = grant.nbf <= now < grant.exp and not grant.revoked and not grant.lapsed()
    if not (holder and alive and purpose in grant.purposes):
        return None
    return min(grant.exp, permit.window_end(grant, now))
