"""The settings: the only reader of the settings file and of the environment.

Everything else receives the frozen objects made here. An error is one line that names the key.
"""

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

from porchlight import values
from porchlight.errors import ConfigError

HOME_VARIABLE: Final = "PORCHLIGHT_HOME"
FILE_NAME: Final = "porchlight.toml"
DEFAULT_PORT: Final = 8443
DEFAULT_PAGE_PORT: Final = 8080

Section = TypeVar("Section")


def _key(check: values.Check, default: Any) -> Any:
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True)
class Host:
    """[host]: what this host is called."""

    name: str = _key(values.text(64), "porchlight")


@dataclass(frozen=True)
class Listen:
    """[listen]: the TLS listener for boards, hubs and residents. Port 0 takes any free port."""

    address: str = _key(values.address, "0.0.0.0")  # noqa: S104 - boards come from the LAN; all they meet is authenticated
    port: int = _key(values.whole(0, 65535), DEFAULT_PORT)
    names: tuple[str, ...] = _key(values.names, ())


@dataclass(frozen=True)
class Page:
    """[page]: plain HTTP for this machine only. Port 0 takes any free port, -1 turns it off."""

    address: str = _key(values.loopback, "127.0.0.1")
    port: int = _key(values.whole(-1, 65535), DEFAULT_PAGE_PORT)


@dataclass(frozen=True)
class Database:
    """[database]: where grants and entries are kept. Empty: porchlight.db in the home folder."""

    url: str = _key(values.database_url, "")


@dataclass(frozen=True)
class ViewRules:
    """[views]: how long and how many looks may last."""

    max_seconds: int = _key(values.whole(1, 86_400), 3_600)
    per_caller: int = _key(values.whole(1, 10_000), 256)
    streams_per_view: int = _key(values.whole(1, 10_000), 64)


@dataclass(frozen=True)
class Limits:
    """[limits]: bounds on what strangers and friends may cost."""

    body_bytes: int = _key(values.whole(4_096, 1_048_576), 65_536)
    body_seconds: int = _key(values.whole(1, 300), 10)
    boards: int = _key(values.whole(1, 100_000), 1_024)
    connections: int = _key(values.whole(16, 1_000_000), 4_096)
    viewers: int = _key(values.whole(1, 1_000_000), 3_072)  # the rest of the connections: boards
    events_subscribers: int = _key(values.whole(1, 100_000), 512)


@dataclass(frozen=True)
class Config:
    """All settings of one host, and where its files are."""

    home: Path
    host: Host = Host()
    listen: Listen = Listen()
    page: Page = Page()
    database: Database = Database()
    views: ViewRules = ViewRules()
    limits: Limits = Limits()

    @property
    def file(self) -> Path:
        """The settings file itself."""
        return self.home / FILE_NAME

    @property
    def database_url(self) -> str:
        """An SQLAlchemy URL. May hold a password: never log it."""
        return self.database.url or f"sqlite:///{self.home / 'porchlight.db'}"

    @property
    def run_file(self) -> Path:
        """Written while serving: {"pid", "https", "http"}."""
        return self.home / "run.json"


SECTIONS: Final = {
    "host": Host,
    "listen": Listen,
    "page": Page,
    "database": Database,
    "views": ViewRules,
    "limits": Limits,
}


def home(chosen: str | None = None) -> Path:
    """The home folder: as chosen, else $PORCHLIGHT_HOME, else ~/.porchlight. It need not exist."""
    named = chosen or os.environ.get(HOME_VARIABLE) or "~/.porchlight"
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError:
        raise ConfigError(f"no home folder for {named!r}; name one with --home") from None


def load(folder: Path) -> Config:
    """Read and check HOME/porchlight.toml. ConfigError names the first wrong key."""
    path = folder / FILE_NAME
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; run `porchlight init` first") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}; mend the file") from None
    try:
        return parse(folder, document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse(folder: Path, document: dict[str, Any]) -> Config:
    """Check a settings document already read from TOML. Unknown keys are refused."""
    for name in document:
        if name not in SECTIONS:
            raise ConfigError(f"[{name}] is not a section; use one of {', '.join(SECTIONS)}")
    sections: dict[str, Any] = {
        name: _section(name, kind, document.get(name, {})) for name, kind in SECTIONS.items()
    }
    return Config(home=folder, **sections)


def _section(name: str, kind: type[Section], given: object) -> Section:
    if not isinstance(given, dict):
        raise ConfigError(f"{name} must be a section; write [{name}]")
    known = {item.name: item.metadata["check"] for item in fields(kind)}  # type: ignore[arg-type]
    checked: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"{name}.{key} is not a setting; use one of {', '.join(known)}")
        try:
            checked[key] = known[key](value)
        except ValueError as error:
            raise ConfigError(f"{name}.{key} {error}") from None
    return kind(**checked)
