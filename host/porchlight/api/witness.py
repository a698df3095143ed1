"""The witness for other hosts' logs (c2sp.org/tlog-witness). Open: a log's own signature speaks."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from porchlight.api.deps import PartsDep
from porchlight.audit.witness import KnowsMore
from porchlight.errors import RequestError

SIZE_TYPE: Final = "text/x.tlog.size"
router = APIRouter(tags=["witness"])
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}, "description": "The cosignature, one line."},
    400: {"description": "No submission, or its old size is above the checkpoint's."},
    403: {"description": "The checkpoint is not signed by its log."},
    404: {"description": "This log is not watched here."},
    409: {"content": {SIZE_TYPE: {}}, "description": "The size that was cosigned last."},
    413: {"description": "The body is too large."},
    422: {"description": "The proof does not lead from the last head to this one."},
}


@router.post("/witness/add-checkpoint", response_class=Response, responses=_ANSWERS)
async def add_checkpoint(request: Request, parts: PartsDep) -> Response:
    """Cosign a new head of a log that is watched here, if it goes on from the last one."""
    try:
        line = await parts.witness.add(await request.body())
    except KnowsMore as other:
        parts.metrics.refused("witness", other.reason)
        return Response(f"{other.size}\n", other.status, media_type=SIZE_TYPE)
    except RequestError as error:
        parts.metrics.refused("witness", error.reason)
        raise
    return Response(line, media_type="text/plain; charset=utf-8")


@router.get("/witness", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def key(parts: PartsDep) -> Response:
    """The key that this host cosigns with, in one line, for the settings of those who ask it."""
    return Response(f"{parts.witness.vkey}\n", media_type="text/plain; charset=utf-8")
