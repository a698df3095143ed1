"""The replay of a log: what is outside of the grants is found, and nothing else."""

from typing import Any

import pytest

from accord import grant as grants
from accord.grant import Grant
from porchkit.logcheck import GRACE_S, LINGER_S, check
from porchlight import keys
from tests.support.signing import Signer

ANN, FIRE, POLICE = Signer("ann"), Signer("fire"), Signer("police")
CAMERA, YARD = "c" * 43, "d" * 43
T = 1_800_000_000
HOUR = 3_600


def signed(seq: int = 1, camera: str = CAMERA, by: Signer = ANN, **changed: Any) -> Grant:
    token = by.grant(camera, FIRE.thumb, seq=seq, now=T, **changed).encode()
    return grants.verify(token, {by.thumb: by.key.public}, keys.check)


LIVE = signed()


def entry(type: str, at: int, **more: Any) -> dict[str, Any]:
    return {"type": type, "ts": at * 1000, **more}


def opened(at: int, *, view: str = "v", **changed: Any) -> dict[str, Any]:
    said = {"hub": FIRE.thumb, "camera": CAMERA, "jti": LIVE.jti, "purpose": "fire", "view": view}
    return entry("view.open", at, **said | {"detail": {"action": "live"}} | changed)


def closed(at: int, **changed: Any) -> dict[str, Any]:
    said = {"hub": FIRE.thumb, "camera": CAMERA, "jti": LIVE.jti, "view": "v", "reason": "closed"}
    return entry("view.close", at, **said | changed)


def found(*entries: dict[str, Any], held: tuple[Grant, ...] = (LIVE,)) -> list[tuple[int, str]]:
    known = {each.jti: each for each in held}
    return [(each.index, each.reason) for each in check(entries, known, ANN.thumb)]


def test_what_was_allowed_is_no_finding() -> None:
    seen = entry("grant.seen", T, camera=CAMERA, jti=LIVE.jti, hub=FIRE.thumb)
    searched = entry("search", T + 5, hub=FIRE.thumb, purpose="fire")
    refused = entry("access.refused", T + 6, hub=POLICE.thumb, camera=CAMERA, reason="no-grant")
    assert found(seen, searched, refused, opened(T + 9), closed(T + 60)) == []


def test_ones_own_look_is_for_ones_own_use() -> None:
    own = ANN.grant(CAMERA, ANN.thumb, seq=2, now=T).encode()
    mine = grants.verify(own, {ANN.thumb: ANN.key.public}, keys.check)
    look = opened(T + 1, hub=ANN.thumb, jti=mine.jti, purpose="own-use")
    assert found(look, closed(T + 2), held=(mine,)) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"jti": "x" * 22}, "unknown-grant"),
        ({"jti": None}, "unknown-grant"),
        ({"camera": YARD}, "wrong-camera"),
        ({"hub": POLICE.thumb}, "wrong-audience"),
        ({"purpose": "theft"}, "purpose-not-granted"),
        ({"detail": {"action": "export"}}, "action-not-granted"),
        ({"ts": (T + HOUR + 3) * 1000}, "expired"),
        ({"ts": (T - 6) * 1000}, "not-yet-valid"),
    ],
)
def test_a_look_outside_of_its_grant(changed: dict[str, Any], reason: str) -> None:
    look = opened(T + 1) | changed
    over = closed(look["ts"] // 1000, camera=look["camera"])
    assert found(look, over) == [(0, reason)]


def test_a_look_by_nobody() -> None:
    look = opened(T + 1)
    del look["hub"]
    assert found(look, closed(T + 2)) == [(0, "wrong-audience")]


def test_whatever_names_a_grant_is_held_to_it() -> None:
    """Also what is not known here yet."""
    said = {"camera": CAMERA, "jti": LIVE.jti, "detail": {"action": "export"}}
    released = entry("clip.released", T + 1, hub=FIRE.thumb, **said)
    assert found(released) == [(0, "action-not-granted")]


def test_a_grant_that_wants_two() -> None:
    """Asking and agreeing are no looks; a look names another one who agreed."""
    two = signed(seq=3, detail={"approve": "two"})
    said = {"hub": FIRE.thumb, "camera": CAMERA, "reason": "smoke"}
    asked = entry("approval.asked", T + 1, **said, detail={"operator": "a"})
    agreed = entry("approval.given", T + 2, **said, detail={"operator": "b", "asked_by": "a"})
    for who, reasons in (
        ({"operator": "a", "approved_by": "b"}, []),
        ({"operator": "a", "approved_by": "a"}, [(2, "approval-missing")]),
        ({"operator": "a"}, [(2, "approval-missing")]),
        ({}, [(2, "approval-missing")]),
    ):
        look = opened(T + 3, jti=two.jti, detail={"action": "live", **who})
        over = closed(T + 4, jti=two.jti)
        assert found(asked, agreed, look, over, held=(two,)) == reasons


def test_a_grant_that_was_taken_back() -> None:
    back = entry("grant.revoked", T + 10, camera=CAMERA, jti=LIVE.jti)
    assert found(back, opened(T + 11), closed(T + 12)) == [(1, "revoked")]
    assert found(opened(T + 5), back, closed(T + 10, reason="revoked")) == []
    late = closed(T + 10 + GRACE_S + 1)
    assert found(opened(T + 5), back, late) == [(2, "too-long")]


def test_a_look_that_does_not_end() -> None:
    later = entry("board.online", T + HOUR + GRACE_S + 1, camera=CAMERA)
    assert found(opened(T + 5), later) == [(0, "never-closed")]
    assert found(opened(T + 5), entry("board.online", T + HOUR, camera=CAMERA)) == []
    crashed = closed(T + 9 * HOUR, reason="host-restarted")
    assert found(opened(T + 5), crashed) == []
    assert found(opened(T + 5), crashed | {"reason": "closed"}) == [(1, "too-long")]


def test_an_end_without_a_beginning() -> None:
    assert found(closed(T + 1)) == [(0, "never-opened")]
    assert found(opened(T + 1), closed(T + 2), closed(T + 3)) == [(2, "never-opened")]


def test_an_entry_that_was_made_to_look_older() -> None:
    young = entry("board.online", T + HOUR + GRACE_S + 9, camera=CAMERA)
    assert (1, "clock-went-back") in found(young, opened(T + HOUR - 1), closed(T + HOUR))


def test_a_grant_that_nobody_signed() -> None:
    seen = entry("grant.seen", T, camera=CAMERA, jti=LIVE.jti)
    assert found(seen, held=()) == [(0, "unknown-grant")]
    assert found(seen | {"camera": YARD}) == [(0, "wrong-camera")]


def test_a_search_by_somebody_whom_no_grant_names() -> None:
    assert found(entry("search", T + 1, hub=POLICE.thumb)) == [(0, "no-grant")]
    assert found(entry("search", T + HOUR + 1, hub=FIRE.thumb)) == [(0, "no-grant")]
    back = entry("grant.revoked", T + 10, camera=CAMERA, jti=LIVE.jti)
    assert found(back, entry("search", T + 11, hub=FIRE.thumb)) == [(1, "no-grant")]


def board(*sent: int, at: int = T - 9_000, **more: Any) -> list[dict[str, Any]]:
    """Connections of the board one after the other, and what it had counted at the end of each."""
    told = []
    for number, count in enumerate(sent):
        began = at + 1_000 * number
        told.append(entry("board.online", began, camera=CAMERA))
        detail = {"sent": count, "sent_bytes": count * 9}
        told.append(entry("board.offline", began + 500, camera=CAMERA, detail=detail))
    return told


def test_pictures_that_nobody_looked_at() -> None:
    assert found(*board(0, 0)) == []
    assert found(*board(0, 7)) == [(3, "sent-unseen")]
    assert found(*board(7, 7)) == [(1, "sent-unseen")]
    assert found(*board(7, 3)) == [(1, "sent-unseen"), (3, "sent-unseen")]  # it began anew


def test_pictures_that_somebody_looked_at() -> None:
    look = [opened(T + 10), closed(T + 20)]
    assert found(*look, *board(50, at=T + 20 + LINGER_S)) == []
    assert found(*look, *board(50, at=T + 21 + LINGER_S)) == [(3, "sent-unseen")]
    online, offline = board(50, at=T + 5)
    assert found(online, *look, offline) == []
    terms = {"detail": {"actions": ["clips"], "limits": {"retain_s": 60}}}
    recording = signed(2, **terms)
    assert found(*board(50, at=T + 60), held=(recording,)) == []


def test_what_others_are_told_of_is_no_look() -> None:
    said = {"hub": FIRE.thumb, "camera": CAMERA, "purpose": "fire"}
    told = ("approval.asked", "approval.given", "request.received", "asked.set")
    assert found(*(entry(type, T + 1, **said) for type in told)) == []
    own = entry("clip.played", T + 1, hub=ANN.thumb, camera=CAMERA, jti="x" * 22)
    assert found(own) == []


def test_recordings_are_under_a_grant_for_clips() -> None:
    begun = entry("recording.begun", T + 1, camera=CAMERA, jti=LIVE.jti)
    assert found(begun) == [(0, "action-not-granted")]
    terms = signed(2, detail={"actions": ["clips"], "limits": {"retain_s": 60}})
    under = {"camera": CAMERA, "jti": terms.jti}
    kept = entry("clip.recorded", T + 9, **under)
    played = entry("clip.played", T + 20, hub=FIRE.thumb, purpose="fire", **under)
    assert found(entry("recording.begun", T + 1, **under), kept, played, held=(terms,)) == []
    late = kept | {"ts": (T + HOUR + GRACE_S + 1) * 1000}
    assert found(late, held=(terms,)) == [(0, "expired")]
    assert found(kept | {"camera": YARD}, held=(terms,)) == [(0, "wrong-camera")]
    assert found(kept) == [(0, "unknown-grant")]
    released = played | {"type": "clip.released"}
    assert found(released, held=(terms,)) == [(0, "action-not-granted")]


def test_a_panic_grant_is_opened_first() -> None:
    alarm = signed(3, panic=600)
    look = opened(T + 30, jti=alarm.jti)
    pressed = entry("panic.opened", T + 20, camera=CAMERA, jti=alarm.jti)
    assert found(look, held=(alarm,)) == [(0, "not-opened")]
    assert found(pressed, look, held=(alarm,)) == []
    late = opened(T + 20 + 600 + GRACE_S + 1, jti=alarm.jti)
    assert found(pressed, late, held=(alarm,)) == [(1, "not-opened")]
