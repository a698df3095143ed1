"""One camera, every server in turn, round after round."""

from collections.abc import Callable

from porchkit.bench import figures
from porchkit.bench.common import Run
from porchkit.bench.house import House
from porchkit.bench.servers import FLOOR, Server, servers
from porchkit.bench.watching import Found

Round = dict[str, Found]  # by server
Measure = Callable[[str, Server], Found]  # name, server -> what was found


def in_turn(run: Run, measure: Measure, *, gentle_s: float = 0.0, without: str = "") -> list[Round]:
    """All rounds, without the server of that name."""
    with House(run.kit.folder, run.kit.cores) as house:
        camera = house.add_cameras(1)[0]
        known = servers(run.kit, house, camera, gentle_s=gentle_s)
        known.pop(without, None)
        rounds: list[Round] = []
        for number in range(run.rounds):
            found: Round = {}
            for name, server in known.items():
                run.tell(f"round {number + 1}: {name}")
                found[name] = measure(name, server)
            rounds.append(found)
    return rounds


def middle(rounds: list[Round], name: str, of: Callable[[Found], float | None]) -> float:
    """The median of one figure of one server; NaN where it was not measured in every round."""
    return figures.middle(of(one[name]) for one in rounds)


def called(name: str, floor_name: str) -> str:
    """A server's name in a table."""
    return floor_name if name == FLOOR else name
