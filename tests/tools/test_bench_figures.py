"""Figures of the benches of streams: what they are made of, which bars they are held against, and
what the exit code says. Made-up numbers in, sentences out."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from porchkit.bench import (
    common,
    fanout,
    ingest,
    latency,
    overload,
    results,
    slow,
    soak,
    viewers,
    walls,
)
from porchkit.bench.kit import Kit
from porchkit.bench.processes import Cores
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.soak import Sample
from porchkit.errors import CommandError


def missed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.ok]


def served(us: float = 10.0, **changes: Any) -> dict[str, Any]:
    """What a load generator says of a run in which all is well."""
    found = {
        "srv_us_per_frame": us, "fps_median": 20.0, "fps_min": 20.0, "srv_rss_mb": 50.0,
        "fps_total": 1000.0, "lat_ms": {"p50": 2.0, "p90": 3.0, "p99": 5.0, "max": 9.0},
        "slow": {"fps_each": 2.0, "lat_ms_p50": 700.0, "lat_ms_max": 900.0},
        "errors": 0, "srv_cores": 0.1, "n": 50,
    }  # fmt: skip
    return found | changes


def fan(ours: float, *, floor: float = 10.0, ustreamer: float = 40.0) -> fanout.Round:
    costs = {"floor": floor, "porchlight": ours, "naive": 35.0, "ustreamer": ustreamer}
    return {name: {500: served(us)} for name, us in costs.items()}


def test_fanout_takes_the_median_of_the_rounds_own_ratios() -> None:
    rounds = [fan(12), fan(26, floor=20), fan(30)]  # 1.2, 1.3, 3.0; the medians' ratio is 2.6
    assert fanout.relative(rounds, "porchlight", "floor", 500) == 1.3
    assert "porchlight" in fanout.text(rounds, [500], "C floor")
    assert "26.0 (1.30x)" in fanout.text(rounds, [500], "C floor")


@pytest.mark.parametrize(
    ("round", "names"),
    [
        (fan(13), []),
        (fan(14, ustreamer=43), ["floor, 500"]),
        (fan(13, ustreamer=38), ["ustreamer, 500"]),
        (fan(16), ["floor, 500", "ustreamer, 500", "naive, 500"]),
    ],
)
def test_fanout_is_held_against_floor_and_peers(round: fanout.Round, names: list[str]) -> None:
    assert missed(fanout.checks([round])) == names


def test_fanout_promises_nothing_where_nothing_was_promised() -> None:
    few = {name: {2: served()} for name in ("floor", "porchlight", "ustreamer")}
    assert fanout.checks([few]) == []


@pytest.mark.parametrize("limit", [1, 7, 399, 400, 401, 1000, 3199, 5000, 6400])
def test_the_most_viewers_are_found_nearly(limit: int) -> None:
    tried: list[int] = []

    def holds(number: int) -> bool:
        tried.append(number)
        return number <= limit

    found = viewers.most(holds, 400, 6400)
    assert limit * (1 - 1 / viewers.STEP) - 1 <= found <= limit
    assert len(tried) < 16
    assert max(tried) <= 6400


def test_a_server_that_holds_nobody() -> None:
    assert viewers.most(lambda _: False, 400, 6400) == 0
    rounds = [{"floor": {"held": 100}, "porchlight": {"held": 0}, "ustreamer": {"held": 0}}]
    assert missed(viewers.checks(rounds)) == ["floor", "ustreamer"]
    assert "0.00" in viewers.text(rounds, "C floor")


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, True),
        ({"errors": 1}, False),
        ({"fps_min": 18.9}, False),
        ({"lat_ms": {"p99": 100.0}}, False),
        ({"lat_ms": {"p99": -1.0}}, False),
    ],
)
def test_viewers_are_held_when_all_are_served(changes: dict[str, Any], held: bool) -> None:
    found = served(**changes)
    assert viewers.is_held(found) is held
    assert viewers.told(found | {"first_error": "status 503"}).startswith("held") is held


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"slow": {"lat_ms_p50": 1001.0}}, ["slow viewers: age, ms (p50)"]),
        ({"fps_min": 18.0}, ["the others: slowest, fps"]),
        ({"lat_ms": {"p99": 21.0}}, ["the others: latency, ms (p99)"]),
    ],
)
def test_slow_viewers_and_the_others(changes: dict[str, Any], names: list[str]) -> None:
    assert missed(slow.checks([{"porchlight": served(**changes)}])) == names


def test_overload_is_fair_and_fresh() -> None:
    assert overload.fairness(served(fps_min=30.0, fps_median=120.0)) == 0.25
    assert overload.fairness(served(fps_min=0.0, fps_median=0.0)) == 0
    stale = served(lat_ms={"p50": 40.0, "p99": 51.0}, fps_min=1.0)
    assert len(missed(overload.checks([{"porchlight": stale}]))) == 2
    assert missed(overload.checks([{"porchlight": served()}])) == []


def test_ingest_counts_frames_for_a_cpu_second() -> None:
    rounds = [{"floor": {"us_per_frame": 20.0}, "plain": {"us_per_frame": 25.0, "frames_s": 9.0}}]
    assert ingest.relative(rounds, "plain", "floor") == 0.8
    assert missed(ingest.checks(rounds, {"plain": 40.0, "tls": 151.0})) == [
        "KB for an idle board, tls"
    ]
    assert ingest.checks([{"plain": {"us_per_frame": 25.0}}], {}) == []  # no C floor, no bar


def test_walls_are_held_in_both_sizes() -> None:
    one = {"tile": 0.5, "assemble": 0.02, "bytes": 90_000, "watched": served()}
    heavy = one | {"watched": served(srv_cores=0.3)}
    found = [{640: one | {"size": [640, 480]}, 1280: heavy | {"size": [1280, 960]}}]
    assert missed(walls.checks(found)) == ["1280 wide: cores, 50 viewers"]
    assert "1280x960" in walls.text(found)


def test_latency_end_to_end() -> None:
    assert missed(latency.checks([served()])) == []
    assert len(missed(latency.checks([served(lat_ms={"p50": 31.0, "p99": 151.0})]))) == 2


def sample(at: float, rss_mb: float, handles: int = 20, tasks: int = 8) -> Sample:
    return Sample(at, rss_mb, handles, tasks, 1)


def test_what_a_soak_leaves_behind() -> None:
    flat = [sample(at, 100 + at % 2) for at in range(9)]
    assert missed(soak.checks(flat)) == []
    growing = [sample(at, 100 + 5 * at) for at in range(9)]
    assert soak.growth(growing) == pytest.approx(30 / 105)
    assert missed(soak.checks(growing)) == ["memory grew by, share"]
    lost = [*flat, sample(9, 100, handles=21, tasks=9)]
    assert missed(soak.checks(lost)) == ["handles more than before", "tasks more than before"]
    assert "+18000.0 MB an hour" in soak.text(growing, 7)


def finish(tmp_path: Path, *found: Result, json_to: Path | None = None) -> int:
    args = argparse.Namespace(json=json_to)
    return common.finish(found, args, Kit(tmp_path, tmp_path / "frames", Cores()))


GOOD = Result("good", "all is well", [Check.at_most("bar", 1, 2)], [{"round": 1}])
BAD = Result("bad", "it is not", [Check.at_most("bar", 3, 2)])
BROKEN = Result("broken", "no", (), error="the host ended")


@pytest.mark.parametrize(
    ("found", "code"), [([GOOD], 0), ([GOOD, BAD], 1), ([BROKEN], 1), ([GOOD, BROKEN], 1)]
)
def test_a_missed_bar_is_exit_1(tmp_path: Path, found: list[Result], code: int) -> None:
    assert finish(tmp_path, *found) == code


def test_every_number_is_written_with_what_it_was_made_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(tmp_path, GOOD, BAD, json_to=tmp_path / "results.json")
    assert "MISSED" in capsys.readouterr().out
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["ok"] is False
    assert found["benches"]["good"] == {
        "ok": True,
        "error": "",
        "checks": [{"name": "bar", "measured": 1, "at_most": 2, "ok": True}],
        "rounds": [{"round": 1}],
    }
    assert found["floor"] == "Python floor"
    assert found["machine"]["cores"] >= 1
    assert found["versions"]["fastapi"]
    assert found["date"].endswith("+00:00")


def test_json_to_stdout_stands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(tmp_path, GOOD, json_to=Path("-"))
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_results_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot write"):
        results.write(tmp_path / "no" / "such", {})


def test_columns_stand_below_each_other() -> None:
    assert grid(["name", "us"], [["a", "10.0"], ["longer", "9"]]) == (
        "name      us\na       10.0\nlonger     9"
    )
