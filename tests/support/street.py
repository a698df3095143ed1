"""Who lives on the street of tests.support.night, and what everybody there has been told."""

import itertools
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support import asking
from tests.support.hosting import SETTINGS, Kit, Spawned
from tests.support.viewing import Watcher

QUICK: Final = SETTINGS + "[clips]\nquiet_seconds = 1\npre_roll_seconds = 1\n"
NIGHT: Final = QUICK + "[requests]\nslot_seconds = 1\n"
GEO: Final = {"cell": "u173z", "precision_m": 1_000}
AREA: Final = {"center": [4.9, 52.36], "radius_m": 2_000}  # around the middle of the cell
TERMS: Final = {
    "actions": ["live", "clips", "export"],
    "limits": {"retain_s": 30 * 86_400},
    "geo": GEO,
}


@dataclass
class Told:
    """By id, what people hold in their hands; what was half read when the host died is not in it,
    but for pictures: a viewer has each as it comes."""

    looks: dict[str, Watcher] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)  # as paths
    receipts: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)  # checkpoints
    entries: dict[int, dict[str, Any]] = field(default_factory=dict)
    clips: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # by play: clip, content
    bundles: dict[str, bytes] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)  # grants that answer a request

    def counts(self) -> dict[str, int]:
        """How much there was of each."""
        frames = sum(len(viewer.parts) for viewer in self.looks.values())
        return {name: len(kept) for name, kept in vars(self).items()} | {"frames": frames}

    def so_far(self) -> int:
        """How much happened: grows with everything that anybody got but the pages of the log."""
        return sum(self.counts().values()) - len(self.entries)


class Street:
    """Who lives there. Made on the first host; the same people on every later one."""

    def __init__(self, host: Spawned) -> None:
        self.ann, self.fire = host.resident("ann"), host.hub("fire")
        lat, lon = (round(degrees * asking.U) for degrees in asking.MIDDLE)
        self.porch: Kit = host.camera(self.ann, place={"lat": lat, "lon": lon})
        self.jti = host.grant(self.porch, self.fire, detail=TERMS)
        ask = {"hub": self.fire.thumb, "purposes": ["fire"]}
        assert host.caller(self.ann).ask("PUT", "/me/asked", ask).status_code == 200
        self.told = Told()
        self.boots = itertools.count(1)
        self.cases = itertools.count(1)
