"""What is promised of the motion gate, on the labelled sequences of the shared data: their own
scorer's arithmetic on what `porchlight gate replay` decides."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli

REAL = ("entry", "highway", "office", "road", "trees")
EVENTS = 23
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def scored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Sequence -> rates; "all" pools them, "real" those that were filmed as they are."""
    data = shared / "data/motion"
    out = tmp_path_factory.mktemp("gate") / "decisions.json"
    assert cli.main(["gate", "replay", str(data), "--json", str(out)]) == 0
    decisions = json.loads(out.read_text())
    scorer = runpy.run_path(str(data / "score.py"))
    docs = dict(labelled(data))
    rows = scorer["score"](docs, decisions)
    real = scorer["score"]({name: docs[name] for name in REAL}, decisions)
    assert sum(len(about["events"]) for about in docs.values()) == EVENTS
    return {**rows, "real": real["all"]}


def labelled(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(data.glob("*.json")):
        about = json.loads(path.read_text())
        yield about["name"], about


def test_every_event_is_seen_and_soon(scored: Rows) -> None:
    assert scored["all"]["event"] == 1
    assert scored["all"]["lag"] <= 1


def test_all_sequences_together(scored: Rows) -> None:
    assert scored["all"]["F1"] >= 0.90
    assert scored["all"]["false+"] <= 0.12
    assert scored["all"]["bytes-"] >= 0.45


def test_real_sequences_alone(scored: Rows) -> None:
    assert scored["real"]["F1"] >= 0.97
    assert scored["real"]["false+"] <= 0.03


@pytest.mark.parametrize(
    ("name", "most"),
    [("trees", 0.10), ("syn_ae", 0.10), ("syn_flicker", 0.10), ("syn_rain", 0.30)],
)
def test_what_looks_like_motion_is_kept_back(scored: Rows, name: str, most: float) -> None:
    assert scored[name]["false+"] <= most
