"""GeoJSON (RFC 7946): what was found, as maps read it; and areas, as they draw them.

A feature's Point is the middle of a cell, its `bbox` the cell, `accuracy_m` how far from the point
the camera may be. A map that draws the point alone draws it at a place where no camera is.
"""

import functools
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from porchlight.api.receipts import Receipt
from porchlight.cameras import Cameras
from porchlight.clock import rfc3339
from porchlight.errors import Invalid
from porchlight.search.areas import AreaError, Circle, Polygon
from porchlight.search.cells import Cell
from porchlight.search.finder import Shown
from porchlight.search.searches import Found
from porchlight.search.sphere import Point

MEDIA_TYPE: Final = "application/geo+json"
_DIGITS: Final = 6  # of a degree: a decimetre
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Position = tuple[Longitude, Latitude]


class GeoJson(JSONResponse):
    """An answer in GeoJSON."""

    media_type = MEDIA_TYPE


class DrawnCircle(BaseModel):
    """Around a position [longitude, latitude]."""

    model_config = ConfigDict(extra="forbid")
    center: Position
    radius_m: float = Field(gt=0, le=100_000, allow_inf_nan=False)

    def area(self) -> Circle:
        """As it is searched."""
        lon, lat = self.center
        return Circle(Point(lat, lon), self.radius_m)


class DrawnPolygon(BaseModel):
    """A GeoJSON Polygon of one ring. Its sides are the shortest ways between corners, its inside is
    the smaller part: the antimeridian needs no cut, and winding does not matter."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["Polygon"]
    coordinates: list[list[Position]] = Field(min_length=1, max_length=16)

    def area(self) -> Polygon:
        """As it is searched; Invalid says what is wrong with it."""
        if len(self.coordinates) > 1:
            raise Invalid("holes-not-supported", "a polygon has one ring; search without holes")
        ring = self.coordinates[0]
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise Invalid("bad-polygon", "a ring has four positions or more and ends at its first")
        try:
            return Polygon([Point(lat, lon) for lon, lat in ring[:-1]])
        except AreaError as error:
            raise Invalid(error.reason, str(error)) from None


class PointGeometry(BaseModel):
    """[longitude, latitude]."""

    type: Literal["Point"]
    coordinates: tuple[float, float]


class NamedProperties(BaseModel):
    """A camera that the hub may use: by which grant, until when at most (unix s)."""

    kind: Literal["camera"]
    accuracy_m: int
    label: str
    source: str
    enforced_at: str
    online: bool
    action: str
    until: int
    grant: str
    approve: str


class RegisteredProperties(BaseModel):
    """A camera whose resident may be asked, through this host; nothing else is known of it."""

    kind: Literal["registered"]
    accuracy_m: int


class Feature(BaseModel):
    """A camera. `id`: its thumb, or this hub's pseudonym for it."""

    type: Literal["Feature"]
    id: str
    bbox: tuple[float, float, float, float]
    geometry: PointGeometry
    properties: NamedProperties | RegisteredProperties = Field(discriminator="kind")


class FeatureCollection(BaseModel):
    """All that a search may show. There is no count of what it may not."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    timeStamp: str
    receipts: list[Receipt]


def collection(found: Found, action: str, cameras: Cameras, now_ms: int) -> dict[str, Any]:
    """A FeatureCollection, JSON-ready."""
    return {
        "type": "FeatureCollection",
        "features": features(found.shown, action, cameras),
        "timeStamp": rfc3339(now_ms),
        "receipts": [receipt.describe() for receipt in found.receipts],
    }


def features(shown: Sequence[Shown], action: str, cameras: Cameras) -> list[dict[str, Any]]:
    """One Feature each."""
    return [_feature(one, _properties(one, action, cameras)) for one in shown]


def _feature(one: Shown, properties: dict[str, Any]) -> dict[str, Any]:
    bbox, geometry = _where(one.cell)
    return {
        "type": "Feature",
        "id": one.id,
        "bbox": bbox,
        "geometry": geometry,
        "properties": properties,
    }


@functools.lru_cache(maxsize=16_384)  # neighbours share a cell, and the next search has it again
def _where(cell: Cell) -> tuple[list[float], dict[str, Any]]:
    """To be read only."""
    lat, lon = cell.place
    bbox = [round(degrees, _DIGITS) for degrees in cell.bbox]
    return bbox, {"type": "Point", "coordinates": [round(lon, _DIGITS), round(lat, _DIGITS)]}


def _properties(one: Shown, action: str, cameras: Cameras) -> dict[str, Any]:
    camera = cameras.get(one.camera) if one.named else None
    if camera is None:
        return {"kind": "registered", "accuracy_m": one.cell.accuracy_m}
    return {
        "kind": "camera",
        "accuracy_m": one.cell.accuracy_m,
        "label": camera.label,
        "source": camera.source,
        "enforced_at": camera.enforced_at,
        "online": camera.online,
        "action": action,
        "until": one.until,
        "grant": one.grant.jti,
        "approve": one.grant.approve,
    }
