"""The house's rules for views, beside consent: who is at the hub, how much, the place's profile,
and a second person. One object, asked before anything is opened (opening.py). It only narrows.
"""

from accord.errors import Refused
from porchlight.camera import Camera
from porchlight.profile import Asked
from porchlight.quotas import OPENS, Quotas
from porchlight.reuse import Reuse
from porchlight.search.place import Place
from porchlight.views.approvals import Approvals, Awaiting
from porchlight.views.signed import SignedLooks
from porchlight.views.view import View
from porchlight.who.operators import Operators
from porchlight.who.roles import ACTIONS, NOBODY


class HouseRules:
    """`place`: its profile. All else is counted and kept by the parts handed in."""

    def __init__(
        self,
        operators: Operators,
        approvals: Approvals,
        quotas: Quotas,
        place: Place,
        signed: SignedLooks,
        reuse: Reuse,
    ) -> None:
        self._operators = operators
        self._approvals = approvals
        self._quotas = quotas
        self._place = place
        self._signed = signed
        self._reuse = reuse

    def meet(self, view: View) -> str | None:
        """Why who comes may open nothing; None if they may, with the approval they bring, and with
        what they signed used up. TooMany."""
        intent = view.intent
        if intent.operator is not None:
            view.notes["operator"] = intent.operator.id
            view.expires = min(view.expires, intent.operator.expires)
        takes = ACTIONS.get(intent.action, NOBODY)
        objection = self._operators.objection(view.who, intent.operator, takes)
        objection = objection or self._signed.meet(view)
        if objection is not None or not intent.approval:
            return objection
        try:
            asked = self._approvals.check(view, intent.approval)
        except Refused as refused:
            return refused.reason
        view.approval = asked
        view.notes |= {"approval": asked.id, "approved_by": asked.approved_by}
        return None

    def narrow(self, view: View, camera: Camera) -> int:
        """Until when (unix s) the place's profile lets this camera be shown, at most; or Refused.

        Marks the view where the profile wants a second person.
        """
        if view.who.is_resident:
            return view.expires
        wanted, profile = self._wanted(view, camera, view.opened), self._place.profile
        refusal = profile.refuses(wanted)
        if refusal is not None:
            reason, view.notes["rule"] = refusal
            raise Refused(reason)
        if profile.wants_two(wanted) is not None:
            view.needs_two = True
        until = profile.until(wanted, approved=view.approval is not None)
        return view.expires if until is None else min(view.expires, until)

    def ended(self, view: View, camera: Camera, now: int) -> str | None:
        """Why the profile lets this camera of a running view be shown no more at `now` (unix s);
        None where that is not why."""
        if view.who.is_resident:
            return None
        wanted, profile = self._wanted(view, camera, now), self._place.profile
        refusal = profile.refuses(wanted)
        if refusal is not None:
            return refusal[0]
        alone = view.approval is None and profile.wants_two(wanted) is not None
        return "approval-missing" if alone else None

    def _wanted(self, view: View, camera: Camera, now: int) -> Asked:
        intent = view.intent
        asked = self._place.asked(camera.id, intent.action, intent.purpose, now, view.filmed)
        if asked is None:
            raise Refused("no-grant")
        return asked

    def left(self, view: View) -> bool:
        """Whether its operator has signed out since it was asked for."""
        operator = view.intent.operator
        return operator is not None and self._operators.left(operator)

    async def settle(self, view: View) -> None:
        """Every camera of the view is allowed: take it from the quotas, use up the approval.

        Awaiting: a second operator has to approve it first. TooMany, Refused.
        """
        if view.needs_two and view.approval is None:
            raise Awaiting(await self._approvals.ask(view))
        await self._signed.keep(view)
        intent = view.intent
        await self._quotas.spend(
            view.who, intent.operator, intent.case, OPENS, len(view.looks), list(view.looks)
        )
        if not view.who.is_resident:
            view.notes |= self._reuse.notes(self._quotas.cameras(view.who, intent.case))
        if view.approval is not None:
            await self._approvals.redeem(view.approval)
