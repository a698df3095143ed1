"""Worlds for the property tests of consent: some grants for one camera, somebody who asks, and
moments at which things happen. See rules.py for what is to come of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rules import (
    ACTIONS,
    FILMING,
    HUBS,
    LEASE_S,
    NEIGHBOUR,
    OWN_USE,
    OWNER,
    Ask,
    Event,
    Terms,
    zone,
)

WEEK: Final = 7 * 24 * 60


@dataclass(frozen=True)
class Step:
    """A moment (unix s): first things happen, then somebody asks. `filmed_s`: and films so long."""

    at: int
    events: tuple[Event, ...] = ()
    filmed_s: int = 0


@dataclass(frozen=True)
class World:
    """`base`: unix s at which all is granted and what `before` says happens."""

    base: int
    grants: tuple[Terms, ...]
    ask: Ask
    before: tuple[Event, ...]
    steps: tuple[Step, ...]


# Everything is allowed but for a few twists, and moments lie at the edges.

CET, EST = "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0"
SYDNEY, CHATHAM = "AEST-10AEDT,M10.1.0,M4.1.0/3", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45"
_MOMENTS: Final = (  # a zone, and when something is special there: mostly, clocks are set
    ("UTC0", 1_780_272_000),  # Monday 2026-06-01 00:00
    ("IST-5:30", 1_782_844_215),
    (CET, 1_774_746_000),
    (CET, 1_792_890_000),
    (EST, 1_793_512_800),
    (SYDNEY, 1_775_318_400),
    (CHATHAM, 1_790_431_200),
)
EARLIEST: Final = 1_774_700_000
_OFFSETS: Final = (0, 60, 300, 600, 1800, 3600, 7200)
TWISTS: Final = (
    *("aud", "who", "cnf", "action", "purpose", "time", "window", "clocks", "lease", "panic"),
    *("incident", "approve", "mask", "limits", "session", "midnight", "events", "more"),
)


def for_worlds(
    twist: str, examples: int, holds: Callable[[World], None], *, at_board: bool = False
) -> None:
    """Have `holds` called with so many worlds, the same each time; raises what it raises for the
    smallest."""

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(worlds(twist, at_board=at_board))
    def asked(world: World) -> None:
        holds(world)

    asked()


@st.composite
def worlds(draw: st.DrawFn, twist: str, *, at_board: bool = False) -> World:
    """Any with this twist, and perhaps some others."""
    posix, special = draw(st.sampled_from(_MOMENTS))
    if twist == "clocks":  # as they are set, with an hour's window on either side
        posix, special = draw(st.sampled_from(_MOMENTS[2:]))
    if twist == "midnight":  # a minute or half of one before it
        posix, special = "UTC0", _MOMENTS[0][1] - 30
    base = special - draw(st.sampled_from(_OFFSETS)) + draw(st.sampled_from((-1, 0, 0, 17)))
    base = special - 30 if twist == "midnight" else base
    twists = {twist, *draw(st.lists(st.sampled_from(TWISTS), max_size=2))}
    who = draw(st.sampled_from((*HUBS, OWNER, NEIGHBOUR))) if "who" in twists else "fire"
    filming: tuple[str, ...] = ("live", "snapshot")
    if at_board:
        filming = ACTIONS if "action" in twists else FILMING
    action = draw(st.sampled_from(filming))
    purpose = OWN_USE if who in (OWNER, NEIGHBOUR) else draw(st.sampled_from(("fire", "theft")))
    ask = Ask(who, action, None, True) if at_board else Ask(who, action, purpose)
    count = draw(st.integers(2, 3)) if "more" in twists else 1
    grants = tuple(draw(_grants(base, posix, ask, twists)) for _ in range(count))
    which = st.integers(0, count - 1)
    spoken = ("revoke", "stop", "pause", "resume", "open", "lease")
    kinds = st.sampled_from((*spoken, "button") if at_board else spoken)
    events = st.lists(st.tuples(kinds, which), max_size=2) if "events" in twists else st.just([])
    rarely = st.integers(0, 5).map(lambda n: n == 5)
    before = [("open", i) for i, g in enumerate(grants) if g.panic_s and not draw(rarely)]
    before += [] if draw(rarely) else [("lease", 0)]
    moments = sorted(draw(st.lists(_moments(base, special, grants), min_size=2, max_size=4)))
    filmed = st.sampled_from((0, 59, 60)) if at_board else st.just(0)
    steps: list[Step] = []
    for at in moments:
        done = steps[-1].at + steps[-1].filmed_s if steps else base
        steps.append(Step(max(at, done), tuple(draw(events)), draw(filmed)))
    return World(base, grants, ask, tuple(before), tuple(steps))


@st.composite
def _grants(draw: st.DrawFn, base: int, posix: str, ask: Ask, twists: set[str]) -> Terms:
    def some(twist: str, values: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
        if twist not in twists:
            return usual
        return tuple(draw(st.lists(st.sampled_from(values), min_size=1, unique=True)))

    named = ask.who if ask.who != NEIGHBOUR else "fire"
    begins, ends = base - 60, base + 80_000
    if "time" in twists:
        begins = base + draw(st.sampled_from((-3600, 0, 60, 300)))
        ends = begins + draw(st.sampled_from((1, 301, 600, 3600, 82_000)))
    incident = "incident" in twists and draw(st.booleans())
    made = Terms(
        aud=some("aud", (*HUBS, OWNER), (*HUBS, OWNER) if "cnf" in twists else (named,)),
        actions=some("action", ACTIONS, (ask.action,)),
        purposes=some("purpose", ("fire", "theft", OWN_USE), ("fire", "theft", OWN_USE)),
        nbf=begins,
        exp=min(ends, begins + 3600) if incident else ends,
        incident=incident,
        approve=draw(st.sampled_from(("two", "one"))) if "approve" in twists else "one",
        leased=not twists.isdisjoint(("lease", "events")) and draw(st.integers(0, 7)) > 0,
        panic_s=draw(st.sampled_from((60, 60, 600, 0))) if "panic" in twists else 0,
        mask="mask" in twists and draw(st.booleans()),
        limits=draw(_LIMITS) if "limits" in twists else {},
    )
    if "session" in twists:
        made = replace(made, limits={"session_s": draw(st.sampled_from((60, 1, 300)))})
    if "midnight" in twists:
        made = replace(made, limits={"day_s": draw(st.sampled_from((60, 61, 90)))})
    if "cnf" in twists:
        made = replace(made, cnf=draw(st.sampled_from(made.aud)))
    if "window" in twists or "clocks" in twists:
        made = replace(
            made, windows=draw(_windows(base, posix, hours="clocks" in twists)), tz=posix
        )
    return made


_LIMITS: Final = st.fixed_dictionaries(
    {},
    optional={
        "session_s": st.sampled_from((60, 1, 300, 601)),
        "day_s": st.sampled_from((60, 118, 119)),
        "w": st.sampled_from((95, 96, 160, 400)),
        "h": st.sampled_from((95, 119, 120)),
    },
)


@st.composite
def _windows(draw: st.DrawFn, base: int, posix: str, *, hours: bool) -> tuple[tuple[int, int], ...]:
    """One to three, near the local minute of `base`; what runs over Sunday's end is cut there.
    `hours`: whole ones."""
    local = datetime.fromtimestamp(base, zone(posix))
    here = (local.weekday() * 24 + local.hour) * 60 + (0 if hours else local.minute)
    starts = st.sampled_from((-60, 0, 60) if hours else (-60, -5, 0, 1, 5, 30))
    spans = st.just(60) if hours else st.sampled_from((5, 1, 60, 180, 1500))
    found: set[tuple[int, int]] = set()
    for _ in range(draw(st.integers(1, 2 if hours else 3))):
        start = (here + draw(starts)) % WEEK
        end = start + draw(spans)
        found.add((start, min(end, WEEK)))
        if end > WEEK:
            found.add((0, end - WEEK))
    return tuple(sorted(found))


@st.composite
def _moments(draw: st.DrawFn, base: int, special: int, grants: tuple[Terms, ...]) -> int:
    """From `base` on: where something begins or ends, or a second beside; or just anywhere."""
    edges = {base, special}
    for grant in grants:
        edges |= {grant.nbf, grant.exp}
        edges |= {base + LEASE_S} if grant.leased else set()
        edges |= {base + grant.panic_s, base + grant.limits.get("session_s", 0)}
        local = datetime.fromtimestamp(base, zone(grant.tz))
        monday = local - timedelta(local.weekday(), hours=local.hour, minutes=local.minute)
        for minute in (minute for window in grant.windows for minute in window):
            moment = int((monday + timedelta(minutes=minute)).timestamp())
            edges.add(moment - moment % 60)
    near = sorted(edge for edge in edges if base <= edge <= base + 2 * 86_400)
    if draw(st.integers(0, 7)) == 7:
        return base + draw(st.integers(0, 86_400))
    return max(base, draw(st.sampled_from(near)) + draw(st.sampled_from((-1, 0, 1))))
