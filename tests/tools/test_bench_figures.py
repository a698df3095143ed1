"""Figures of the benches of streams: what they are made of, which bars they are held against, and
what the exit code says. Made-up numbers in, sentences out."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pytest

from porchkit.bench import (
    common,
    fanout,
    figures,
    ingest,
    latency,
    overload,
    results,
    slow,
    soak,
    viewers,
    walls,
    whole,
)
from porchkit.bench.kit import Kit
from porchkit.bench.processes import Cores
from porchkit.bench.report import Check, grid, table
from porchkit.bench.results import Result
from porchkit.bench.soak import Sample, Stress
from porchkit.errors import CommandError


def missed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.ok]


def ages(n: int = 4000, **changes: float) -> dict[str, float]:
    """Of so many pictures, which is all of them unless a test says so."""
    return {"n": n, "p50": 2.0, "p90": 3.0, "p99": 5.0, "max": 9.0} | changes


NO_AGES = ages(0, p50=-1.0, p90=-1.0, p99=-1.0, max=-1.0)


def served(us: float = 10.0, **changes: Any) -> dict[str, Any]:
    """What a load generator says of a run in which all is well."""
    found = {
        "srv_us_per_frame": us, "fps_median": 20.0, "fps_min": 20.0, "srv_rss_mb": 50.0,
        "fps_total": 1000.0, "wall_s": 4.0, "lat_ms": ages(),
        "slow": {"fps_each": 2.0, "lat_ms_p50": 700.0, "lat_ms_max": 900.0},
        "errors": 0, "srv_cores": 0.1, "n": 50, "alive": 50,
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


def test_a_floor_that_takes_its_frames_was_watched_by_nobody() -> None:
    one = fan(12) | {fanout.TAKING: {500: served(15.0)}}
    row = fanout.text([one], [500], "C floor").splitlines()[-1]
    assert row.split("  ")[0] == "C floor that takes its frames from a board"
    assert row.split()[-2:] == ["15.0", "(1.50x)"]
    assert missed(fanout.checks([one])) == missed(fanout.checks([fan(12)]))


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


@pytest.mark.parametrize("name", ["floor", "porchlight"])
def test_fanout_counts_no_cost_of_pictures_that_did_not_come(name: str) -> None:
    late = fan(13)
    late[name][500] |= {"fps_min": 18.9}
    assert missed(fanout.checks([late])) == [f"{name}, 500: slowest, fps"]
    assert missed(fanout.checks([fan(-1.0)])) == ["floor, 500", "ustreamer, 500", "naive, 500"]
    nothing = fan(-1.0, floor=-1.0)  # of which the ratio would be one
    assert "floor, 500" in missed(fanout.checks([fan(13), nothing, fan(13)]))


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
    assert len(tried) < 18
    assert max(tried) <= 6400
    assert tried.count(found) == 2  # once is luck
    assert tried[-1] == found


def test_a_number_that_is_held_only_once_is_not_held() -> None:
    tried: list[int] = []

    def holds(number: int) -> bool:
        tried.append(number)
        return number <= 1000 and (number <= 700 or tried.count(number) < 2)

    assert 640 <= viewers.most(holds, 400, 6400) <= 700
    tried.clear()
    assert viewers.most(lambda number: holds(number) and len(tried) < 2, 1, 6400) == 0


def held(number: int, missed: int | None = None) -> dict[str, Any]:
    return {"held": number, "missed": missed}


@pytest.mark.parametrize(
    ("floor", "ours", "names"),
    [
        (held(3000, 3200), held(2400, 2600), []),
        (held(3000, 3200), held(2300, 2600), ["floor"]),
        (held(3000, 3200), held(6400), []),  # ours holds 6400 at least
        (held(6400), held(6000, 6400), ["floor"]),  # the floor at least: 0.94 at most
        (held(6400), held(6400), []),
        (held(400), held(400), ["floor"]),  # a cap that somebody chose shows nothing
    ],
)
def test_a_floor_that_reached_the_top_is_no_measure(
    floor: dict[str, Any], ours: dict[str, Any], names: list[str]
) -> None:
    known = {"floor": held(3000, 3200), "porchlight": held(2900, 3000)}
    checks = viewers.checks([known, {"floor": floor, "porchlight": ours}, known])
    one = viewers.checks([{"floor": floor, "porchlight": ours}])
    assert [name.partition(",")[0] for name in missed(one)] == names
    if floor["missed"] is None:
        assert "at least" in f"{checks[0].name} {checks[0].why}"
        assert "at least" in viewers.text([{"floor": floor, "porchlight": ours}], "C floor")


def test_a_server_that_holds_nobody() -> None:
    assert viewers.most(lambda _: False, 400, 6400) == 0
    rounds = [{"floor": held(100, 110), "porchlight": held(0, 1), "ustreamer": held(0, 1)}]
    assert missed(viewers.checks(rounds)) == ["floor", "ustreamer"]
    assert "0.00" in viewers.text(rounds, "C floor")


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, True),
        ({"errors": 1}, False),
        ({"fps_min": 18.9}, False),
        ({"lat_ms": ages(p99=100.0)}, False),
        ({"lat_ms": NO_AGES}, False),
        ({"lat_ms": ages(3799)}, False),
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
        ({"slow": {"fps_each": 2.0, "lat_ms_p50": 1001.0}}, ["slow viewers: age, ms (p50)"]),
        ({"slow": {"fps_each": 0.9, "lat_ms_p50": 700.0}}, ["slow viewers: fps"]),
        (
            {"slow": {"fps_each": 0.0, "lat_ms_p50": -1.0}},
            ["slow viewers: fps", "slow viewers: age, ms (p50)"],
        ),
        ({"fps_min": 18.0}, ["the others: slowest, fps"]),
        ({"lat_ms": ages(p99=21.0)}, ["the others: latency, ms (p99)"]),
        ({"lat_ms": NO_AGES}, ["the others: latency, ms (p99)"]),
    ],
)
def test_slow_viewers_and_the_others(changes: dict[str, Any], names: list[str]) -> None:
    assert missed(slow.checks([{"porchlight": served(**changes)}])) == names


def test_overload_is_fair_and_fresh() -> None:
    assert overload.fairness(served(fps_min=30.0, fps_median=120.0)) == 0.25
    assert math.isnan(overload.fairness(served(fps_min=0.0, fps_median=0.0)))
    stale = served(lat_ms=ages(p99=51.0), fps_min=1.0)
    names = ["latency, ms (p99)", "worst viewer / median"]
    assert missed(overload.checks([{"porchlight": stale}], 300_000)) == names
    assert missed(overload.checks([{"porchlight": served()}], 300_000)) == []


@pytest.mark.parametrize(
    ("us", "delivered", "load"),
    [
        (20.0, 40_000.0, 3.0),  # a core could have sent 50,000
        (20.0, 60_000.0, 2.5),  # it did send more: a process may have more than a core
        (10.0, 1_000.0, 1.5),  # idle is not overloaded
        (-1.0, 0.0, math.nan),
    ],
)
def test_overload_is_twice_what_can_be_served(us: float, delivered: float, load: float) -> None:
    one = served(us, fps_total=delivered, lat_ms=ages(400_000))
    check = overload.checks([{"porchlight": one}], 150_000)[0]
    assert check.measured == pytest.approx(load, nan_ok=True)
    assert check.ok is (load >= 2)


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
    found[0][640]["watched"] = served(fps_min=9.4)
    assert missed(walls.checks(found))[0] == "640 wide: slowest viewer, fps"


def test_latency_end_to_end() -> None:
    assert missed(latency.checks([served()])) == []
    late = served(lat_ms=ages(p50=31.0, p99=151.0), fps_min=4.7)
    assert len(missed(latency.checks([late]))) == 3
    assert len(missed(latency.checks([served(lat_ms=NO_AGES)]))) == 2
    assert len(missed(latency.checks([served(lat_ms=ages(1))]))) == 2  # one stamp is no sample


def sample(at: float, rss_mb: float, handles: int = 20, tasks: int = 8) -> Sample:
    return Sample(at, rss_mb, handles, tasks, 1)


WELL = Stress(vanishing=7, sent=7, gone=7, viewers=50, served=50)


def test_what_a_soak_leaves_behind() -> None:
    flat = [sample(at, 100 + at % 2) for at in range(9)]
    assert missed(soak.checks(flat, WELL)) == []
    growing = [sample(at, 100 + 5 * at) for at in range(9)]
    assert soak.growth(growing) == pytest.approx(30 / 105)
    assert missed(soak.checks(growing, WELL)) == ["memory grew by, share"]
    lost = [*flat, sample(9, 100, handles=21, tasks=9)]
    names = ["handles more than before", "tasks more than before"]
    assert missed(soak.checks(lost, WELL)) == names
    fewer = [sample(0, 100, handles=21), sample(9, 90)]
    assert missed(soak.checks(fewer, WELL)) == []
    assert missed(soak.checks([sample(0, 100), sample(9, 0)], WELL)) == ["memory grew by, share"]
    assert "+18000.0 MB an hour" in soak.text(growing, 7)


def test_a_soak_without_viewers_shows_nothing() -> None:
    flat = [sample(at, 100) for at in range(3)]
    names = ["viewers who saw pictures, share", "viewers who vanished, share"]
    assert missed(soak.checks(flat, Stress(vanishing=100))) == names
    nobody = Stress(vanishing=100, sent=100, gone=94)
    nobody.saw(served(fps_total=0.0))
    assert missed(soak.checks(flat, nobody)) == names
    assert missed(soak.checks(flat, Stress(vanishing=0, viewers=20, served=19))) == []


@pytest.mark.parametrize("nothing", [None, -1.0, math.nan, math.inf])
def test_what_was_not_measured_passes_no_bar(nothing: float | None) -> None:
    for check in (Check.at_most("most", nothing, 2), Check.at_least("least", nothing, -2)):
        assert not check.ok
        assert json.loads(json.dumps(check.document(), allow_nan=False))["measured"] is None
        assert check.document()["why"] == "not measured"
        assert table([check]).endswith("MISSED: not measured")
    assert math.isnan(figures.middle([1.0, nothing, 3.0]))
    assert math.isnan(figures.quotient(1.0, nothing))
    assert math.isnan(figures.quotient(nothing, 1.0))


def test_figures_of_what_was_measured() -> None:
    assert Check.at_most("most", 0, 0).ok
    assert figures.middle([3, 1, 2]) == 2
    assert math.isnan(figures.middle([]))
    assert figures.quotient(1, 4) == 0.25
    assert math.isnan(figures.quotient(1, 0))


def test_all_of_them_in_order_and_how_long_they_take(tmp_path: Path) -> None:
    kit = Kit(tmp_path, tmp_path / "frames", Cores(), peers=("naive", "ustreamer"))
    run = common.Run(kit, 3, 4.0, print)
    lasting = whole.lasts_s(run, None, 10)
    assert list(lasting) == ["gate", *whole.STREAMS, "soak"]
    assert lasting["soak"] > 600
    assert 45 * 60 < sum(lasting.values()) < 75 * 60  # "about an hour"
    longer = whole.lasts_s(run, 60.0, 10)
    assert all(longer[name] > lasting[name] for name in whole.STREAMS)


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
