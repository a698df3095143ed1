"""Approvals: views that wait for a second operator of the same hub.

The one who asked opens it afterwards, with POST /views and the approval's id.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from porchlight.api.deps import Caller, OperatorDep, PartsDep, Visitor
from porchlight.views.approvals import Awaiting
from porchlight.views.view import Asked

router = APIRouter(tags=["approvals"])
ApprovalId = Annotated[str, Path(min_length=1, max_length=64)]


class Approval(BaseModel):
    """What an operator wants to look at, and why. `expires`: unix seconds, for approving and for
    opening. `asked_by`, `approved_by`: pseudonyms."""

    approval: str
    state: Literal["pending", "approved", "opened", "expired"]
    expires: int
    asked_by: str
    approved_by: str | None
    cameras: list[str]
    clip: str  # its id; empty for a view
    action: str
    purpose: str
    case: str
    reason: str


class ApprovalList(BaseModel):
    """What waits at this hub, oldest first."""

    approvals: list[Approval]


# What is answered where a second operator has to approve first: see install().
PENDING: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": Approval, "description": "Another operator has to approve it."}
}


def install(app: FastAPI) -> None:
    """Let every route answer 202 where something awaits an approval."""
    app.add_exception_handler(Awaiting, _pending)


async def _pending(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Awaiting)  # noqa: S101 - registered for this class
    found = described(error.asked, request.app.state.parts.clock.unix())
    return JSONResponse(found.model_dump(), status_code=202)


def described(asked: Asked, now: int) -> Approval:
    """As the hub sees it."""
    return Approval.model_validate(
        {
            **asked.intent.written(),
            "approval": asked.id,
            "state": asked.state(now),
            "expires": asked.expires,
            "asked_by": asked.asked_by,
            "approved_by": asked.approved_by,
        }
    )


@router.get("/approvals")
async def listing(parts: PartsDep, by: Caller) -> ApprovalList:
    """What this hub's operators asked for: pending, or approved and not opened yet."""
    now = parts.clock.unix()
    return ApprovalList(approvals=[described(one, now) for one in parts.approvals.of(by)])


@router.get("/approvals/{approval_id}")
async def one(approval_id: ApprovalId, parts: PartsDep, by: Caller) -> Approval:
    """One of them."""
    return described(parts.approvals.get(by, approval_id), parts.clock.unix())


@router.post(
    "/approvals/{approval_id}",
    responses={
        409: {"description": "It is approved already."},
        410: {"description": "The ten minutes are over."},
    },
)
async def approve(
    approval_id: ApprovalId, parts: PartsDep, by: Visitor, operator: OperatorDep
) -> Approval:
    """Approve it, as another operator than the one who asked, with the role approver.

    It is in every resident's log before this answers, and so is a refusal.
    """
    asked = await parts.approvals.approve(by, operator, approval_id)
    return described(asked, parts.clock.unix())
