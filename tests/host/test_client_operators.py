"""porchlight.client where a second operator has to agree first."""

from pathlib import Path

import pytest

from porchlight.client import Hub, Pending, Why
from porchlight.client.session import Session
from tests.support.clipping import clip_grant, keep
from tests.support.desks import Desk, hub_at
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.provider import providing

WHY = Why(case="24-117", purpose="fire")


def client_of(host: InThread, desk: Desk, clock: ShiftedClock) -> Hub:
    hub = Hub.over(Session(host.http, desk.hub.key.key, now=clock.unix))
    hub.acts_for(desk.token)
    return hub


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_look_and_an_export_wait_for_the_second_operator(
    host: InThread, porch: Kit, clock: ShiftedClock, tmp_path: Path
) -> None:
    with providing() as provider:
        hub = hub_at(host, provider, clock)
        one, other = hub.sign_in("investigator"), hub.sign_in("approver")
    detail = {"actions": ["live", "clips", "export"], "approve": "two"}
    clip = keep(host, porch, clip_grant(host, porch, hub.key, detail=detail))
    async with client_of(host, one, clock) as asking:
        with pytest.raises(Pending) as look:
            async with asking.view([porch.id], WHY):
                pass
        with pytest.raises(Pending) as export:
            await asking.export(clip.id, WHY, tmp_path)
        for pending in (look.value, export.value):
            assert other.ask("POST", f"/approvals/{pending.approval}").status_code == 200
        async with asking.view([porch.id], WHY, approval=look.value.approval) as view:
            assert view.cameras == (porch.id,)
        taken = await asking.export(clip.id, WHY, tmp_path, approval=export.value.approval)
    assert inside(tmp_path) == [taken]
