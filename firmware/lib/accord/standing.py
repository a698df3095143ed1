"""How a camera's grants stand by what their resident last said: lease, pause, panic.

The same on board and host, each counting on its own ticks from when the nonce was asked, so that a
lease which is held back is shorter by that much. What the resident stops stays so until the
resident says otherwise; what an agent stops, until the next lease.
"""

from accord.errors import Refused
from accord.lease import MAX_LIST, status, uri

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.grant import Grant
    from accord.lease import Delegate, Lease

NONCE_MS = 60_000  # how long one may be answered
_INVALIDS = 0x55  # of four statuses: what is invalid stays so, a pause may end
_WORDS = ("", "stopped", "paused", "stopped")


class Standing:
    """`ticks()`: milliseconds that only grow. `said`: the statuses that the resident signed, added
    up; belongs in the store. `ends`: in ticks, when the lease lapses."""

    def __init__(self, camera: str, ticks: "Callable[[], int]") -> None:
        self._uri = uri(camera)
        self.ticks = ticks
        self.said = bytes(MAX_LIST)
        self.ends = self._asked = 0
        self._nonce = b""
        self._lease: "Lease | None" = None
        self._opened: "dict[bytes, int]" = {}

    def ask(self, nonce: bytes) -> None:
        """Only an answer to this one counts from here on."""
        self._nonce, self._asked = nonce, self.ticks()

    @property
    def nonce(self) -> bytes:
        """The one that may be answered now; b"" if there is none."""
        return self._nonce if self.ticks() - self._asked < NONCE_MS else b""

    def take(self, lease: "Lease", now: "int | None", floor: int) -> None:
        """Let it be so; Refused otherwise. `now`: unix s, None if unknown; `floor`: highest seq
        seen. The caller takes back what is below lease.seq_floor."""
        if not lease.nonce == self.nonce != b"":
            raise Refused("old-nonce")
        if lease.uri != self._uri or (lease.by and lease.by.uri != self._uri):
            raise Refused("wrong-camera")
        if lease.by is not None:
            self._check_agent(lease, lease.by, now, floor)
        else:
            kept = _INVALIDS if lease.resumes else 0xFF
            both = zip(self.said, lease.statuses + bytes(MAX_LIST))
            self.said = bytes([one & kept | other for one, other in both])
        self._nonce, self._lease, self.ends = b"", lease, self._asked + lease.lease_s * 1000

    def _check_agent(self, lease: "Lease", by: "Delegate", now: "int | None", floor: int) -> None:
        wider = lease.opens or lease.resumes or lease.lease_s > by.lease_s
        for against, reason in (
            (now is None, "no-clock"),
            ((now or 0) >= by.exp, "delegate-expired"),
            (status(self.said, by.idx), "delegate-stopped"),
            (wider or lease.seq_floor > floor + 1, "widened"),
        ):
            if against:
                raise Refused(reason)

    def open(self, grant: "Grant", asked: bool = False) -> None:
        """The resident opens a panic grant: by the button, or since they were `asked`."""
        begun = self._asked if asked else self.ticks()
        self._opened[grant.handle] = begun + (grant.panic_s or 0) * 1000

    def against(self, grant: "Grant") -> str:
        """What speaks against this grant now; "" if nothing does."""
        said, lease, idx = self.said, self._lease, grant.status_idx
        if said[0] & 3:  # asked for every frame
            return _WORDS[said[0] & 3]
        if grant.panic_s is not None and self.ticks() >= self._opened.get(grant.handle, 0):
            return "not-opened"
        if not grant.needs_lease:
            return ""
        if lease is None or grant.status_uri != self._uri or idx // 4 >= len(lease.statuses):
            return "no-lease"
        if self.ticks() >= self.ends:
            return "lease-lapsed"
        stops = status(said, idx), status(lease.statuses, 0), status(lease.statuses, idx)
        return _WORDS[max(stops)]
