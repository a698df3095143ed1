"""What a simulation counts as broken, from made-up sights and counts."""

import json
from dataclasses import replace
from typing import Any

import pytest

from porchkit.sim.eyes import Seen
from porchkit.sim.figures import Consent, Figures, KillFigures, Sight, promises, sight
from porchkit.sim.meters import Counts, slope

CONSENT = Consent("jti", granted=1000.0, over=1060.0, over_at=60.0)


def seen(sequence: int, *, at: float = 10.0, connection: int = 0, **other: Any) -> Seen:
    frame = Seen(at, sequence, 1010.0, "jti", connection)
    return frame._replace(**other)


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ([], Sight()),
        ([seen(4), seen(5), seen(6)], Sight(frames=3)),
        ([seen(4), seen(6), seen(9)], Sight(frames=3, missing=3)),
        # the same picture shown again while a camera pauses, or when a stream begins
        ([seen(4), seen(4), seen(5)], Sight(frames=2)),
        ([seen(4), seen(4, connection=1), seen(5, connection=1)], Sight(frames=2)),
        # what was sent while nobody looked is not missing, what comes back was sent twice
        ([seen(4), seen(9, connection=1)], Sight(frames=2)),
        ([seen(4), seen(5), seen(4)], Sight(frames=2, repeated=1)),
        ([seen(4), seen(5), seen(4, connection=1)], Sight(frames=2, repeated=1)),
        ([seen(4, grant="another")], Sight(frames=1, outside=1)),
        ([seen(4, captured=990.0)], Sight(frames=1, outside=1)),
        ([seen(4, captured=1062.0)], Sight(frames=1, outside=1)),
        ([seen(4, at=61.1)], Sight(frames=1, outside=1)),
        ([seen(4, at=60.9)], Sight(frames=1)),
    ],
)
def test_sight(frames: list[Seen], found: Sight) -> None:
    assert sight(frames, CONSENT) == found


def good() -> Figures:
    """A run that keeps every promise."""
    return Figures(
        boards=2, fps=5, seconds=10, frame_bytes=25_000, sent=101, taken=100,
        refused={"not-watched": 1}, delivered=100, delivered_per_s=10.0,
    )  # fmt: skip


def broken(run: Figures) -> list[str]:
    return [promise.name for promise in promises(run) if not promise.ok]


def test_a_good_run_breaks_nothing() -> None:
    assert broken(good()) == []
    killed = replace(good(), sent=None, taken=None, sessions_lost=2, integrity="ok", gaps=7)
    killed.kill = KillFigures(5.0, 1.0, [1.0, 2.0], [1.5, 2.5])
    assert broken(killed) == []
    document = json.loads(json.dumps(killed.document()))
    assert (document["ok"], document["lost"]) == (True, None)
    assert good().document()["lost"] == 0


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"delivered_per_s": 9.0}, "pictures of all cameras, at their pace"),
        ({"repeats": 1}, "no frame twice"),
        ({"repeated": 1}, "no frame twice"),
        ({"outside": 1}, "no frame outside its grant"),
        ({"refused": {"no-grant": 1}}, "no frame outside its grant"),
        ({"resets": 1}, "no board reset"),
        ({"sent": 102}, "no frame lost"),
        ({"sent": None}, "no frame lost"),
        ({"gaps": 1}, "no frame lost"),
        ({"dropped": 1}, "no frame lost"),
        ({"sessions_lost": 1}, "no connection dropped"),
    ],
)
def test_each_promise_can_be_broken(change: dict[str, Any], name: str) -> None:
    assert broken(replace(good(), **change)) == [name]


def test_lateness_and_memory() -> None:
    run = good()
    run.board.late_worst_ms = 101
    assert broken(run) == ["no frame over 100 ms late at the board"]
    run = good()
    run.board.late_reports = 1
    assert broken(run) == ["no frame over 100 ms late at the board"]
    run = good()
    run.host.growth_mb = 4.1
    assert broken(run) == ["host memory flat"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"boards_back_s": [1.0]}, "boards come back by themselves"),
        ({"pictures_back_s": [1.0]}, "boards come back by themselves"),
        ({"integrity": "row 3 missing"}, "database intact"),
    ],
)
def test_after_a_kill(change: dict[str, Any], name: str) -> None:
    kill = KillFigures(5.0, 1.0, [1.0, 2.0], [1.5, 2.5])
    integrity = change.pop("integrity", "ok")
    run = replace(good(), integrity=integrity, kill=replace(kill, **change))
    assert broken(run) == [name]


METRICS = """\
# HELP porchlight_sequence_gaps_total Sequence numbers that sources left out.
porchlight_sequence_gaps_total 3.0
porchlight_refusals_total{reason="revoked",what="frame"} 4.0
porchlight_refusals_total{reason="no-case",what="view"} 5.0
porchlight_board_late_seconds_bucket{le="0.1"} 8.0
porchlight_board_late_seconds_bucket{le="+Inf"} 9.0
porchlight_board_late_seconds_count 9.0
process_start_time_seconds 1.7e+09
"""


def test_counts() -> None:
    counts = Counts.parse(METRICS)
    assert counts.of("sequence_gaps_total") == 3
    assert counts.of("sequence_repeats_total") == 0
    assert counts.over("board_late_seconds", "0.1") == 1
    assert counts.refused_frames() == {"revoked": 4}


def test_slope() -> None:
    assert slope([]) == slope([(1, 5)]) == slope([(1, 5), (1, 9)]) == 0
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
