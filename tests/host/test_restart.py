"""A host that is killed and started again: what it knew of boards and grants holds."""

import time
from pathlib import Path

import httpx
import pytest

from accord import wire
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import SETTINGS, handle_of, spawned
from tests.support.viewing import ask_view, board_at, open_view, picture, stream_url, watching

GEO = {"cell": "u173z", "precision_m": 1_000}
AREA = {"center": [4.9, 52.36], "radius_m": 2_000}
SEARCH = {"circle": AREA, "action": "live", "case": "C-1", "purpose": "fire"}


async def prove(board: BoardPeer) -> None:
    """Hello and proof, without waiting to be taken in."""
    await board.connect()
    await board.socket.send(board.session.hello())
    answer = await board.socket.recv()
    assert isinstance(answer, bytes)
    board.session.receive(answer)
    assert board.session.next_event() is not None
    await board.socket.send(board.session.take_outgoing())


@pytest.mark.parametrize("ending", ["kill", "stop"])
async def test_boards_come_back_and_replays_stay_replays(tmp_path: Path, ending: str) -> None:
    home = tmp_path / "home"
    with spawned(home) as host:
        ann, fire = host.resident(), host.hub()
        porch = host.camera(ann)
        kept, gone = host.grant(porch, fire, detail={"geo": GEO}), host.grant(porch, fire)
        host.caller(ann).post(f"/grants/{gone}/revoke")
        async with board_at(host, porch, boot=7) as board:
            opened = open_view(host, fire, porch)
            async with watching(host, stream_url(host, opened, porch)) as viewer:
                await board.watched(handle_of(kept))
                await board.send_frame(picture(), handle_of(kept), sequence=41)
                await viewer.got(1)
                if ending == "kill":
                    host.kill()
                else:
                    assert host.stop() == 0
                await viewer.ended()
                await board.socket.wait_closed()
    with spawned(home) as again:
        assert ask_view(again, fire, porch).status_code == 201
        found = again.caller(fire).post("/search", SEARCH).json()["features"]
        assert [feature["id"] for feature in found] == [porch.id]
        earlier = BoardPeer(again.uplink, porch.key, boot=6, tls=again.tls())
        await prove(earlier)
        assert await earlier.dismissed() == "old-boot"
        async with board_at(again, porch, boot=7) as board:
            assert (await board.heard(wire.Revoke)).handle == handle_of(gone)
            token = (await board.heard(wire.GrantToken)).token
            assert token.decode() == again.caller(ann).get(f"/grants/{kept}").json()["token"]
            if ending == "stop":  # a killed host knows the boot, and a sequence of a moment before
                await board.send_frame(picture(), handle_of(kept), sequence=41)
                assert await board.dismissed() == "replayed"
        async with board_at(again, porch, boot=7) as board:
            opened = open_view(again, fire, porch)
            async with watching(again, stream_url(again, opened, porch)) as viewer:
                await board.watched(handle_of(kept))
                await board.send_frame(picture(), handle_of(kept), sequence=42)
                await viewer.got(1)
        closed = again.entries(ann, "view.close")
        assert closed[0]["reason"] == ("host-restarted" if ending == "kill" else "host-stopped")


def page_at(port: int) -> str:
    """Settings with the page at this port."""
    return SETTINGS.replace("[page]\nport = 0", f"[page]\nport = {port}")


def test_a_proof_of_the_run_before_is_not_taken_again(tmp_path: Path) -> None:
    """Nor one of a clock that is ahead; a proof made a second later is taken."""
    home = tmp_path / "home"

    def ask(proof: str) -> httpx.Response:
        return httpx.get(url, headers={"DPoP": proof})

    def taken(ahead_s: int) -> str:
        """A proof by a clock so far ahead, which the host took."""
        proof = ann.proof("GET", url, iat=int(time.time()) + ahead_s)
        assert ask(proof).status_code == 200
        return proof

    with spawned(home) as host:
        ann, port = host.resident(), host.ports.http
        (home / "porchlight.toml").write_text(page_at(port))
        url = f"http://localhost:{port}/api/v1/me"
        used = taken(0)
        host.kill()
    with spawned(home) as again:
        assert ask(used).json()["reason"] in ("stale-proof", "replayed-proof")
        taken(1)
        used = taken(30)
        again.kill()
    with spawned(home):
        assert ask(used).json()["reason"] in ("stale-proof", "replayed-proof")
        taken(31)
