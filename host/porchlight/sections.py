"""The sections of the settings file: each key with what it may be, and what it is unless said.

Whoever needs settings receives one of these; config.py reads them.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from porchlight import values

DEFAULT_PORT: Final = 8443
DEFAULT_PAGE_PORT: Final = 8080


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
