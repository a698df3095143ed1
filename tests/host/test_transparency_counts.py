"""What a report may show: random logs, and what can be told of one resident by comparing."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.transparency import report
from porchlight.transparency.hiding import NOTHING, Cell, Key, shown, table
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.reading import Line, Read
from porchlight.transparency.report import Frame
from porchlight.transparency.told import Told

K = 3
FRAME = Frame("elm", Quarter(2026, 3), K)
PEOPLE = [f"r{number}" for number in range(7)]
HUBS = {"H1": "fire", "H2": "police", "ZZ": "ann"}  # the last one is no hub

lines = st.builds(
    Line,
    type=st.sampled_from(["view.open", "view.close", "search", "clip.played", "clip.released"]),
    resident=st.sampled_from(PEOPLE),
    hub=st.sampled_from(sorted(HUBS)),
    hub_name=st.none(),
    purpose=st.sampled_from(["fire", "theft", "secret-of-r1", None]),
    action=st.sampled_from(["live", "snapshot"]),
    reason=st.none(),
    times=st.integers(1, 9),
    amount=st.integers(0, 4_000),
).map(lambda line: line._replace(hub_name=HUBS[str(line.hub)]))
refusals = st.builds(
    lambda who, hub, reason, amount: Line(
        "access.refused", who, hub, HUBS[hub], None, "live", reason, 1, amount
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from(sorted(HUBS)),
    st.sampled_from(["no-grant", "expired", "Sam was at the door"]),
    st.integers(1, 5),
)
consents = st.builds(
    lambda type, who, times: Line(type, who, "H1", "fire", None, None, None, times, 0),
    st.sampled_from(["grant.seen", "grant.revoked", "panic.opened", "request.approved"]),
    st.sampled_from(PEOPLE),
    st.integers(1, 4),
)
logs = st.builds(
    lambda found, asked: Read(
        found,
        asked,
        [("resident.added", who, 1) for who in sorted({line.resident for line in found})],
        frozenset({"H1", "H2"}),
    ),
    st.lists(lines | refusals | consents, max_size=60),
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(["q1", "q2", "q3"])), max_size=9),
)
checked = settings(max_examples=40, deadline=None)


def made(found: Read) -> dict[str, Any]:
    return report.make(found, FRAME, Told())


def numbers(of: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Every number in a report by what it is of, and every "<3"."""
    if isinstance(of, dict) and "number" in of:
        return {(*path, *(v for k, v in of.items() if k != "number")): of["number"]}
    if isinstance(of, dict):
        pairs = [numbers(value, (*path, key)) for key, value in of.items() if key != "k"]
    elif isinstance(of, list):
        pairs = [numbers(value, path) for value in of]
    else:
        return {path: of} if isinstance(of, int) or of == f"<{K}" else {}
    return {key: value for pair in pairs for key, value in pair.items()}


def without(found: Read, who: str) -> Read:
    return Read(
        [line for line in found.lines if line.resident != who],
        [pair for pair in found.requests if pair[0] != who],
        [row for row in found.standing if row[1] != who],
        found.hubs,
    )


@checked
@given(logs)
def test_a_number_is_a_multiple_of_k_and_a_total_what_its_lines_add_up_to(found: Read) -> None:
    shown_ = made(found)
    for number in numbers(shown_).values():
        assert number == f"<{K}" or (isinstance(number, int) and number % K == 0)
    for part in ("use", "minutes_live", "refused"):
        rows = [row["number"] for row in shown_[part]["rows"]]
        assert shown_[part]["total"] == sum(n for n in rows if isinstance(n, int))


@checked
@given(logs, st.randoms(use_true_random=False))
def test_who_it_was_makes_no_difference(found: Read, chance: random.Random) -> None:
    """Everybody's doings under somebody else's name: the same bytes."""
    shuffled = chance.sample(PEOPLE, len(PEOPLE))
    other = dict(zip(PEOPLE, shuffled, strict=True))
    swapped = Read(
        [line._replace(resident=other[line.resident]) for line in found.lines],
        [(other[who], request) for who, request in found.requests],
        [(type, other[who], count) for type, who, count in found.standing],
        found.hubs,
    )
    assert made(swapped) == made(found)


@checked
@given(logs, st.sampled_from(PEOPLE))
def test_comparing_with_and_without_a_resident_shows_no_number_that_is_theirs(
    found: Read, who: str
) -> None:
    """Of a line that stays, the change is a multiple of k; a line that comes or goes had at least
    k - 1 others in it; and lines that they share with nobody change nothing."""
    before, after = numbers(made(found)), numbers(made(without(found, who)))
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if isinstance(old, int) and isinstance(new, int):
            assert (old - new) % K == 0
    for key in before.keys() ^ after.keys():
        if key[0] == "use" and None not in key:
            others = without(found, who).lines
            assert len({line.resident for line in others if _is(line, key[-3:])}) >= K - 1, key


def _is(line: Line, key: tuple[Any, ...]) -> bool:
    entered = {"search": "search", "clip.played": "clips", "clip.released": "export"}
    use = line.action if line.type == "view.open" else entered.get(line.type)
    return (use, line.hub_name, line.purpose) == key


@checked
@given(logs)
def test_who_is_alone_with_something_leaves_no_trace(found: Read) -> None:
    """One resident does what nobody else here does, at a hub of their own; and it shows nowhere."""
    alone = [
        Line("view.open", "r0", "H3", "mayor", "medical", "snapshot", None, 500, 0),
        Line("view.close", "r0", "H3", "mayor", "medical", None, None, 500, 90_000),
        Line("access.refused", "r0", "H3", "mayor", None, "live", "frozen", 1, 77),
    ]
    hubs = found.hubs | {"H3"}
    text = str(made(found._replace(lines=found.lines + alone, hubs=hubs)))
    assert "mayor" not in text
    assert "medical" not in text
    assert "frozen" not in text
    two = table({("live", "mayor"): Cell(500, frozenset({"a", "b"}))}, K)
    assert two == {}


@checked
@given(logs)
def test_no_word_of_residents_is_in_it(found: Read) -> None:
    text = str(made(found))
    for word in (*PEOPLE, "ann", "secret-of-r1", "Sam was", "own-use"):
        assert f"'{word}" not in text


def test_who_is_no_hub_is_not_named() -> None:
    """However many cameras somebody opens, a name that is not a hub's is a resident's."""
    opened = [
        Line("view.open", who, "ZZ", "ann", "fire", "live", None, 5, 0)._replace(type=type)
        for who in PEOPLE
        for type in ("view.open", "view.close", "access.refused")
    ]
    text = str(made(Read(opened, [], [], frozenset({"H1"}))))
    assert "'ann'" not in text


def test_denied_and_silent_are_the_same_report() -> None:
    def asked(end: str) -> Read:
        ended = [Line(end, who, "H1", "fire", "fire", None, None, 1, 0) for who in PEOPLE]
        return Read(ended, [(who, "q1") for who in PEOPLE], [], frozenset({"H1"}))

    assert made(asked("request.denied")) == made(asked("request.expired"))


def test_lines_are_joined_until_they_are_enough() -> None:
    def cell(times: int, *who: str) -> Cell:
        return Cell(times, frozenset(who))

    cells: dict[Key, Cell] = {
        ("live", "fire", "theft"): cell(9, "a", "b", "c"),
        ("live", "fire", "fire"): cell(2, "a", "b"),
        ("live", "fire", "medical"): cell(2, "c"),
        ("live", "mayor", "fire"): cell(40, "d"),
        ("search", "mayor", "fire"): cell(40, "d", "e"),
    }
    assert {key: one.times for key, one in table(cells, K).items()} == {
        ("live", "fire", "theft"): 9,
        ("live", "fire", None): 4,
    }
    cells["live", "police", "fire"] = cell(1, "f")
    assert table(cells, K)[None, None, None] == cell(81, "d", "e", "f")
    assert shown(NOTHING, K) == shown(cell(2, "a", "b"), K) == shown(cell(99, "a"), K) == "<3"
    assert (shown(cell(3, "a", "b", "c"), K), shown(cell(11, "a", "b", "c"), K)) == (3, 9)
    assert shown(cell(179, "a", "b", "c"), K, unit=60) == "<3"
