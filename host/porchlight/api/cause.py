"""Case and purpose: what a hub says before it is told of any camera."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Header
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
SIGNS: Final = (
    'hubs: a compact JWS "optin-look+jwt" that their key made for this very look; what it says is'
    " in the host's README"
)
Statement = Annotated[str, Field(max_length=2048)]
LookHeader = Annotated[str, Header(alias="Optin-Look", max_length=2048, description=SIGNS)]


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


def signed(clip_id: str, look: str) -> dict[str, str]:
    """The statement for a clip as Intent has it."""
    return {clip_id: look} if look else {}


class Opening(BaseModel):
    """Why somebody looks. Hubs name purpose and case; residents need neither."""

    model_config = ConfigDict(extra="forbid", strict=True)
    case: str = Field("", max_length=64)
    purpose: str = Field("", max_length=32)
    reason: str = Field("", max_length=280)
    approval: str = Field(
        "", max_length=64, description="the id that a 202 answered, once it is approved"
    )

    def intent(
        self,
        action: str,
        operator: Operator | None,
        cameras: Sequence[str] = (),
        *,
        looks: Mapping[str, str],
    ) -> Intent:
        """What is asked for, as views and plays take it."""
        return Intent(
            cameras=tuple(cameras),
            action=action,
            purpose=self.purpose.strip(),
            case=self.case.strip(),
            reason=self.reason.strip(),
            operator=operator,
            approval=self.approval,
            looks=looks,
        )
