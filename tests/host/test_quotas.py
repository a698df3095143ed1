"""Quotas: the last one is given, one more is not; a restart forgets nothing."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from porchlight.audit import logkeys
from porchlight.audit.entries import Entries
from porchlight.events import Events
from porchlight.quotas import CASE_MS, OPENS, SEARCHES, Quotas, QuotaSpent
from porchlight.sections import QuotaRules
from porchlight.store import Store
from porchlight.who.operator import Operator
from tests.support.hosting import ShiftedClock

HUB, OTHER, RESIDENT = "H" * 43, "O" * 43, "R" * 43
RULES = QuotaRules(
    hub_opens=5, operator_opens=3, hub_searches=2, operator_searches=2, case_cameras=4
)
ANNA, BELA = (Operator(name * 22, HUB, frozenset({"viewer"}), 2**31) for name in "AB")


@dataclass
class Who:
    thumb: str
    is_resident: bool = False


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'porchlight.db'}")
    store.open()
    yield store
    store.close()


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def quotas(store: Store, clock: ShiftedClock) -> Quotas:
    return Quotas(store, clock, RULES)


async def spend(
    quotas: Quotas, count: int = 1, *, by: Operator | None = None, hub: str = HUB
) -> None:
    await quotas.spend(Who(hub), by, "C-1", OPENS, count)


async def refused(quotas: Quotas, reason: str = "too-many-opens", **how: object) -> QuotaSpent:
    with pytest.raises(QuotaSpent) as spent:
        await spend(quotas, **how)  # type: ignore[arg-type]
    assert spent.value.reason == reason
    assert spent.value.headers == {"Retry-After": str(spent.value.retry_after)}
    return spent.value


async def test_a_hub_gets_what_it_may_and_not_one_more(quotas: Quotas) -> None:
    for _ in range(5):
        await spend(quotas)
    assert 3598 <= (await refused(quotas)).retry_after <= 3600
    await spend(quotas, hub=OTHER)  # which has its own


async def test_several_at_once_are_all_or_none(quotas: Quotas) -> None:
    await spend(quotas, 4)
    await refused(quotas, count=2)
    await spend(quotas, 1)


async def test_an_operator_has_less_than_the_hub(quotas: Quotas) -> None:
    await spend(quotas, 3, by=ANNA)
    await refused(quotas, by=ANNA)
    await spend(quotas, 2, by=BELA)
    await refused(quotas, by=BELA)  # of the hub


async def test_an_hour_later_there_is_some_again(quotas: Quotas, clock: ShiftedClock) -> None:
    await spend(quotas, 2)
    clock.ahead_s += 1800
    await spend(quotas, 3)
    first = await refused(quotas)
    assert 1798 <= first.retry_after <= 1800
    clock.ahead_s += first.retry_after
    await spend(quotas, 2)
    await refused(quotas)


async def test_two_at_the_same_moment_do_not_both_get_the_last(quotas: Quotas) -> None:
    outcomes = await asyncio.gather(*(spend(quotas) for _ in range(8)), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 5
    assert {type(outcome) for outcome in outcomes} == {type(None), QuotaSpent}


async def test_residents_have_none(quotas: Quotas) -> None:
    for _ in range(9):
        await quotas.spend(Who(RESIDENT, is_resident=True), None, "", OPENS)


async def test_searches_are_counted_apart(quotas: Quotas) -> None:
    await spend(quotas, 5)
    for _ in range(2):
        await quotas.spend(Who(HUB), None, "C-1", SEARCHES)
    with pytest.raises(QuotaSpent) as spent:
        await quotas.spend(Who(HUB), None, "C-1", SEARCHES)
    assert spent.value.reason == "too-many-searches"


async def test_a_case_has_so_many_cameras(quotas: Quotas, clock: ShiftedClock) -> None:
    async def look(case: str, *cameras: str) -> None:
        await quotas.spend(Who(HUB), None, case, SEARCHES, 0, cameras)

    await look("C-1", "a", "b", "c", "d")
    await look("C-1", "a", "d")  # again is not more
    with pytest.raises(QuotaSpent) as spent:
        await look("C-1", "e")
    assert spent.value.reason == "too-many-cameras"
    assert CASE_MS // 1000 - 2 <= spent.value.retry_after <= CASE_MS // 1000
    await look("C-2", "e")
    clock.ahead_s += spent.value.retry_after
    await look("C-1", "e")


@pytest.mark.parametrize("spelt", ["c-1", "C 1", " c/1", "C\u20131"])
async def test_another_spelling_is_the_same_case(
    store: Store, clock: ShiftedClock, tmp_path: Path, quotas: Quotas, spelt: str
) -> None:
    entries = Entries(store, clock, Events(), logkeys.load(tmp_path))
    for camera in "abcd":
        draft = {"hub": HUB, "view": camera * 22, "case": "C-1", "camera": camera * 43}
        await entries.add("view.open", resident=RESIDENT, **draft)
    for case in ("C-1", spelt):  # in memory, and counted from the log by another spelling
        for counted in (quotas, Quotas(store, clock, RULES)):
            with pytest.raises(QuotaSpent):
                await counted.spend(Who(HUB), None, case, SEARCHES, 0, ("e",))
    await quotas.spend(Who(HUB), None, "C-11", SEARCHES, 0, ("e",))


async def test_a_restart_forgets_nothing(
    store: Store, clock: ShiftedClock, tmp_path: Path, quotas: Quotas
) -> None:
    entries = Entries(store, clock, Events(), logkeys.load(tmp_path))
    for camera in "abc":
        draft = {"hub": HUB, "view": camera * 22, "case": "C-1", "camera": camera * 43}
        detail = {"operator": ANNA.id}
        await entries.add("view.open", resident=RESIDENT, detail=detail, **draft)
    drafts = [{"type": "search", "resident": who * 43, "hub": HUB} for who in "RS"]
    await entries.add_all(drafts)  # one search that showed the cameras of two
    await refused(quotas, by=ANNA)
    await spend(quotas, 2, by=BELA)
    await refused(quotas)
    with pytest.raises(QuotaSpent):
        await quotas.spend(Who(HUB), None, "C-1", SEARCHES, 0, ("d", "e"))
    await quotas.spend(Who(HUB), None, "C-1", SEARCHES, 1, ("d",))
    with pytest.raises(QuotaSpent):
        await quotas.spend(Who(HUB), None, "C-1", SEARCHES, 1)
