"""The settings: the only reader of the settings file and of the environment.

Everything else receives the frozen objects made here. An error is one line that names the key.
"""

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from porchlight import profile, values
from porchlight.errors import ConfigError
from porchlight.profile import Profile
from porchlight.transparency import told
from porchlight.transparency.told import Told

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
    """[views]: how long and how many looks may last, and whether they say so themselves."""

    max_seconds: int = _key(values.whole(1, 86_400), 3_600)
    per_caller: int = _key(values.whole(1, 10_000), 256)
    streams_per_view: int = _key(values.whole(1, 10_000), 64)
    signed: bool = _key(values.switch, True)  # hubs sign each look, or see nothing
    overlay: bool = _key(values.switch, True)  # hubs read in their pictures who looks, and when


@dataclass(frozen=True)
class Witnesses:
    """[witness]: whose logs this host cosigns, and who is asked to cosign the logs it keeps."""

    watch: tuple[str, ...] = _key(values.vkeys, ())
    ask: tuple[tuple[str, ...], ...] = _key(values.witnesses, ())
    seconds: int = _key(values.whole(1, 86_400), 60)  # between two questions about a log


@dataclass(frozen=True)
class SearchRules:
    """[search]: what a hub may draw, and among how many who only registered is hidden."""

    k: int = _key(values.whole(3, 1_000), 3)  # residents; more is safer, less is not to be had
    radius_m: int = _key(values.whole(100, 50_000), 10_000)
    most: int = _key(values.whole(1, 5_000), 1_000)  # cameras in one answer


@dataclass(frozen=True)
class OperatorRules:
    """[operators]: the people at hubs. `required`: also of hubs that have no issuer, which then may
    do nothing."""

    required: bool = _key(values.switch, False)
    session_seconds: int = _key(values.whole(60, 43_200), 3_600)


@dataclass(frozen=True)
class QuotaRules:
    """[quotas]: cameras opened and searches made in an hour; cameras opened for one case, and from
    how many and how far apart on that is flagged."""

    hub_opens: int = _key(values.whole(1, 100_000), 2_000)
    operator_opens: int = _key(values.whole(1, 100_000), 200)
    hub_searches: int = _key(values.whole(1, 100_000), 2_000)
    operator_searches: int = _key(values.whole(1, 100_000), 200)
    case_cameras: int = _key(values.whole(1, 100_000), 256)
    flag_cameras: int = _key(values.whole(1, 100_000), 32)  # reuse.py: told, and not refused
    flag_km: int = _key(values.whole(2, 20_000), 10)


@dataclass(frozen=True)
class ProfileFile:
    """[profile]: the jurisdiction's rules, a file in the home folder. Empty: none."""

    file: str = _key(values.file_name, "")


@dataclass(frozen=True)
class ReportFile:
    """[report]: what no log knows of a quarter, a file in the home folder. Empty: nothing."""

    file: str = _key(values.file_name, "")


@dataclass(frozen=True)
class WebhookRules:
    """[webhooks]: where events may be sent. Off: nowhere but to public addresses, by https."""

    private: bool = _key(values.switch, False)  # also within this network, and to this machine
    plain_loopback: bool = _key(values.switch, False)  # plain http, to this machine alone
    per_owner: int = _key(values.whole(0, 100), 8)


@dataclass(frozen=True)
class RequestRules:
    """[requests]: residents are asked, and hubs told of a yes, in slots: the shorter, the more they
    tell of when somebody answered."""

    slot_seconds: int = _key(values.whole(1, 3_600), 60)


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
class ClipRules:
    """[clips]: how clips are cut, and how much of them is kept. Grants may say less, never more."""

    quota_mb: int = _key(values.whole(1, 10_000_000), 2_048)  # a camera; oldest go first
    spare_mb: int = _key(values.whole(0, 10_000_000), 256)  # what the disk keeps for the log
    retain_seconds: int = _key(values.whole(60, 31_536_000), 604_800)
    pre_roll_seconds: int = _key(values.whole(0, 30), 5)
    quiet_seconds: int = _key(values.whole(1, 300), 8)
    longest_seconds: int = _key(values.whole(5, 600), 60)
    longest_mb: int = _key(values.whole(1, 512), 64)


@dataclass(frozen=True)
class Config:
    """All settings of one host, and where its files are."""

    home: Path
    host: Host = Host()
    listen: Listen = Listen()
    page: Page = Page()
    database: Database = Database()
    views: ViewRules = ViewRules()
    operators: OperatorRules = OperatorRules()
    quotas: QuotaRules = QuotaRules()
    profile: ProfileFile = ProfileFile()
    rules: Profile = field(default_factory=Profile)
    witness: Witnesses = Witnesses()
    search: SearchRules = SearchRules()
    requests: RequestRules = RequestRules()
    report: ReportFile = ReportFile()
    told: dict[str, Told] = field(default_factory=dict)
    webhooks: WebhookRules = WebhookRules()
    limits: Limits = Limits()
    clips: ClipRules = ClipRules()

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
    "operators": OperatorRules,
    "quotas": QuotaRules,
    "profile": ProfileFile,
    "witness": Witnesses,
    "search": SearchRules,
    "requests": RequestRules,
    "report": ReportFile,
    "webhooks": WebhookRules,
    "limits": Limits,
    "clips": ClipRules,
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
