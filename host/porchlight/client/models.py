"""What a hub says and hears, typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Position = tuple[float, float]  # latitude, longitude in degrees


@dataclass(frozen=True)
class Why:
    """Case and purpose stand in the resident's log before anything is shown."""

    case: str
    purpose: str
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the API takes it."""
        said = {"case": self.case, "purpose": self.purpose}
        return said | ({"reason": self.reason} if self.reason else {})


class Area(Protocol):
    """Where to look."""

    def as_json(self) -> dict[str, Any]:
        """As the API takes it."""


@dataclass(frozen=True)
class Circle:
    """Degrees and metres."""

    lat: float
    lon: float
    radius_m: float

    def as_json(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"circle": {"center": [self.lon, self.lat], "radius_m": self.radius_m}}


@dataclass(frozen=True)
class Polygon:
    """Corners in order, each (latitude, longitude); it closes by itself."""

    corners: Sequence[Position]

    def as_json(self) -> dict[str, Any]:
        """As the API takes it: GeoJSON's order, the first corner once more at the end."""
        ring = [[lon, lat] for lat, lon in (*self.corners, self.corners[0])]
        return {"polygon": {"type": "Polygon", "coordinates": [ring]}}


@dataclass(frozen=True)
class Found:
    """A camera that a search found, somewhere within `accuracy_m` of `lat`, `lon`: its resident
    lets no more be known. `camera` is a pseudonym if it is only `registered`."""

    camera: str
    lat: float
    lon: float
    accuracy_m: int
    registered: bool
    label: str = ""
    online: bool = False
    until: int = 0  # unix s

    @classmethod
    def from_feature(cls, feature: dict[str, Any]) -> "Found":
        """A GeoJSON feature."""
        (lon, lat), said = feature["geometry"]["coordinates"], feature["properties"]
        return cls(
            camera=str(feature["id"]),
            lat=float(lat),
            lon=float(lon),
            accuracy_m=int(said["accuracy_m"]),
            registered=said["kind"] == "registered",
            label=str(said.get("label", "")),
            online=bool(said.get("online", False)),
            until=int(said.get("until", 0)),
        )


@dataclass(frozen=True)
class Clip:
    """A recorded stretch that a hub may be told of. `sealed`: only its resident's key opens it;
    `delete_at` (unix s): its file goes then, or earlier."""

    id: str
    camera: str
    grant: str
    started_ms: int  # unix ms
    ended_ms: int
    frames: int
    bytes: int
    sealed: bool
    delete_at: int

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Clip":
        """A row of the API's list."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})
