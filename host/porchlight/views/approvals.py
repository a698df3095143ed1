"""Second approvals: one operator asks for a view, another one of the same hub agrees, the first
opens it. Ten minutes for all of that, once, and for exactly what was asked.

Asking and agreeing are in the log of every resident concerned before they are worth anything.
"""

import secrets
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

from sqlalchemy import CursorResult, Update, select, update
from sqlalchemy.orm import Session

from accord import b64
from accord.errors import Refused
from porchlight.desk import Desk
from porchlight.errors import Conflict, Denied, Gone, NotFound, RequestError, TooMany
from porchlight.store import Store
from porchlight.store.operators_model import Approval
from porchlight.tally import Tally
from porchlight.views import approval_rows as rows
from porchlight.views.view import Asked, Intent, View, Who
from porchlight.who.operator import Operator
from porchlight.who.roles import APPROVE

WITHIN_S: Final = 600
PENDING: Final = 64  # of one hub at a time
REFUSALS: Final = 10
SIGNED_OUT: Final = "signed-out"


class Owner(Protocol):
    """Whose camera it is, as far as it is known here."""

    def __call__(self, camera_id: str, /) -> str | None: ...


class Operators(Protocol):
    """The part of who.operators.Operators that is used here."""

    def objection(self, who: Who, operator: Operator | None, what: str) -> str | None: ...
    def left(self, operator: Operator) -> bool: ...


class Awaiting(Exception):
    """Not refused and not open: another operator has to approve `asked` first."""

    def __init__(self, asked: Asked) -> None:
        super().__init__("approval-missing")
        self.asked = asked


class Approvals:
    """What was asked for at this host. The rules of who may agree are here and nowhere else."""

    def __init__(self, store: Store, desk: Desk, operators: Operators, owner: Owner) -> None:
        self._store = store
        self._desk = desk
        self._operators = operators
        self._owner = owner
        self._refusals = Tally(burst=REFUSALS)

    async def ask(self, view: View) -> Asked:
        """Note that this view needs a second operator; entered for every camera. TooMany."""
        asked = _asked(view)
        if self._store.read_now(lambda s: rows.count_open(s, asked.hub, view.opened)) >= PENDING:
            retry = {"Retry-After": str(WITHIN_S)}
            raise TooMany("too-many-approvals", "approvals that are pending", headers=retry)
        said = {"operator": asked.asked_by, "expires": asked.expires}
        await self._enter("approval.asked", view.who, asked, said)
        await self._store.run(lambda s: rows.keep(s, asked, view.opened))
        self._tell(asked, "pending")
        return asked

    async def approve(self, who: Who, operator: Operator | None, approval_id: str) -> Asked:
        """Agree, as another operator of the same hub with the role for it; entered first.

        NotFound, Gone approval-expired, Denied self-approval, role-missing or operator-missing,
        Conflict approval-given: each entered as a refusal.
        """
        asked = self._find(approval_id)
        now = self._desk.clock.unix()
        refusal = self._against(who, operator, asked, now)
        if refusal is not None or asked is None or operator is None:
            raise await self._refused(who, operator, asked, refusal or _unknown())
        said = {"operator": operator.id, "asked_by": asked.asked_by, "approval": asked.id}
        await self._enter("approval.given", who, asked, said)
        if self._operators.left(operator):  # dismissed while it was entered; later, void() comes
            raise await self._refused(who, operator, asked, Denied(SIGNED_OUT, "sign in again"))
        giving = (
            update(Approval)
            .where(Approval.id == asked.id, Approval.approved_by.is_(None))
            .where(Approval.expires > now, Approval.opened_at.is_(None))
            .values(approved_by=operator.id, approved_at=now)
        )
        if not await self._store.run(_once(giving)):
            raise Conflict("approval-given", "somebody else approved it just now")
        self._tell(asked, "approved")
        return self.get(who, asked.id)

    def check(self, view: View, approval_id: str) -> Asked:
        """The approval that this view may be opened with, now; Refused says why it may not."""
        asked, operator = self._find(approval_id), view.intent.operator
        if asked is None or asked.hub != view.who.thumb or operator is None:
            raise Refused("no-approval")
        state = asked.state(view.opened)
        if state != "approved":
            raise Refused("approval-used" if state == "opened" else f"approval-{state}")
        if asked.asked_by != operator.id:
            raise Refused("approval-of-another")
        if asked.intent != view.intent.plain():
            raise Refused("approval-mismatch")
        return asked

    async def redeem(self, asked: Asked) -> None:
        """Use it up; Refused("approval-used") for the second who comes with it, and if it was taken
        back meanwhile."""
        now = self._desk.clock.unix()
        using = (
            update(Approval)
            .where(Approval.id == asked.id, Approval.opened_at.is_(None), Approval.expires > now)
            .where(Approval.approved_by == asked.approved_by)
            .values(opened_at=now)
        )
        if not await self._store.run(_once(using)):
            raise Refused("approval-used")

    async def void(self, who: Who, operator: str) -> int:
        """An operator (pseudonym) of this hub was dismissed: what they asked for has run out, what
        they approved waits for somebody else; entered. How many there were."""
        now = self._desk.clock.unix()
        asked = await self._store.run(lambda session: rows.void(session, who.thumb, operator, now))
        for one in asked:
            said = {"operator": operator, "approval": one.id}
            await self._enter("approval.refused", who, one, said, reason=SIGNED_OUT)
            self._tell(one, one.state(now))
        return len(asked)

    def of(self, who: Who) -> list[Asked]:
        """What this hub's operators asked for and have not opened, oldest first."""
        now = self._desk.clock.unix()
        wanted = (
            select(Approval)
            .where(Approval.hub == who.thumb, Approval.expires > now)
            .where(Approval.opened_at.is_(None))
            .order_by(Approval.asked_at, Approval.id)
        )
        return self._store.read_now(lambda s: [rows.read(row) for row in s.scalars(wanted)])

    def get(self, who: Who, approval_id: str) -> Asked:
        """One of this hub's; NotFound no-approval."""
        asked = self._find(approval_id)
        if asked is None or asked.hub != who.thumb:
            raise _unknown()
        return asked

    def _find(self, approval_id: str) -> Asked | None:
        row = self._store.read_now(lambda session: session.get(Approval, approval_id))
        return None if row is None else rows.read(row)

    def _against(
        self, who: Who, operator: Operator | None, asked: Asked | None, now: int
    ) -> RequestError | None:
        """Why this operator may not approve it; None if they may."""
        if asked is None or asked.hub != who.thumb:
            return _unknown()
        objection = self._operators.objection(who, operator, APPROVE)
        if objection is not None or operator is None:
            return Denied(objection or "operator-missing", "an approver has to be signed in")
        if operator.id == asked.asked_by:
            return Denied("self-approval", "the second person must be another one")
        state = asked.state(now)
        if state == "expired":
            return Gone("approval-expired", "it was to be approved within ten minutes")
        return None if state == "pending" else Conflict("approval-given", "it is approved already")

    async def _refused(
        self, who: Who, operator: Operator | None, asked: Asked | None, error: RequestError
    ) -> RequestError:
        """Tell the residents concerned; the error to raise."""
        self._desk.metrics.refused("approval", error.reason)
        key = who.thumb, asked and asked.id, error.reason
        count = self._refusals.due(key, self._desk.clock.monotonic())
        if asked is not None and count:
            said = {"operator": operator and operator.id, "approval": asked.id, "count": count}
            await self._enter("approval.refused", who, asked, said, reason=error.reason)
        return error

    async def _enter(
        self, type: str, who: Who, asked: Asked, detail: dict[str, Any], reason: str | None = None
    ) -> None:
        """An entry for every camera that was asked for, in its resident's log."""
        intent = asked.intent
        drafts = [
            {
                "type": type,
                "resident": owner,
                "camera": camera,
                "hub": who.thumb,
                "hub_name": who.name,
                "purpose": intent.purpose or None,
                "case": intent.case or None,
                "reason": reason or intent.reason or None,
                "detail": {"action": intent.action, **_clip(intent), **detail},
            }
            for camera, owner in ((camera, self._owner(camera)) for camera in intent.cameras)
            if owner is not None
        ]
        await self._desk.entries.add_all(drafts)

    def _tell(self, asked: Asked, state: str) -> None:
        self._desk.events.publish("approval", asked.hub, {"id": asked.id, "state": state})


def _clip(intent: Intent) -> dict[str, str]:
    return {"clip": intent.clip} if intent.clip else {}


def _asked(view: View) -> Asked:
    operator = view.intent.operator
    if operator is None:  # nobody could be told apart from a second one
        raise Refused("approval-missing")
    return Asked(
        id=b64.encode(secrets.token_bytes(16)),
        hub=view.who.thumb,
        asked_by=operator.id,
        expires=view.opened + WITHIN_S,
        intent=view.intent.plain(),
        approved_by=None,
        opened_at=None,
    )


def _once(change: Update) -> Callable[[Session], bool]:
    """The transaction that makes this change to one row, or to none."""
    return lambda session: cast("CursorResult[Any]", session.execute(change)).rowcount == 1


def _unknown() -> NotFound:
    return NotFound("no-approval", "your hub asked for no such approval")
