"""Search: a hub draws a circle or a polygon, and is shown whose consent covers it there, now."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.api import cause, geojson
from porchlight.api.deps import Caller, OperatorDep, PartsDep
from porchlight.api.geojson import DrawnCircle, DrawnPolygon, FeatureCollection, GeoJson
from porchlight.search.areas import Area
from porchlight.search.finder import Wanted
from porchlight.search.searches import Cause

router = APIRouter(tags=["search"])
Action = Literal["live", "snapshot", "clips", "export", "register"]


class NewSearch(BaseModel):
    """Where, what for, and why. One of `circle` and `polygon`; `register` finds only those whose
    residents may be asked."""

    model_config = ConfigDict(extra="forbid")
    circle: DrawnCircle | None = None
    polygon: DrawnPolygon | None = None
    action: Action
    case: str = Field("", max_length=cause.MAX_CASE)
    purpose: str = Field("", max_length=32)
    reason: str = Field("", max_length=cause.MAX_REASON)

    @model_validator(mode="after")
    def _one_area(self) -> "NewSearch":
        if (self.circle is None) == (self.polygon is None):
            raise ValueError("draw one circle or one polygon")
        return self

    def area(self) -> Area:
        """As drawn."""
        drawn = self.circle or self.polygon
        assert drawn is not None  # noqa: S101 - checked when it came
        return drawn.area()


@router.post(
    "/search",
    response_class=GeoJson,
    response_model=FeatureCollection,
    responses=cause.UNSAID,
)
async def search(body: NewSearch, parts: PartsDep, by: Caller, operator: OperatorDep) -> Any:
    """Search an area. It is in the log of every resident shown before this answers.

    Cameras whose grants cover this hub, action and purpose are named, in the cell that the grant
    allows; residents who only registered are pseudonyms, and hidden where they are few.
    """
    cause.check_search(body.case, body.purpose, body.reason)
    why = Cause(body.case.strip(), body.purpose, body.reason.strip(), operator)
    wanted = Wanted(body.area(), body.action, body.purpose)
    found = await parts.searches.search(by, why, wanted)
    now_ms = parts.clock.unix_ms()
    return GeoJson(geojson.collection(found, body.action, parts.cameras, now_ms))
