"""The permit: what checking a grant at this moment yields.

Code that sends or shows a frame takes a Permit and asks holds(now) again right before it does.
"""

from accord import tz
from accord.errors import LocalError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accord.grant import Grant

_CHECKED = object()


class Permit:
    """`ends`: unix second at which it stops to hold; 0 once withdrawn."""

    def __init__(self, proof: object, grant: "Grant", hub: str, action: str, ends: int) -> None:
        if proof is not _CHECKED:
            raise LocalError("a Permit comes out of check() only")
        self.grant = grant
        self.hub = hub
        self.action = action
        self.jti = grant.jti
        self.handle = grant.handle
        self._begins = grant.nbf
        self.ends = ends

    def holds(self, now: int) -> bool:
        return self._begins <= now < self.ends and not self.grant.revoked

    def withdraw(self) -> None:
        self.ends = 0


def check(
    grant: "Grant", *, hub: str, action: str, now: int, purpose: "str | None" = None
) -> Permit:
    """A permit for `hub` (thumb) to do `action` now (unix s), or Refused with the reason."""
    # What this version cannot honour yet (masks, second approvals, leases) is refused, by board and
    # host alike: a grant is kept whole or not at all.
    for against, reason in (
        (now < grant.nbf, "not-yet-valid"),
        (now >= grant.exp, "expired"),
        (hub not in grant.aud or grant.cnf not in (None, hub), "wrong-audience"),
        (action not in grant.actions, "action-not-granted"),
        (purpose is not None and purpose not in grant.purposes, "purpose-not-granted"),
        (grant.mask, "mask-not-supported"),
        (grant.approve != "one", "approval-missing"),
        (grant.needs_lease, "no-lease"),
    ):
        if against:
            raise Refused(reason)
    return Permit(_CHECKED, grant, hub, action, min(grant.exp, window_end(grant, now)))


def window_end(grant: "Grant", now: int) -> int:
    """When the weekly windows open now close, or clocks are set, after which a new check must say;
    Refused("outside-window") if none is open."""
    if grant.tz is None:
        return grant.exp
    zone = tz.parse(grant.tz)
    left = _minutes_open(grant.windows, zone.minute_of_week(now))
    if not left:
        raise Refused("outside-window")
    return min(now - now % 60 + left * 60, zone.next_change(now))


def _minutes_open(windows: "tuple[tuple[int, int], ...]", minute: int) -> int:
    """Minutes from `minute` until no window is open; adjoining windows are one."""
    left, grew = 0, True
    while grew and left < tz.WEEK:
        grew = False
        for start, end in windows:
            at = (minute + left) % tz.WEEK
            if start <= at < end:
                left, grew = left + end - at, True
    return left
