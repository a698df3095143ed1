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


def build(folder: Path, page_port: int) -> Household:
    """Make the household in `folder`. `page_port` 0 takes any free one."""
    home = Home(folder)
    _command("init", home)
    (folder / "porchlight.toml").write_text(SETTINGS.format(page=page_port))
    _command("resident", home, "new", RESIDENT)
    hub = keys.generate()
    keys.save_private(hub, folder / "hub.pem")
    _command("hub", home, "add", HUB, "--key", str(folder / "hub.pem"))
    for name, label in CAMERAS.items():
        _command("camera", home, "add", name, "--resident", RESIDENT, "--label", label)
    _, resident = home.resident_key(RESIDENT)
    cameras = tuple(
        Camera(name, label, (folder / "boards" / name / "board.key").read_bytes())
        for name, label in CAMERAS.items()
    )
    return Household(home, resident, hub, cameras)


def _command(name: str, home: Home, *words: str) -> None:
    """Run one command of `porchlight` in this process, its words kept off our output."""
    with contextlib.redirect_stdout(io.StringIO()):
        cli.dispatch([name, *words, "--home", str(home.path)])
