"""Which program a board runs, and whether that of this folder may take its place.

An older one never does without being asked to: what came over the air, or by a newer folder, was
made to mend something.
"""

from dataclasses import dataclass

from porchkit import releases
from porchkit.paths import firmware_root
from porchkit.provision import bootrecord
from porchkit.provision.board import Board


@dataclass(frozen=True)
class Runs:
    """A program: its release, 0 where nobody knows; its name; its slot, "" for the cable's."""

    release: int
    name: str = ""
    slot: str = ""

    def __str__(self) -> str:
        what = f"release {self.release}" if self.release else "a release without a number"
        name = f" ({self.name})" if self.name else ""
        return f"{what}{name}, {f'the update in slot {self.slot}' if self.slot else 'by cable'}"


def ours() -> Runs | None:
    """The program of this folder; None where it does not say its release."""
    path = firmware_root() / "agent/version.py"
    if not path.exists():
        return None
    name, number = releases.version(path)
    return Runs(number, name)


def on(board: Board) -> list[Runs]:
    """The programs that the board may start, the one that runs next first; [] for none."""
    record = bootrecord.read(board) or {}
    found = []
    for slot, claimed in (("trial", "coming"), ("slot", "highest")):
        name = record.get(slot)
        if name and name in board.about.names:
            found.append(_said(board, name) or Runs(int(record.get(claimed) or 0), slot=name))
    by_cable = _said(board, "")
    return [*found, by_cable] if by_cable else found


def _said(board: Board, slot: str) -> Runs | None:
    """What agent/version.py of a slot says of itself."""
    said = board.ask("version", slot)
    if said is None or not isinstance(said[1], int):
        return None
    return Runs(said[1], str(said[0]), slot)
