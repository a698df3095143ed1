"""OGC API Features: what the standard asks of landing page, collections and items."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from porchlight.who import roles
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer

ITEMS = "/ogc/collections/cameras/items"
CAUSE = {"Optin-Case": "C-1", "Optin-Purpose": "fire"}
GEO = {"cell": "u173z", "precision_m": 1_000}
AMSTERDAM = "4.85,52.3,4.95,52.4"
GEO_JSON = "application/geo+json"


def fetch(
    host: InThread,
    who: Signer | None,
    path: str,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> httpx.Response:
    url = host.http + path
    sent = dict(CAUSE if headers is None else headers)
    if who is not None:
        sent["DPoP"] = who.proof("GET", url)
    with httpx.Client(trust_env=False) as http:
        return http.get(url, headers=sent, params=query)


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == GEO_JSON
    found = answer.json()
    assert found["numberReturned"] == len(found["features"])
    assert "numberMatched" not in found  # nobody is counted who is not shown
    return [feature["id"] for feature in found["features"]]


def test_items_take_the_role_that_searches() -> None:
    for path in (ITEMS, ITEMS + "/{feature_id}", "/api/v1/search"):
        assert roles.takes("POST" if path.endswith("search") else "GET", path) == roles.SEARCH


def test_every_link_leads_somewhere(host: InThread, fire: Signer) -> None:
    seen, todo = set(), ["/ogc"]
    while todo:
        path = todo.pop()
        answer = fetch(host, fire if path == ITEMS else None, path)
        assert answer.status_code == 200, path
        seen.add(path)
        said = answer.json()
        links = said.get("links", [])
        for each in said.get("collections", []):
            links += each["links"]
        for link in links:
            where = urlsplit(link["href"])
            assert f"{where.scheme}://{where.netloc}" == host.http
            if where.path not in seen | set(todo):
                todo.append(where.path)
    assert seen == {
        "/ogc", "/openapi.json", "/ogc/conformance", "/ogc/collections",
        "/ogc/collections/cameras", ITEMS,
    }  # fmt: skip


def test_it_says_what_it_conforms_to(host: InThread) -> None:
    classes = fetch(host, None, "/ogc/conformance").json()["conformsTo"]
    assert {name.rpartition("/")[2] for name in classes} == {"core", "geojson"}


def test_items_need_a_key_a_case_and_a_purpose(host: InThread, fire: Signer) -> None:
    assert fetch(host, None, ITEMS).status_code == 401
    for missing, reason in (("Optin-Case", "no-case"), ("Optin-Purpose", "no-purpose")):
        answer = fetch(host, fire, ITEMS, {k: v for k, v in CAUSE.items() if k != missing})
        assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert fetch(host, host.resident(), ITEMS).status_code == 403


def test_a_bbox_finds_points_and_enters_it(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire, detail={"geo": GEO})
    assert ids(fetch(host, fire, ITEMS, bbox=AMSTERDAM)) == [porch.id]
    assert ids(fetch(host, fire, ITEMS, bbox="4.85,52.3,0,4.95,52.4,100")) == [porch.id]
    assert ids(fetch(host, fire, ITEMS, bbox="5,52.3,4.8,52.4")) == []  # the way around the earth
    assert ids(fetch(host, fire, ITEMS, bbox="4.9,52.3,4.95,52.4")) == []  # beside the point
    assert ids(fetch(host, fire, ITEMS)) == [porch.id]
    assert ids(fetch(host, fire, ITEMS, action="clips")) == []
    entries = host.entries(ann, "search")
    assert [entry["detail"]["area"] for entry in entries] == ["bbox", "bbox", "everywhere"]
    assert {entry["case"] for entry in entries} == {"C-1"}
    one = fetch(host, fire, f"{ITEMS}/{porch.id}")
    assert one.headers["content-type"] == GEO_JSON
    assert one.json()["id"] == porch.id
    assert {link["rel"] for link in one.json()["links"]} == {"self", "collection"}
    assert len(host.entries(ann, "search")) == 4


def test_pages_hold_everybody_once(host: InThread, fire: Signer) -> None:
    kits = [host.camera(host.resident()) for _ in range(5)]
    for kit in kits:
        host.grant(kit, fire, detail={"geo": GEO})
    found: list[str] = []
    query: dict[str, Any] = {"limit": "2", "bbox": AMSTERDAM}
    while True:
        answer = fetch(host, fire, ITEMS, **query)
        page = ids(answer)
        assert 1 <= len(page) <= 2
        found += page
        following = [link for link in answer.json()["links"] if link["rel"] == "next"]
        if not following:
            break
        assert following[0]["type"] == GEO_JSON
        query = {k: v[0] for k, v in parse_qs(urlsplit(following[0]["href"]).query).items()}
    assert found == sorted(kit.id for kit in kits)
    assert [len(host.entries(kit.owner, "search")) for kit in kits] == [1] * 5


def test_who_may_only_be_asked_is_on_no_list(host: InThread, fire: Signer) -> None:
    kits = [host.camera(host.resident()) for _ in range(3)]
    for kit in kits:
        host.grant(kit, fire, detail={"geo": GEO, "actions": ["register"]})
    street = ids(fetch(host, fire, ITEMS, bbox=AMSTERDAM))
    assert len(street) == 3
    assert not set(street) & {kit.id for kit in kits}
    assert ids(fetch(host, fire, ITEMS)) == []
    assert ids(fetch(host, fire, ITEMS, bbox="-180,-90,180,90")) == []
    assert ids(fetch(host, fire, ITEMS, bbox="3,51,6,54")) == []
    assert fetch(host, fire, f"{ITEMS}/{street[0]}").json()["properties"]["kind"] == "registered"
    for unknown in (fetch(host, fire, f"{ITEMS}/{kits[0].id}"), fetch(host, fire, f"{ITEMS}/x")):
        assert (unknown.status_code, unknown.json()["reason"]) == (404, "no-camera")


@pytest.mark.parametrize(
    ("reason", "query"),
    [
        ("unknown-parameter", {"label": "porch"}),
        ("unknown-parameter", {"bbox-crs": "x"}),
        ("bad-parameter", {"limit": "0"}),
        ("bad-parameter", {"limit": "-1"}),
        ("bad-parameter", {"limit": "ten"}),
        ("bad-parameter", {"limit": ["1", "2"]}),
        ("bad-parameter", {"bbox": "1,2,3"}),
        ("bad-parameter", {"bbox": ""}),
        ("bad-parameter", {"bbox": "a,b,c,d"}),
        ("bad-parameter", {"bbox": "1,2,nan,4"}),
        ("bad-parameter", {"bbox": "0,5,1,4"}),
        ("bad-parameter", {"bbox": "0,-91,1,4"}),
        ("bad-parameter", {"bbox": "0,0,181,4"}),
        ("bad-parameter", {"datetime": "yesterday"}),
        ("bad-parameter", {"datetime": "../../.."}),
        ("bad-parameter", {"action": "zoom"}),
    ],
)
def test_what_the_standard_calls_wrong_is_a_400(
    host: InThread, fire: Signer, reason: str, query: dict[str, Any]
) -> None:
    answer = fetch(host, fire, ITEMS, **query)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "999999"},
        {"datetime": "2026-11-23T00:00:00Z"},
        {"datetime": "../2026-11-23T00:00:00+01:00"},
        {"datetime": "2026-11-23/.."},
        {"after": "~"},
    ],
)
def test_what_it_calls_right_is_answered(
    host: InThread, fire: Signer, query: dict[str, Any]
) -> None:
    assert ids(fetch(host, fire, ITEMS, **query)) == []


def test_the_api_is_described(host: InThread) -> None:
    paths = fetch(host, None, "/openapi.json").json()["paths"]
    for path in (ITEMS, ITEMS + "/{feature_id}"):
        operation = paths[path]["get"]
        assert operation["security"] == [{"DPoP": []}] or "DPoP" in str(operation["security"])
        assert {"200", "400", "401", "403", "429", "503"} <= set(operation["responses"])
        assert GEO_JSON in operation["responses"]["200"]["content"]
    assert paths["/ogc"]["get"]["security"] == []
    answer = fetch(host, None, "/ogc")
    assert answer.headers["cache-control"] == "no-store"
