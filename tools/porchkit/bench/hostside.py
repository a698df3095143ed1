"""What is measured inside the host's own code: a program for a Python process of its own, as text,
for the workbench imports nothing of the host."""

import json
import sys
from typing import Any

from porchkit.bench.kit import Kit
from porchkit.bench.processes import Process

_LIMIT_S = 120.0
# argv: a file of frames, width of the wall, its columns, seconds. Prints ms of CPU: `tile` for one
# camera's new picture, `assemble` for a wall of which every tile is new.
_WALL = """
import json, sys, time
from pathlib import Path
from porchkit.bench import stamped
from porchlight.streams.layout import Layout
from porchlight.streams.mosaic import Mosaic
from porchlight.streams.tiles import picture_tile

shown = stamped.read(Path(sys.argv[1]))
width, columns, seconds = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
layout = Layout(width, columns, columns * columns)
places = layout.places


def tiles():
    return [
        picture_tile(shown[at % len(shown)], place.shape, (f"Camera {at}",))
        for at, place in enumerate(places)
    ]


mosaic = Mosaic(layout)
made = tiles()


def assemble():
    for at, tile in enumerate(made):
        mosaic.show(at, tile)
    return mosaic.jpeg()


def ms(work):
    found, until = [], time.monotonic() + seconds
    while len(found) < 5 or time.monotonic() < until:
        since = time.process_time_ns()
        work()
        found.append((time.process_time_ns() - since) / 1e6)
    return sorted(found)[len(found) // 2]


size = list(layout.size)
print(json.dumps({
    "tile": ms(tiles) / len(places), "assemble": ms(assemble), "bytes": len(assemble()),
    "size": size,
}))
"""


def wall(kit: Kit, width: int, columns: int, seconds: float) -> dict[str, Any]:
    """Milliseconds for one tile and for a whole wall; CommandError if the host's code has neither
    any more where this looks for it."""
    words = [str(kit.frames), str(width), str(columns), f"{seconds:g}"]
    command = [sys.executable, "-c", _WALL, *words]
    with Process(command, kit.cores.server, kit.log("wall"), piped=True) as process:
        process.wait(_LIMIT_S)
        try:
            found: dict[str, Any] = json.loads(process.stdout.read())
        except ValueError:
            raise process.failed("measured nothing") from None
    return found
