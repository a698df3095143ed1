"""What moved before a camera: kept for a day in a bounded memory, told to its resident alone."""

import asyncio
from typing import Any

import pytest

from accord import wire
from porchlight.motion import history
from porchlight.motion.history import BUCKET_S, KEPT_S, MAX_PAGES, MOST_BUCKETS, Bucket, History
from tests.support.hosting import InThread, Kit, ShiftedClock, Signer, handle_of
from tests.support.viewing import board_at, open_view, picture, stream_url, until, watching

T = 1_800_000_000  # divisible by 3,600
ALWAYS, MOTION, LEARNING, PRE_ROLL, POST_ROLL = range(5)


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = T

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def kept(hands: Hands) -> History:
    return History(hands)


def sent(**counts: int) -> dict[str, int]:
    return dict.fromkeys(wire.FRAME_REASONS, 0) | {
        k.replace("_", "-"): v for k, v in counts.items()
    }


def test_a_bucket_holds_the_highest_score_and_counts_reasons(kept: History, hands: Hands) -> None:
    for reason, score in ((MOTION, 1200), (MOTION, 1900), (POST_ROLL, 300)):
        kept.sent(reason, score, hands.now)
    hands.now += BUCKET_S
    kept.sent(LEARNING, 65_535, hands.now)
    assert kept.between(T, T + 60, BUCKET_S) == [
        Bucket(T, 1900, sent(motion=2, post_roll=1), 0),
        Bucket(T + BUCKET_S, 65_535, sent(learning=1), 0),
    ]


def test_what_was_kept_back_is_counted_from_the_first_status_on(
    kept: History, hands: Hands
) -> None:
    kept.told(quiet=500, score=10)
    kept.told(quiet=520, score=40)
    kept.told(quiet=545, score=20)
    assert kept.between(T, T + 10, 10) == [Bucket(T, 40, sent(), 45)]


def test_a_board_that_started_anew_counts_from_zero(kept: History) -> None:
    for quiet in (500, 510, 7, 9):
        kept.told(quiet, 0)
    assert kept.between(T, T + 10, 10)[0].kept_back == 10 + 7 + 2


def test_buckets_are_joined_into_larger_ones(kept: History, hands: Hands) -> None:
    for second in range(0, 600, 10):
        hands.now = T + second
        kept.sent(MOTION, second, hands.now)
        kept.told(second, 0)
    joined = kept.between(T, T + 600, 300)
    assert [(b.at, b.score, b.sent["motion"], b.kept_back) for b in joined] == [
        (T, 290, 30, 290),
        (T + 300, 590, 30, 300),
    ]


def test_silence_is_no_bucket_and_stillness_is_one(kept: History, hands: Hands) -> None:
    kept.told(0, 0)
    hands.now += 30
    kept.told(12, 0)
    assert [(b.at, b.kept_back) for b in kept.between(T, T + 60, 10)] == [(T, 0), (T + 30, 12)]
    assert kept.between(T + 10, T + 30, 10) == []


def test_the_span_begins_and_ends_where_it_was_asked(kept: History, hands: Hands) -> None:
    for second in range(0, 7200, 10):
        hands.now = T + second
        kept.told(0, 0)
    times = [b.at for b in kept.between(T + 3590, T + 3620, 10)]
    assert times == [T + 3590, T + 3600, T + 3610]
    assert [b.at for b in kept.between(T + 3591, T + 3611, 10)] == [T + 3600, T + 3610]


def test_a_day_is_kept_and_no_more_and_memory_is_bounded(kept: History, hands: Hands) -> None:
    for second in range(0, 3 * KEPT_S, 60):
        hands.now = T + second
        kept.sent(MOTION, 1, hands.now)
        assert kept.bytes <= MAX_PAGES * 360 * 16
    found = kept.between(0, hands.now + 1, 10)
    assert found[0].at == hands.now - KEPT_S
    assert len(found) == KEPT_S // 60 + 1


def test_who_fell_silent_is_forgotten_when_asked(kept: History, hands: Hands) -> None:
    kept.sent(MOTION, 1, hands.now)
    hands.now += KEPT_S + 3600
    assert kept.between(0, hands.now, 10) == []
    assert kept.bytes == 0


def test_a_clock_that_ran_ahead_leaves_nothing_behind(kept: History, hands: Hands) -> None:
    hands.now = T + 10**9
    kept.sent(MOTION, 9, hands.now)
    hands.now = T
    kept.sent(MOTION, 1, hands.now)
    assert [b.score for b in kept.between(0, T + 10**10, 10)] == [1]


def test_counters_stop_at_their_top_and_unknown_reasons_count_as_nothing(
    kept: History, hands: Hands
) -> None:
    kept.told(0, 0)
    kept.told(2**32 - 1, 65_535)
    kept.sent(200, 1, hands.now)
    assert kept.between(T, T + 10, 10) == [Bucket(T, 65_535, sent(), 65_535)]


# At the API


def status(quiet: int, score: int) -> wire.Status:
    return wire.Status(2, 1, 3, 1, 0, 0, 0, quiet, 0, score, bytes(16), b"ok")


def asked(host: InThread, who: Signer, kit: Kit, **query: Any) -> Any:
    answer = host.caller(who).get(f"/cameras/{kit.id}/motion", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_frames_and_statuses_of_a_board_become_its_history(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle)
            await board.send_frame(picture(), handle, reason=PRE_ROLL, score=120)
            await board.send_frame(picture(), handle, reason=MOTION, score=2400)
            await board.say(status(10, 3100))
            await board.say(status(35, 500))
            await viewer.got(1)
            await until(lambda: total(asked(host, ann, porch), "kept_back") == 25)
    found = asked(host, ann, porch)
    assert (found["camera"], found["threshold"], found["step"]) == (porch.id, 1000, 10)
    assert found["end"] - found["start"] == 3600
    assert max(row["score"] for row in found["buckets"]) == 3100
    assert total(found, "sent", "pre-roll") == total(found, "sent", "motion") == 1
    assert all(row["at"] % 10 == 0 for row in found["buckets"])


async def test_a_frame_that_was_refused_is_nobodys_history(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    async with board_at(host, porch) as board:
        await board.send_frame(picture(), bytes(16), reason=MOTION, score=9000)
        await board.say(status(0, 3))
        await until(lambda: asked(host, ann, porch)["buckets"])
    assert [row["score"] for row in asked(host, ann, porch)["buckets"]] == [3]


async def test_the_resident_hears_of_it_within_a_second_and_once(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    subscription = host.call(lambda: host.parts.events.subscribe(ann.thumb))
    told: list[dict[str, Any]] = []
    try:
        async with board_at(host, porch) as board:
            for quiet in range(20):
                await board.say(status(quiet, 700))
            while sum(row["kept_back"] for body in told for row in body["buckets"]) < 19:
                event = await asyncio.to_thread(host.wait, subscription.next())
                assert event is not None
                if event.name == "motion":
                    told.append(event.body)
            host.grant(porch, fire)  # its entry comes after all that were told meanwhile
            while (event := await asyncio.to_thread(host.wait, subscription.next())) is not None:
                if event.name == "entry":
                    break
                told += [event.body] if event.name == "motion" else []
    finally:
        host.call(lambda: host.parts.events.forget(subscription))
    assert len(told) <= 3
    assert all(body["camera"] == porch.id for body in told)
    assert set(told[0]["buckets"][0]) == {"at", "score", "sent", "kept_back"}


async def test_nobody_but_the_resident_is_told(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """Not even a hub that looks at this moment: it would tell of hours in which it did not."""
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)):
            await board.watched(handle)
            refused = host.caller(fire).get(f"/cameras/{porch.id}/motion")
    assert (refused.status_code, refused.json()["reason"]) == (403, "residents-only")
    hidden = host.caller(host.resident()).get(f"/cameras/{porch.id}/motion")
    missing = host.caller(ann).get(f"/cameras/{ann.thumb}/motion")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]


@pytest.mark.parametrize(
    ("query", "code", "reason"),
    [
        ({"from": 100, "to": 100}, 400, "bad-span"),
        ({"from": 100, "to": 99}, 400, "bad-span"),
        ({"from": 0, "to": MOST_BUCKETS * 10 + 1}, 400, "bad-span"),
        ({"from": -1}, 422, "invalid-request"),
        ({"to": 2**53}, 422, "invalid-request"),
        ({"step": 0}, 422, "invalid-request"),
        ({"step": 15}, 422, "invalid-request"),
        ({"step": KEPT_S + 10}, 422, "invalid-request"),
        ({"from": "noon"}, 422, "invalid-request"),
    ],
)
def test_a_span_that_makes_no_sense_is_a_problem(
    host: InThread, ann: Signer, porch: Kit, query: dict[str, Any], code: int, reason: str
) -> None:
    answer = host.caller(ann).get(f"/cameras/{porch.id}/motion", **query)
    assert (answer.status_code, answer.json()["reason"]) == (code, reason)
    assert answer.headers["content-type"] == "application/problem+json"


def test_as_many_buckets_as_one_answer_holds(host: InThread, ann: Signer, porch: Kit) -> None:
    assert asked(host, ann, porch, **{"from": 0, "to": MOST_BUCKETS * 10})["buckets"] == []
    assert asked(host, ann, porch, step=60, **{"from": 0, "to": MOST_BUCKETS * 60})["step"] == 60


def test_a_day_in_steps_of_a_minute_is_what_history_holds() -> None:
    assert MOST_BUCKETS * 60 == KEPT_S
    assert history.THRESHOLD == 1000


def total(found: Any, *path: str) -> int:
    """The sum of one figure over all buckets."""
    rows = found["buckets"]
    for step in path:
        rows = [row[step] for row in rows]
    return sum(rows)
