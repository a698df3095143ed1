"""What a board says in its log: kept in bounds, made printable, told to its resident alone."""

from collections.abc import Iterator

import pytest

from accord import wire
from porchlight.boardlog import KEPT, BoardLog
from tests.support.hosting import InThread, Kit, ShiftedClock, hosted
from tests.support.signing import Signer
from tests.support.viewing import board_at, until


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with hosted(tmp_path_factory.mktemp("host")) as running:
        yield running


@pytest.fixture
def ann(host: InThread) -> Signer:
    return host.resident()


@pytest.fixture
def porch(host: InThread, ann: Signer) -> Kit:
    return host.camera(ann)


def lines(host: InThread, who: Signer, kit: Kit, **query: int) -> list[str]:
    answer = host.caller(who).get(f"/cameras/{kit.id}/log", **query)
    assert answer.status_code == 200, answer.text
    return [row["line"] for row in answer.json()["lines"]]


def test_the_newest_are_kept_and_others_forgotten() -> None:
    clock = ShiftedClock()
    log = BoardLog(clock)
    for number in range(KEPT + 5):
        log.add(b"%d" % number)
    clock.ahead_s = 60
    log.add(b"\x1b[31mred\r\n\xff\xc3")
    kept = log.newest(KEPT)
    assert (len(kept), kept[0].text, kept[-1].text) == (KEPT, "6", "[31mred")
    assert kept[-1].at_ms - kept[0].at_ms >= 60_000
    assert [line.text for line in log.newest(2)] == [str(KEPT + 4), "[31mred"]


async def test_a_board_s_lines_are_its_resident_s_to_read(
    host: InThread, ann: Signer, porch: Kit
) -> None:
    assert lines(host, ann, porch) == []
    async with board_at(host, porch) as board:
        await board.say(wire.LogLine(b"1.000 radio joined"))
        await board.say(wire.LogLine(b""))
        await board.say(wire.LogLine(b"2.000 uplink connected"))
        await until(lambda: len(lines(host, ann, porch)) == 3)
    assert lines(host, ann, porch)[::2] == ["1.000 radio joined", "2.000 uplink connected"]
    assert lines(host, ann, porch, last=1) == ["2.000 uplink connected"]  # also while it is away
    hub = host.hub()
    refused = host.caller(hub).get(f"/cameras/{porch.id}/log")
    assert (refused.status_code, refused.json()["reason"]) == (403, "residents-only")
    hidden = host.caller(host.resident()).get(f"/cameras/{porch.id}/log")
    missing = host.caller(ann).get(f"/cameras/{ann.thumb}/log")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]


@pytest.mark.parametrize("last", [0, KEPT + 1])
def test_as_many_as_there_are(host: InThread, ann: Signer, porch: Kit, last: int) -> None:
    answer = host.caller(ann).get(f"/cameras/{porch.id}/log", last=last)
    assert (answer.status_code, answer.json()["reason"]) == (422, "invalid-request")
