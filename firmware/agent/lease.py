"""Leases at the board: gives out its nonce, takes the answer, opens panic grants for the button.

The host only carries these messages. The nonce is the board's own, the time the board's own ticks;
a lease that does not come in time needs nobody's help to end. Nothing is written for a lease, but
for what its resident stops or takes up again.
"""

from accord import lease
from accord.errors import Refused
from accord.wire import Answer
from agent import p256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.book import Book
    from accord.lease import Delegate, Lease
    from accord.wire import Lease as Message
    from agent.clock import Clock
    from agent.consent import Consent
    from agent.log import Log
    from agent.p256 import Verifier

NONCE_BYTES = 16
FRESH_MS = 20_000  # asked again so soon, it is the same nonce: who asks twice spoils nothing
OPENED = b"panic-opened"


class Leases:
    """`random(n)`: n bytes that nobody can guess."""

    def __init__(
        self,
        book: "Book",
        keys: "dict[str, Verifier]",
        *,
        clock: "Clock",
        consent: "Consent",
        random: "Callable[[int], bytes]",
        log: "Log",
    ) -> None:
        self._book = book
        self._keys = keys
        self._clock = clock
        self._consent = consent
        self._random = random
        self._log = log
        self._asked_at = 0
        self._known: tuple[bytes, Delegate] | None = None  # the last that was verified

    def handle(self, message: "Message") -> Answer:
        """Give out the nonce, or take a lease."""
        if not message.packed:
            return Answer(self._nonce(), b"status-nonce")
        delegate, token = message.packed[: message.first], message.packed[message.first :]
        nonce = self._book.standing.nonce or bytes(NONCE_BYTES)
        try:
            given = self._verified(delegate, token)
            nonce = given.nonce  # what it answers, be it the open one or not
            self._take(given)
        except Refused as refused:
            self._log("lease", "refused: " + refused.reason)
            return Answer(nonce, b"status-" + refused.reason.encode())
        return Answer(nonce, b"status-held")

    def press(self) -> bool:
        """The button was held: open the newest panic grant there is; False if there is none."""
        panic = [grant for grant in self._book.grants() if grant.panic_s]
        now = self._clock.now()
        panic = [grant for grant in panic if now is None or grant.nbf <= now < grant.exp]
        if not panic:
            return False
        opened = max(panic, key=lambda grant: grant.seq)
        self._book.standing.open(opened)
        self._log("lease", "panic: %s is open for %d s" % (opened.jti, opened.panic_s or 0))
        self._consent.tell(Answer(opened.handle, OPENED))
        self._consent.obey()
        return True

    @property
    def armed(self) -> bool:
        """Is there a panic grant for the button to open?"""
        return any(grant.panic_s for grant in self._book.grants())

    def _nonce(self) -> bytes:
        standing = self._book.standing
        now = standing.ticks()
        if not standing.nonce or now - self._asked_at >= FRESH_MS:
            standing.ask(self._random(NONCE_BYTES))
            self._asked_at = now
        return standing.nonce

    def _verified(self, delegate: bytes, token: bytes) -> "Lease":
        if not delegate:
            return lease.verify(token, self._keys, _check_resident)
        if self._known is None or self._known[0] != delegate:  # it costs half a second
            found = lease.verify_delegate(delegate, self._keys, _check_resident)
            self._known = (delegate, found)
        by = self._known[1]
        point = (int.from_bytes(by.x, "big"), int.from_bytes(by.y, "big"))
        return lease.verify(token, {by.agent: point}, _check_agent, by)

    def _take(self, given: "Lease") -> None:
        """Dark first where it says so, then stored, then whatever it opens."""
        book, said = self._book, self._book.standing.said
        panic = book.get(given.opens) if given.opens else None
        if given.opens and (panic is None or not panic.panic_s):
            raise Refused("no-grant")
        book.standing.take(given, self._clock.now(), book.floor)
        for grant in book.grants():
            if grant.seq < given.seq_floor:
                self._consent.revoke(grant.handle)
        self._consent.obey()
        raised = given.by is None and given.seq_floor > book.floor + 1
        if raised:
            book.floor = given.seq_floor - 1
        if raised or said != book.standing.said:
            self._consent.store()
            self._log(
                "lease", "stopped: " + ("something" if any(book.standing.said) else "nothing")
            )
        if panic is not None:
            book.standing.open(panic, asked=True)
            self._consent.obey()


def _check_resident(verifier: "Verifier", message: bytes, signature: bytes) -> bool:
    return verifier.verify(message, signature)


def _check_agent(point: "tuple[int, int]", message: bytes, signature: bytes) -> bool:
    try:
        return p256.verify(point[0], point[1], message, signature)
    except ValueError:
        return False  # the point is on no curve
