"""Who is there in the evening: three neighbours and a hub; and how a step is held to their logs."""

from collections.abc import Sequence
from pathlib import Path

from porchkit.demo.neighbour import Neighbour
from porchkit.demo.report import Steps
from porchlight.client import Hub


class Cast:
    """The first neighbour opens and answers, the second keeps silent, the third only registered.
    `hub`: the fire brigade, whose thumb is `thumb`; `home`: the host's folder."""

    def __init__(
        self, neighbours: Sequence[Neighbour], hub: Hub, thumb: str, home: Path, report: Steps
    ) -> None:
        self.sam, self.kim, self.lee = neighbours
        self.all = tuple(neighbours)
        self.hub, self.thumb, self.home, self.report = hub, thumb, home, report

    async def told(self, name: str, holds: bool, what: str, **read: tuple[str, ...]) -> None:
        """Note a step; `read`: by a neighbour's name, the entries that have to be new in their
        log. The first one's are read out. In no other log may anything of the hub be new."""
        faults, lines = [], []
        for each in self.all:
            found = {entry["type"]: entry for entry in reversed(await each.news())}
            wanted = read.get(each.name, ())
            if any(kind not in found for kind in wanted):
                faults.append(f"it is NOT in {each.called}'s log")
            elif wanted:
                line = "; ".join(each.reads(found[kind]) for kind in wanted)
                lines.append(f'{each.called} reads: "{line}"')
            elif any(entry["hub"] == self.thumb for entry in found.values()):
                faults.append(f"it is in the log of {each.called}, whom it does not concern")
        said = "; ".join(faults) or "".join(lines[:1])
        self.report.step(name, holds and not faults, f"{what}. {said}")
