"""What is copied, what is left alone, what is removed; whose camera a board is."""

import json
import shutil
from pathlib import Path

import pytest

from accord import names
from agent.cell import Cell
from agent.flash import Flash
from porchkit import keys
from porchkit.client import Client
from porchkit.errors import CommandError
from porchkit.home import Home
from porchkit.provision import about, cells, identity, install, program, several
from porchkit.provision.board import About, Board
from porchkit.provision.household import Door, Folder, Household
from porchkit.provision.job import Job, Report, Wish
from porchkit.provision.verdicts import Row
from porchkit.provision.wifi import Wifi
from tests.support.bareboard import BareBoard

XTENSAWIN = 6 | 3 << 8 | 10 << 10
X64 = 6 | 3 << 8 | 2 << 10


class Bench:
    """A resident's folder, and boards that are provisioned from it."""

    def __init__(self, folder: Path, key: keys.PrivateKey) -> None:
        self.folder = folder
        self.home = Home(folder / "home")
        self.key = key
        self.resident = "sam"

    @property
    def house(self) -> Household:
        client = Client("https://127.0.0.1:1", None)
        return Household(self.home, self.resident, self.key, client, b"ca", Door("h", 8443, "h"))

    def root(self, name: str = "board") -> Path:
        root = self.folder / name
        root.mkdir(exist_ok=True)
        return root

    def provision(self, root: Path, name: str = "porch", **wish: object) -> Report:
        wifi = wish.pop("wifi", Wifi("home", "password-1"))
        wish = {"board": "ai_thinker", "wifi": wifi, **wish}
        wanted = Wish(name, name, lambda: pytest.fail("asked for the Wi-Fi"), **wish)
        report = Report(name, "test")
        with Board(BareBoard(root)) as board:
            Job(board, wanted, self.house, report, lambda text: None).lay_out()
        return report


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """With the camera `porch`, provisioned once and never touched again."""
    bench = Bench(tmp_path_factory.mktemp("once"), keys.generate())
    assert bench.provision(bench.root()).copied > 70
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Nothing is there yet."""
    return Bench(tmp_path, keys.generate())


@pytest.fixture
def porch(once: Bench, tmp_path: Path) -> Bench:
    """A copy of the bench with the camera `porch`."""
    shutil.copytree(once.folder, tmp_path, dirs_exist_ok=True)
    return Bench(tmp_path, once.key)


def row(report: Report, check: str) -> Row:
    (found,) = [row for row in report.rows if row.check == check]
    return found


def mtimes(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_the_second_run_touches_no_file(porch: Bench) -> None:
    root = porch.root()
    before = mtimes(root)
    assert porch.provision(root).copied == 0
    assert mtimes(root) == before


def test_only_what_differs_is_copied_and_what_is_stale_goes(porch: Bench) -> None:
    root = porch.root()
    (root / "agent/gate.mpy").write_bytes(b"M")
    (root / "agent/gate.py").write_text("stands before the .mpy")
    for path in ("lib/umqtt/simple.py", "lib/mine.py", "lib/accord/old/x.py", "gone.py"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("x")
    mark = json.loads((root / "provision.json").read_text())
    mark["files"]["gone.py"] = "0" * 64  # an older release had one
    (root / "provision.json").write_text(json.dumps(mark))
    (root / "notes.txt").write_text("the resident's own")
    kept = cells.sealed({"generation": 1, "boot": 7})
    (root / "state.json").write_bytes(kept)
    report = porch.provision(root)
    assert report.copied == 1
    assert not (root / "agent/gate.py").exists()
    assert not (root / "lib/accord/old/x.py").exists()
    assert not (root / "gone.py").exists()
    assert (root / "lib/umqtt/simple.py").exists()
    assert (root / "lib/mine.py").exists()
    removed = row(report, "removed").says.split(", ")
    assert set(removed) == {"agent/gate.py", "gone.py", "lib/accord/old/x.py"}
    assert (root / "agent/gate.mpy").read_bytes() != b"M"
    assert (root / "notes.txt").read_text() == "the resident's own"
    assert (root / "state.json").read_bytes() == kept


def test_the_mark_names_every_file_of_the_program_and_nothing_secret(porch: Bench) -> None:
    root = porch.root()
    mark = json.loads((root / "provision.json").read_text())
    assert mark["state"] == "whole"
    found = {str(p.relative_to(root)) for room in program.ROOMS for p in (root / room).rglob("*.*")}
    assert set(mark["files"]) == found | {"main.py"}
    assert not list(root.rglob("*.new"))


def test_what_came_over_the_air_gives_way_and_its_versions_are_remembered(porch: Bench) -> None:
    root = porch.root()
    (root / "a/agent").mkdir(parents=True)
    (root / "a/agent/program.mpy").write_bytes(b"M")
    record = {"generation": 7, "slot": "a", "version": 5, "trial": "b", "coming": 6, "starts": 1}
    record |= {"highest": 5, "approved": 1_700_000_000, "news": "x"}
    (root / "slot.json").write_bytes(cells.sealed(record))
    (root / "slot.bak").write_bytes(b"older")
    report = porch.provision(root, replace_program=True)
    assert row(report, "removed").says == "a, slot.bak"
    assert "in place of release 5, the update in slot a" in row(report, "runs").says
    assert not (root / "a").exists()
    assert not (root / "slot.bak").exists()
    found = cells.opened((root / "slot.json").read_bytes())
    assert found is not None
    assert (found["slot"], found["trial"], found["highest"]) == ("", "", 5)
    assert found["approved"] == 1_700_000_000
    assert found["generation"] > 7
    before = mtimes(root)
    porch.provision(root)
    assert mtimes(root) == before


def updated(root: Path, release: int) -> None:
    """The board runs an update over the air."""
    (root / "a/agent").mkdir(parents=True)
    (root / "a/agent/version.py").write_text(f'NAME = "0.{release}"\nRELEASE = {release}\n')
    record = {"generation": 7, "slot": "a", "trial": "", "coming": 0, "highest": release}
    (root / "slot.json").write_bytes(cells.sealed(record))


def test_a_newer_update_stays_and_the_settings_change(porch: Bench) -> None:
    root = porch.root()
    updated(root, 7)
    (root / "agent/gate.mpy").write_bytes(b"of another folder")
    before = mtimes(root)
    report = porch.provision(root, wifi=None)
    assert (row(report, "runs").outcome, report.copied) == ("mind", 0)
    assert row(report, "runs").says.startswith("release 7 (0.7), the update in slot a, newer than")
    assert mtimes(root) == before
    report = porch.provision(root, wifi=Wifi("other", "password-2"))
    assert (report.copied, report.removed) == (1, ())
    after = mtimes(root)
    assert {path for path in after if after[path] != before.get(path)} == {
        str(root / "config.json"),
        str(root / "provision.json"),
    }
    mark = json.loads((root / "provision.json").read_text())
    assert (mark["state"], "agent/gate.mpy" in mark["files"]) == ("whole", True)
    assert porch.provision(root, replace_program=True, wifi=None).removed == ("a",)
    assert row(porch.provision(root), "runs").outcome == "pass"


def test_a_newer_program_by_cable_stays_too(porch: Bench) -> None:
    root = porch.root()
    (root / "agent/version.mpy").unlink()
    (root / "agent/version.py").write_text('NAME = "9.0"\nRELEASE = 9\n')
    assert "release 9 (9.0), by cable" in row(porch.provision(root), "runs").says
    assert (root / "agent/version.py").exists()
    porch.provision(root, replace_program=True)
    assert not (root / "agent/version.py").exists()


def test_an_update_that_is_no_newer_gives_way_and_that_is_told(porch: Bench) -> None:
    root = porch.root()
    updated(root, 1)
    report = porch.provision(root)
    assert "in place of release 1 (0.1), the update in slot a" in row(report, "runs").says
    assert row(report, "removed").says == "a"


def test_a_newer_program_that_cannot_stay_is_refused_untouched(porch: Bench) -> None:
    root = porch.root()
    updated(root, 7)
    before = mtimes(root)
    with pytest.raises(CommandError, match=r"newer than the release 1.*--replace-program"):
        porch.provision(root, new_key=True)
    assert mtimes(root) == before
    assert list((porch.home.path / "boards").iterdir()) == [porch.home.path / "boards/porch"]
    porch.provision(root, new_key=True, replace_program=True)  # what it said
    assert not (root / "a").exists()


@pytest.mark.parametrize("kept", [True, False])
def test_only_a_program_that_was_left_alone_is_called_whole(porch: Bench, kept: bool) -> None:
    root = porch.root()
    updated(root, 7)
    with Board(BareBoard(root)) as board:
        install.begin(board, install.plan(board, None if kept else program.for_board(X64), {}))
    if kept:
        assert row(porch.provision(root), "runs").outcome == "mind"
        return
    with pytest.raises(CommandError, match="--replace-program"):
        porch.provision(root)


def test_whose_updates_are_taken_is_what_the_folder_says(porch: Bench) -> None:
    root = porch.root()
    trust = porch.home.path / "boards/porch/release.json"
    trust.write_text('{"updates": "ask"}')
    assert porch.provision(root).copied == 1
    assert (root / "release.json").read_text() == trust.read_text()
    trust.unlink()
    porch.provision(root)
    assert not (root / "release.json").exists()


def test_our_records_are_the_firmware_s_own(tmp_path: Path) -> None:
    flash = Flash(f"{tmp_path}/")
    (tmp_path / "x.json").write_bytes(cells.sealed({"generation": 3, "boot": 9}))
    assert Cell(flash, "x").load() == {"generation": 3, "boot": 9}
    Cell(flash, "y").save({"boot": 1})
    assert cells.opened((tmp_path / "y.json").read_bytes()) == {"generation": 1, "boot": 1}
    assert cells.opened((tmp_path / "y.json").read_bytes()[:-1]) is None


def test_a_flash_without_room_is_left_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = bench.root()
    monkeypatch.setattr(install, "_RESERVE_BYTES", 1 << 62)
    with pytest.raises(CommandError, match="KB too few"):
        bench.provision(root)
    assert list(root.glob("agent")) == []
    assert not (root / "provision.json").exists()


def test_a_flash_that_does_not_keep_what_it_is_given(bench: Bench, tmp_path: Path) -> None:
    with Board(BareBoard(bench.root())) as board:
        board.ask("put", "x.txt", 0, install.encoded(b"abc"), "")
        assert board.ask("put", "x.txt", 3, install.encoded(b"def"), "0" * 64) is False
    assert list(bench.root().iterdir()) == []


def test_the_wi_fi_stays_unless_another_is_given(porch: Bench) -> None:
    root = porch.root()
    porch.provision(root, wifi=None)
    assert json.loads((root / "config.json").read_text())["wifi"] == {
        "ssid": "home",
        "key": "password-1",
    }
    porch.provision(root, wifi=Wifi("other", "password-2"))
    assert json.loads((root / "config.json").read_text())["wifi"]["ssid"] == "other"
    kept = json.loads((porch.home.path / "boards/porch/config.json").read_text())
    assert kept["wifi"] == {"ssid": "", "key": ""}


def test_settings_of_the_folder_reach_the_board(porch: Bench) -> None:
    root = porch.root()
    path = porch.home.path / "boards/porch/config.json"
    settings = json.loads(path.read_text())
    settings["frame"]["mode"] = "motion"  # as `porchlight gate set` does
    path.write_text(json.dumps(settings))
    assert porch.provision(root, wifi=None).copied == 1
    assert json.loads((root / "config.json").read_text())["frame"]["mode"] == "motion"


def test_the_key_is_made_there_and_handed_out_once(bench: Bench) -> None:
    root = bench.root()
    report = bench.provision(root)
    key = (root / "board.key").read_bytes()
    assert len(key) == 32
    assert Folder(bench.home, "porch").key() == key
    assert report.camera == names.camera_thumb(key)
    assert "made on the board" in report.rows[0].says
    assert not (root / "board.key.new").exists()


def test_no_two_keys_are_alike_even_of_a_chip_that_knows_no_chance(bench: Bench) -> None:
    with Board(BareBoard(bench.root())) as board:
        board.ask("exec", "os.urandom = lambda count: bytes(count)")
        made = {identity.draw(board, Folder(bench.home, f"n{n}"))[0] for n in range(3)}
    assert len(made) == 3


def test_a_board_that_is_another_camera_is_refused_untouched(porch: Bench) -> None:
    root = porch.root()
    before = mtimes(root)
    with pytest.raises(CommandError, match=r"'porch' already.*--new-key"):
        porch.provision(root, "yard")
    shutil.move(porch.home.path / "boards/porch", porch.folder / "lost")
    with pytest.raises(CommandError, match="restore its folder"):
        porch.provision(root)
    assert mtimes(root) == before


def test_another_resident_s_board_is_refused_and_a_new_key_forgets_them(porch: Bench) -> None:
    root = porch.root()
    (root / "state.json").write_text("what it stored for sam")
    (root / "days.bak").write_text("and this")
    porch.key = keys.generate()
    with pytest.raises(CommandError, match="another resident"):
        porch.provision(root)
    old = (root / "board.key").read_bytes()
    porch.provision(root, "mine", new_key=True)
    assert (root / "board.key").read_bytes() != old
    assert not (root / "state.json").exists()
    assert not (root / "days.bak").exists()
    thumb = keys.thumb(porch.key.public_key())
    assert json.loads((root / "resident.json").read_text())["thumb"] == thumb


def test_a_key_that_was_in_service_goes_on_above_what_the_host_has_seen(porch: Bench) -> None:
    again = porch.root("other")
    report = porch.provision(again)
    assert "handed over" in report.rows[0].says
    assert (again / "board.key").read_bytes() == Folder(porch.home, "porch").key()
    state = cells.opened((again / "state.json").read_bytes())
    assert state is not None
    assert state["boot"] > 200_000_000
    assert 0 < state["floor"] < state["boot"]


def test_a_state_that_nobody_can_read_begins_anew_and_no_old_grant_holds(porch: Bench) -> None:
    root = porch.root()
    whole = cells.sealed({"generation": 4, "boot": 3, "floor": 9})
    (root / "state.json").write_bytes(whole[:-5])
    (root / "state.bak").write_bytes(whole)
    porch.provision(root)
    assert (root / "state.json").read_bytes() == whole[:-5]  # the agent itself goes on from .bak
    (root / "state.bak").write_bytes(b"{}")
    porch.provision(root)
    state = cells.opened((root / "state.json").read_bytes())
    assert state is not None
    assert state["boot"] > 200_000_000
    assert state["floor"] > 200_000_000
    assert not (root / "state.bak").exists()


@pytest.mark.parametrize(
    ("machine", "chip"),
    [
        ("ESP32 CAM module with ESP32", "esp32"),
        ("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3", "esp32s3"),
        ("XIAO ESP32-S3 with ESP32-S3", "esp32s3"),
        ("linux [GCC 14.2.1] version", None),
    ],
)
def test_the_chip_as_micropython_tells_it(machine: str, chip: str | None) -> None:
    assert About(machine, (1, 27, 0), 0).chip == chip


def test_a_board_s_name_must_fit_its_chip() -> None:
    s3 = About("Generic ESP32S3 module with ESP32S3", (1, 27, 0), 0)
    assert about.chosen(s3, "xiao_s3_sense", None) == "xiao_s3_sense"
    assert about.chosen(s3, None, "freenove_s3") == "freenove_s3"
    with pytest.raises(CommandError, match="has an esp32s3, a ai_thinker has an esp32"):
        about.chosen(s3, "ai_thinker", None)
    with pytest.raises(CommandError, match="no board 'x'"):
        about.chosen(s3, "x", None)
    with pytest.raises(CommandError, match="cannot be used"):
        about.chosen(About("with ESP32", (1, 27, 0), 0), "m5_unitcam", None)
    with pytest.raises(CommandError, match="--board with one of") as caught:
        about.chosen(s3, None, None)
    assert "freenove_s3" in str(caught.value)
    assert "ai_thinker" not in str(caught.value)


def test_compiled_for_the_chip_and_source_where_that_cannot_be() -> None:
    for mpy, architecture in ((XTENSAWIN, "xtensawin"), (X64, "x64")):
        made = program.for_board(mpy)
        assert (made.compiled, program.architecture(mpy)) == (True, architecture)
        assert next(iter(made.files)) == "main.py"
        assert "agent/gate.mpy" in made.files
        assert made.files["agent/gate.mpy"][:2] == b"M\x06"
    for mpy in (0, 5 | 3 << 8 | 10 << 10, 6 | 1 << 8 | 10 << 10, 6 | 3 << 8 | 15 << 10):
        plain = program.for_board(mpy)
        assert (plain.compiled, "agent/gate.py" in plain.files) == (False, True)


def test_source_runs_as_well_as_compiled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_compiler", lambda mpy: None)
    program._made.cache_clear()
    root = bench.root()
    bench.provision(root)
    program._made.cache_clear()
    assert (root / "agent/gate.py").exists()
    monkeypatch.undo()
    bench.provision(root)  # and the other way: no .py is left to stand before a .mpy
    assert not (root / "agent/gate.py").exists()


def test_several_boards_get_names_that_are_free(bench: Bench) -> None:
    first = bench.root("first")
    bench.provision(first, "yard-1")
    boards: dict[str, Board | CommandError] = {}
    try:
        for port in ("new", "first", "other"):
            boards[port] = Board(BareBoard(bench.root(port)))
        boards["gone"] = CommandError("no")
        wish = Wish("yard", "Back yard", lambda: Wifi("x", ""))
        wishes = several._named(boards, wish, bench.house)
        assert [one.name for one in wishes] == ["yard-2", "yard-1", "yard-3", "yard-4"]
        assert wishes[0].label == "Back yard 2"
    finally:
        for board in boards.values():
            if isinstance(board, Board):
                board.__exit__()


def test_decisions_about_keys(bench: Bench) -> None:
    key, folder = bytes(32), Folder(bench.home, "porch")
    fresh, mine = About("", (1, 27), 0), About("", (1, 27), 0, camera=names.camera_thumb(key))
    asked, anew = identity.Asked("porch", new_key=False), identity.Asked("porch", new_key=True)
    assert identity.decide(fresh, asked, folder, bench.house) == identity.MAKE
    folder.keep("board.key", key)
    assert identity.decide(fresh, asked, folder, bench.house) == identity.HAND
    assert identity.decide(mine, asked, folder, bench.house) == identity.KEEP
    for about_it in (fresh, mine):
        assert identity.decide(about_it, anew, folder, bench.house) == identity.MAKE
    folder.keep("board.key", bytes([1] * 32))
    with pytest.raises(CommandError):
        identity.decide(mine, asked, folder, bench.house)


def test_a_leaked_key_is_replaced_and_what_belonged_to_it_set_aside(bench: Bench) -> None:
    root, folder = bench.root(), Folder(bench.home, "porch")
    bench.provision(root)
    first = (root / "board.key").read_bytes()
    folder.keep("release.json", b"{}")
    (root / "state.json").write_text("what it stored as the old one")
    report = bench.provision(root, new_key=True)
    second = (root / "board.key").read_bytes()
    assert second != first
    assert folder.key() == second
    assert report.camera == names.camera_thumb(second)
    assert not (root / "state.json").exists()
    assert (root / "release.json").exists()
    aside = bench.home.path / "boards/porch.old-1"
    assert (aside / "board.key").read_bytes() == first
    for path in (aside, folder.path):
        assert path.stat().st_mode & 0o777 == 0o700
    assert "porch.old-1" in report.rows[0].says
    bench.provision(root, new_key=True)
    assert (bench.home.path / "boards/porch.old-2/board.key").read_bytes() == second
    before = mtimes(root)
    assert bench.provision(root).copied == 0
    assert mtimes(root) == before


def test_a_new_key_that_was_made_and_not_taken(porch: Bench) -> None:
    """Cut between our folder and the board: what it says works."""
    root = porch.root()
    Folder(porch.home, "porch").set_aside()
    Folder(porch.home, "porch").keep("board.key", bytes(32))
    with pytest.raises(CommandError, match="say --new-key"):
        porch.provision(root)
    porch.provision(root, new_key=True)
    assert (root / "board.key").read_bytes() == Folder(porch.home, "porch").key()


def test_another_resident_s_name_is_refused_before_anything_is_written(porch: Bench) -> None:
    root = porch.root()
    sams, ours, theirs = porch.key, mtimes(root), mtimes(porch.home.path)
    porch.key, porch.resident = keys.generate(), "eve"
    for board in (root, porch.root("fresh")):
        with pytest.raises(CommandError, match="use another name, such as eve-porch"):
            porch.provision(board, new_key=True)
    assert (mtimes(root), mtimes(porch.home.path)) == (ours, theirs)
    assert not list(porch.root("fresh").iterdir())
    porch.provision(root, "eve-porch", new_key=True)  # what it said
    assert Folder(porch.home, "eve-porch").resident() == keys.thumb(porch.key.public_key())
    assert Folder(porch.home, "porch").resident() == keys.thumb(sams.public_key())
