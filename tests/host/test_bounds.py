"""What keeps floods small: the tally, the door, the outbox, the wants of a camera."""

import pytest

from accord import wire
from accord.errors import Refused
from porchlight.door import Door
from porchlight.sources.outbox import MAX_WAITING, Outbox
from porchlight.tally import Tally


def test_tally_reports_the_first_and_then_how_many_were_held_back() -> None:
    tally = Tally(period_s=60)
    assert [tally.due("a", now) for now in (0.0, 1.0, 59.9)] == [1, 0, 0]
    assert tally.due("b", 2.0) == 1
    assert tally.due("a", 60.0) == 3
    assert tally.due("a", 61.0) == 0


def test_tally_with_a_burst_reports_that_many_one_by_one() -> None:
    tally = Tally(period_s=60, burst=3)
    assert [tally.due("a", float(now)) for now in range(6)] == [1, 1, 1, 0, 0, 0]
    assert [tally.due("a", 60.0 + now) for now in range(4)] == [4, 1, 1, 0]


def test_tally_forgets_the_oldest_key() -> None:
    tally = Tally(max_keys=2)
    for key in "abc":
        tally.due(key, 0.0)
    assert tally.due("a", 1.0) == 1  # forgotten, so new again
    assert tally.due("c", 1.0) == 0


def test_door_counts_all_and_by_address_but_not_this_machine() -> None:
    door = Door(most=5, per_address=2)
    assert [door.enter(i, "10.0.0.1") for i in range(3)] == [None, None, "too-many-from-address"]
    assert [door.enter(i, "127.0.0.1") for i in range(10, 13)] == [None, None, None]
    assert door.enter(20, "10.0.0.2") == "too-many-connections"
    assert door.enter(0, "10.0.0.1") is None  # is in already
    door.leave(0)
    door.leave(0)
    door.leave("never came")
    assert len(door) == 4
    assert door.enter(21, "10.0.0.1") is None


class _Grant:
    """As much of a grant as the outbox takes."""

    def __init__(self, handle: bytes) -> None:
        self.handle, self.token = handle, b"token-" + handle


def handle(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_revocation_goes_ahead_of_everything_and_takes_back_an_unsent_token() -> None:
    outbox = Outbox()
    outbox.watch([(bytes(32), handle(1), 1)])
    outbox.offer(_Grant(handle(1)))  # type: ignore[arg-type]
    outbox.offer(_Grant(handle(2)))  # type: ignore[arg-type]
    outbox.settings(wire.Settings(0, 5, 0, 0, 0))
    outbox.time()
    for packed in (b"lease", b"", b"", b"", b"", b""):
        outbox.lease(wire.Lease(0, packed))
    outbox.revoke(handle(1))
    said = []
    while (message := outbox.next(7)) is not None:
        said.append(message)
    kinds = [wire.Revoke, wire.Lease, wire.Lease]
    kinds += [wire.Time, wire.Settings, wire.GrantToken, wire.Watch]
    assert [type(message) for message in said] == kinds
    assert said[0].handle == handle(1)  # type: ignore[attr-defined]
    assert [said[n].packed for n in (1, 2)] == [b"lease", b""]  # type: ignore[attr-defined]
    assert said[3].unix_ms == 7  # type: ignore[attr-defined]
    assert said[5].token == b"token-" + handle(2)  # type: ignore[attr-defined]


def test_the_last_watch_replaces_the_one_that_waits() -> None:
    outbox = Outbox()
    outbox.watch([(bytes(32), handle(1), 1)])
    outbox.watch([])
    message = outbox.next(0)
    assert isinstance(message, wire.Watch)
    assert message.wants == []
    assert outbox.next(0) is None


def test_outbox_is_bounded() -> None:
    outbox = Outbox()
    for number in range(3 * MAX_WAITING):
        outbox.revoke(handle(number))
        outbox.revoke(handle(number))
    count = 0
    while outbox.next(0) is not None:
        count += 1
    assert count == MAX_WAITING


def test_refused_is_what_the_ninth_kind_of_viewer_gets() -> None:
    from porchlight.looking import MAX_WANTS, Looking

    looking = Looking()
    seen = [looking.begin(_permit(number)) for number in range(MAX_WANTS)]  # type: ignore[arg-type]
    with pytest.raises(Refused, match="too-many-viewers"):
        looking.begin(_permit(99))  # type: ignore[arg-type]
    looking.begin(_permit(0))  # type: ignore[arg-type]  # the same want once more is no new kind
    seen[1][1].count -= 1  # its only viewer left: it may linger, but has to make room
    want, _ = looking.begin(_permit(99))  # type: ignore[arg-type]
    assert want in looking.wants
    assert len(looking.wants) == MAX_WANTS


class _permit:
    """As much of a permit as Looking takes."""

    def __init__(self, number: int) -> None:
        self.hub, self.handle, self.action = "A" * 43, handle(number), "live"
        self.ends = 10
