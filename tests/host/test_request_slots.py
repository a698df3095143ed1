"""Slots and the moments drawn in them: pure arithmetic, chance handed in."""

import random

import pytest

from porchlight.requests.spread import MIN_LEAD_S, Slots, Spread

NOW = 1_795_000_000


@pytest.mark.parametrize("seconds", [1, 7, 60, 3_600])
def test_what_is_suggested_is_taken(seconds: int) -> None:
    slots = Slots(seconds)
    for now in range(NOW, NOW + 2 * seconds + 3):
        begins = slots.suggested(now)
        assert begins % seconds == 0
        for late in range(MIN_LEAD_S):  # signed, sent, and here a little later
            earliest, latest = slots.beginnings(now + late)
            assert earliest <= begins <= latest


@pytest.mark.parametrize("seconds", [1, 60])
def test_all_of_a_slot_see_the_same_next_one(seconds: int) -> None:
    slots = Slots(seconds)
    begun = slots.begun(NOW)
    assert {slots.next(begun + n) for n in range(seconds)} == {begun + seconds}
    assert slots.next(begun + seconds) == begun + 2 * seconds


def test_jobs_come_at_the_moments_that_were_drawn() -> None:
    drawn = iter([59_999, 0, 30_000])
    spread: Spread[str] = Spread(Slots(60), lambda most: next(drawn) % most)
    for job in ("last", "first", "middle"):
        spread.put(job, 1_000_000)
    assert spread.due(999_999) == []
    assert spread.due(1_000_000) == ["first"]
    assert spread.due(1_059_998) == ["middle"]
    assert spread.due(1_059_999) == ["last"]
    assert spread.due(2_000_000) == []


def test_a_clock_that_goes_back_keeps_nobody_waiting_until_it_has_caught_up() -> None:
    chance = random.Random(11)
    spread: Spread[int] = Spread(Slots(60), chance.randrange)
    for job in range(4):
        spread.put(job, 7_200_000)
    found = spread.due(3_600_000)
    assert len(found) < 4  # drawn anew, not all at once
    assert sorted([*found, *spread.due(3_659_999)]) == [0, 1, 2, 3]


def test_moments_fill_the_slot_evenly() -> None:
    """However many there are: in each quarter about a quarter, and all within the slot."""
    chance = random.Random(11)
    spread: Spread[int] = Spread(Slots(60), chance.randrange)
    for job in range(4_000):
        spread.put(job, 0)
    quarters = [len(spread.due(end)) for end in (14_999, 29_999, 44_999, 59_999)]
    assert sum(quarters) == 4_000
    assert all(900 < count < 1_100 for count in quarters)


def test_jobs_that_cannot_be_compared_share_a_moment() -> None:
    spread: Spread[object] = Spread(Slots(60), lambda _most: 0)
    jobs = [object(), object()]
    for job in jobs:
        spread.put(job, 0)
    assert spread.due(0) == jobs
