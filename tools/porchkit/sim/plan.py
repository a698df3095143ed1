"""What a simulation is to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """`frame_bytes`: size every JPEG is padded to, None for as filmed. `home`: the folder of a
    host that runs already, None for a throw-away one. `kill_host_at`: seconds into the run.
    `knobs`: of the stand-ins, for every board."""

    boards: int = 40
    fps: int = 5
    seconds: float = 60.0
    frame_bytes: int | None = 25_000
    footage: Path | None = None
    home: Path | None = None
    kill_host_at: float | None = None
    knobs: Mapping[str, object] = field(default_factory=dict)
