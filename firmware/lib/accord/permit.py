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
        grant = self.grant
        return self._begins <= now < self.ends and not grant.revoked and not grant.lapsed()

    def withdraw(self) -> None:
        self.ends = 0


def check(  # noqa: PLR0913 - each is a question of its own, and all but four have a safe answer
    grant: "Grant",
    *,
    hub: str,
    action: str,
    now: int,
    purpose: "str | None" = None,
    approved: bool = False,
    masks: bool = False,
) -> Permit:
    """A permit for `hub` (thumb) to do `action` now (unix s), or Refused with the reason.

    `approved`: a second operator agreed. `masks`: the grant's masks will be burned in. Both are the
    host's to see to: a board says True, for it meets no operator and its pictures go to the host.
    """
    lapsed = grant.lapsed()
    for against, reason in (
        (now < grant.nbf, "not-yet-valid"),
        (now >= grant.exp, "expired"),
        (hub not in grant.aud or grant.cnf not in (None, hub), "wrong-audience"),
        (action not in grant.actions, "action-not-granted"),
        (purpose is not None and purpose not in grant.purposes, "purpose-not-granted"),
        (grant.mask and not masks, "mask-not-supported"),
        (grant.approve != "one" and not approved, "approval-missing"),
        (lapsed, lapsed),
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
