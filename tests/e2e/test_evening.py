"""The evening of `porchlight demo --story`, really run once; then its database is read without the
code that told it: what residents read is what was written, and nobody else's log has any of it."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli
from porchkit.demo.performance import perform
from porchkit.demo.report import Tale
from porchkit.home import Home
from porchkit.keys import thumb
from porchlight.config import load
from porchlight.store import Store
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.reports import Publisher
from tests.support.runtimes import find_micropython

STEPS = [
    *("registered", "searched", "refused", "opened", "entered", "ended", "closed"),
    *("asked", "answered", "taken", "verified", "reported"),
    *("log of sam", "log of kim", "log of lee"),
]
# What the fire brigade did, and what they were answered, as each resident has to read it.
OF_THE_HUB = {
    "sam": [
        *("grant.seen", "asked.set", "search", "access.refused", "grant.seen", "search"),
        *("view.open", "view.close", "access.refused", "request.received"),
        *("grant.seen", "request.approved", "search", "clip.released"),
    ],
    "kim": ["grant.seen", "asked.set", "search", "request.received"],
    "lee": ["grant.seen", "search"],
}


class Told:
    """An evening that is over: its steps, and the host's folder."""

    def __init__(self, folder: Path, report: Tale) -> None:
        self.report = report
        self.config = load(folder / "home")
        self.home = Home(folder / "home")

    def entries(self, name: str) -> list[dict[str, Any]]:
        """A resident's log as it lies in the database."""
        _, key = self.home.resident_key(name)
        with closing(sqlite3.connect(self.config.home / "porchlight.db")) as found:
            found.row_factory = sqlite3.Row
            wanted = "SELECT * FROM entry WHERE resident = ? ORDER BY n"
            return [dict(row) for row in found.execute(wanted, (thumb(key.public_key()),))]

    def of_the_hub(self, name: str) -> list[str]:
        """The types of those entries that name the fire brigade."""
        (hub,) = self.home.hubs().values()
        return [entry["type"] for entry in self.entries(name) if entry["hub"] == hub]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    find_micropython()
    folder = tmp_path_factory.mktemp("evening")
    report = Tale(lambda _line: None)
    asyncio.run(perform(folder, report))
    return Told(folder, report)


def test_every_step_holds(told: Told) -> None:
    document = json.loads(json.dumps(told.report.document()))
    assert [step for step in document["steps"] if not step["ok"]] == []
    assert document["ok"] is True
    assert [step["name"] for step in document["steps"]] == STEPS
    assert all("Sam reads" in step["detail"] for step in document["steps"][:10])


@pytest.mark.parametrize("name", ["sam", "kim", "lee"])
def test_each_log_has_what_concerns_its_resident(told: Told, name: str) -> None:
    assert told.of_the_hub(name) == OF_THE_HUB[name]


def test_the_look_ended_with_its_grant(told: Told) -> None:
    kinds = {entry["type"]: entry for entry in told.entries("sam")}
    opened, closed = kinds["view.open"], kinds["view.close"]
    assert (closed["view"], closed["jti"]) == (opened["view"], opened["jti"])
    seen = next(one for one in told.entries("sam") if one["jti"] == opened["jti"])
    late_ms = closed["ts_ms"] - json.loads(seen["detail"])["exp"] * 1000
    assert 0 <= late_ms < 1000


def test_the_quarters_report_counts_the_evening_when_it_is_over(told: Told) -> None:
    """A clock of the next quarter is handed in. Three residents were found by a search: that is
    counted, rounded down; what one of them alone was asked, opened and gave is not to be seen."""
    quarter = Quarter.at(told.entries("sam")[-1]["ts_ms"])
    store = Store(told.config.database_url)
    try:
        publisher = Publisher.of(told.config)
        made = store.read_now(lambda s: publisher.make(s, quarter, quarter.ends_ms)).report
    finally:
        store.close()
    assert (made["technology"]["residents"], made["technology"]["cameras"]) == (3, 3)
    searched = {"use": "search", "hub": "fire-brigade", "purpose": "fire", "number": 3}
    assert made["use"]["rows"] == [searched]
    assert made["consent"]["given"] == 6  # rounded down, too
    assert made["minutes_live"]["rows"] == made["refused"]["rows"] == made["sharing"] == []
    assert made["requests"] == {"made": "<3", "approved": "<3"}


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["--story", "--check"], 2, "not allowed with"),
        (["--story", "--footage", "/nowhere/at.all"], 1, "/nowhere/at.all: no such file"),
    ],
)
def test_what_cannot_be_told(
    words: list[str], code: int, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", *words]) == code
    assert hint in capsys.readouterr().err
