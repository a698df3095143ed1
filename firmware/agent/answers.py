"""What the host has to hear about each grant: replies to its messages, and the gate's verdicts.

A frame is sent once, under one grant, however many look. So the host must know of every other
grant whether it holds here too: it is told when a watched grant's verdict is not what it was told
last, never at every check.
"""

from accord.wire import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.gate import Gate

MAX_WAITING = 24  # that the host does not let us send: replies, and one button press
MAX_TOLD = 32


class Answers:
    """One for all connections: what could not be sent over one is sent over the next."""

    def __init__(self, gate: "Gate") -> None:
        self._gate = gate
        self._waiting: list[Answer] = []
        self._told: dict[bytes, str] = {}  # handle -> reason, over this connection
        self.opening: Callable[[], list[Answer]] = list  # what every connection begins with

    def begin(self) -> None:
        """A new connection: the host knows nothing."""
        self._told = {}
        waiting = [(answer.handle, answer.reason) for answer in self._waiting]
        for answer in self.opening():
            if (answer.handle, answer.reason) not in waiting:
                self.add(answer)

    def add(self, answer: Answer) -> None:
        """To be told before any verdict."""
        self._waiting.append(answer)

    @property
    def full(self) -> bool:
        """Does the host ask and ask without hearing us?"""
        return len(self._waiting) >= MAX_WAITING

    @property
    def idle(self) -> bool:
        """Has all that was added left?"""
        return not self._waiting

    def next(self) -> Answer | None:
        """The most urgent one; it stays so until sent()."""
        if self._waiting:
            return self._waiting[0]
        for handle, reason in self._gate.verdicts.items():
            if self._told.get(handle) != reason:
                return Answer(handle, reason.encode())
        return None

    def sent(self, answer: Answer) -> None:
        """It was handed to the socket whole."""
        if self._waiting and self._waiting[0] is answer:
            self._waiting.pop(0)
        if len(self._told) >= MAX_TOLD:
            self._told = {}  # at worst what is watched is told again
        self._told[answer.handle] = answer.reason.decode()
