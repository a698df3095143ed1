"""A board on a cable becomes a camera: the commands a resident types, against a real host."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
import pytest_asyncio

from porchkit import cli
from porchkit.provision import cells
from porchkit.pty import PtyBoard
from tests.support.provisioning import (
    FRAMES,
    PASSWORD,
    SETTINGS,
    SSID,
    Done,
    Porch,
    copied,
    living,
    streamed,
    well,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def porch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Porch]:
    """One host for all; each test has cameras with names of their own there."""
    async with living(tmp_path_factory.mktemp("porch")) as porch:
        yield porch


async def test_an_empty_board_becomes_a_camera_that_streams(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        provision = porch.words("porch", board.port)
        first = await porch.watched(*provision)
        assert first.code == 0, first.out + first.err
        assert set(first.outcomes.values()) == {"pass"}
        assert {"sensor", "wifi", "tls", "light", "registered", "online"} <= set(first.outcomes)
        granted = await porch.type(
            *("grant", "porch", "--to", "fire", "--home", str(porch.home.path))
        )
        assert granted.code == 0, granted.err
        async with asyncio.timeout(30):
            assert await streamed(porch, first.board["id"]) == FRAMES

        second = await porch.watched(*provision)
        assert second.code == 0, second.out + second.err
        assert (first.board["files_copied"] > 70, second.board["files_copied"]) == (True, 0)
        assert second.board["id"] == first.board["id"]
        # What it was granted it still holds.
        async with asyncio.timeout(30):
            assert await streamed(porch, first.board["id"]) == FRAMES
        _no_secret_anywhere(porch, tmp_path, first, second)


def _no_secret_anywhere(porch: Porch, folder: Path, *done: Done) -> None:
    files = porch.home.path / "boards" / "porch"
    key = (files / "board.key").read_bytes()
    secrets = [PASSWORD.encode(), key, key.hex().encode()]
    log = (folder / "board.chip" / "board.log").read_bytes()
    shown = "".join(text for one in done for text in (one.out, one.err, one.seen)).encode()
    for secret in secrets:
        assert secret not in shown
        assert secret not in log
    for path in porch.home.path.rglob("*"):
        if path.is_file() and path.name != "porchlight.db":
            assert PASSWORD.encode() not in path.read_bytes(), path
    for path in [files, *files.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert b"provision" in shown  # it was looked at while it ran


async def test_a_board_that_lost_its_memory_is_told_why_and_what_it_says_works(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with copied(tmp_path / "board", film) as board:
        first = await well(porch.provision("attic", board.port))
        await board.stop()
        (board.root / "state.json").write_bytes(
            cells.sealed({"generation": 99, "boot": 50, "floor": 0})  # has been at work for long
        )
        await board.start()
        where = ["--home", str(porch.home.path)]
        await well(porch.type("grant", "attic", "--to", "fire", *where))
        async with asyncio.timeout(30):
            assert await streamed(porch, first.board["id"]) == FRAMES
        await board.stop()
        for name in ("state.json", "state.bak", "main.py"):
            (board.root / name).unlink(missing_ok=True)
        await board.start()
        done = await porch.provision("attic", board.port)
        (row,) = [row for row in done.board["checks"] if row["check"] == "online"]
        assert (done.code, row["outcome"]) == (1, "FAIL")
        assert "the host sent the board away: it forgot how often it started" in row["says"]
        anew = await well(porch.type(*porch.words("attic", board.port), "--new-key"))
        assert anew.board["id"] != first.board["id"]
        await well(porch.type("grant", "attic", "--to", "fire", *where))
        async with asyncio.timeout(30):
            assert await streamed(porch, anew.board["id"]) == FRAMES


async def test_several_boards_at_once_get_names_and_keys_of_their_own(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    boards = [copied(tmp_path / f"board{n}", film) for n in range(3)]
    try:
        for board in boards:
            await board.start()
        done = await porch.provision("yard", *(board.port for board in boards))
        assert done.code == 0, done.out + done.err
        found = json.loads(done.out)["boards"]
        assert [row["camera"] for row in found] == ["yard-1", "yard-2", "yard-3"]
        assert len({row["id"] for row in found}) == 3
        # Once more, the other way round: each is who it was.
        again = await porch.provision("yard", *(board.port for board in reversed(boards)))
        assert [row["id"] for row in json.loads(again.out)["boards"]] == [
            row["id"] for row in reversed(found)
        ]
    finally:
        for board in boards:
            await board.stop()


async def test_a_camera_added_before_is_handed_its_key(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    where = ["--home", str(porch.home.path)]
    cli.dispatch(["camera", "add", "side", "--label", "Front porch", *where])
    key = (porch.home.path / "boards/side/board.key").read_bytes()
    async with copied(tmp_path / "board", film) as board:
        done = await porch.provision("side", board.port)
        assert done.code == 0, done.out + done.err
        assert (board.root / "board.key").read_bytes() == key
        # Erased and provisioned again: its boots go on, so the host takes its frames.
        boot = json.loads((board.root / "state.json").read_text())["boot"]
        await board.stop()
        for path in board.root.rglob("*"):
            if path.is_file():
                path.unlink()
        await board.start()
        await well(porch.provision("side", board.port))
        assert (board.root / "board.key").read_bytes() == key
        state = json.loads((board.root / "state.json").read_text())
        assert state["boot"] > boot
        assert state["floor"] > 0
        granted = await porch.type("grant", "side", "--to", "fire", *where)
        assert granted.code == 0, granted.err
        async with asyncio.timeout(30):
            assert await streamed(porch, done.board["id"]) == FRAMES


async def test_doctor_needs_nothing_but_the_port(porch: Porch, film: Path, tmp_path: Path) -> None:
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        bare = await porch.type("doctor", str(board.port), "--json")
        assert bare.code == 1
        rows = {row["check"]: row for row in json.loads(bare.out)["checks"]}
        assert "provision" in rows["program"]["todo"]
        await well(porch.provision("shed", board.port))
        done = await porch.type("doctor", str(board.port))
        assert done.code == 0, done.out + done.err
        assert "not sent" in done.out


async def test_the_password_is_typed_and_never_shown(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with copied(tmp_path / "board", film) as board:
        words = ["provision", "door", "--port", str(board.port), "--board", "ai_thinker"]
        where = ["--home", str(porch.home.path)]
        shown, code = await asyncio.to_thread(typed, [*words, *where])
        assert code == 0, shown
        assert f"joined '{SSID}'" in shown
        assert PASSWORD not in shown
        assert json.loads((board.root / "config.json").read_text())["wifi"]["key"] == PASSWORD


def typed(words: list[str]) -> tuple[str, int]:
    """A person at a terminal: what they see, and how the command ends."""
    screen = io.StringIO()
    terminal = pexpect.spawn(
        sys.executable, ["-m", "porchkit.cli", *words], encoding="utf-8", timeout=60
    )
    terminal.logfile_read = screen
    terminal.expect("name: ")
    terminal.sendline(SSID)
    terminal.expect("password: ")
    terminal.sendline(PASSWORD)
    terminal.expect(pexpect.EOF)
    terminal.close()
    return screen.getvalue(), terminal.exitstatus


async def test_the_host_may_be_another_machine(porch: Porch, film: Path, tmp_path: Path) -> None:
    """All that the resident has here is their key, the host's CA, and its address."""
    home, key = tmp_path / "elsewhere", porch.home.path / "residents/sam.pem"
    where = ["--home", str(home), "--host", porch.home.base_url(), "--ca", str(porch.home.ca)]
    async with copied(tmp_path / "board", film) as board:
        words = ["--port", str(board.port), "--board", "ai_thinker", "--key", str(key), "--json"]
        wifi = ["--wifi-file", str(porch.wifi), "--at", "52.5,13.4", "--label", "Front"]
        before = await _listed(porch)
        done = await well(porch.type("provision", "front", *words, *wifi, *where))
        assert set(done.outcomes.values()) == {"pass"}
        assert await _listed(porch) - before == {(done.board["id"], "Front")}


async def _listed(porch: Porch) -> set[tuple[str, str]]:
    """Id and label of every camera that the host knows."""
    done = await well(porch.type("camera", "list", "--json", "--home", str(porch.home.path)))
    return {(row["id"], row["label"]) for row in json.loads(done.out)["cameras"]}


@contextmanager
def _unreachable(porch: Porch) -> Iterator[None]:
    """For the commands: where they look for the host, nobody listens."""
    settings = porch.home.path / "run.json"
    said = settings.read_text()
    settings.write_text(json.dumps({**json.loads(said), "https": 1}))
    try:
        yield
    finally:
        settings.write_text(said)


async def test_no_host_answers_the_board_is_whole_and_the_next_run_registers_it(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with copied(tmp_path / "board", film) as board:
        with _unreachable(porch):
            done = await porch.provision("gate", board.port)
        assert done.code == 1
        failed = {check for check, outcome in done.outcomes.items() if outcome == "FAIL"}
        assert failed == {"host", "registered"}
        rows = {row["check"]: row for row in done.board["checks"]}
        assert "porchlight serve" in rows["host"]["todo"] + rows["registered"]["says"]
        again = await well(porch.provision("gate", board.port))
        assert again.board["files_copied"] == 1
        assert set(again.outcomes.values()) == {"pass"}


async def test_a_name_the_board_cannot_look_up_gives_way_to_an_address(
    film: Path, tmp_path: Path
) -> None:
    settings = SETTINGS.replace("[page]", 'names = ["no-such-host.invalid"]\n[page]')
    async with (
        living(tmp_path, settings) as porch,
        copied(tmp_path / "board", film) as board,
    ):
        done = await well(porch.provision("porch", board.port))
        assert set(done.outcomes.values()) == {"pass"}
        rows = {row["check"]: row for row in done.board["checks"]}
        assert "'no-such-host.invalid' is not reached" in rows["host"]["todo"]
        for folder in (board.root, porch.home.path / "boards/porch"):
            config = json.loads((folder / "config.json").read_text())
            assert config["host"] == "127.0.0.1"
            assert config["server_name"] == "no-such-host.invalid"
        again = await well(porch.provision("porch", board.port))
        assert again.board["files_copied"] == 0
