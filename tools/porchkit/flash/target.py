"""What flashing needs to know of a board, from its checked table in boards/*.toml.

[firmware]                  the image that was tried, once somebody has its checksum
version = "0.6.0"
url = "https://..."         .bin or .zip
sha256 = "..."              of the file behind the url
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from porchkit import boards

RELEASES = "https://github.com/cnadler86/micropython-camera-API/releases"
BEST: str = "0.6.0"  # of the camera firmware, where a board's sensors say nothing else
UNUSABLE, END_OF_LIFE = "unusable", "end-of-life"


@dataclass(frozen=True)
class Pinned:
    """An image that may be downloaded: these bytes and no others."""

    version: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Target:
    """One board, as a thing to be flashed. `flash_mb` is 0 where nobody knows; `reason` says why
    an unusable one is; `releases` are those known to work, by sensor."""

    name: str
    title: str
    chip: str
    image: str
    offset: int
    flash_mb: int
    status: str
    reason: str
    boot_steps: tuple[str, ...]
    run_steps: tuple[str, ...]
    pinned: Pinned | None
    releases: Mapping[str, list[str]]

    @property
    def best_release(self) -> str:
        """The one that most of the board's sensors work with, the better one of two."""
        named = Counter(release for known in self.releases.values() for release in known)
        return named.most_common(1)[0][0] if named else BEST


def target(name: str) -> Target:
    """The board called `name`; CommandError names the known ones."""
    row = boards.table(name)
    return from_row(row, {sensor: of["firmware"] for sensor, of in boards.sensors(name).items()})


def from_row(row: dict[str, Any], releases: Mapping[str, list[str]]) -> Target:
    """A board from its checked table."""
    return Target(
        name=row["name"],
        title=row["title"],
        chip=row["chip"],
        image=row["image"],
        offset=row["image_offset"],
        flash_mb=row.get("flash_mb", 0),
        status=row["status"],
        reason=row.get("reason", ""),
        boot_steps=tuple(row.get("boot_steps", ())),
        run_steps=tuple(row.get("run_steps", ())),
        pinned=Pinned(**row["firmware"]) if "firmware" in row else None,
        releases={sensor: known for sensor, known in releases.items() if known},
    )
