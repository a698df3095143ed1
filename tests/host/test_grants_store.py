"""Grants when the database fails: consent ends at once all the same, and never begins unwritten."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from porchlight.errors import StoreError
from tests.support.hosting import InThread, Kit, handle_of
from tests.support.signing import Signer, new_id


@pytest.fixture
def full_disk(host: InThread, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Call it: from then on no write succeeds. Undone after the test."""

    async def fail(_: object) -> Any:
        raise StoreError("disk is full")

    yield lambda: monkeypatch.setattr(host.parts.store, "run", fail)
    monkeypatch.undo()


def held(host: InThread, kit: Kit) -> list[str]:
    camera = host.call(lambda: host.parts.cameras.get(kit.id))
    assert camera is not None
    return [grant.jti for grant in camera.book.grants()]


def test_a_grant_that_cannot_be_stored_is_not_held(
    host: InThread, fire: Signer, porch: Kit, full_disk: Callable[[], None]
) -> None:
    token = porch.owner.grant(porch.id, fire.thumb, seq=1)
    full_disk()
    answer = host.caller(porch.owner).post("/grants", {"token": token})
    assert (answer.status_code, answer.json()["reason"]) == (503, "not-stored")
    assert held(host, porch) == []


def test_a_revocation_ends_what_it_concerns_even_unwritten(
    host: InThread, fire: Signer, porch: Kit, full_disk: Callable[[], None]
) -> None:
    jti = host.grant(porch, fire)
    assert held(host, porch) == [jti]
    full_disk()
    answer = host.caller(porch.owner).post(f"/grants/{jti}/revoke")
    assert (answer.status_code, answer.json()["reason"]) == (503, "not-stored")
    assert "revoke it again" in answer.json()["detail"]
    assert held(host, porch) == []


def test_revoking_again_writes_what_could_not_be_written(
    host: InThread, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    jti = host.grant(porch, fire)

    async def fail(_: object) -> Any:
        raise StoreError("disk is full")

    caller = host.caller(porch.owner)
    with monkeypatch.context() as broken:
        broken.setattr(host.parts.store, "run", fail)
        assert caller.post(f"/grants/{jti}/revoke").status_code == 503
    assert caller.post(f"/grants/{jti}/revoke").status_code == 200
    assert caller.get(f"/grants/{jti}").json()["state"] == "revoked"
    assert len(host.entries(porch.owner, "grant.revoked")) == 1


def test_no_search_without_its_entry(
    host: InThread, fire: Signer, porch: Kit, full_disk: Callable[[], None]
) -> None:
    host.grant(porch, fire)
    full_disk()
    answer = host.caller(fire).get("/cameras", case="F-1", purpose="fire")
    assert (answer.status_code, answer.json()["reason"]) == (503, "not-stored")
    assert porch.id not in answer.text


def test_what_is_revoked_has_ended_before_it_is_written(
    host: InThread, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    jti = host.grant(porch, fire)
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    permit = host.call(
        lambda: host.parts.grants.permit(porch.id, fire.thumb, "live", host.parts.clock.unix())
    )
    write, held_then = host.parts.store.run, list[bool]()

    async def spy(work: Callable[[Any], Any]) -> Any:
        held_then.append(permit.holds(host.parts.clock.unix()))
        return await write(work)

    assert permit.holds(host.parts.clock.unix())
    monkeypatch.setattr(host.parts.store, "run", spy)
    assert host.caller(porch.owner).post(f"/grants/{jti}/revoke").status_code == 200
    assert held_then == [False]


def test_one_grant_from_many_hands_is_stored_once(host: InThread, fire: Signer, porch: Kit) -> None:
    token = porch.owner.grant(porch.id, fire.thumb, seq=1).encode()
    owner = host.parts.registry.party(porch.owner.thumb)
    assert owner is not None

    async def at_once() -> list[bool]:
        accept = host.parts.grants.accept
        return [new for _, new in await asyncio.gather(*(accept(token, owner) for _ in range(20)))]

    assert sorted(host.wait(at_once())) == [False] * 19 + [True]
    assert len(host.entries(porch.owner, "grant.seen")) == 1


def test_a_grant_taken_back_while_it_was_written_is_not_offered(
    host: InThread, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board must not be handed what the resident has taken back meanwhile."""
    owner = host.parts.registry.party(porch.owner.thumb)
    camera = host.call(lambda: host.parts.cameras.get(porch.id))
    assert owner is not None
    assert camera is not None
    jti = new_id()
    token = porch.owner.grant(porch.id, fire.thumb, seq=1, jti=jti).encode()
    offered: list[str] = []
    monkeypatch.setattr(camera, "granted", lambda grant: offered.append(grant.jti))

    async def both() -> None:
        accepting = asyncio.ensure_future(host.parts.grants.accept(token, owner))
        while camera.book.get(handle_of(jti)) is None:  # noqa: ASYNC110 - nothing tells that moment
            await asyncio.sleep(0)
        await host.parts.grants.revoke(jti, owner)
        await accepting

    host.wait(both())
    assert offered == []
    assert host.caller(porch.owner).get(f"/grants/{jti}").json()["state"] == "revoked"
