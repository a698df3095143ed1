"""A street's worth of throw-away people: a host's folder, one resident, one hub, three cameras.

Made by the very commands a person would type, so the demo shows nothing that they could not do.
"""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from accord import names
from porchkit import cli, keys
from porchkit.home import Home

RESIDENT, HUB = "sam", "fire-brigade"
CAMERAS = {"porch": "Front porch", "garden": "Garden gate", "drive": "Driveway"}
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
class Camera:
    """One camera of the household; `key` is its board key."""

    name: str
    label: str
    key: bytes

    @property
    def thumb(self) -> str:
        return names.camera_thumb(self.key)


@dataclass(frozen=True)
class Household:
    """Everything that has a key."""

    home: Home
    resident: keys.PrivateKey
    hub: keys.PrivateKey
    cameras: tuple[Camera, ...]

    @property
    def names(self) -> dict[str, str]:
        """What to call each thumb."""
        return {
            keys.thumb(self.resident.public_key()): RESIDENT,
            keys.thumb(self.hub.public_key()): HUB,
            **{camera.thumb: camera.label for camera in self.cameras},
        }


def found(folder: Path, page_port: int) -> Home:
    """Make the host's folder. `page_port` 0 takes any free one, as the TLS listener does."""
    home = Home(folder)
    _command("init", home)
    (folder / "porchlight.toml").write_text(SETTINGS.format(page=page_port))
    return home


def move_in(home: Home) -> None:
    """A resident and a hub register, each with a key of their own."""
    _command("resident", home, "new", RESIDENT)
    _command("hub", home, "add", HUB)


def add_cameras(home: Home) -> Household:
    """The resident's cameras; the host must be running, for their boards are told its port."""
    for name, label in CAMERAS.items():
        _command("camera", home, "add", name, "--resident", RESIDENT, "--label", label)
    cameras = tuple(
        Camera(name, label, (home.path / "boards" / name / "board.key").read_bytes())
        for name, label in CAMERAS.items()
    )
    _, resident = home.resident_key(RESIDENT)
    return Household(home, resident, keys.load_private(home.path / "hubs" / f"{HUB}.pem"), cameras)


def _command(name: str, home: Home, *words: str) -> None:
    """Run one command of `porchlight` in this process, its words kept off our output."""
    with contextlib.redirect_stdout(io.StringIO()):
        cli.dispatch([name, *words, "--home", str(home.path)])
