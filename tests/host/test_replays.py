"""What was good once, handed in again: receipts, tickets, tokens, whole requests. See also
test_requests.py (a request), test_dpop.py (proofs), test_operators.py (stolen tokens)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from porchlight.client import tlog
from porchlight.dpop import token_hash
from tests.support.clipping import clip_grant, fetch, keep, open_play
from tests.support.desks import Hub, hub_at
from tests.support.hosting import API, InThread, Kit, ShiftedClock
from tests.support.provider import Provider, providing
from tests.support.signing import Signer
from tests.support.viewing import open_view, stream_url


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


def key_of(host: InThread, who: Signer) -> tlog.Key:
    return tlog.Key.parse(host.caller(who).get(f"/log/{who.thumb}").json()["vkey"])


# Receipts


def test_a_receipt_is_of_one_view(host: InThread, ann: Signer, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire)
    first, second = open_view(host, fire, porch), open_view(host, fire, porch)
    key = key_of(host, ann)
    for view in (first, second):
        assert tlog.check_receipt(view["receipts"][0], key, fire.thumb, view["id"])
    with pytest.raises(tlog.Wrong, match="of another view"):
        tlog.check_receipt(first["receipts"][0], key, fire.thumb, second["id"])


def test_a_receipt_is_for_one_hub(host: InThread, ann: Signer, fire: Signer, porch: Kit) -> None:
    water = host.hub()
    host.grant(porch, fire, water)
    receipt, key = open_view(host, fire, porch)["receipts"][0], key_of(host, ann)
    with pytest.raises(tlog.Wrong, match="says other"):
        tlog.check_receipt(receipt, key, water.thumb)
    with pytest.raises(tlog.Wrong, match="not signed"):  # and with the name on it changed
        tlog.check_receipt(receipt | {"to": water.thumb}, key, water.thumb)


def test_a_receipt_is_of_one_log(host: InThread, ann: Signer, fire: Signer, porch: Kit) -> None:
    ben = host.resident()
    yard = host.camera(ben)
    host.grant(porch, fire)
    host.grant(yard, fire)
    receipts = open_view(host, fire, porch, yard)["receipts"]
    keys = [key_of(host, ann), key_of(host, ben)]
    for receipt, key in zip(receipts, keys, strict=True):
        assert tlog.check_receipt(receipt, key, fire.thumb)
    for receipt, key in zip(receipts, reversed(keys), strict=True):
        with pytest.raises(tlog.Wrong, match="not signed by the log"):
            tlog.check_receipt(receipt, key, fire.thumb)


def test_no_byte_of_a_receipt_can_be_edited(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    receipt, key = open_view(host, fire, porch)["receipts"][0], key_of(host, ann)
    tlog.check_receipt(receipt, key, fire.thumb)
    for name, value in receipt.items():
        for changed in edits(value):
            with pytest.raises(tlog.Wrong):
                tlog.check_receipt(receipt | {name: changed}, key, fire.thumb)
        less = {other: kept for other, kept in receipt.items() if other != name}
        with pytest.raises(tlog.Wrong):
            tlog.check_receipt(less, key, fire.thumb)


def edits(value: Any) -> list[Any]:
    """A value with another character at each of some places; a number with others near."""
    if isinstance(value, int):
        return [value - 1, value + 1, -1, str(value), 2**63]
    places = range(0, len(value), 7)
    return [value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :] for at in places]


# Tickets


def test_a_ticket_is_good_until_its_view_is_closed(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    host.caller(fire).delete(f"/views/{opened['id']}")
    url = stream_url(host, opened, porch)
    for path in (url, url.replace(".mjpg", ".jpg")):
        refused(httpx.get(path, trust_env=False), 410, "ticket-expired")


def test_a_ticket_is_of_its_own_kind(host: InThread, fire: Signer, porch: Kit) -> None:
    """A view's opens no clip, and a clip's no view, of the very same camera."""
    jti = clip_grant(host, porch, fire, detail={"actions": ["live", "clips"]})
    opened = open_view(host, fire, porch)
    played = open_play(host, fire, keep(host, porch, jti))
    swapped = played["urls"]["file"].replace(played["ticket"], opened["ticket"])
    refused(fetch(host, swapped), 404, "no-play")
    stream = opened["urls"]["cameras"][porch.id]["stream"]
    refused(fetch(host, stream.replace(opened["ticket"], played["ticket"])), 404, "no-view")


# Operators' tokens, and requests that somebody wrote down


@pytest.fixture
def hub(host: InThread, provider: Provider, clock: ShiftedClock) -> Hub:
    return hub_at(host, provider, clock)


def test_a_token_is_refused_with_every_other_key(
    host: InThread, provider: Provider, clock: ShiftedClock, hub: Hub, porch: Kit
) -> None:
    other = hub_at(host, provider, clock)
    host.grant(porch, hub.key, other.key)
    desk, neighbour = hub.sign_in("viewer"), other.sign_in("viewer")
    body = {"cameras": [porch.id], "action": "live", "case": "C-1", "purpose": "fire"}
    tries: list[tuple[dict[str, Any], str]] = [
        ({"by": other.key}, "no-session"),
        ({"by": host.hub()}, "no-session"),
        ({"by": Signer("nobody")}, "unknown-key"),
        ({"ath": token_hash(neighbour.token)}, "wrong-token"),
        ({"token": neighbour.token}, "no-session"),
    ]
    for how, reason in tries:
        refused(desk.ask("POST", "/views", body, **how), 401, reason)
    for signed_in in (desk, neighbour):
        assert signed_in.ask("POST", "/views", body).status_code == 201


def test_a_request_that_was_written_down_is_answered_once(host: InThread, hub: Hub) -> None:
    token = hub.sign_in("viewer").token
    url, ath = host.http + API + "/me", token_hash(token)
    headers = {"DPoP": hub.key.proof("GET", url, ath=ath), "Authorization": f"DPoP {token}"}
    first, again = (httpx.get(url, headers=headers, trust_env=False) for _ in range(2))
    assert first.status_code == 200
    refused(again, 401, "replayed-proof")
