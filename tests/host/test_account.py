"""The account of open looks: a host that breaks off loses at most the last minute of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from porchlight.store import LookAccount
from porchlight.views.account import EVERY_S
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, Signer, hosted
from tests.support.viewing import open_view, until

OWN_FILE = (
    '[database]\nurl = ""\n'  # wherever others keep theirs: it is copied as a crash leaves it
)


class Patient(ShiftedClock):
    """Its monotonic time is `on_s` seconds on."""

    on_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.on_s


@pytest.fixture
def clock() -> Patient:
    return Patient()


@pytest.fixture
def host(tmp_path: Path, clock: Patient) -> Iterator[InThread]:
    with hosted(tmp_path / "home", SETTINGS + OWN_FILE, clock=clock) as running:
        yield running


def rows(host: InThread) -> dict[str, tuple[int, int, int]]:
    """By camera: seconds, frames, bytes, as they are on disk."""
    found = host.store.read_now(lambda session: session.query(LookAccount).all())
    return {row.camera: (row.seconds, row.frames, row.bytes) for row in found}


def show(host: InThread, view: str, kit: Kit, frames: int, size: int) -> None:
    """As viewers do, who are handed pictures."""
    found = host.call(lambda: {each.id: each for each in host.parts.views._book})
    host.call(lambda: found[view].looks[kit.id].shown(frames, size))


def crashed(host: InThread, folder: Path) -> Path:
    """What a host that is killed now leaves behind."""
    shutil.copytree(host.home, folder, ignore=shutil.ignore_patterns("run.json"))
    return folder


async def test_a_crash_loses_no_more_than_a_minute(
    host: InThread, clock: Patient, ann: Signer, fire: Signer, porch: Kit, tmp_path: Path
) -> None:
    yard = host.camera(ann, "yard")
    host.grant(porch, fire)
    host.grant(yard, fire)
    opened = open_view(host, fire, porch, yard)
    show(host, opened["id"], porch, 7, 700)
    early = crashed(host, tmp_path / "early")
    clock.ahead_s, clock.on_s = int(EVERY_S), EVERY_S
    await until(lambda: rows(host))
    seconds = rows(host)[porch.id][0]
    assert rows(host) == {porch.id: (seconds, 7, 700), yard.id: (seconds, 0, 0)}
    assert EVERY_S <= seconds <= EVERY_S + 5
    show(host, opened["id"], porch, 1, 100)  # of the minute that is lost
    late = crashed(host, tmp_path / "late")
    with hosted(late) as again:
        closed = {entry["camera"]: entry for entry in again.entries(ann, "view.close")}
        totals = {"seconds": seconds, "frames": 7, "bytes": 700}
        assert closed[porch.id]["detail"] == {"cut": True, **totals}
        assert closed[yard.id]["detail"] == {"cut": True, **totals, "frames": 0, "bytes": 0}
        assert {entry["reason"] for entry in closed.values()} == {"host-restarted"}
        assert rows(again) == {}
    with hosted(early) as again:
        details = [entry["detail"] for entry in again.entries(ann, "view.close")]
        assert details == [{"cut": True}] * 2


async def test_the_account_is_closed_with_the_last_look(
    host: InThread, clock: Patient, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """An entry for each minute would be sixty lines an hour; there are two for the whole view."""
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    show(host, opened["id"], porch, 2, 200)
    clock.on_s += EVERY_S
    await until(lambda: rows(host))
    assert host.caller(fire).delete(f"/views/{opened['id']}").status_code == 204
    clock.on_s += EVERY_S
    await until(lambda: not rows(host))
    entries = [row for row in host.entries(ann) if row["type"].startswith("view.")]
    assert [entry["type"] for entry in entries] == ["view.open", "view.close"]
    assert entries[1]["detail"]["frames"] == 2
    assert "cut" not in entries[1]["detail"]
