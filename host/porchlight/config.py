"""The settings: the only reader of the settings file and of the environment.

Everything else receives the frozen objects made here. An error is one line that names the key.
"""

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from porchlight import profile
from porchlight.errors import ConfigError
from porchlight.profile import Profile
from porchlight.sections import (
    SECTIONS,
    ClipRules,
    Database,
    Host,
    Limits,
    Listen,
    OperatorRules,
    Page,
    ProfileFile,
    QuotaRules,
    ReportFile,
    RequestRules,
    SearchRules,
    ViewRules,
    WebhookRules,
    Witnesses,
)
from porchlight.transparency import told
from porchlight.transparency.told import Told

HOME_VARIABLE: Final = "PORCHLIGHT_HOME"
FILE_NAME: Final = "porchlight.toml"

Section = TypeVar("Section")


@dataclass(frozen=True)
class Config:
    """All settings of one host, and where its files are."""

    home: Path
    host: Host = field(default_factory=Host)
    listen: Listen = field(default_factory=Listen)
    page: Page = field(default_factory=Page)
    database: Database = field(default_factory=Database)
    views: ViewRules = field(default_factory=ViewRules)
    operators: OperatorRules = field(default_factory=OperatorRules)
    quotas: QuotaRules = field(default_factory=QuotaRules)
    profile: ProfileFile = field(default_factory=ProfileFile)
    rules: Profile = field(default_factory=Profile)
    witness: Witnesses = field(default_factory=Witnesses)
    search: SearchRules = field(default_factory=SearchRules)
    requests: RequestRules = field(default_factory=RequestRules)
    report: ReportFile = field(default_factory=ReportFile)
    told: dict[str, Told] = field(default_factory=dict)
    webhooks: WebhookRules = field(default_factory=WebhookRules)
    limits: Limits = field(default_factory=Limits)
    clips: ClipRules = field(default_factory=ClipRules)

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
    document = _document(path, "run `porchlight init` first")
    try:
        config = parse(folder, document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    rules, words = _profile(folder, config.profile.file), _told(folder, config.report.file)
    return replace(config, rules=rules, told=words)


def _profile(folder: Path, name: str) -> Profile:
    """The jurisdiction's rules. A file that is named and cannot be read is no absence of rules."""
    if not name:
        return Profile()
    path = folder / name
    document = _document(path, "put it there, or empty profile.file")
    try:
        return profile.parse(document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _told(folder: Path, name: str) -> dict[str, Told]:
    """What the owner says in reports."""
    if not name:
        return {}
    path = folder / name
    document = _document(path, "put it there, or empty report.file")
    try:
        return told.parse(document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _document(path: Path, advice: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; {advice}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}; mend the file") from None


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
