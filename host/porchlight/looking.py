"""Who looks at one camera, under which grant: what the source is told (wire.Watch). No I/O."""

from dataclasses import dataclass
from typing import Final

from accord import names
from accord.errors import Refused
from accord.grant import ACTIONS, Grant
from accord.permit import Permit

MAX_WANTS: Final = 8  # as many as one wire.Watch holds

Want = tuple[bytes, bytes, int]  # hub thumb (32 raw bytes), grant handle, action code


@dataclass
class Viewers:
    """Those who look under one want. `permit`: the one of theirs that holds longest."""

    permit: Permit
    count: int = 0


class Looking:
    """Counts viewers by want. A want without viewers stays until it is swept: see Camera."""

    def __init__(self) -> None:
        self._viewers: dict[Want, Viewers] = {}

    @property
    def wants(self) -> list[Want]:
        """The wants, oldest first."""
        return list(self._viewers)

    def begin(self, permit: Permit) -> tuple[Want, Viewers]:
        """One more viewer; Refused for the ninth want."""
        want = (names.raw(permit.hub), permit.handle, ACTIONS.index(permit.action) + 1)
        viewers = self._viewers.get(want)
        if viewers is None:
            self._make_room()
            viewers = self._viewers[want] = Viewers(permit)
        viewers.count += 1
        if permit.ends > viewers.permit.ends:
            viewers.permit = permit
        return want, viewers

    def sweep(self, want: Want, viewers: Viewers) -> None:
        """Drop the want if `viewers` are still its own, and nobody is left."""
        if viewers.count == 0 and self._viewers.get(want) is viewers:
            del self._viewers[want]

    def drop(self, handle: bytes) -> None:
        """Nobody looks under this grant any more, viewers or not."""
        self._viewers = {
            want: viewers for want, viewers in self._viewers.items() if want[1] != handle
        }

    def by(self, grant: Grant, now: int) -> bool:
        """Whether somebody looks by this grant, and may at `now` (unix s)."""
        for viewers in self._viewers.values():
            if viewers.permit.grant is grant and viewers.permit.holds(now):
                return True
        return False

    def _make_room(self) -> None:
        if len(self._viewers) >= MAX_WANTS:
            self._viewers = {
                want: viewers for want, viewers in self._viewers.items() if viewers.count
            }
        if len(self._viewers) >= MAX_WANTS:
            raise Refused("too-many-viewers")
