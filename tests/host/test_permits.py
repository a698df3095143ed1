"""Permits: which of several grants counts; what the host cannot honour, it refuses."""

from typing import Any

import pytest

from accord.book import Book
from accord.errors import Refused
from accord.grant import Grant, verify
from porchlight import keys
from porchlight.consent import permits
from porchlight.consent.permits import Ended
from tests.support.signing import Signer

NOW = 1_800_000_000  # Friday 2027-01-15 08:00:00 UTC
SAM, FIRE, WATCH = Signer("sam"), Signer("fire"), Signer("watch")
CAMERA = Signer("any thumb").thumb


def grant(seq: int, *hubs: Signer, **changes: Any) -> Grant:
    token = SAM.grant(CAMERA, *(hub.thumb for hub in hubs), seq=seq, now=NOW, **changes)
    return verify(token.encode(), {SAM.thumb: SAM.key.public}, keys.check)


def book(*grants: Grant) -> Book:
    found = Book(CAMERA, lambda: 0)
    for item in grants:
        found.add(item)
    return found


def refused(held: Book, hub: Signer = FIRE, action: str = "live", **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        permits.best(held, hub.thumb, action, more.get("now", NOW), more.get("purpose"))
    return caught.value.reason


def test_the_longest_counts() -> None:
    short = grant(1, FIRE, exp=NOW + 60)
    long = grant(2, FIRE, exp=NOW + 600)
    middle = grant(3, FIRE, exp=NOW + 300)
    permit = permits.best(book(short, long, middle), FIRE.thumb, "live", NOW, "fire")
    assert (permit.jti, permit.ends) == (long.jti, NOW + 600)
    assert permit.holds(NOW + 599)
    assert not permit.holds(NOW + 600)


def test_the_book_can_take_the_permit_back() -> None:
    held = book(only := grant(1, FIRE))
    permit = permits.best(held, FIRE.thumb, "live", NOW, None)
    held.revoke(only.handle)
    assert not permit.holds(NOW)
    assert refused(held) == "no-grant"


def test_the_newest_reason_is_told() -> None:
    old = grant(1, FIRE, exp=NOW + 10)
    new = grant(2, FIRE, nbf=NOW + 100, exp=NOW + 200)
    assert refused(book(old, new), now=NOW + 50) == "not-yet-valid"
    assert refused(book(old), now=NOW + 50) == "expired"


def test_others_grants_do_not_count() -> None:
    held = book(grant(1, WATCH), grant(2, SAM))
    assert refused(held) == "no-grant"
    assert permits.allowed(held, FIRE.thumb, NOW) == {}


def test_who_only_registered_is_as_unknown_as_a_stranger() -> None:
    """Two hubs that compare notes: one has the camera's name, the other a pseudonym."""
    for actions in ([], ["register"]):
        assert refused(book(grant(1, FIRE, detail={"actions": actions}))) == "no-grant"
    ended = Ended()
    ended.note(grant(1, FIRE, detail={"actions": ["register"]}), "revoked")
    assert ended.why(CAMERA, FIRE.thumb) == "no-grant"


def test_an_answer_to_a_request_is_not_there_before_it_begins() -> None:
    answer = grant(1, FIRE, req="A" * 22, nbf=NOW + 60)
    assert refused(book(answer)) == "no-grant"
    assert refused(book(answer), now=NOW + 60, action="export") == "action-not-granted"


def test_action_purpose_and_window_are_checked() -> None:
    only = {"actions": ["snapshot"], "purposes": ["fire"]}
    held = book(grant(1, FIRE, detail=only))
    assert refused(held) == "action-not-granted"
    assert refused(held, action="snapshot", purpose="theft") == "purpose-not-granted"
    closed = {"windows": [[0, 60]], "tz": "UTC0"}
    assert refused(book(grant(1, FIRE, detail=closed))) == "outside-window"


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({"mask": [[0, 0, 100, 100]]}, "mask-not-supported"),
        ({"approve": "two"}, "approval-missing"),
    ],
)
def test_what_who_asks_does_not_honour_is_refused(detail: dict[str, Any], reason: str) -> None:
    held = book(grant(1, FIRE, detail=detail))
    assert refused(held) == reason
    assert permits.allowed(held, FIRE.thumb, NOW) == {}
    honoured = {"masks": True, "approved": True}
    assert permits.best(held, FIRE.thumb, "live", NOW, None, **honoured).holds(NOW)
    assert "live" in permits.allowed(held, FIRE.thumb, NOW, **honoured)


def test_a_lease_is_demanded_where_the_grant_has_a_status() -> None:
    status = {"status_list": {"idx": 1, "uri": "https://x/"}}
    assert refused(book(grant(1, FIRE, status=status))) == "no-lease"


def test_a_grant_bound_to_one_key_is_for_that_one() -> None:
    held = book(grant(1, FIRE, WATCH, cnf={"jkt": WATCH.thumb}))
    assert refused(held) == "wrong-audience"
    assert permits.best(held, WATCH.thumb, "live", NOW, None).hub == WATCH.thumb


def test_what_is_allowed_is_told_by_action() -> None:
    longer = {"actions": ["snapshot"], "purposes": ["fire"]}
    held = book(grant(1, FIRE, exp=NOW + 60), grant(2, FIRE, exp=NOW + 600, detail=longer))
    assert permits.allowed(held, FIRE.thumb, NOW) == {"live": NOW + 60, "snapshot": NOW + 600}
    assert permits.allowed(held, FIRE.thumb, NOW + 60) == {"snapshot": NOW + 600}
    assert permits.allowed(held, FIRE.thumb, NOW, "theft") == {}


def test_why_it_ended_is_remembered_until_a_new_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Ended()
    assert ended.why(CAMERA, FIRE.thumb) == "no-grant"
    ended.note(grant(1, FIRE, WATCH), "revoked")
    assert ended.why(CAMERA, FIRE.thumb) == ended.why(CAMERA, WATCH.thumb) == "revoked"
    ended.forget(grant(2, FIRE))
    assert ended.why(CAMERA, FIRE.thumb) == "no-grant"
    assert ended.why(CAMERA, WATCH.thumb) == "revoked"
    monkeypatch.setattr(permits, "MAX_ENDED", 1)
    ended.note(grant(3, FIRE), "expired")
    assert ended.why(CAMERA, WATCH.thumb) == "no-grant"
