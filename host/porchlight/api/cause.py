"""Case and purpose: what a hub says before it is told of any camera."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from accord.grant import PURPOSES
from porchlight.api.cameras import check_cause
from porchlight.errors import BadRequest
from porchlight.views.view import OWN_USE, Intent
from porchlight.who.operator import Operator

UNSAID: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "A hub named no case, or no purpose."}
}
MAX_CASE: Final = 64
MAX_REASON: Final = 280


def check_search(case: str, purpose: str, reason: str = "") -> None:
    """BadRequest no-case, no-purpose (residents' own use is none of a hub), bad-reason."""
    check_cause(case, purpose)
    if len(case) > MAX_CASE:
        raise BadRequest("no-case", f"a case has at most {MAX_CASE} characters")
    if purpose == OWN_USE:
        others = ", ".join(name for name in PURPOSES if name != OWN_USE)
        raise BadRequest("no-purpose", f"name a purpose: one of {others}")
    if len(reason) > MAX_REASON or not (reason.isprintable() or not reason):
        raise BadRequest("bad-reason", f"a reason has at most {MAX_REASON} printable characters")


class Opening(BaseModel):
    """Why somebody looks. Hubs name purpose and case; residents need neither."""

    model_config = ConfigDict(extra="forbid", strict=True)
    case: str = Field("", max_length=64)
    purpose: str = Field("", max_length=32)
    reason: str = Field("", max_length=280)
    approval: str = Field(
        "", max_length=64, description="the id that a 202 answered, once it is approved"
    )

    def intent(self, action: str, operator: Operator | None, cameras: Sequence[str] = ()) -> Intent:
        """What is asked for, as views and plays take it."""
        return Intent(
            cameras=tuple(cameras),
            action=action,
            purpose=self.purpose.strip(),
            case=self.case.strip(),
            reason=self.reason.strip(),
            operator=operator,
            approval=self.approval,
        )
