"""The cable is pulled, and the power with it, at every exchange of a provisioning: nothing that is
half written ever boots, and the next run completes it.

The board holds version 1, or nothing, and is to get version 2. The program is a small one around
the real loader, so that every exchange can be tried that finds something else on the flash, or in
the resident's folder, than the one before it; PORCHLIGHT_SWEEP=all tries every write.
"""

import ast
import hashlib
import os
import random
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from porchkit import keys
from porchkit.client import Client
from porchkit.home import Home
from porchkit.paths import firmware_root
from porchkit.provision import program
from porchkit.provision.board import Board
from porchkit.provision.errors import LinkLost
from porchkit.provision.household import Door, Folder, Household
from porchkit.provision.job import Job, Report, Wish
from porchkit.provision.wifi import Wifi
from tests.support.bareboard import AFTER, BEFORE, DURING, BareBoard, boot

PARTS = ("part_a", "part_b", "part_c")
# What a board of this test says when it starts: of which version each of its parts is.
SPEAKS = """\
import json
from agent import part_a, part_b, part_c

def main(slots):
    with open("config.json") as file:
        wifi = json.loads(file.read())["wifi"]["ssid"]
    with open("board.key", "rb") as file:
        key = len(file.read())
    print("RUNS", part_a.V, part_b.V, part_c.V, wifi, key)
"""
RANDOM = random.Random(20261123)


def loader_needs(root: Path) -> set[str]:
    """The modules of the firmware that main.py loads before the program, as files."""
    found, todo = set(), ["main.py"]
    while todo:
        tree = ast.parse((root / todo.pop()).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                wanted = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
                for module in wanted:
                    for room in ("", "lib/"):
                        path = f"{room}{module.replace('.', '/')}.py"
                        if (root / path).is_file() and path not in found | {"agent/program.py"}:
                            found.add(path)
                            todo.append(path)
    return found | {"agent/__init__.py", "lib/accord/__init__.py"}


def make_firmware(folder: Path, version: int) -> Path:
    real = firmware_root()
    for path in ["main.py", *loader_needs(real)]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(real / path, folder / path)
    (folder / "agent/program.py").write_text(SPEAKS)
    for part in PARTS:
        filling = f'X = "{"x" * 2500}"\n' if part == "part_b" else ""
        (folder / f"agent/{part}.py").write_text(f"V = {version}\n{filling}")
    if version == 1:
        (folder / "agent/gone.py").write_text("V = 1\n")
    return folder


def lies(folder: Path) -> bytes:
    """The files of a folder, told from all others."""
    said = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        said.update(b"%b\0%d\0" % (bytes(path), path.stat().st_mode))
        said.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return said.digest()


class Bench:
    """A resident's folder and a board's flash, both made anew from a snapshot for every case."""

    def __init__(self, folder: Path) -> None:
        self.versions = {n: make_firmware(folder / f"v{n}", n) for n in (1, 2)}
        self._folder = folder
        self._key = keys.generate()
        self._client = Client("https://127.0.0.1:1", None)

    def case(self, *, old: bool) -> "Case":
        case = Case(self, Path(self._folder / "case"))
        shutil.rmtree(case.folder, ignore_errors=True)
        snapshot = self._folder / "old"
        if old:
            if not snapshot.exists():
                self._snapshot(snapshot)
            shutil.copytree(snapshot, case.folder)
        else:
            case.root.mkdir(parents=True)
        return case

    def _snapshot(self, folder: Path) -> None:
        case = Case(self, folder)
        case.root.mkdir(parents=True)
        case.provision(1, "old-wifi")

    def house(self, home: Path) -> Household:
        return Household(Home(home), "sam", self._key, self._client, b"ca", Door("h", 8443, "h"))


class Watched(BareBoard):
    """`found`: what an exchange finds in `folder`, by the write that begins it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._folder = folder
        self.found: dict[int, bytes] = {}
        super().__init__(root)

    def write(self, data: bytes) -> None:
        if data == b"\x04":
            self.found[len(self.sent) + 1] = lies(self._folder)
        super().write(data)


class Case:
    def __init__(self, bench: Bench, folder: Path) -> None:
        self.folder, self.root = folder, folder / "board"
        self._bench = bench
        self._house = bench.house(folder / "home")

    def provision(self, version: int, ssid: str, line: BareBoard | None = None) -> Report:
        wanted = self._bench.versions[version]
        report = Report("porch", "test")
        with pytest.MonkeyPatch.context() as patch, Board(line or BareBoard(self.root)) as board:
            patch.setattr(program, "firmware_root", lambda: wanted)
            Job(board, self._wish(ssid), self._house, report, lambda text: None).lay_out()
        return report

    def _wish(self, ssid: str) -> Wish:
        wifi = Wifi(ssid, "not-a-secret")
        return Wish("porch", "porch", lambda: wifi, board="ai_thinker", wifi=wifi)

    @property
    def runs(self) -> str:
        """What the board says of itself when it is switched on, "" if it runs nothing."""
        if not (self.root / "main.py").exists():
            return ""
        said = boot(self.root)
        lines = [line for line in said.splitlines() if line.startswith("RUNS")]
        assert lines or "provisioning was cut short" in said, said
        return lines[0] if lines else ""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("cut"))


OLD, NEW = "RUNS 1 1 1 old-wifi 32", "RUNS 2 2 2 new-wifi 32"


def cuts(bench: Bench, *, old: bool) -> list[tuple[int, str]]:
    """Where to cut: before every exchange that finds something new; with the answer lost wherever
    that is not the same as before the next one, and in some others; in the middle of some writes.
    """
    case = bench.case(old=old)
    line = Watched(case.root, case.folder)
    case.provision(2, "new-wifi", line)
    every = os.environ.get("PORCHLIGHT_SWEEP") == "all"
    writes = range(1, len(line.sent) + 1)
    asked = list(line.found)
    news = [n for before, n in pairwise([0, *asked]) if line.found[n] != line.found.get(before)]
    key = [n for n in asked if b"ask(make_key" in line.sent[n - 2]]
    assert len(key) == (0 if old else 1)
    lost = asked if every else [*key, asked[-1], *RANDOM.sample(asked, 3)]
    torn = writes if every else RANDOM.sample(writes, 8)
    points = [(BEFORE, asked if every else news), (AFTER, lost), (DURING, torn)]
    return [(number, cut) for cut, numbers in points for number in numbers]


@pytest.mark.timeout(3600)  # of the whole sweep; a minute without it
@pytest.mark.parametrize("old", [False, True], ids=["empty", "version-1"])
def test_cut_anywhere_nothing_half_written_boots_and_the_next_run_completes(
    bench: Bench, old: bool
) -> None:
    before = OLD if old else ""
    seen = set()
    points = cuts(bench, old=old)
    assert len(points) > 15
    for at, cut in points:
        case = bench.case(old=old)
        try:
            case.provision(2, "new-wifi", BareBoard(case.root, cut_at=at, cut=cut))
        except LinkLost:
            pass
        else:
            assert cut == AFTER, f"write {at} was not reached"
        runs = case.runs
        assert runs in (before, "", NEW), f"{cut} write {at}"
        seen.add(runs)
        case.provision(2, "new-wifi")
        assert case.runs == NEW, f"{cut} write {at}"
        left = {path.name for path in (case.root / "agent").iterdir()}
        assert "gone.mpy" not in left
        assert (
            Folder(Home(case.folder / "home"), "porch").key()
            == (case.root / "board.key").read_bytes()
        )
    assert seen == {before, "", NEW}
