"""`porchlight sim`, small: the real host, real boards, real streams; and killed in the middle."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli
from porchkit.home import Home
from porchkit.sim import meters


def sim(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    code = cli.main(["sim", "--json", *words])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}, said.err


def kept(document: dict[str, Any]) -> dict[str, bool]:
    return {promise["name"]: promise["ok"] for promise in document["promises"]}


def test_a_small_run_keeps_its_promises(capsys: pytest.CaptureFixture[str]) -> None:
    _, found, said = sim(capsys, "--boards", "3", "--seconds", "6")
    # How late a frame is, and at what pace they come, depends on how busy this machine is.
    timely = {"no frame over 100 ms late at the board", "pictures of all cameras, at their pace"}
    assert [name for name, ok in kept(found).items() if not ok and name not in timely] == []
    assert found["sent"] > 3 * 5 * 6 * 0.5
    assert found["lost"] == 0
    assert found["board"]["cpu_percent"] > 0
    assert found["host"]["rss_mb"][0] > 10
    assert " ok   no frame twice" in said


def test_a_killed_host_comes_back_and_so_do_the_boards(capsys: pytest.CaptureFixture[str]) -> None:
    _, found, _ = sim(capsys, "--boards", "3", "--seconds", "14", "--kill-host-at", "3")
    promises = kept(found)
    for name in (
        "boards come back by themselves",
        "no frame twice",
        "no frame outside its grant",
        "database intact",
    ):
        assert promises[name], found
    assert len(found["kill"]["boards_back_s"]) == 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--boards", "0"], "--boards must be"),
        (["--fps", "99"], "--fps must be"),
        (["--seconds", "0"], "--seconds must be"),
        (["--frame-bytes", "70000"], "--frame-bytes must be"),
        (["--kill-host-at", "55"], "--kill-host-at must leave 10"),
        (["--kill-host-at", "5", "--home", "x"], "leave out --home"),
    ],
)
def test_wrong_words_are_told_in_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    code, _, said = sim(capsys, *words)
    assert code == 2
    assert says in said
    assert said.count("\n") == 1


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """The folder of a host that runs."""
    home = tmp_path / "home"
    assert cli.main(["init", "--home", str(home), "--listen", "127.0.0.1:0"]) == 0
    settings = home / "porchlight.toml"
    settings.write_text(settings.read_text().replace("port = 8080", "port = 0"))
    log = tmp_path / "host.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "porchkit.cli", "serve", "--home", str(home)]
        host = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    with host:
        end = time.monotonic() + 30
        while Home(home).running() is None:
            assert host.poll() is None, log.read_text()
            assert time.monotonic() < end, "the host does not start"
            time.sleep(0.05)
        yield home
        host.terminate()


def test_a_host_that_runs_is_used_and_left_running(
    capsys: pytest.CaptureFixture[str], served: Path
) -> None:
    capsys.readouterr()
    _, found, _ = sim(capsys, "--home", str(served), "--boards", "2", "--seconds", "3")
    assert found["lost"] == 0
    assert found["integrity"] is None, "its database is not ours to look into"
    running = Home(served).running()
    assert running is not None
    assert meters.cost(running.pid) is not None
    assert len(Home(served).hubs()) == 1


def test_a_home_without_a_host_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, said = sim(capsys, "--home", str(Home(tmp_path).path), "--boards", "1")
    assert code == 1
    assert said.splitlines()[-1].endswith("start it: porchlight serve")


def test_footage_that_is_missing_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, said = sim(capsys, "--footage", str(tmp_path / "gone.mp4"), "--boards", "1")
    assert code == 1
    assert said.splitlines()[-1].endswith("no such file or folder")
