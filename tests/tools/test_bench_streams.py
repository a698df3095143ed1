"""The benches of streams for real, as short as they go: a host, boards, viewers. No test here looks
at a time; a missed bar (exit 1) is this machine's business, a figure that is missing is not."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli
from porchkit.bench import fanout, ingest, kit, latency, overload, soak, turns, viewers, walls
from porchkit.bench.house import House
from porchkit.bench.processes import Cores
from porchkit.bench.servers import WORDED

OWN = ("--own", "--rounds", "1")


class Bench:
    """Runs one as a person would."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys

    def __call__(self, name: str, *words: str) -> dict[str, Any]:
        """What it wrote about itself."""
        file = self._folder / "results.json"
        code = cli.main(["bench", name, *OWN, *words, "--json", str(file)])
        said = self._capsys.readouterr()
        assert code in (0, 1), said.err
        assert file.exists(), said.err  # else 1 is no missed bar
        document: dict[str, Any] = json.loads(file.read_text())
        found: dict[str, Any] = document["benches"][name]
        assert found["ok"] is (code == 0)
        assert document["floor"] == "Python floor"
        return found


@pytest.fixture(scope="module")
def lent(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., AbstractContextManager[House]]]:
    """Like House, but the next bench has the same again, with no camera in it."""
    folder, built = tmp_path_factory.mktemp("houses"), {}
    with ExitStack() as running:

        @contextmanager
        def house(_folder: Path, cores: Cores, *, overlay: bool = False) -> Iterator[House]:
            if overlay not in built:
                built[overlay] = running.enter_context(House(folder, cores, overlay=overlay))
            built[overlay].cameras.clear()
            yield built[overlay]

        yield house


@pytest.fixture
def in_turn(
    lent: Callable[..., AbstractContextManager[House]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a bench finds is not looked at: no need for a host that nobody has used before."""
    for module in (fanout, ingest, soak, turns, walls):
        monkeypatch.setattr(module, "House", lent)


@pytest.fixture
def alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    """A bench that starts its own hosts, as they all do."""
    return Bench(tmp_path, capsys)


@pytest.fixture
def bench(alone: Bench, in_turn: None) -> Bench:
    """A bench in the house of the one before."""
    return alone


def test_fanout(bench: Bench) -> None:
    found = bench("fanout", "--seconds", "0.8", "--viewers", "2")
    assert found["ok"]  # nothing is promised for two viewers
    [one] = found["rounds"]
    assert set(one) == {"floor", "porchlight", WORDED}
    for name in one:
        seen = one[name]["2"]
        assert (seen["n"], seen["alive"], seen["errors"]) == (2, 2, 0), name
        assert seen["fps_min"] > 0
        assert seen["lat_ms"]["p50"] >= 0  # the board's stamp came through
        assert seen["srv_us_per_frame"] > 0


def test_ingest(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, less in (("SLOW_BOARDS", 16), ("FIRST", 2), ("SETTLE_S", 0.2)):
        monkeypatch.setattr(ingest, name, less)
    found = bench("ingest", "--seconds", "0.1", "--idle", "10")
    one, idle = found["rounds"]
    assert one["plain"]["frames"] == one["tls"]["frames"] == 16 * 100
    assert one["slow"]["frames"] > 0
    assert set(idle["idle_kb"]) == {"plain", "tls"}


def test_walls(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "WARM_S", 0.5)
    monkeypatch.setattr(walls, "BITS_S", 0.02)
    monkeypatch.setattr(walls, "VIEWERS", 4)  # a host whose loop is late turns a crowd away
    [one] = bench("walls", "--seconds", "0.3")["rounds"]
    assert [one[width]["size"] for width in ("640", "1280")] == [[640, 480], [1280, 960]]
    for width in ("640", "1280"):
        assert one[width]["watched"]["fps_min"] > 0
        assert 0 < one[width]["assemble"] < one[width]["tile"]


def test_latency(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "WARM_S", 0.5)
    [one] = bench("latency", "--seconds", "1", "--boards", "2")["rounds"]
    assert (one["n"], one["errors"]) == (10, 0)
    assert one["lat_ms"]["n"] > 0  # the sensor's stamp came through


def test_soak(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "VIEWERS", 8)
    words = ["--seconds", "0.2", "--minutes", "0", "--vanishing", "60"]
    before, after, stress = bench("soak", *words)["rounds"]
    assert stress["gone"] == stress["sent"] == 60
    assert stress["served"] > 0
    assert after["tasks"] <= before["tasks"]
    assert after["handles"] <= before["handles"]
    assert after["connections"] <= before["connections"]


@pytest.mark.parametrize("name", ["slow", "overload"])
def test_other_loads(bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "WARM_S", 0.5)
    monkeypatch.setattr(overload, "GENTLE_S", 0.2)
    words = {"slow": ["--warm", "0"], "overload": ["--viewers", "3", "--fps", "30"]}[name]
    [one] = bench(name, "--seconds", "1", *words)["rounds"]
    assert set(one) == {"floor", "porchlight"}
    assert one["porchlight"]["fps_min"] > 0


def test_viewers(alone: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "WARM_S", 0.3)
    [one] = alone("viewers", "--seconds", "0.3", "--top", "2", "--ramp", "50")["rounds"]
    assert one["porchlight"]["tried"][0]["n"] == 2
    for server in one.values():
        assert (server["missed"] is None) is (server["held"] == 2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["fanout", "--rounds", "0"], "--rounds must be 1 to 100"),
        (["fanout", "--seconds", "0"], "--seconds must be 0.1 to 600"),
        (["fanout", "--viewers", "many"], "--viewers must be numbers"),
        (["fanout", "--viewers", "10,99999"], "--viewers must be 1 to 10000"),
        (["viewers", "--top", "0"], "--top must be"),
        (["viewers", "--ramp", "0"], "--ramp must be"),
        (["slow", "--warm", "-1"], "--warm must be"),
        (["ingest", "--idle", "-1"], "--idle must be"),
        (["latency", "--boards", "51"], "--boards must be"),
        (["soak", "--minutes", "-1"], "--minutes must be"),
        (["overload", "--fps", "0"], "--fps must be"),
        (["all", "--shared", "/nowhere"], "--shared /nowhere: no mjpegload.c there"),
    ],
)
def test_wrong_words(capsys: pytest.CaptureFixture[str], words: list[str], says: str) -> None:
    assert cli.main(["bench", *words]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert says in said.err


def test_sources_that_do_not_build_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mjpegload.c").write_text("nonsense")
    (tmp_path / "Makefile").write_text("all:\n\t@echo cannot compile >&2; exit 1\n")
    code = cli.main(["bench", "slow", "--shared", str(tmp_path)])
    said = capsys.readouterr()
    assert (code, said.err.count("\n")) == (1, 1)
    assert "does not build: " in said.err


@pytest.mark.usefixtures("in_turn")
def test_the_c_tools_where_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bench with the load generator, the floor and the peers of ../shared/bench."""
    shared = kit.default_shared()
    if shared is None or shutil.which("gcc") is None:
        pytest.skip("../shared/bench is not there, or nothing to build it with")
    file = tmp_path / "results.json"
    words = ["--shared", str(shared), "--rounds", "1", "--seconds", "0.3", "--viewers", "2"]
    code = cli.main(["bench", "fanout", *words, "--json", str(file)])
    assert code == 0, capsys.readouterr().err
    document = json.loads(file.read_text())
    assert document["floor"] == "C floor"
    [one] = document["benches"]["fanout"]["rounds"]
    assert {"floor", "porchlight", "naive"} <= set(one)
    assert all(found["2"]["fps_min"] > 0 for found in one.values())
