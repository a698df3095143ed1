"""The transparency report, for everybody, without a key: JSON under /api/v1, and a page beside."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from porchlight.api.deps import PartsDep
from porchlight.errors import NotFound
from porchlight.parts import Parts
from porchlight.transparency import page
from porchlight.transparency.quarter import Quarter

router = APIRouter(tags=["transparency"])
pages = APIRouter(include_in_schema=False)
Name = Annotated[str, Path(description="a quarter that is over", examples=["2026-Q3"])]
Number = int | str
_CACHE: Final = "public, no-cache"
_MISSING: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is no such quarter, or it is not over."}
}


class Quarters(BaseModel):
    """Which quarters have a report, newest first."""

    quarters: list[str]


class Technology(BaseModel):
    """What it is, and how many had it at the quarter's end."""

    about: str
    residents: Number
    cameras: Number


class Use(BaseModel):
    """One line; null stands for others together."""

    use: str | None
    hub: str | None
    purpose: str | None
    number: Number


class Uses(BaseModel):
    """How often cameras were opened, found and had recordings taken, by hub and purpose."""

    rows: list[Use]
    total: int


class MinutesRow(BaseModel):
    """One line."""

    hub: str | None
    number: Number


class Minutes(BaseModel):
    """How long hubs looked."""

    rows: list[MinutesRow]
    total: int


class Sharing(BaseModel):
    """One hub, and how often it was shown or handed something."""

    hub: str
    number: int


class Reuse(BaseModel):
    """One line."""

    flag: str | None
    hub: str | None
    number: Number


class Reuses(BaseModel):
    """Openings for a case number that served for many cameras, or for places far apart."""

    rows: list[Reuse]
    total: int


class Consent(BaseModel):
    """What residents permitted and took back."""

    given: Number
    taken_back: Number
    ran_out: Number
    emergencies_opened: Number


class Requests(BaseModel):
    """Requests that reached anybody, and the permissions that answered them."""

    made: Number
    approved: Number


class Refusal(BaseModel):
    """One line."""

    reason: str | None
    hub: str | None
    number: Number


class Refusals(BaseModel):
    """What was tried and not allowed."""

    rows: list[Refusal]
    total: int


class ToldFields(BaseModel):
    """What only people can say; null: nothing was said."""

    area: str | None
    complaints: str | None
    audits: str | None
    breaches: str | None
    effectiveness: str | None
    records_requests: str | None
    costs: str | None
    changes: str | None


class Report(BaseModel):
    """One quarter, counted from the log. A number concerns at least `k` residents and is rounded
    down to a multiple of `k`; "<k" stands for all else, nothing at all included."""

    report: str
    host: str
    quarter: str
    begins: str = Field(alias="from")
    until: str
    k: int
    technology: Technology
    use: Uses
    minutes_live: Minutes
    sharing: list[Sharing]
    case_reuse: Reuses
    consent: Consent
    requests: Requests
    refused: Refusals
    told: ToldFields
    sha256: str = Field(description="of all the rest, as JSON with sorted keys and no spaces")


@router.get("/transparency")
async def listing(parts: PartsDep) -> Quarters:
    """Which quarters have a report. Open to everybody."""
    return Quarters(quarters=await parts.reports.quarters())


@router.get("/transparency/{quarter}", response_model=Report, responses=_MISSING)
async def one(quarter: Name, parts: PartsDep, response: Response) -> dict[str, Any]:
    """The report of one quarter. Open to everybody; entered in the log of all it counts."""
    found = await _report(parts, quarter)
    response.headers["Cache-Control"] = _CACHE
    response.headers["ETag"] = f'"{found["sha256"]}"'
    return found


@pages.get("/transparency/{quarter}")
async def as_page(quarter: str, request: Request, parts: PartsDep) -> Response:
    """The same as a page."""
    found = await _report(parts, quarter)
    headers = {"Content-Security-Policy": page.POLICY, "Cache-Control": _CACHE}
    return Response(page.render(found), media_type="text/html; charset=utf-8", headers=headers)


async def _report(parts: Parts, name: str) -> dict[str, Any]:
    try:
        quarter = Quarter.parse(name)
    except ValueError:
        raise NotFound("no-report", "name a quarter such as 2026-Q3") from None
    return await parts.reports.of(quarter)
