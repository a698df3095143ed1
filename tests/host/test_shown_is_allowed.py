"""For random grants, times and events: the host shows exactly what ten lines of rules allow.

Everything between is real: grants come in signed and are kept, views are opened and entered,
frames come to the camera and leave through a feed. tests/support/rules.py has the ten lines.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from accord.errors import Refused
from porchlight.views import View
from tests.support.rules import Ask, Terms, allows, zone
from tests.support.scenes import EXAMPLES, Scene, Street, a_street, fits
from tests.support.worlds import TWISTS, World, for_worlds

VIEW_S = 3600  # [views] max_seconds
seen: Counter[tuple[str, bool]] = Counter()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with a_street(tmp_path_factory.mktemp("host")) as found:
        yield found


async def holds_at(street: Street, world: World) -> None:
    """Play it: whatever is asked, the host answers as the rules do."""
    scene = Scene(street, world)
    await scene.begin()
    views: list[tuple[int, View]] = []
    for step in world.steps:
        await scene.happen(step.events, step.at)
        for opened, view in views:
            await still_seen(scene, view, opened, step.at)
        view = await newly_seen(scene, step.at)
        views += [] if view is None else [(step.at, view)]
    for _, view in views:
        await scene.parts.views.close(view, "closed")


async def newly_seen(scene: Scene, now: int) -> View | None:
    """Whoever asks anew may see it if some grant says so, and sees pictures under one that does."""
    rules, ask = scene.rules, scene.world.ask
    allowed = rules.allow(ask, now)
    view = await scene.open()
    seen["opened", view is not None] += 1
    assert (view is not None) == any(allowed), (now, allowed)
    agreed(scene, now)
    if view is None:
        return None
    index = scene.jtis.index(view.looks[scene.camera.id].permit.jti)
    assert allowed[index]
    assert await scene.sees(view) == fits(scene.world.grants[index])
    return view


def agreed(scene: Scene, now: int) -> None:
    """The same with a second person's word."""
    ask = scene.world.ask
    allowed = any(scene.rules.allow(Ask(ask.who, ask.action, ask.purpose, True), now))
    thumb, more = scene.street.thumbs[ask.who], {"approved": True, "masks": True}
    try:
        scene.parts.grants.permit(scene.camera.id, thumb, ask.action, now, ask.purpose, **more)
    except Refused:
        assert not allowed
    else:
        assert allowed


async def still_seen(scene: Scene, view: View, opened: int, now: int) -> None:
    """Whoever looked sees on as long as the grant says so without a break, and no longer than a
    view may last. When clocks are set, they have to ask anew."""
    index = scene.jtis.index(view.looks[scene.camera.id].permit.jti)
    grant, said = scene.world.grants[index], scene.rules.said[index]
    lasts = min(VIEW_S, grant.limits.get("session_s", VIEW_S))
    moments = [opened, *range(opened + 60 - opened % 60, min(now, opened + lasts), 60), now]
    allowed = view.id not in scene.broken and all(
        allows(grant, said, scene.world.ask, moment) for moment in moments
    )
    sees = await scene.sees(view)
    seen["went on", sees] += 1
    if now >= opened + lasts or not (allowed and fits(grant)):
        assert not sees, (opened, now)
    elif offset(grant, opened) == offset(grant, now):
        assert sees, (opened, now)


def offset(grant: Terms, now: int) -> Any:
    return datetime.fromtimestamp(now, zone(grant.tz)).utcoffset()


def test_the_host_shows_what_the_rules_allow(street: Street) -> None:
    def holds(world: World) -> None:
        street.host.wait(holds_at(street, world))

    seen.clear()
    for twist in TWISTS:
        for_worlds(twist, EXAMPLES // len(TWISTS), holds)
    assert len(seen) == 4
    assert min(seen.values()) >= EXAMPLES / 10, seen
