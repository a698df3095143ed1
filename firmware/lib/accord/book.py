"""The grants one camera holds: who may add one, which were taken back. The same on board and host.

A resident numbers grants per camera (`seq`). Only a number above every one seen is new; a lower one
is a replay, unless it is held already. What was revoked stays revoked.
"""

from accord import permit
from accord.errors import Refused
from accord.standing import Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accord.grant import Grant
    from accord.permit import Permit

    Ticks = Callable[[], int]

MAX_GRANTS = 8
MAX_REVOKED = 64  # oldest forgotten: `floor` still keeps it out


class Book:
    """`ticks()`: milliseconds that only grow; without them no lease would lapse, so there is no
    default. `floor`: highest seq seen; `revoked`: handles, oldest first. Both belong in the store.
    """

    def __init__(
        self, camera: str, ticks: "Ticks", floor: int = 0, revoked: "tuple[bytes, ...]" = ()
    ) -> None:
        self.camera = camera
        self.floor = floor
        self.revoked = list(revoked)
        self.standing = Standing(camera, ticks)
        self._held: "dict[bytes, Grant]" = {}

    def add(self, grant: "Grant") -> bool:
        """True if new, False if held already; Refused otherwise."""
        if grant.sub != self.camera:
            raise Refused("wrong-camera")
        if grant.handle in self.revoked:
            raise Refused("revoked")
        held = self._held.get(grant.handle)
        if held is not None:
            if held.token != grant.token:
                raise Refused("jti-reused")  # or one revocation would leave the other's permits
            return False
        if grant.seq <= self.floor:
            raise Refused("seq-replayed")
        if len(self._held) >= MAX_GRANTS:
            raise Refused("too-many")
        self._hold(grant)
        return True

    def restore(self, grant: "Grant") -> None:
        """Take back a grant this book held before a restart: at or below the stored floor."""
        if grant.sub == self.camera and grant.handle not in self.revoked:
            self._hold(grant)

    def _hold(self, grant: "Grant") -> None:
        self._held[grant.handle] = grant
        self.floor = max(self.floor, grant.seq)
        grant.lapsed = lambda: self.standing.against(grant)

    def revoke(self, handle: bytes) -> "Grant | None":
        """Forget the grant; no permit it gave holds from here on. The grant if it was held."""
        grant = self._held.pop(handle, None)
        if grant is not None:
            grant.revoked = True
        if handle not in self.revoked:
            self.revoked = (self.revoked + [handle])[-MAX_REVOKED:]
        return grant

    def get(self, handle: bytes) -> "Grant | None":
        return self._held.get(handle)

    def grants(self) -> "list[Grant]":
        return list(self._held.values())

    def iat_floor(self) -> int:
        """The highest `iat` held: trusted time is never below it."""
        return max([grant.iat for grant in self._held.values()] or [0])

    def drop_expired(self, now: int) -> "list[Grant]":
        gone = [grant for grant in self._held.values() if grant.exp <= now]
        for grant in gone:
            del self._held[grant.handle]
        return gone

    def permit(self, handle: bytes, **asked: "Any") -> "Permit":
        """As permit.check(), which takes the rest, for a grant that is held."""
        grant = self._held.get(handle)
        if grant is None:
            raise Refused("revoked" if handle in self.revoked else "no-grant")
        return permit.check(grant, **asked)
