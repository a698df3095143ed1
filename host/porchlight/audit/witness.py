"""The witness: cosigns heads of logs of other hosts that it was told to watch, and never two that
contradict each other (c2sp.org/tlog-witness). Only heads come here, no events."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from porchlight.audit import tree
from porchlight.audit.checkpoint import Checkpoint, Submission
from porchlight.audit.note import Signer, Verifier
from porchlight.clock import Clock
from porchlight.errors import BadRequest, Conflict, Denied, Invalid, NotFound
from porchlight.store import Store, Witnessed


class KnowsMore(Conflict):
    """409: this witness cosigned another head last; `size` is that one's."""

    def __init__(self, size: int) -> None:
        super().__init__("other-head", "this witness cosigned another head of that log last")
        self.size = size


class Witness:
    """`logs`: the keys of the logs that are watched; their names are the logs' origins."""

    def __init__(
        self, store: Store, clock: Clock, signer: Signer, logs: Iterable[Verifier]
    ) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._logs = {log.name: log for log in logs}

    @property
    def vkey(self) -> str:
        """The key it cosigns with, in one word."""
        return self._signer.verifier.vkey

    async def add(self, body: bytes) -> str:
        """Check a log's new checkpoint, keep it, cosign it: the signature's line.

        BadRequest for what is no submission or claims more than it brings; NotFound: the log is not
        watched here; Denied: not its signature; KnowsMore: other than what was cosigned; Invalid:
        the proof does not lead from there to here.
        """
        try:
            sent = Submission.parse(body.decode())
            head = Checkpoint.parse(sent.note.text)
        except ValueError:
            raise BadRequest("bad-submission", "not as c2sp.org/tlog-witness has it") from None
        log = self._logs.get(head.origin)
        if log is None:
            raise NotFound("unknown-log", "this log is not watched here")
        if log.find(sent.note) is None:
            raise Denied("bad-signature", "the checkpoint is not signed by its log")
        if sent.old > head.size:
            raise BadRequest("bad-size", "the old size is above the checkpoint's")
        await self._store.run(lambda session: _advance(session, sent, head))
        return self._signer.cosign(sent.note.text, self._clock.unix()).line


def _advance(session: Session, sent: Submission, head: Checkpoint) -> None:
    """Check and keep in one transaction: two at once must not roll each other back."""
    row = session.get(Witnessed, head.origin, with_for_update=True)
    size, root = (0, tree.EMPTY_ROOT) if row is None else (row.size, row.root)
    if sent.old != size or (head.size == size and head.root != root):
        raise KnowsMore(size)
    if not tree.verify_consistency(size, head.size, sent.proof, root, head.root):
        raise Invalid("bad-proof", "the proof does not lead from the last head to this one")
    if row is None:
        row = Witnessed(origin=head.origin)
        session.add(row)
    row.size, row.root, row.note = head.size, head.root, str(sent.note)
