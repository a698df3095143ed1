"""Provisioning one board, from its prompt to a camera that has connected to its host.

    look -> decide -> (key) -> partial -> copy -> whole -> clock -> self-test -> register -> reset

Up to "partial" nothing of what runs there is touched; from "whole" on nothing has to be repaired.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accord import names
from porchkit import boards
from porchkit.errors import CommandError
from porchkit.mint import SEQ_EPOCH
from porchkit.provision import (
    about,
    cells,
    checks,
    household,
    identity,
    install,
    online,
    program,
    running,
    show,
)
from porchkit.provision.board import About, Board
from porchkit.provision.errors import HalfDone
from porchkit.provision.household import Folder, Household
from porchkit.provision.verdicts import FAIL, MIND, PASS, Row
from porchkit.provision.wifi import Wifi

_REACH_S = 45.0  # a name that nobody knows, then a port that nobody answers on
_JUST_NOW_S = 10  # a grant that is signed after provisioning is backdated by less
_IN_SERVICE = "in-service.json"

Told = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What shall become of one board. `ask_wifi` is called if it knows no network."""

    name: str
    label: str
    ask_wifi: Callable[[], Wifi] = field(repr=False)
    board: str | None = None
    place: dict[str, int] | None = None
    wifi: Wifi | None = None
    new_key: bool = False
    replace_program: bool = False  # even where it is newer than ours
    moved: bool = False  # the way to the host was given anew
    wait: bool = True  # for the board to connect


@dataclass
class Report:
    """What was done, row by row."""

    name: str
    port: str
    board: str = ""
    camera: str = ""
    copied: int = 0
    removed: tuple[str, ...] = ()
    bytes: int = 0
    rows: list[Row] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return checks.passed(self.rows)

    def json(self) -> dict[str, Any]:
        return {
            "camera": self.name,
            "id": self.camera,
            "port": self.port,
            "board": self.board,
            "files_copied": self.copied,
            "bytes_copied": self.bytes,
            "removed": list(self.removed),
            "good": self.good,
            "checks": [row.json() for row in self.rows],
        }


class Job:
    """One board and everything that is done to it. `told` hears what goes on."""

    def __init__(
        self, board: Board, wish: Wish, house: Household, report: Report, told: Told
    ) -> None:
        self._board, self._wish, self._house = board, wish, house
        self._report, self._told = report, told
        self._folder = Folder(house.home, wish.name)

    def run(self) -> None:
        """All of it; the report tells how far it came. CommandError where it cannot go on."""
        report, board = self._report, self._board
        key = self.lay_out()
        report.rows += checks.SelfTest(board, self._told, mend=self._find_host).run()
        report.rows.append(self._register(key))
        newest = household.newest_entry(self._house) if report.good else 0
        board.restart()
        if report.good and self._wish.wait:
            self._told("waiting until it has connected to the host")
            report.rows.append(online.row(self._house, report.camera, newest))

    def lay_out(self) -> bytes:
        """Everything onto the flash, so that the next start runs it; the board key."""
        report, board = self._report, self._board
        kind = _usable(board.about)
        kept = (self._folder.settings() or {}).get("board")
        report.board = about.chosen(board.about, self._wish.board, kept)
        asked = identity.Asked(self._wish.name, self._wish.new_key)
        decision = identity.decide(board.about, asked, self._folder, self._house)
        runs = self._runs(decision)
        settings = self._settings()
        self._told(f"{kind}, as {report.board}")
        here = None if decision == identity.MAKE else self._folder.key()
        key, aside = (here, None) if here else identity.draw(board, self._folder)
        report.camera = names.camera_thumb(key)
        self._keep_files(settings)
        self._write(settings, decision, key, kept=runs.outcome == MIND)
        self._folder.keep(_IN_SERVICE, b"{}\n")
        self._tell_copied(decision, aside)
        report.rows.append(runs)
        if report.removed:
            report.rows.append(Row("removed", PASS, show.few(report.removed)))
        return key

    def _runs(self, decision: str) -> Row:
        """Which program will run; MIND where the one that is there is newer than ours and stays.
        CommandError where it is newer and cannot stay as it is."""
        there, ours = running.on(self._board), running.ours()
        newest = max(there, key=lambda one: one.release, default=None)
        if ours is None or newest is None or newest.release <= ours.release:
            over = f", in place of {there[0]}" if there and there[0].slot else ""
            return Row("runs", PASS, f"{ours or 'this program'}{over}")
        if self._wish.replace_program:
            return Row("runs", PASS, f"{ours}, in place of {newest}")
        older = f"newer than the release {ours.release} of this folder"
        state = install.mark(self._board)
        if decision != identity.KEEP or (state.get("state") == "partial" and not state.get("kept")):
            raise CommandError(
                f"the board has {newest}, {older}; bring this folder up to date, "
                "or say --replace-program"
            )
        todo = "--replace-program copies the older one"
        return Row("runs", MIND, f"{there[0]}, {older}: it stays", todo)

    def _settings(self) -> dict[str, Any]:
        """config.json; asks for the Wi-Fi where nobody has said it yet."""
        wish = self._wish
        wifi = wish.wifi
        if wifi is None and not self._board.about.wifi:
            wifi = wish.ask_wifi()
            self._board.rejoin()  # people take their time, the board's watchdog does not
        return household.settings(
            self._folder, self._house.door, self._report.board, wifi, moved=wish.moved
        )

    def _keep_files(self, settings: dict[str, Any]) -> None:
        """Our side's copy of what the board gets, without the Wi-Fi."""
        ours = {**settings, "wifi": {"ssid": "", "key": ""}}
        self._folder.keep("config.json", json.dumps(ours, indent=1).encode())
        for name, raw in self._house.board_files().items():
            self._folder.keep(name, raw)

    def _write(self, settings: dict[str, Any], decision: str, key: bytes, *, kept: bool) -> None:
        """The files, between the two marks; nothing at all where nothing differs."""
        board, report = self._board, self._report
        others = self._house.board_files()
        others["board.json"] = json.dumps(boards.board_json(report.board)).encode()
        if (release := self._folder.release()) is not None:
            others["release.json"] = release
        made = None if kept else program.for_board(board.about.mpy)
        plan = install.plan(board, made, others)
        text = install.encoded(json.dumps(settings).encode())
        differs = board.ask("settings", text, False)
        lost = decision == identity.KEEP and identity.state_is_lost(board)
        todo = plan.files or plan.stale or differs or lost or decision != identity.KEEP
        if not todo and board.about.state == "whole":
            return
        report.copied, report.bytes = len(plan.files) + differs, plan.bytes
        report.removed = plan.stale
        try:
            install.begin(board, plan)
            install.carry_out(board, plan, self._told)
            board.ask("settings", text, True)
            if lost:
                identity.begin_anew(board, self._first_state(used=True))
            else:
                used = (self._folder.path / _IN_SERVICE).exists()
                identity.settle(board, decision, key, self._first_state(used=used))
            install.finish(board, plan)
        except KeyboardInterrupt:
            raise HalfDone from None

    def _first_state(self, *, used: bool) -> bytes:
        """state.json of a board whose key may have been in use: its boots go on above all that the
        host has seen. Was it `used`, then grants signed before now are void: one of them may have
        been revoked, and the board has forgotten which."""
        since = int(time.time()) - SEQ_EPOCH
        floor = since - _JUST_NOW_S if used else 0
        return cells.sealed({"generation": 1, "boot": since, "floor": floor})

    def _tell_copied(self, decision: str, aside: Path | None) -> None:
        report = self._report
        size = f"{report.copied} files, {report.bytes // 1024} KB" if report.copied else "nothing"
        says = f"{size} copied; its key was {decision}"
        says += f", the old one is in boards/{aside.name}" if aside else ""
        nothing = not report.copied and decision == identity.KEEP
        report.rows.append(Row("copied", PASS, "all was there already" if nothing else says))

    def _find_host(self, check: str, facts: dict[str, checks.Facts]) -> str:
        """Where the board does not reach the host by its name: try what else there is."""
        if check != "host":
            return ""
        was, port = facts["host"]["host"], facts["host"]["port"]
        for way in self._house.ways(facts["wifi"]["address"]):
            self._told(f"self-test: is the host at {way}?")
            if self._board.ask("can_reach", way, port, timeout_s=_REACH_S):
                ours = {**(self._folder.settings() or {}), "host": way}
                self._keep_files(ours)
                self._board.ask("settings", install.encoded(json.dumps(ours).encode()), True)
                return f"'{was}' is not reached from there; keep this address fixed at the router"
        return ""

    def _register(self, key: bytes) -> Row:
        try:
            new = household.register(self._house, key, self._wish.label, self._wish.place)
        except CommandError as error:
            again = "then run the same command again: it goes on from here"
            return Row("registered", FAIL, str(error), again)
        said = "with the host" if new else "with the host, since earlier"
        return Row("registered", PASS, f"{said}: {self._report.camera}")


def _usable(seen: About) -> str:
    """The chip and what runs on it. CommandError where Porchlight cannot run."""
    version = ".".join(map(str, seen.version))
    if seen.version < program.OLDEST:
        raise CommandError(f"MicroPython {version} is too old; flash the board: porchlight flash")
    return f"{seen.chip or seen.machine}, MicroPython {version}"
