"""What hubs hear of grants as it happens: of what they may read, and of nothing else."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from porchlight.events import Event
from tests.support.asking import Block
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.signing import Signer

GEO = {"cell": "u173zq", "precision_m": 500}
Heard = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def block(host: InThread, clock: ShiftedClock) -> Iterator[Block]:
    made = Block(host, clock)
    yield made
    made.close()
    clock.ahead_s = 0


@contextlib.contextmanager
def hearing(host: InThread, who: Signer) -> Iterator[Heard]:
    """heard(): the state of each grant event so far, and its grant."""
    events: list[Event] = []
    with host.call(lambda: host.parts.events.subscribe(who.thumb)) as heard:
        put = heard.put

        def noted(event: Event) -> None:
            events.append(event)
            put(event)

        heard.put = noted  # type: ignore[method-assign]
        yield lambda: host.call(
            lambda: [(e.body["state"], e.body["jti"]) for e in events if e.name == "grant"]
        )


def test_given_and_taken_back(host: InThread, fire: Signer, porch: Kit, ann: Signer) -> None:
    police = host.hub()
    with hearing(host, fire) as heard, hearing(host, police) as others, hearing(host, ann) as own:
        jti = host.grant(porch, fire, police)
        host.caller(ann).post(f"/grants/{jti}/revoke")
        assert heard() == others() == [("given", jti), ("revoked", jti)]
        assert own() == []  # those are entries


def test_run_out(host: InThread, fire: Signer, porch: Kit, clock: ShiftedClock) -> None:
    jti = host.grant(porch, fire)
    with hearing(host, fire) as heard:
        clock.ahead_s = 4_000
        host.wait(host.parts.grants.sweep())
        clock.ahead_s = 0
        assert heard() == [("expired", jti)]


def test_only_registering_names_nobody(
    host: InThread, fire: Signer, porch: Kit, ann: Signer
) -> None:
    with hearing(host, fire) as heard:
        jti = host.grant(porch, fire, detail={"actions": ["register"], "geo": GEO})
        host.caller(ann).post(f"/grants/{jti}/revoke")
        assert heard() == []


def test_an_answer_to_a_request_is_told_by_the_request_alone(block: Block, fire: Signer) -> None:
    """Neither before its moment, as an event, nor its being taken back before that."""
    kit, later = block.neighbour(fire), block.neighbour(fire, 30)
    request = block.asked(fire)
    with hearing(block.host, fire) as heard:
        early, late = (_approve(block, one, request, fire) for one in (kit, later))
        block.caller(kit.owner).post(f"/grants/{early}/revoke")
        assert heard() == []
        block.minutes_pass(2)
        block.caller(later.owner).post(f"/grants/{late}/revoke")
        assert heard() == [("revoked", late)]


def _approve(block: Block, kit: Kit, request: str, hub: Signer) -> str:
    given = block.approve(kit, request, block.answer(kit, request, hub))
    assert given.status_code == 200, given.text
    return str(given.json()["grant"])
