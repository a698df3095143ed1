"""One board, or several at once: each on its own port, in a thread of its own."""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from porchkit.errors import CommandError
from porchkit.provision.board import Board
from porchkit.provision.household import SET_ASIDE, Folder, Household
from porchkit.provision.job import Job, Report, Told, Wish
from porchkit.provision.line import Line, SerialLine
from porchkit.provision.verdicts import FAIL, Row
from porchkit.provision.wifi import Wifi

Open = Callable[[str], Line]
Tell = Callable[[str], Told]


class AskOnce:
    """What a person is asked, whoever needs the answer first."""

    def __init__(self, ask: Callable[[], Wifi]) -> None:
        self._ask, self._lock = ask, threading.Lock()
        self._said: Wifi | None = None

    def __call__(self) -> Wifi:
        with self._lock:
            if self._said is None:
                self._said = self._ask()
            return self._said


def provision_one(
    port: str, wish: Wish, house: Household, told: Told, opened: Open = SerialLine
) -> Report:
    """CommandError where the board could not be provisioned; its report otherwise."""
    report = Report(wish.name, port)
    with Board(opened(port)) as board:
        Job(board, wish, house, report, told).run()
    return report


def provision_all(
    ports: Sequence[str], wish: Wish, house: Household, tell: Tell, opened: Open = SerialLine
) -> list[Report]:
    """A report for each port; what stopped one board stops no other."""
    boards = _meet(ports, opened)
    wishes = _named(boards, wish, house)
    with ThreadPoolExecutor(max_workers=len(ports)) as pool:
        running = [
            pool.submit(_one_of, board, wish, house, tell)
            for board, wish in zip(boards.items(), wishes, strict=True)
        ]
        return [future.result() for future in running]


def _meet(ports: Sequence[str], opened: Open) -> dict[str, Board | CommandError]:
    """Whoever is on each port."""

    def meet(port: str) -> Board | CommandError:
        try:
            return Board(opened(port))
        except CommandError as error:
            return error

    with ThreadPoolExecutor(max_workers=len(ports)) as pool:
        return dict(zip(ports, pool.map(meet, ports), strict=True))


def _named(boards: dict[str, Board | CommandError], wish: Wish, house: Household) -> list[Wish]:
    """A board that is a camera here keeps its name; the others are NAME-1, NAME-2, as are free."""
    known = {thumb: name for name, thumb in house.home.cameras().items()}
    taken, wishes, number = set(known.values()), [], 0
    for board in boards.values():
        camera = board.about.camera if isinstance(board, Board) else None
        name = known.get(camera or "", "").partition(SET_ASIDE)[0] or None
        while name is None:
            number += 1
            candidate = f"{wish.name}-{number}"
            free = candidate not in taken and Folder(house.home, candidate).key() is None
            name = candidate if free else None
        taken.add(name)
        label = name if wish.label == wish.name else f"{wish.label} {number or ''}".strip()
        wishes.append(dataclasses.replace(wish, name=name, label=label))
    return wishes


def _one_of(
    met: tuple[str, Board | CommandError], wish: Wish, house: Household, tell: Tell
) -> Report:
    port, board = met
    report = Report(wish.name, port)
    if isinstance(board, CommandError):
        report.rows.append(Row("port", FAIL, str(board)))
        return report
    with board:
        try:
            Job(board, wish, house, report, tell(wish.name)).run()
        except CommandError as error:
            report.rows.append(Row("provision", FAIL, str(error)))
    return report
