"""For random grants, times and events: a board sends exactly what ten lines of rules allow.

The whole deciding half of the firmware answers, in one MicroPython for all examples: grants come
in as tokens, leases answer its nonce, the button is pressed. tests/support/rules.py has the lines.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from accord import b64, lease
from tests.support.rules import HUBS, LEASE_S, NEIGHBOUR, OWNER, Event, Residents, claims
from tests.support.runtimes import FIRMWARE, REPO, find_micropython
from tests.support.worlds import TWISTS, World, for_worlds

EXAMPLES = int(os.environ.get("PORCHLIGHT_EXAMPLES", "300"))
PEOPLE = {name: name.encode().ljust(32, b"-") for name in (*HUBS, OWNER, NEIGHBOUR)}
THUMBS = {name: b64.encode(raw) for name, raw in PEOPLE.items()}
CODES = {"live": 1, "snapshot": 2, "clips": 3, "export": 4, "register": 5}


class Asked:
    """A board in a process of its own."""

    def __init__(self) -> None:
        script = REPO / "tests/firmware/gate_asked.py"
        path = ":".join(map(str, (REPO, FIRMWARE, FIRMWARE / "lib", ".frozen")))
        self._process = subprocess.Popen(
            [str(find_micropython()), str(script)],
            env={**os.environ, "MICROPYPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.camera = self._line()

    def play(self, world: dict[str, Any]) -> list[list[bool]]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(world) + "\n")
        self._process.stdin.flush()
        found = json.loads(self._line())
        assert isinstance(found, list), found  # otherwise the words of an error
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip()

    def close(self) -> None:
        left, _ = self._process.communicate(timeout=20)
        assert not left, left


@pytest.fixture(scope="module")
def board() -> Iterator[Asked]:
    asked = Asked()
    yield asked
    asked.close()


def told(world: World, camera: str) -> tuple[dict[str, Any], list[list[bool]]]:
    """The world as the board is told it, and what the rules say at each step."""
    rules = Residents(world.grants)

    def hears(events: tuple[Event, ...], now: int) -> list[Event]:
        return [event for event in events if rules.say(event, now)]

    uri = lease.uri(camera)
    grants = [claims(grant, i, THUMBS, uri) for i, grant in enumerate(world.grants)]
    for said in grants:
        said["iat"] = min(said["nbf"], world.base)
    asked = {"hub": list(PEOPLE[world.ask.who]), "action": CODES[world.ask.action]}
    before = hears(world.before, world.base)
    steps, allowed = [], []
    for step in world.steps:
        events = hears(step.events, step.at)
        steps.append({"at": step.at, "events": events, "filmed_s": step.filmed_s})
        allowed.append(rules.film(world.ask, step.at))
        for which, films in enumerate(allowed[-1]):
            if films:
                rules.filmed(which, step.at, step.filmed_s)
    given = {"base": world.base, "ask": asked, "lease_s": LEASE_S}
    return {**given, "grants": grants, "before": before, "steps": steps}, allowed


def test_the_board_sends_what_the_rules_allow(board: Asked) -> None:
    seen: Counter[bool] = Counter()

    def holds(world: World) -> None:
        asked, allowed = told(world, board.camera)
        sent = board.play(asked)
        seen.update(verdict for step in sent for verdict in step)
        assert sent == allowed

    for twist in TWISTS:
        for_worlds(twist, EXAMPLES // len(TWISTS), holds, at_board=True)
    assert min(seen[True], seen[False]) >= EXAMPLES / 5, seen
