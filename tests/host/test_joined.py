"""Two times of one camera in one stream: a clip's frames first, then what is live, in order."""

import httpx
import pytest

from accord import b64
from porchlight.clips.rows import Clip
from tests.support.clipping import clip_grant, frames, keep, open_play
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer
from tests.support.viewing import board_at, open_view, sending, stream_url, until, watching

BOTH = {"actions": ["live", "clips"]}


class Opened:
    """A camera that somebody looks at, and a clip of it that they opened."""

    def __init__(self, host: InThread, hub: Signer, kit: Kit, count: int = 5) -> None:
        self.jti = clip_grant(host, kit, hub, detail=BOTH)
        self.clip: Clip = keep(host, kit, self.jti, frames(count))
        self.view = open_view(host, hub, kit)
        self.play = open_play(host, hub, self.clip)
        self.handle = b64.decode(self.jti)

    def url(self, host: InThread, kit: Kit, *, over_tls: bool = False) -> str:
        """Of the joined stream."""
        return stream_url(host, self.view, kit, over_tls=over_tls) + f"?after={self.play['ticket']}"


@pytest.mark.parametrize("over_tls", [False, True], ids=["http", "tls"])
async def test_what_was_recorded_comes_first_and_nothing_is_out_of_order(
    host: InThread, fire: Signer, porch: Kit, over_tls: bool
) -> None:
    opened = Opened(host, fire, porch)
    url = opened.url(host, porch, over_tls=over_tls)
    async with (
        board_at(host, porch) as board,
        sending(board, opened.handle),
        watching(host, url) as viewer,
    ):
        parts = [part for part in await viewer.got(12) if "x-repeat" not in part.headers]
    recorded = [part for part in parts if part.headers.get("x-clip") == opened.clip.id]
    assert parts[: len(recorded)] == recorded
    assert [part.sequence for part in recorded] == [0, 1, 2, 3, 4]
    assert len(parts) > len(recorded), "live ones follow"
    assert not any("x-clip" in part.headers for part in parts[len(recorded) :])
    taken = [part.headers["x-timestamp"] for part in parts]
    assert taken == sorted(taken)
    assert {part.headers["x-grant"] for part in parts} == {opened.jti}
    seen = [entry["type"] for entry in host.entries(porch.owner)]
    assert {"view.open", "clip.played"} <= set(seen), "each is a look of its own in the log"


async def test_taking_the_grant_back_ends_it_amid_the_recording(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    opened = Opened(host, fire, porch, count=200)
    async with watching(host, opened.url(host, porch)) as viewer:
        await viewer.got(2)
        host.caller(porch.owner).post(f"/grants/{opened.jti}/revoke")
        await viewer.ended()
    assert len(viewer.parts) < 100


async def test_it_ends_behind_the_recording_where_the_view_is_over(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    opened = Opened(host, fire, porch)
    async with watching(host, opened.url(host, porch)) as viewer:
        await viewer.got(1)
        host.caller(fire).delete(f"/views/{opened.view['id']}")
        await viewer.ended()
    assert {part.headers["x-clip"] for part in viewer.parts} == {opened.clip.id}
    await until(lambda: len(host.parts.seats) == 0)


def test_it_needs_both_tickets_and_one_camera(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    opened = Opened(host, fire, porch)
    shed = host.camera(ann)
    other = Opened(host, fire, shed)
    url = stream_url(host, opened.view, porch)

    def told(method: str = "GET", **query: str) -> tuple[int, str]:
        answer = httpx.request(method, url, params=query, timeout=20, trust_env=False)
        return answer.status_code, answer.json()["reason"] if answer.content else ""

    assert told("HEAD", after=opened.play["ticket"]) == (200, "")
    assert told(after="x" * 43) == (404, "no-play")
    assert told(after=other.play["ticket"]) == (422, "invalid-request")
    assert told(after=opened.play["ticket"], width="320") == (422, "invalid-request")
    host.caller(ann).delete(f"/clips/{opened.clip.id}")
    assert told(after=opened.play["ticket"]) == (410, "ticket-expired")
