"""porchlight.client: a hub's program against a real host with a real board's line."""

from pathlib import Path

import httpx
import pytest

from porchlight.client import (
    BadAnswer,
    Circle,
    Hub,
    Polygon,
    Problem,
    Refused,
    Unreachable,
    Wait,
    Why,
)
from porchlight.client.errors import WrongHost, problem
from tests.support.clipping import clip_grant, keep
from tests.support.hosting import InThread, Kit, Signer, handle_of
from tests.support.viewing import board_at, sending

WHY = Why(case="24-117", purpose="fire", reason="smoke")
SOI = b"\xff\xd8"


def hub_of(host: InThread, who: Signer) -> Hub:
    return Hub(host.https, who.key, ca=host.ca)


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_hub_looks_through_its_client(host: InThread, fire: Signer, porch: Kit) -> None:
    jti = host.grant(porch, fire)
    async with board_at(host, porch) as board, hub_of(host, fire) as hub:
        async with sending(board, handle_of(jti)), hub.view([porch.id], WHY) as view:
            assert view.cameras == (porch.id,)
            shown = await anext(view.pictures(porch.id, fps=5))
            assert shown.jpeg[:2] == SOI
            assert shown.taken.endswith("Z")
            assert not shown.repeated
            assert (await view.snapshot(porch.id))[:2] == SOI
            assert (await anext(view.wall(width=320))).grant == ""  # of several cameras
        assert (await hub.ask("GET", "/views"))["views"] == []  # closed with its block


async def test_what_no_resident_signed_is_refused_with_the_word_of_their_log(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    async with hub_of(host, fire) as hub:
        with pytest.raises(Refused) as refused:
            async with hub.view([porch.id], WHY):
                pass
    assert refused.value.reason == "no-grant"
    entry = host.entries(ann)[-1]
    assert (entry["type"], entry["reason"]) == ("access.refused", "no-grant")


async def test_a_revocation_ends_the_pictures(host: InThread, fire: Signer, porch: Kit) -> None:
    jti = host.grant(porch, fire)
    async with (
        board_at(host, porch) as board,
        hub_of(host, fire) as hub,
        sending(board, handle_of(jti)),
        hub.view([porch.id], WHY) as view,
    ):
        async for _ in view.pictures(porch.id):
            host.caller(porch.owner).post(f"/grants/{jti}/revoke")
            # the loop ended by itself, and so does the block: the view is over already


async def test_a_search_finds_what_is_granted(host: InThread, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire)
    async with hub_of(host, fire) as hub:
        nowhere = Polygon(((0.0, 0.0), (0.0, 0.1), (0.1, 0.1)))
        assert await hub.search(nowhere, WHY) == []
        with pytest.raises(Problem, match="case"):
            await hub.search(Circle(0, 0, 100), Why("", "fire"))


async def test_a_hub_lists_clips_and_takes_one_away(
    host: InThread, fire: Signer, porch: Kit, tmp_path: Path
) -> None:
    other = host.camera(porch.owner, "yard")
    detail = {"actions": ["clips", "export"]}
    kept = keep(host, porch, clip_grant(host, porch, fire, detail=detail))
    async with hub_of(host, fire) as hub:
        (clip,) = await hub.clips(porch.id, WHY)
        assert (clip.id, clip.camera, clip.frames) == (kept.id, porch.id, kept.frames)
        assert await hub.clips(other.id, WHY) == []
        bundle = await hub.export(clip.id, WHY, tmp_path)
        with pytest.raises(Problem, match="no-clip"):
            await hub.export("A" * 22, WHY, tmp_path)
    assert bundle.read_bytes()[:2] == b"PK"
    assert inside(tmp_path) == [bundle]
    assert host.entries(porch.owner, "clip.released")[-1]["hub"] == fire.thumb


async def test_a_host_that_is_not_there_and_one_that_is_another(
    host: InThread, fire: Signer
) -> None:
    async with Hub("http://127.0.0.1:9", fire.key) as hub:
        with pytest.raises(Unreachable, match="no host answers"):
            await hub.name()
    async with Hub(host.https, fire.key) as hub:  # the system's CAs, not the host's own
        with pytest.raises(WrongHost):
            await hub.name()
    with pytest.raises(ValueError, match="this machine only"):
        Hub("http://example.org", fire.key)


@pytest.mark.parametrize(
    ("status", "kind"), [(403, Refused), (410, Refused), (404, Problem), (429, Wait), (503, Wait)]
)
def test_problems_by_what_they_mean(status: int, kind: type[Problem]) -> None:
    answer = httpx.Response(
        status,
        json={"reason": "a-word", "detail": "In words."},
        headers={"Retry-After": "7"},
        request=httpx.Request("GET", "https://h/x"),
    )
    found = problem(answer)
    assert type(found) is kind
    assert str(found) == "In words. (a-word)"
    if isinstance(found, Wait):
        assert found.retry_after_s == 7


def test_an_answer_that_is_no_problem_document() -> None:
    answer = httpx.Response(500, content=b"oops", request=httpx.Request("GET", "https://h/x"))
    assert type(problem(answer)) is BadAnswer
