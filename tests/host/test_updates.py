"""Updates at the host: what is taken in, how it goes on at a board's word, what the log says."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accord import b64, envelope, wire
from porchlight.clock import Clock
from porchlight.errors import BadRequest, Unavailable
from porchlight.updates import bundle
from porchlight.updates.course import (
    APPROVAL,
    CANCEL,
    CHUNK,
    GO,
    HEARD,
    MOST_REPEATS,
    OFFER,
    Course,
)
from porchlight.updates.updates import MOST_ACTIVE, UPLOAD_S, Updates
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import InThread, Kit, hosted
from tests.support.signing import Signer

FILES = {"agent/program.py": b"p" * 5000, "lib/accord/wire.py": b"w" * 100}


def sha(content: bytes) -> str:
    return b64.encode(hashlib.sha256(content).digest())


def listed(files: dict[str, bytes]) -> str:
    return "".join(f"{path} {len(raw)} {sha(raw)}\n" for path, raw in files.items())


def token(listing: str, **changes: Any) -> str:
    """A release's token; the host does not know whose signature counts."""
    maker = Signer("maker")
    said = {
        "iss": maker.thumb,
        "v": 1,
        "version": 2,
        "name": "0.2.0",
        "files": len(FILES),
        "bytes": sum(map(len, FILES.values())),
        "list": sha(listing.encode()),
        "list_bytes": len(listing),
    }
    signed = envelope.signing_input(said | changes, maker.thumb, "porch-release+jws")
    return envelope.assemble(signed, maker.key.sign(signed)).decode()


def whole(approval: str | None = "approval") -> bundle.Bundle:
    listing = listed(FILES)
    found = bundle.read(token(listing), listing, approval)
    for path, content in FILES.items():
        found.add(path, content)
    return found


def on_its_way(approval: str | None = "approval") -> Course:
    course = Course("camera", whole(approval))
    course.state = "waiting"
    offer = course.offer()
    assert offer is not None
    assert (offer.kind, offer.body) == (OFFER, course.bundle.token)
    return course


@pytest.mark.parametrize(
    ("release", "listing", "reason"),
    [
        ("nonsense", listed(FILES), "bad-release"),
        ("a.b.c", listed(FILES), "bad-release"),
        (token(listed(FILES), version=0), listed(FILES), "bad-release"),
        (token(listed(FILES), bytes=bundle.MAX_BYTES + 1), listed(FILES), "bad-release"),
        (token(listed(FILES)), listed(FILES) + "\n", "wrong-list"),
        (token("agent/x.py x y\n"), "agent/x.py x y\n", "bad-list"),
        (token(listed(FILES) * 2), listed(FILES) * 2, "bad-list"),
    ],
)
def test_what_is_no_release_is_told_at_once(release: str, listing: str, reason: str) -> None:
    with pytest.raises(BadRequest) as raised:
        bundle.read(release, listing, None)
    assert raised.value.reason == reason


def test_a_file_that_is_not_the_lists() -> None:
    listing = listed(FILES)
    found = bundle.read(token(listing), listing, None)
    for path, content, reason in (
        ("agent/program.py", b"p" * 4999, "wrong-file"),
        ("agent/program.py", b"q" * 5000, "wrong-file"),
        ("main.py", b"", "unknown-file"),
    ):
        with pytest.raises(BadRequest) as raised:
            found.add(path, content)
        assert raised.value.reason == reason
    assert found.missing == list(FILES)


def test_the_board_leads() -> None:
    course = on_its_way()
    size = course.bundle.size
    for word, kind, index, offset, body in (
        ("update-approve", APPROVAL, 0, 0, b"approval"),
        ("update-at 0 0", CHUNK, 0, 0, course.bundle.listing),
        ("update-at 1 0", CHUNK, 1, 0, b"p" * 4096),
        ("update-at 1 4096", CHUNK, 1, 4096, b"p" * 904),
        ("update-at 2 0", CHUNK, 2, 0, b"w" * 100),
        ("update-ready", GO, 0, 0, b""),
    ):
        said = course.hear(word)
        assert said is not None
        assert (said.kind, said.index, said.offset, said.body) == (kind, index, offset, body)
    assert course.row()["sent"] == size - 100
    assert course.hear("update-restarting") is None
    assert (course.state, course.row()["sent"]) == ("restarting", size)
    said = course.hear("update-running")
    assert said is not None
    assert (said.kind, said.body) == (HEARD, course.bundle.handle)
    assert (course.state, course.active, course.bundle.files) == ("running", False, {})


def test_a_board_that_asks_for_what_is_not_there_is_left() -> None:
    for word in ("update-at 3 0", "update-at 2 100", "update-at 9999999999 0", "update-at",
                 "update-at -1 0", "update-at 1 x", "update-at ² 0"):  # fmt: skip
        course = on_its_way()
        said = course.hear(word)
        assert said is not None
        assert (said.kind, course.state, course.reason) == (CANCEL, "refused", "no-headway")


def test_a_board_that_makes_no_headway_is_left() -> None:
    course = on_its_way()
    for _ in range(MOST_REPEATS):
        assert course.hear("update-at 1 0") is not None
        assert course.state == "sending"
    course.hear("update-at 1 0")
    assert (course.state, course.reason) == ("refused", "no-headway")


def test_without_an_approval_nothing_is_sent() -> None:
    course = on_its_way(None)
    assert course.hear("update-approve") is None
    assert (course.state, course.reason) == ("refused", "not-approved")


def test_a_new_connection_goes_on() -> None:
    course = on_its_way()
    assert course.hear("update-approve") is not None
    assert course.hear("update-approve") is None  # it had been offered twice
    assert course.state == "offered"
    course.hear("update-at 1 0")
    assert course.offer() is not None
    again = course.hear("update-approve")  # the board has started anew
    assert again is not None
    assert again.kind == APPROVAL
    course.hear("update-restarting sharing")
    assert course.sharing
    assert course.offer() is None


class Hands(Clock):
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


class NoBoards:
    def get(self, camera_id: str) -> None:
        return None


class NoLog:
    async def add(self, type: str, *, resident: str | None, **more: Any) -> int:
        raise AssertionError(type)

    async def add_all(self, drafts: list[dict[str, Any]]) -> Any:
        raise AssertionError(drafts)


def test_places_are_few_and_who_stops_handing_in_loses_theirs() -> None:
    clock = Hands()
    updates = Updates(NoBoards(), NoLog(), clock)
    for number in range(MOST_ACTIVE):
        updates.begin(f"camera {number}", whole())
    with pytest.raises(Unavailable) as raised:
        updates.begin("one more", whole())
    assert raised.value.reason == "too-many-updates"
    updates.begin("camera 0", whole())  # its own place
    clock.at = UPLOAD_S + 1
    updates.begin("one more", whole())
    course = updates.get("camera 1")
    assert (course.state, course.reason, course.bundle.files) == ("refused", "abandoned", {})


@pytest.fixture
def host(tmp_path: Path) -> Iterator[InThread]:
    with hosted(tmp_path / "home") as host:
        yield host


def hand_in(host: InThread, kit: Kit, listing: str | None = None) -> None:
    """Everything that a board may want."""
    caller = host.caller(kit.owner)
    text = listed(FILES) if listing is None else listing
    body = {"release": token(text), "list": text, "approval": "approval"}
    assert caller.post(f"/cameras/{kit.id}/update", body).status_code == 201
    files = {path: b64.encode(raw) for path, raw in FILES.items()}
    answer = caller.post(f"/cameras/{kit.id}/update/files", {"files": files})
    assert (answer.status_code, answer.json()["missing"]) == (200, 0), answer.text


def state_of(host: InThread, kit: Kit) -> str:
    found: dict[str, Any] = host.caller(kit.owner).get(f"/cameras/{kit.id}/update").json()
    return f"{found['state']} {found['reason']}".strip()


def told(host: InThread, kit: Kit) -> list[tuple[str, str | None, bool | None]]:
    rows = host.entries(kit.owner)
    return [
        (row["type"], row["reason"], row["detail"].get("sharing"))
        for row in rows
        if row["type"].startswith("update.")
    ]


async def test_a_board_that_comes_back_is_offered_what_waits(host: InThread) -> None:
    kit = host.camera(host.resident())
    hand_in(host, kit)
    assert (state_of(host, kit), told(host, kit)) == ("waiting", [])
    board = await BoardPeer(host.uplink, kit.key, tls=host.tls()).open()
    offer = await board.heard(wire.Update)
    handle = hashlib.sha256(offer.body).digest()[:16]
    await board.say(wire.Answer(handle, b"update-at 0 0 sharing"))
    await board.heard(wire.Update, lambda m: m.kind == CHUNK)
    assert state_of(host, kit) == "sending"
    await board.say(wire.Answer(handle, b"update-ready sharing"))
    await board.heard(wire.Update, lambda m: m.kind == GO)
    await board.say(wire.Answer(handle, b"update-restarting sharing"))
    await board.say(wire.Answer(handle, b"update-undone hung"))
    heard = await board.heard(wire.Update, lambda m: m.kind == HEARD)
    assert heard.body == handle
    assert state_of(host, kit) == "undone hung"
    assert told(host, kit) == [
        ("update.offered", None, False),
        ("update.begun", None, True),
        ("update.restart", None, True),
        ("update.undone", "hung", True),
    ]
    await board.close()


async def test_news_of_an_update_that_this_host_no_longer_carries(host: InThread) -> None:
    """It was started anew meanwhile. A board that floods the log is held back."""
    kit = host.camera(host.resident())
    board = await BoardPeer(host.uplink, kit.key, tls=host.tls()).open()
    for _ in range(15):
        await board.say(wire.Answer(b"h" * 16, b"update-undone hung"))
    await board.say(wire.Answer(b"i" * 16, b"update-running"))
    await board.heard(wire.Update, lambda m: m.body == b"i" * 16)
    found = told(host, kit)
    assert [row[:2] for row in found] == [("update.undone", "hung")] * 10 + [
        ("update.running", None)
    ]
    row = host.caller(kit.owner).get(f"/cameras/{kit.id}/update")
    assert (row.status_code, row.json()["reason"]) == (404, "no-update")
    await board.close()


async def test_cancelled_and_handed_in_again(host: InThread) -> None:
    kit = host.camera(host.resident())
    caller = host.caller(kit.owner)
    board = await BoardPeer(host.uplink, kit.key, tls=host.tls()).open()
    hand_in(host, kit)
    await board.heard(wire.Update)
    text = listed(FILES)
    body = {"release": token(text), "list": text}
    busy = caller.post(f"/cameras/{kit.id}/update", body)
    assert (busy.status_code, busy.json()["reason"]) == (409, "update-under-way")
    assert caller.delete(f"/cameras/{kit.id}/update").json()["reason"] == "cancelled"
    await board.heard(wire.Update, lambda m: m.kind == CANCEL)
    assert caller.delete(f"/cameras/{kit.id}/update").status_code == 409
    hand_in(host, kit)
    await board.heard(wire.Update, lambda m: m.kind == OFFER and m is not board.told[0])
    await board.close()


async def test_what_a_board_says_it_runs(host: InThread) -> None:
    kit = host.camera(host.resident())

    def row() -> tuple[Any, ...]:
        found = host.caller(kit.owner).get(f"/cameras/{kit.id}").json()
        return (found["firmware"], found["release"], found["slot"])

    assert row() == (None, None, None)
    board = await BoardPeer(host.uplink, kit.key, tls=host.tls()).open()
    assert row() == ("test", None, None)
    await board.close()


def test_bodies_that_make_no_sense(host: InThread) -> None:
    kit = host.camera(host.resident())
    caller = host.caller(kit.owner)
    path = f"/cameras/{kit.id}/update"
    text = listed(FILES)
    for body, status in (
        ({"release": "x", "list": text}, 400),
        ({"release": token(text)}, 422),
        ({"release": "x" * 2049, "list": text}, 422),
        ({"release": token(text), "list": text, "force": True}, 422),
    ):
        assert caller.post(path, body).status_code == status, body
    assert caller.post(f"{path}/files", {"files": {}}).status_code == 404
    assert caller.post(path, {"release": token(text), "list": text}).status_code == 201
    answer = caller.post(f"{path}/files", {"files": {"agent/program.py": "=="}})
    assert (answer.status_code, answer.json()["reason"]) == (400, "bad-file")
