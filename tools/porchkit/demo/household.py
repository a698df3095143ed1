"""A street's worth of throw-away people: a host's folder, residents, one hub, three cameras.

Made by the very commands a person would type, so the demo shows nothing that they could not do.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accord import names
from porchkit import cli, keys
from porchkit.home import Home

RESIDENT, HUB = "sam", "fire-brigade"
SETTINGS = """\
[host]
name = "demo"

[listen]
address = "127.0.0.1"
port = 0

[page]
port = {page}
"""


@dataclass(frozen=True)
class Wanted:
    """A camera to be: its name, what people call it, whose it is, and where ("LAT,LON")."""

    name: str
    label: str
    resident: str = RESIDENT
    at: str = ""


CAMERAS = (
    Wanted("porch", "Front porch"),
    Wanted("garden", "Garden gate"),
    Wanted("drive", "Driveway"),
)


@dataclass(frozen=True)
class Street:
    """Which cameras there will be, and whose; `settings`: more of the host's porchlight.toml."""

    cameras: tuple[Wanted, ...] = CAMERAS
    settings: str = ""


@dataclass(frozen=True)
class Camera:
    """One camera of the household; `key` is its board key, `resident` the name of whose it is."""

    name: str
    label: str
    key: bytes
    resident: str = RESIDENT

    @property
    def thumb(self) -> str:
        return names.camera_thumb(self.key)


@dataclass(frozen=True)
class Household:
    """Everything that has a key. `residents`: by name."""

    home: Home
    residents: dict[str, keys.PrivateKey]
    hub: keys.PrivateKey
    cameras: tuple[Camera, ...]

    @property
    def resident(self) -> keys.PrivateKey:
        """The first of them."""
        return next(iter(self.residents.values()))

    @property
    def names(self) -> dict[str, str]:
        """What to call each thumb."""
        return {
            **{keys.thumb(key.public_key()): name for name, key in self.residents.items()},
            keys.thumb(self.hub.public_key()): HUB,
            **{camera.thumb: camera.label for camera in self.cameras},
        }


def found(folder: Path, page_port: int, settings: str = "") -> Home:
    """Make the host's folder. `page_port` 0 takes any free one, as the TLS listener does;
    `settings`: more of porchlight.toml."""
    home = Home(folder)
    _command("init", home)
    (folder / "porchlight.toml").write_text(SETTINGS.format(page=page_port) + settings)
    return home


def move_in(home: Home, wanted: Sequence[Wanted] = CAMERAS) -> None:
    """The residents and a hub register, each with a key of their own."""
    for resident in dict.fromkeys(each.resident for each in wanted):
        _command("resident", home, "new", resident)
    _command("hub", home, "add", HUB)


def add_cameras(home: Home, wanted: Sequence[Wanted] = CAMERAS) -> Household:
    """The residents' cameras; the host must be running, for their boards are told its port."""
    for each in wanted:
        place = [f"--at={each.at}"] if each.at else []
        whose = ["--resident", each.resident, "--label", each.label]
        _command("camera", home, "add", each.name, *whose, *place)
    cameras = tuple(
        Camera(each.name, each.label, _board_key(home, each.name), each.resident) for each in wanted
    )
    residents = {each.resident: home.resident_key(each.resident)[1] for each in wanted}
    hub = keys.load_private(home.path / "hubs" / f"{HUB}.pem")
    return Household(home, residents, hub, cameras)


def _board_key(home: Home, name: str) -> bytes:
    return (home.path / "boards" / name / "board.key").read_bytes()


def _command(name: str, home: Home, *words: str) -> None:
    """Run one command of `porchlight` in this process, its words kept off our output."""
    with contextlib.redirect_stdout(io.StringIO()):
        cli.dispatch([name, *words, "--home", str(home.path)])
