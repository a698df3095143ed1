"""OGC API Features, Part 1 (core, GeoJSON): the same search for GIS clients, a bbox at a time.

`Optin-Case` and `Optin-Purpose` are headers, for these clients have no other place for them; the
hub's key signs as everywhere else. Answers come in pages, each entered for the residents it shows.
Without a bbox, or with one larger than a search may be, only named cameras are in it.
"""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel

from porchlight.api import cause, geojson, ogcquery
from porchlight.api.deps import Caller, OperatorDep, PartsDep
from porchlight.api.geojson import Feature, FeatureCollection, GeoJson
from porchlight.api.ogcquery import Asked
from porchlight.errors import NotFound
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.search.areas import Everywhere
from porchlight.search.finder import Wanted
from porchlight.search.searches import Cause, Operator, Page

BASE: Final = "/ogc"
COLLECTION: Final = f"{BASE}/collections/cameras"
ITEMS: Final = f"{COLLECTION}/items"
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_CLASSES: Final = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_JSON: Final = "application/json"
_OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"
_BAD: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "No case, no purpose, or a parameter that is unknown or makes no sense."}
}
router = APIRouter(tags=["ogc"])
CaseHeader = Annotated[str, Header(alias="Optin-Case", description="the case this is for")]
PurposeHeader = Annotated[str, Header(alias="Optin-Purpose", description="one of the purposes")]
ReasonHeader = Annotated[str, Header(alias="Optin-Reason", description="for residents to read")]


class Link(BaseModel):
    """A link of OGC API Features."""

    href: str
    rel: str
    type: str
    title: str = ""


class Landing(BaseModel):
    """The landing page."""

    title: str
    description: str
    links: list[Link]


class Conformance(BaseModel):
    """Which parts of the standard hold here."""

    conformsTo: list[str]


class Collection(BaseModel):
    """What is in it, and where. The extent is the whole earth: the true one would tell."""

    id: str
    title: str
    description: str
    itemType: str
    crs: list[str]
    extent: dict[str, Any]
    links: list[Link]


class Collections(BaseModel):
    """There is one."""

    collections: list[Collection]
    links: list[Link]


class Items(FeatureCollection):
    """One page."""

    numberReturned: int
    links: list[Link]


class Item(Feature):
    """One camera."""

    links: list[Link]


@router.get(BASE)
async def landing(request: Request) -> Landing:
    """Where everything is. Open to everybody: it tells of nobody."""
    links = [
        _link(request, BASE, "self"),
        _link(request, "/openapi.json", "service-desc", _OPENAPI),
        _link(request, f"{BASE}/conformance", "conformance"),
        _link(request, f"{BASE}/collections", "data"),
    ]
    about = "Cameras whose residents consent to the asking hub, coarsely. Case and purpose first."
    return Landing(title="Porchlight", description=about, links=links)


@router.get(f"{BASE}/conformance")
async def conformance() -> Conformance:
    """Core and GeoJSON."""
    return Conformance(conformsTo=[f"{_CLASSES}/core", f"{_CLASSES}/geojson"])


@router.get(f"{BASE}/collections")
async def collections(request: Request) -> Collections:
    """The collections."""
    links = [_link(request, f"{BASE}/collections", "self")]
    return Collections(collections=[_cameras(request)], links=links)


@router.get(COLLECTION)
async def collection(request: Request) -> Collection:
    """The one there is."""
    return _cameras(request)


@router.get(ITEMS, response_class=GeoJson, response_model=Items, responses=_BAD)
async def items(  # noqa: PLR0913 - each is a parameter that OpenAPI is to show
    request: Request,
    parts: PartsDep,
    by: Caller,
    operator: OperatorDep,
    case: CaseHeader = "",
    purpose: PurposeHeader = "",
    reason: ReasonHeader = "",
    bbox: Annotated[str, Query(description="west,south,east,north in degrees")] = "",
    limit: Annotated[str, Query(description="items in a page, at least 1")] = "",
    datetime: Annotated[str, Query(description="accepted; cameras have no time")] = "",
    action: Annotated[str, Query(description="live, snapshot, clips, export, register")] = "live",
    after: Annotated[str, Query(description="as the link `next` says")] = "",
) -> Any:
    """A page of cameras in a bbox, in the logs of their residents before this answers."""
    why = _cause(case, purpose, reason, operator)
    asked = ogcquery.read(request.query_params.multi_items())
    page = Page(min(asked.limit, parts.searches.rules.most), asked.after)
    found = await parts.searches.search(by, why, Wanted(asked.area, asked.action, purpose), page)
    now_ms = parts.clock.unix_ms()
    answer = geojson.collection(found, asked.action, parts.cameras, now_ms)
    answer["numberReturned"] = len(found.shown)
    links = [_link(request, ITEMS, "self", geojson.MEDIA_TYPE, asked.again())]
    if found.last is not None:
        query = asked.again(after=found.last)
        links.append(_link(request, ITEMS, "next", geojson.MEDIA_TYPE, query))
    answer["links"] = [link.model_dump() for link in links]
    return GeoJson(answer)


@router.get(
    ITEMS + "/{feature_id}",
    response_class=GeoJson,
    response_model=Item,
    responses=_BAD,
)
async def item(  # noqa: PLR0913 - each is a parameter that OpenAPI is to show
    feature_id: str,
    request: Request,
    parts: PartsDep,
    by: Caller,
    operator: OperatorDep,
    case: CaseHeader = "",
    purpose: PurposeHeader = "",
    reason: ReasonHeader = "",
    action: Annotated[str, Query(description="live, snapshot, clips, export, register")] = "live",
) -> Any:
    """One camera, by its thumb or this hub's pseudonym; its resident reads of it."""
    why = _cause(case, purpose, reason, operator)
    asked = ogcquery.read(request.query_params.multi_items(), {"action"})
    feature = await _only(parts, by, why, asked, feature_id)
    path = f"{ITEMS}/{feature_id}"
    links = [
        _link(request, path, "self", geojson.MEDIA_TYPE, asked.again()),
        _link(request, COLLECTION, "collection"),
    ]
    return GeoJson(feature | {"links": [link.model_dump() for link in links]})


async def _only(
    parts: Parts, by: Party, why: Cause, asked: Asked, feature_id: str
) -> dict[str, Any]:
    wanted = Wanted(Everywhere(), asked.action, why.purpose)
    found = await parts.searches.search(by, why, wanted, Page(1, only=feature_id))
    for feature in geojson.features(found.shown, asked.action, parts.cameras):
        return feature
    raise NotFound("no-camera", "there is no such camera that you may be shown now")


def _cause(case: str, purpose: str, reason: str, operator: Operator | None) -> Cause:
    cause.check_search(case, purpose, reason)
    return Cause(case.strip(), purpose, reason.strip(), operator)


def _cameras(request: Request) -> Collection:
    return Collection(
        id="cameras",
        title="Cameras",
        description="Named where a grant allows something; pseudonyms where residents registered.",
        itemType="feature",
        crs=[CRS84],
        extent={"spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84}},
        links=[
            _link(request, COLLECTION, "self"),
            _link(request, ITEMS, "items", geojson.MEDIA_TYPE),
        ],
    )


def _link(
    request: Request, path: str, rel: str, type: str = _JSON, query: dict[str, str] | None = None
) -> Link:
    words = f"?{urlencode(query)}" if query else ""
    return Link(href=f"{str(request.base_url).rstrip('/')}{path}{words}", rel=rel, type=type)
