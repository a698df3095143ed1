"""The grants this board holds, and everything that may change them: host, button, time.

A change is complete when it is stored; a revocation is obeyed before it is stored. While the flash
cannot be written the gate is shut.
"""

from accord import b64, grant
from accord.errors import Refused
from accord.wire import Answer
from agent.gate import HELD, STORE_FAULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.book import Book
    from agent.clock import Clock
    from agent.elapsed import Elapsed
    from agent.gate import Gate
    from agent.log import Log
    from agent.p256 import Verifier
    from agent.store import Store

NO_HANDLE = bytes(16)
REVOKED = "revoked"
MEND_MS = 5_000


class Consent:
    """`obey()` re-checks the gate and goes dark at once where it must; `tell(answer)` lets the
    host know what it did not ask."""

    def __init__(
        self,
        *,
        book: "Book",
        keys: "dict[str, Verifier]",
        store: "Store",
        clock: "Clock",
        gate: "Gate",
        log: "Log",
    ) -> None:
        self._book = book
        self._keys = keys
        self._store = store
        self._clock = clock
        self._gate = gate
        self._log = log
        self._untold: list[bytes] = []  # revoked, but the host shall not hear it before the flash
        self.obey: Callable[[], None] = _nothing_films_yet
        self.tell: Callable[[Answer], None] = _nobody_listens_yet

    def restore(self) -> None:
        """Take back what the store holds; each token is verified again."""
        for token in self._store.state.grants:
            try:
                self._book.restore(self._verify(token.encode()))
            except Refused as refused:
                self._log("consent", "stored grant refused: " + refused.reason)
        self._gate.button = self._store.state.button
        if self._store.state.said:
            self._book.standing.said = b64.decode(self._store.state.said)

    def accept(self, token: bytes) -> tuple[bytes, str]:
        """(handle, "held" or why not) for a token the host brought."""
        for held in self._book.grants():
            if held.token == token:  # these very bytes were verified: spare half a second
                return held.handle, self._once_stored(HELD)
        try:
            granted = self._verify(token)
        except Refused as refused:
            self._log("consent", "token refused: " + refused.reason)
            return _handle_in(token), refused.reason
        try:
            self._drop_expired()
            self._refuse_older_than_the_button(granted)
            self._book.add(granted)
        except Refused as refused:
            self._log("consent", "grant %s refused: %s" % (granted.jti, refused.reason))
            return granted.handle, refused.reason
        self._gate.button = False
        self._clock.raise_floor(granted.iat)
        self.store()
        self._log("consent", "grant held " + granted.jti)
        return granted.handle, self._once_stored(HELD)

    def revoke(self, handle: bytes) -> str:
        """Dark first, then stored; "revoked". What was never held is remembered, but not worth a
        write of its own: no host shall wear out the flash with made-up handles."""
        held = self._book.revoke(handle)
        self.obey()
        if held is not None:
            self.store()
            self._log("consent", "grant revoked " + held.jti)
            if self._gate.unstored:
                self._untold.append(handle)
        return self._once_stored(REVOKED)

    def shut(self, held: bool) -> None:
        """The button is down, or up again: dark in between, whatever it is to mean."""
        self._gate.held = held
        if held:
            self.obey()

    def press_button(self) -> None:
        """Revoke everything held; only a grant signed after this opens the gate again."""
        self._gate.button = True
        state = self._store.state
        state.pressed_at = max(state.pressed_at, self._clock.passed())
        held = self._book.grants()
        for granted in held:
            self._book.revoke(granted.handle)
            self._untold.append(granted.handle)
        self.obey()
        self.store()
        self._log("consent", "button: %d grants revoked" % len(held))

    def store(self) -> None:
        """Keep what the book holds and its resident said."""
        state, book = self._store.state, self._book
        state.floor = book.floor
        state.iat_floor = max(state.iat_floor, book.iat_floor())
        state.grants = [granted.token.decode() for granted in book.grants()]
        state.revoked = [b64.encode(handle) for handle in book.revoked]
        state.button = self._gate.button
        state.said = b64.encode(book.standing.said)
        self.keep()

    def keep(self) -> None:
        """Store the state as it is. While that fails nothing leaves, and mend() tries again: a
        reset would forget what was taken back."""
        try:
            self._store.save()
        except OSError as error:
            if not self._gate.unstored:
                self._log("consent", "cannot be stored: %s; dark until it can" % error)
            self._gate.unstored = True
            self.obey()
            return
        self._gate.unstored = False
        for handle in self._untold:
            self.tell(Answer(handle, REVOKED.encode()))
        self._untold = []

    def mend(self) -> None:
        """Try again what could not be stored, if anything."""
        if self._gate.unstored:
            self.keep()

    async def run(self, elapsed: "Elapsed") -> None:
        while True:
            await elapsed.pause(MEND_MS)
            self.mend()

    def _once_stored(self, said: str) -> str:
        return STORE_FAULT if self._gate.unstored else said

    def _verify(self, token: bytes) -> grant.Grant:
        return grant.verify(token, self._keys, _check)

    def _refuse_older_than_the_button(self, granted: grant.Grant) -> None:
        # A higher seq does not tell: a host may hold back a grant until after the press.
        known = granted.handle in self._book.revoked  # the book has a better word for it
        if granted.iat <= self._store.state.pressed_at and not known:
            raise Refused("button")

    def _drop_expired(self) -> None:
        now = self._clock.now()
        if now is not None:
            self._book.drop_expired(now)


def _check(verifier: "Verifier", message: bytes, signature: bytes) -> bool:
    return verifier.verify(message, signature)


def _nothing_films_yet() -> None:
    pass


def _nobody_listens_yet(answer: Answer) -> None:
    pass


def _handle_in(token: bytes) -> bytes:
    """The handle a refused token names, so that the host knows which one; zeros if unreadable.
    Unverified: a label for the answer, nothing else."""
    parts = token.split(b".")
    if len(parts) != 3:
        return NO_HANDLE
    try:
        claims = b64.decode(parts[1].decode())
        start = claims.find(b'"jti":"') + 7
        handle = b64.decode(claims[start : start + 22].decode())
    except (ValueError, UnicodeError):
        return NO_HANDLE
    return handle if start > 6 and len(handle) == 16 else NO_HANDLE
