"""The weekly digest: when it comes, what it counts, that it comes once; and looks that are told by
nothing else. In process, with a clock in hand."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from accord import tz
from porchlight.audit import logkeys
from porchlight.audit.entries import Entries
from porchlight.client import weekly
from porchlight.clock import Clock, rfc3339
from porchlight.digests import digests as telling
from porchlight.digests import rows
from porchlight.digests.digests import Digests
from porchlight.errors import StoreError
from porchlight.events import Events
from porchlight.registry import HUB, RESIDENT, Registry
from porchlight.store import Store, migrate
from porchlight.store.digest_model import DigestTold
from tests.support.databases import url_for
from tests.support.signing import Signer

AMSTERDAM = "CET-1CEST,M3.5.0,M10.5.0/3"
DAY_S = 86_400
WEEK_S = 7 * DAY_S


def at(text: str) -> int:
    """Unix s of UTC words."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


MONDAY = at("2026-11-02 08:00")


class Hand(Clock):
    """A clock that stands where it is put."""

    def __init__(self, unix: int) -> None:
        self.now = unix

    def unix_ms(self) -> int:
        """As put."""
        return self.now * 1000


class House:
    """The parts of a host that tell, without a network; start() is what a restart makes anew."""

    def __init__(self, home: Path) -> None:
        self.home, self.url = home, url_for(home / "porchlight.db")
        self.clock = Hand(MONDAY - 3 * DAY_S)
        self.fire = Signer("fire")
        self.start()
        self.registry = Registry(self.store, self.clock)
        self.ann, self.bob = self.party(RESIDENT, "ann"), self.party(RESIDENT, "bob")
        self.store.run_now(self.registry.adding_party(HUB, "fire", self.fire.key.public))

    def party(self, kind: str, name: str) -> str:
        made = Signer(name)
        self.store.run_now(self.registry.adding_party(kind, name, made.key.public))
        return made.thumb

    def start(self) -> None:
        self.store = Store(self.url)
        self.store.open()
        self.events = Events()
        self.entries = Entries(self.store, self.clock, self.events, logkeys.load(self.home))
        self.digests = Digests(self.store, self.entries, self.events, "UTC0")

    async def add(self, type: str, who: str, **more: Any) -> None:
        about = {"hub": self.fire.thumb, "hub_name": "fire", "purpose": "fire"} | more
        await self.entries.add(type, resident=who, **about)

    async def tell(self, now: int) -> None:
        """What the beat begins at `now`."""
        self.clock.now = now
        await self.digests.tell(self.clock)

    async def told(self, who: str) -> list[dict[str, Any]]:
        """The details of a resident's digests."""
        found = await self.entries.since(who, 0, 500)
        return [entry["detail"] for entry in found if entry["type"] == "digest"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


# When a week begins


@pytest.mark.parametrize(
    ("now", "begun"),
    [
        ("2026-11-02 08:00", "2026-11-02 08:00"),
        ("2026-11-02 07:59:59", "2026-10-26 08:00"),
        ("2026-11-08 23:59", "2026-11-02 08:00"),
    ],
)
def test_a_week_begins_on_monday_at_eight(now: str, begun: str) -> None:
    assert weekly.begun(at(now), tz.parse("UTC0")) == at(begun)


def test_weeks_follow_the_clocks_of_the_place() -> None:
    zone = tz.parse(AMSTERDAM)
    summer, winter = at("2026-10-19 06:00"), at("2026-10-26 07:00")
    assert weekly.begun(winter - 1, zone) == summer
    assert weekly.after(summer, zone) == weekly.begun(winter, zone) == winter
    assert weekly.before(winter, zone) == summer
    assert weekly.before(winter, zone, 3) == at("2026-10-05 06:00")


@pytest.mark.parametrize("place", [AMSTERDAM, "NZST-12NZDT,M9.5.0,M4.1.0/3", "<+0545>-5:45"])
def test_weeks_follow_one_another_without_a_gap(place: str) -> None:
    zone = tz.parse(place)
    for now in range(MONDAY + 17, MONDAY + 60 * WEEK_S, 11 * 3600):
        week = weekly.begun(now, zone)
        assert week <= now < weekly.after(week, zone)
        assert zone.minute_of_week(week) == 8 * 60
        assert weekly.after(weekly.before(week, zone), zone) == week


# When it is told


async def test_it_comes_on_monday_once_and_to_those_who_had_anything(house: House) -> None:
    await house.add("view.open", house.ann, detail={"action": "live"})
    await house.tell(MONDAY - 1)
    assert await house.told(house.ann) == []
    with house.events.subscribe(house.ann) as screen:
        await house.tell(MONDAY)
        heard = [await screen.next() for _ in range(2)]
    (told,) = await house.told(house.ann)
    assert (told["since"], told["until"]) == (
        rfc3339((MONDAY - 3 * DAY_S) * 1000), rfc3339(MONDAY * 1000),
    )  # fmt: skip
    assert told["lines"] == [
        {"hub": house.fire.thumb, "hub_name": "fire", "purpose": "fire", "views": 1}
        | {"snapshots": 0, "plays": 0, "exports": 0, "refused": 0, "seconds": 0}
    ]
    assert await house.told(house.bob) == []
    assert [event.name for event in heard if event] == ["entry", "digest"]
    await house.tell(MONDAY + 60)
    await house.tell(MONDAY + WEEK_S)  # nothing but the digest itself
    assert await house.told(house.ann) == [told]


async def test_what_comes_after_eight_is_of_the_next_week(house: House) -> None:
    await house.add("view.open", house.ann)
    house.clock.now = MONDAY
    await house.add("view.open", house.ann)
    await house.add("view.open", house.bob)
    await house.tell(MONDAY + 5)
    await house.tell(MONDAY + WEEK_S)
    first, second = await house.told(house.ann)
    assert [told["lines"][0]["views"] for told in (first, second)] == [1, 1]
    assert second["since"] == first["until"]
    (of_bob,) = await house.told(house.bob)
    assert of_bob["until"] == second["until"]


async def test_a_restart_neither_tells_twice_nor_loses_a_missed_week(house: House) -> None:
    await house.add("clip.played", house.ann)
    await house.tell(MONDAY)
    house.store.close()
    house.start()
    await house.tell(MONDAY + 3600)
    assert len(await house.told(house.ann)) == 1
    await house.add("clip.released", house.ann)
    house.store.close()
    house.start()  # two Mondays went by
    house.clock.now = MONDAY + 2 * WEEK_S + DAY_S
    house.digests.beat(house.clock)
    house.digests.beat(house.clock)  # it is at it
    await idle(house)
    _, late = await house.told(house.ann)
    assert late["since"] == rfc3339(MONDAY * 1000)
    assert late["until"] == rfc3339((MONDAY + 2 * WEEK_S) * 1000)
    assert late["lines"][0]["exports"] == 1


async def idle(house: House) -> None:
    """What a beat began is over."""
    began = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert len(began) == 1
    await asyncio.gather(*began)


async def test_a_beat_is_a_look_at_the_clock(house: House) -> None:
    await house.tell(MONDAY)
    house.store.close()  # who would ask it now fails
    house.clock.now = MONDAY + WEEK_S - 1
    house.digests.beat(house.clock)
    assert len(asyncio.all_tasks()) == 1


async def test_two_that_tell_at_once_tell_once(house: House) -> None:
    """Another process on the same database read it before we wrote."""
    await house.add("view.open", house.ann)

    def read(session: Any) -> list[rows.Counted]:
        whom = rows.due(session, MONDAY * 1000, "", 9)
        return [rows.counted(session, one, MONDAY * 1000) for one in whom]

    before = house.store.read_now(read)
    assert len(before) == 2
    await house.tell(MONDAY)
    assert house.store.run_now(lambda session: rows.tell(session, MONDAY * 1000, before)) == []
    assert len(await house.told(house.ann)) == 1


async def test_a_database_that_fails_is_asked_again_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_work: Any) -> None:
        raise StoreError("disk full")

    await house.add("view.open", house.ann)
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "run", full)
        await house.tell(MONDAY)
    assert await house.told(house.ann) == []
    house.digests.beat(house.clock)
    assert len(asyncio.all_tasks()) == 1  # not at once
    house.clock.now += telling.AGAIN_MS // 1000
    house.digests.beat(house.clock)
    await idle(house)
    assert len(await house.told(house.ann)) == 1


async def test_residents_are_told_some_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "TOGETHER", 2)
    monkeypatch.setattr(telling, "PAUSE_S", 0)
    all_of_them = [house.ann, house.bob, *(house.party(RESIDENT, f"r{n}") for n in range(5))]
    for who in all_of_them:
        await house.add("access.refused", who)
    await house.tell(MONDAY)
    assert [len(await house.told(who)) for who in all_of_them] == [1] * 7


def test_who_was_here_before_is_not_told_of_all_the_years(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    config, began_ms = migrate._config(), Clock().unix_ms()
    with store._engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        for kind in (RESIDENT, HUB):
            connection.exec_driver_sql(
                "INSERT INTO party VALUES (?, ?, ?, x'', x'', 1)", (kind, kind, "sam")
            )
        connection.exec_driver_sql("INSERT INTO entry (ts_ms, type) VALUES (1, 'x'), (2, 'x')")
    store.open()
    (row,) = store.read_now(lambda session: session.scalars(select(DigestTold)).all())
    assert (row.resident, row.entry) == (RESIDENT, 2)
    assert began_ms <= row.until_ms <= Clock().unix_ms()
    store.close()


# What it counts


async def test_it_counts_as_one_would_by_hand(house: House) -> None:
    chance = random.Random(7)
    hubs = [Signer(f"hub{n}").thumb for n in range(3)]
    expected: Counter[tuple[str, str, str]] = Counter()
    drafts = []
    for _ in range(400):
        kind = chance.choice([*weekly.COUNTED, "board.online", "search", "grant.seen"])
        hub = chance.choice([*hubs, house.ann])
        purpose, number = chance.choice(["fire", "theft"]), chance.randrange(1, 9)
        action = chance.choice(["live", "snapshot"])
        detail = {"action": action, "seconds": number, "count": number}
        drafts.append(
            {"type": kind, "resident": house.ann, "hub": hub, "purpose": purpose, "detail": detail}
        )
        name, amount = {
            "view.open": ("views" if action == "live" else "snapshots", 1),
            "view.close": ("seconds", number),
            "clip.played": ("plays", 1),
            "clip.released": ("exports", 1),
            "access.refused": ("refused", number),
        }.get(kind, ("", 0))
        if name and hub != house.ann:
            expected[hub, purpose, name] += amount
    await house.entries.add_all(drafts)
    await house.tell(MONDAY)
    (told,) = await house.told(house.ann)
    found = Counter(
        {
            (line["hub"], line["purpose"], name): line[name]
            for line in told["lines"]
            for name in weekly.COUNTS
            if line[name]
        }
    )
    assert found == expected
    again = weekly.count(await house.entries.since(house.ann, 0, 500), house.ann)
    assert again == told["lines"]


def test_a_digest_stays_small_whoever_tried() -> None:
    def tried(n: int, purpose: str) -> dict[str, Any]:
        about = {"hub": f"{n:043}", "hub_name": "n" * 32, "purpose": purpose}
        return {"type": "access.refused", "detail": {"count": n + 1}, **about}

    lines = weekly.count([tried(n, f"made-up-{n}") for n in range(500)], "me")
    assert len(lines) == weekly.MOST_LINES + 1
    assert sum(line["refused"] for line in lines) == sum(range(501))
    (rest,) = [line for line in lines if line["hub"] is None]
    assert rest["refused"] == sum(range(501 - weekly.MOST_LINES))
    assert {line["purpose"] for line in lines} == {None}
