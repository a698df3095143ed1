"""Webhooks of a running host, against a real server that somebody else runs."""

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porchlight.webhooks import backoff, news
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, hosted
from tests.support.receiver import Post, Receiver, receiving
from tests.support.signing import Signer

PLAIN = SETTINGS + "[webhooks]\nplain_loopback = true\nper_owner = 2\n"
DAY_S = 86_400
REGISTER = {"actions": ["register"], "geo": {"cell": "u173zq", "precision_m": 500}}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock) -> Iterator[InThread]:
    with hosted(tmp_path_factory.mktemp("hooks") / "home", PLAIN, clock=clock) as running:
        yield running


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def register(host: InThread, who: Signer, there: Receiver) -> tuple[str, bytes]:
    """A webhook that leads there: its id, and the key that events are signed with."""
    body = {"url": f"http://127.0.0.1:{there.port}/in?a=1"}
    answer = host.caller(who).post("/webhooks", body)
    assert answer.status_code == 201, answer.text
    secret = answer.json()["secret"]
    assert secret.startswith("whsec_")
    return answer.json()["id"], base64.b64decode(secret.removeprefix("whsec_"))


def checked(post: Post, key: bytes) -> dict[str, Any]:
    """The event of a request, as the specification has receivers verify it."""
    stamp, name = post.headers["webhook-timestamp"], post.headers["webhook-id"]
    mac = hmac.new(key, b".".join([name.encode(), stamp.encode(), post.body]), hashlib.sha256)
    given = [each.partition(",") for each in post.headers["webhook-signature"].split(" ")]
    assert ("v1", ",", base64.b64encode(mac.digest()).decode()) in given
    event: dict[str, Any] = json.loads(post.body)
    assert (event["id"], event["specversion"]) == (name, "1.0")
    assert event["source"].startswith("urn:porchlight:host:")
    assert post.headers["content-type"] == "application/cloudevents+json"
    return event


def types(there: Receiver) -> list[str]:
    return [json.loads(post.body)["type"].removeprefix("org.porchlight.") for post in there.posts]


def look(host: InThread, who: Signer, kit: Kit, case: str = "24-1") -> str:
    """Open and close a view; its ticket."""
    wanted = {"cameras": [kit.id], "action": "live", "case": case, "purpose": "fire"}
    answer = host.caller(who).post("/views", wanted | {"reason": "a call"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert host.caller(who).delete(f"/views/{made['id']}").status_code == 204
    return str(made["ticket"])


def test_a_hub_hears_of_its_grants_and_views_signed_and_in_order(
    host: InThread, there: Receiver, fire: Signer, porch: Kit, ann: Signer
) -> None:
    _, key = register(host, fire, there)
    jti = host.grant(porch, fire)
    ticket = look(host, fire, porch)
    host.grant(porch, host.hub())  # nobody else's
    host.caller(ann).post(f"/grants/{jti}/revoke")
    there.wait(lambda posts: len(posts) >= 4)
    assert types(there) == ["grant.given", "view.opened", "view.closed", "grant.revoked"]
    events = [checked(post, key) for post in there.posts]
    assert {event["subject"] for event in events} == {porch.id}
    assert events[0]["data"] == {"camera": porch.id, "jti": jti}
    assert events[2]["data"]["ended"] == "closed"
    assert len({event["id"] for event in events}) == 4
    text = b"".join(post.body for post in there.posts).decode()
    for secret in (ticket, "24-1", "a call", ann.thumb, "entry"):
        assert secret not in text
    assert there.posts[0].path == "/in?a=1"
    assert there.posts[0].headers["host"] == f"127.0.0.1:{there.port}"


def test_a_resident_hears_who_looks_and_nothing_of_others(
    host: InThread, there: Receiver, fire: Signer, porch: Kit, ann: Signer
) -> None:
    host.grant(porch, fire)
    _, key = register(host, ann, there)
    other = host.camera(host.resident())
    host.grant(other, fire)
    look(host, fire, other)
    look(host, fire, porch)
    there.wait(lambda posts: len(posts) >= 2)
    opened, closed = (checked(post, key) for post in there.posts)
    assert types(there) == ["view.opened", "view.closed"]
    assert opened["data"]["hub"] == closed["data"]["hub"] == fire.thumb
    assert opened["data"]["purpose"] == "fire"
    assert [e["detail"] for e in host.entries(ann, "webhook.added")] != []


def test_looks_under_a_grant_told_weekly_come_with_the_digest_and_are_in_the_log(
    host: InThread, there: Receiver, fire: Signer, porch: Kit, ann: Signer
) -> None:
    host.grant(porch, fire, detail={"notify": "digest"})
    _, key = register(host, ann, there)
    register(host, fire, there)
    screen = host.call(lambda: host.parts.events.subscribe(ann.thumb))
    look(host, fire, porch)
    unwanted = {"cameras": [porch.id], "action": "live", "case": "1", "purpose": "violence"}
    assert host.caller(fire).post("/views", unwanted | {"reason": "x"}).status_code == 403
    host.wait(host.parts.digests.tell(ShiftedClock(8 * DAY_S)))
    there.wait(lambda posts: len(posts) >= 3)
    assert sorted(types(there)) == ["digest", "view.closed", "view.opened"]  # two are the hub's
    (post,) = [post for post in there.posts if b"porchlight.digest" in post.body]
    told = checked(post, key)["data"]
    (line,) = [line for line in told["lines"] if line["purpose"] == "fire"]
    assert (line["hub"], line["views"]) == (fire.thumb, 1)
    assert told["since"] < told["until"]
    assert [len(host.entries(ann, f"view.{what}")) for what in ("open", "close")] == [1, 1]
    heard = [host.wait(screen.next()) for _ in range(5)]
    assert [(event.name, event.body.get("type")) for event in heard if event] == [
        ("quiet", "view.open"),
        ("quiet", "view.close"),
        ("entry", "access.refused"),
        ("entry", "digest"),
        ("digest", None),
    ]
    host.call(screen.end)


def test_only_registered_cameras_stay_unknown_to_the_hub(
    host: InThread, there: Receiver, fire: Signer, porch: Kit
) -> None:
    register(host, fire, there)
    host.grant(porch, fire, detail=REGISTER)
    host.grant(porch, fire)
    there.wait(lambda posts: len(posts) >= 1)
    assert types(there) == ["grant.given"]


def test_what_fails_is_tried_again_later_under_the_same_name(
    host: InThread, there: Receiver, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    elsewhere = {"set-cookie": "a=b", "location": f"http://127.0.0.1:{there.port}/elsewhere"}
    there.answers[:] = [(500, {}), (302, elsewhere), (200, {})]
    hook, key = register(host, fire, there)
    host.grant(porch, fire)
    there.wait(lambda posts: len(posts) == 1)
    with shifted(host, clock) as later:
        tried(host, fire, hook, 1)
        host.grant(porch, fire)  # waits behind the first one
        later(10)
        there.wait(lambda posts: len(posts) == 2)
        assert tried(host, fire, hook, 2)["fault"] == "answered-302"
        later(30)
        there.wait(lambda posts: len(posts) == 4)
    names = [checked(post, key)["id"] for post in there.posts]
    assert names[0] == names[1] == names[2] != names[3]
    assert {post.path for post in there.posts} == {"/in?a=1"}
    assert not any("cookie" in post.headers for post in there.posts)
    assert tried(host, fire, hook, 0)["state"] == "active"


def test_a_backlog_of_what_is_not_told_is_passed_over(
    host: InThread,
    there: Receiver,
    fire: Signer,
    porch: Kit,
    clock: ShiftedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(news, "BATCH", 2)
    there.answers[:] = [(503, {})]
    hook, _ = register(host, fire, there)
    first = host.grant(porch, fire)
    tried(host, fire, hook, 1)
    for _ in range(5):
        host.grant(porch, fire, detail=REGISTER)
    last = host.grant(porch, fire)
    with shifted(host, clock) as later:
        later(10)
        there.wait(lambda posts: len(posts) == 3)
    told = [json.loads(post.body)["data"]["jti"] for post in there.posts]
    assert told == [first, first, last]


def test_after_three_days_it_is_given_up_and_its_owner_told(
    host: InThread, there: Receiver, ann: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    there.answers[:] = [(500, {})] * 2
    hook, _ = register(host, ann, there)
    with host.parts.events.subscribe(ann.thumb) as heard, shifted(host, clock) as later:
        host.grant(porch, host.hub())
        tried(host, ann, hook, 1)
        later(3 * DAY_S + 1)
        there.wait(lambda posts: len(posts) == 2)
        stopped = until_state(host, ann, hook, "stopped")
        assert stopped["fault"] == "answered-500"
        told = [event.body for event in heard._queue if event.name == "webhook"]
        assert told == [{"id": hook, "state": "stopped", "reason": "answered-500"}]
    entered = host.entries(ann, "webhook.stopped")
    assert [(e["reason"], e["detail"]) for e in entered] == [("answered-500", {"webhook": hook})]


def test_gone_ends_it_at_once(host: InThread, there: Receiver, fire: Signer, porch: Kit) -> None:
    there.answers[:] = [(410, {})]
    hook, _ = register(host, fire, there)
    host.grant(porch, fire)
    there.wait(lambda posts: len(posts) == 1)
    assert until_state(host, fire, hook, "stopped")["fault"] == "gone"


def test_a_restart_in_between_loses_nothing(tmp_path: Path, there: Receiver) -> None:
    there.answers[:] = [(503, {})]
    clock = ShiftedClock()
    with hosted(tmp_path / "home", PLAIN, clock=clock) as first:
        sam, fire = first.resident(), first.hub()
        kit = first.camera(sam)
        hook, key = register(first, fire, there)
        jti = first.grant(kit, fire)
        tried(first, fire, hook, 1)
        look(first, fire, kit)
    clock.ahead_s = 60
    with hosted(tmp_path / "home", clock=clock) as again:
        there.wait(lambda posts: len(posts) == 4)
        assert again.parts.webhooks.of(again.parts.registry.party(fire.thumb))  # type: ignore[arg-type]
    assert types(there) == ["grant.given", "grant.given", "view.opened", "view.closed"]
    assert checked(there.posts[1], key)["data"]["jti"] == jti
    assert there.posts[0].body == there.posts[1].body


def test_they_are_ones_own(host: InThread, there: Receiver, ann: Signer, fire: Signer) -> None:
    hook, _ = register(host, ann, there)
    mine, other = host.caller(ann), host.caller(fire)
    assert other.get("/webhooks").json() == {"webhooks": []}
    assert other.delete(f"/webhooks/{hook}").json()["reason"] == "no-webhook"
    row = mine.get("/webhooks").json()["webhooks"][0]
    assert (row["id"], row["state"]) == (hook, "active")
    assert "secret" not in row
    register(host, ann, there)
    assert mine.post("/webhooks", {"url": row["url"]}).status_code == 429
    assert mine.delete(f"/webhooks/{hook}").status_code == 204
    assert mine.delete(f"/webhooks/{hook}").status_code == 404
    assert len(host.entries(ann, "webhook.removed")) == 1


def test_addresses_that_may_not_be_are_refused_at_once(host: InThread, ann: Signer) -> None:
    for url in ("ftp://x.example/", "http://192.168.1.7/", "https://127.0.0.1/", "x", ""):
        answer = host.caller(ann).post("/webhooks", {"url": url})
        assert (answer.status_code, answer.json()["reason"]) == (422, "bad-url"), url
    assert host.caller(ann).get("/webhooks").json() == {"webhooks": []}


def test_waits_grow_and_are_spread() -> None:
    shortest = [backoff.wait_ms(tries, lambda: 0.0) for tries in range(1, 40)]
    longest = [backoff.wait_ms(tries, lambda: 1.0) for tries in range(1, 40)]
    assert (shortest[0], longest[0], longest[1]) == (2_500, 5_000, 10_000)
    assert shortest == sorted(shortest)
    assert longest[-1] == backoff.LONGEST_MS
    assert all(low < high for low, high in zip(shortest, longest, strict=True))
    assert not backoff.is_over(100, 100 + 3 * DAY_S - 1)
    assert backoff.is_over(100, 100 + 3 * DAY_S)


# Clocks and states


@contextlib.contextmanager
def shifted(host: InThread, clock: ShiftedClock) -> Iterator[Any]:
    """later(s): so many seconds pass, and the host looks at the clock."""

    def later(seconds: int) -> None:
        clock.ahead_s += seconds
        host.call(host.parts.webhooks.nudge)

    try:
        yield later
    finally:
        clock.ahead_s = 0


def row_of(host: InThread, who: Signer, hook: str) -> dict[str, Any]:
    party = host.parts.registry.party(who.thumb)
    assert party is not None
    found = next(one for one in host.parts.webhooks.of(party) if one.id == hook)
    stopped, failing = found.stopped_at is not None, found.tries > 0
    state = "stopped" if stopped else "failing" if failing else "active"
    return {"state": state, "tries": found.tries, "fault": found.fault}


def tried(host: InThread, who: Signer, hook: str, tries: int) -> dict[str, Any]:
    return _until(host, lambda: row_of(host, who, hook), lambda row: row["tries"] == tries)


def until_state(host: InThread, who: Signer, hook: str, state: str) -> dict[str, Any]:
    return _until(host, lambda: row_of(host, who, hook), lambda row: row["state"] == state)


def _until(host: InThread, look: Any, so: Any) -> dict[str, Any]:
    """Each look is a turn of the host's loop; a receiver's answer is a few of them away."""
    for _ in range(20_000):
        row: dict[str, Any] = host.call(look)
        if so(row) and not host.call(lambda: host.parts.webhooks._busy):
            return row
    raise AssertionError(row)
