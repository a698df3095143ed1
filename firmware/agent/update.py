"""Updates over the air: from an offer to a slot that is whole, or a reason why not.

    host                                 board: an Answer with the release's handle
      offer (the release's token)  --->    update-approve, or as below
      approval (the resident's)    --->    update-at 0 0           which bytes it wants next
      chunk 0 0 (the list)         --->    update-at 1 0
      chunk 1 0, 1 4096 ...        --->    update-at 1 4096 ...  update-ready
      go                           --->    update-restarting       then it is on trial
      heard                        <---    update-running or update-undone WHY, after the start

While the gate is open, " sharing" stands behind the word. Whatever is wrong: "update-refused WHY",
and what was received is forgotten. A new connection goes on where the old one broke off; a new
start begins again. The host carries bytes; what they are worth, two signatures decide here.
"""

import asyncio

from accord import b64, wire
from accord.errors import Refused
from accord.wire import Answer
from agent import release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.log import Log
    from agent.release import Release
    from agent.slots import Slots
    from agent.staging import Staging
    from agent.trust import Trust

OFFER, APPROVAL, CHUNK, GO, CANCEL, HEARD = range(len(wire.UPDATES))
NO_HANDLE = bytes(16)
DRAIN_MS = 5_000  # for the last answer to leave before the restart
_LOOK_MS = 100
_REASON_MAX = 32


class Updates:
    """`trust`: whose releases are taken, None for nobody's. `running`: the release number of the
    program that runs. `now()`: unix s or None. `sharing()`: may pictures leave now?"""

    def __init__(
        self,
        slots: "Slots",
        staging: "Staging",
        trust: "Trust | None",
        *,
        running: int,
        now: "Callable[[], int | None]",
        log: "Log",
    ) -> None:
        self._slots = slots
        self._staging = staging
        self._trust = trust
        self._running = running
        self.sharing: Callable[[], bool] = lambda: True
        self._now = now
        self._log = log
        self._release: Release | None = None  # offered and good
        self._begun = False  # accepted: its files may come
        self._approved = 0
        self._restart = asyncio.Event()
        self._steps: dict[int, Any] = {
            OFFER: self._offer,
            APPROVAL: self._approve,
            CHUNK: self._chunk,
            GO: self._go,
            CANCEL: self._cancel,
        }

    def handle(self, message: "wire.Update") -> "Answer | None":
        """Act on it; the answer it wants."""
        if message.kind == HEARD:
            self._heard(message.body)
            return None
        step = self._steps.get(message.kind)
        try:
            if step is None:
                raise Refused("unknown-kind")
            word = step(message)
        except Refused as refused:
            return self._refuse(message, refused.reason)
        except OSError as error:
            self._log("update", "flash: %s" % error)
            return self._refuse(message, "flash")
        return Answer(self._handle(message), word.encode())

    def news(self) -> "list[Answer]":
        """What the host has still to hear of the last update."""
        news = self._slots.news
        return [] if news is None else [Answer(b64.decode(news[0]), news[1].encode())]

    async def run(self, pause: "Callable[[int], Any]", idle: "Callable[[], bool]") -> None:
        """Ends when the board shall restart into what came; `idle()`: did all answers leave?"""
        await self._restart.wait()
        waited = 0
        while not idle() and waited < DRAIN_MS:
            await pause(_LOOK_MS)
            waited += _LOOK_MS
        self._log("update", "restarting to try it")

    def _offer(self, message: "wire.Update") -> str:
        known = self._release
        if known is not None and known.digest == release.digest_of(message.body):
            return self._where() if self._begun else "update-approve"
        self._forget()
        trust, slots = self._trust, self._slots
        if trust is None or trust.policy == "never":
            raise Refused("policy")
        if slots.damaged or slots.pending or not self._staging.free_to_use:
            raise Refused("not-now")
        offered = release.verify(message.body, trust.release_keys, trust.check_release)
        if offered.version <= self._running or offered.version < slots.highest:
            raise Refused("older" if offered.version < self._running else "not-newer")
        self._staging.check_room(offered.bytes + offered.list.size)
        self._release = offered
        self._log("update", "offered: %s (%d)" % (offered.name, offered.version))
        if trust.policy == "ask" or slots.given_up == b64.encode(offered.handle):
            return "update-approve"
        return (
            self._begin(offered, 0) if slots.count_begun(offered.version, 0) else "update-approve"
        )

    def _approve(self, message: "wire.Update") -> str:
        offered, trust = self._release, self._trust
        if offered is None or trust is None:
            raise Refused("no-offer")
        if self._begun:
            return self._where()
        approval = release.verify_approval(message.body, trust.resident_keys, trust.check_resident)
        approval.check(offered, trust.camera, self._now(), self._slots.approved)
        if not self._slots.count_begun(offered.version, approval.iat):
            raise Refused("too-often")
        return self._begin(offered, approval.iat)

    def _begin(self, offered: "Release", iat: int) -> str:
        self._staging.begin(offered)
        self._approved, self._begun = iat, True
        self._log("update", "taking it" + (" while sharing" if self.sharing() else ""))
        return self._where()

    def _chunk(self, message: "wire.Update") -> str:
        if not self._begun:
            raise Refused("no-offer")
        if (message.index, message.offset) == self._staging.wanted:
            self._staging.take(message.body)
        return self._where()

    def _go(self, message: "wire.Update") -> str:
        offered = self._release
        if offered is None or not self._begun or self._staging.wanted is not None:
            raise Refused("not-ready")
        handle = b64.encode(offered.handle)
        self._slots.try_next(offered.version, handle, self._approved)
        self._restart.set()
        return "update-restarting" + self._aside()

    def _cancel(self, message: "wire.Update") -> str:
        if not self._restart.is_set():
            self._forget()
        return "update-cancelled"

    def _heard(self, handle: bytes) -> None:
        news = self._slots.news
        if news is not None and news[0] == b64.encode(handle):
            try:
                self._slots.told()
            except OSError as error:
                self._log("update", "flash: %s" % error)

    def _where(self) -> str:
        wanted = self._staging.wanted
        word = "update-ready" if wanted is None else "update-at %d %d" % wanted
        return word + self._aside()

    def _aside(self) -> str:
        return " sharing" if self.sharing() else ""

    def _refuse(self, message: "wire.Update", why: str) -> Answer:
        answer = Answer(self._handle(message), ("update-refused " + why)[:_REASON_MAX].encode())
        self._log("update", "refused: " + why)
        if not self._restart.is_set():
            self._forget()
        return answer

    def _forget(self) -> None:
        self._release, self._begun, self._approved = None, False, 0

    def _handle(self, message: "wire.Update") -> bytes:
        if message.kind == OFFER:
            return release.digest_of(message.body)[:16]
        return NO_HANDLE if self._release is None else self._release.handle
