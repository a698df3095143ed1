"""The host's folder as a resident's commands see it: where the host listens, which keys are here.

Reading only. Layout: porchlight.toml, run.json (while serving), ca.pem, residents/NAME.pem,
hubs/NAME.pem, boards/NAME/{board.key,config.json}.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accord import names
from porchkit import keys
from porchkit.errors import CommandError, HostUnreachable

DEFAULT_HTTPS_PORT = 8443


@dataclass(frozen=True)
class Running:
    """What a serving host says about itself in run.json; a port of 0 is off."""

    pid: int
    https: int
    http: int


def folder(option: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """--home, else $PORCHLIGHT_HOME, else ~/.porchlight."""
    chosen = option or environ.get("PORCHLIGHT_HOME")
    return Path(chosen).expanduser() if chosen else Path.home() / ".porchlight"


class Home:
    """One host folder. Nothing is read before it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ca = path / "ca.pem"

    def running(self) -> Running | None:
        """run.json, or None while no host serves this folder."""
        try:
            found = json.loads((self.path / "run.json").read_text())
            return Running(*(int(found.get(name) or 0) for name in ("pid", "https", "http")))
        except FileNotFoundError:
            return None
        except (ValueError, AttributeError):
            raise CommandError(f"{self.path}/run.json is damaged; start the host again") from None

    def base_url(self) -> str:
        """Where this folder's host answers: the port it took, else the port it was told."""
        found = self.running()
        if found is not None:
            return f"https://127.0.0.1:{found.https}"
        if not self.path.is_dir():
            raise CommandError(
                f"no host's folder at {self.path}; make one with: porchlight init, "
                "or say --host URL --ca FILE"
            )
        port = self._settings().get("listen", {}).get("port", DEFAULT_HTTPS_PORT)
        if not port:
            raise HostUnreachable(f"no host serves {self.path}; start it with: porchlight serve")
        return f"https://127.0.0.1:{port}"

    def reached_at(self) -> tuple[list[str], int]:
        """The names under which boards reach this folder's host (may be none), and its port."""
        listen = self._settings().get("listen", {})
        found = self.running()
        port = listen.get("port", DEFAULT_HTTPS_PORT) or (found.https if found else 0)
        if not port:
            raise HostUnreachable(f"no host serves {self.path}; start it with: porchlight serve")
        return list(listen.get("names", ())), port

    def resident_key(self, name: str | None) -> tuple[str, keys.PrivateKey]:
        """The name and key of `name`, or of the only resident whose key is here."""
        here = self._private("residents")
        if name is None and len(here) == 1:
            name = next(iter(here))
        if name is None:
            hint = "say --resident NAME" if here else "make one with: porchlight resident new NAME"
            listed = f" ({', '.join(here)})" if here else ""
            raise CommandError(f"{len(here)} resident keys in {self.path}{listed}; {hint}")
        if name not in here:
            raise CommandError(f"no key of a resident '{name}' in {self.path}; {_known(here)}")
        return name, keys.load_private(here[name])

    def hubs(self) -> dict[str, str]:
        """Thumb of each hub whose PEM file is here, by name."""
        return {
            path.stem: keys.thumb(keys.load_public(path))
            for path in sorted((self.path / "hubs").glob("*.pem"))
        }

    def cameras(self) -> dict[str, str]:
        """Thumb of each camera whose board files are here, by name."""
        found = sorted((self.path / "boards").glob("*/board.key"))
        return {path.parent.name: names.camera_thumb(path.read_bytes()) for path in found}

    def board_config(self, name: str) -> Path:
        """config.json of the camera of this name. CommandError where its files are not here."""
        found = {path.parent.name: path for path in self.path.glob("boards/*/config.json")}
        if name not in found:
            here = dict(sorted(found.items()))
            raise CommandError(f"no files of a camera '{name}' in {self.path}; {_known(here)}")
        return found[name]

    def _private(self, room: str) -> dict[str, Path]:
        paths = sorted((self.path / room).glob("*.pem"))
        return {path.stem: path for path in paths if keys.is_private(path)}

    def _settings(self) -> dict[str, Any]:
        try:
            return tomllib.loads((self.path / "porchlight.toml").read_text())
        except FileNotFoundError:
            return {}
        except tomllib.TOMLDecodeError as error:
            raise CommandError(
                f"{self.path}/porchlight.toml: {error}; see: porchlight check-config"
            ) from None


def _known(found: Mapping[str, object]) -> str:
    return f"there are {', '.join(found)}" if found else "there are none"
