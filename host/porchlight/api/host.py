"""The host itself: is it well, what does it count. Open to everybody, and tells of nobody."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text

from porchlight import __version__
from porchlight.api.deps import PartsDep

router = APIRouter(tags=["host"])
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Health(BaseModel):
    """The host answers and its database does."""

    status: Literal["ok"]
    version: str


@router.get("/healthz")
async def healthz(parts: PartsDep) -> Health:
    """200 while the host and its database work."""
    await parts.store.read(lambda session: session.execute(text("SELECT 1")))
    return Health(status="ok", version=__version__)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(parts: PartsDep) -> Response:
    """Counters in the Prometheus text format. No label names a camera, a resident or a hub."""
    return Response(parts.metrics.render(), media_type=METRICS_TYPE)
