"""What only people can say, in the host owner's words: a TOML file with a table for each quarter.

    ["2026-Q3"]
    area = "Springfield"                    as coarsely as you like; all fields may be left out
    costs = "1,200 EUR, paid by the town"

Do not name anybody in it: it is published as it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from porchlight.errors import ConfigError
from porchlight.transparency.quarter import Quarter

LONGEST: Final = 2_000


@dataclass(frozen=True)
class Told:
    """The fields of an annual surveillance report that no log holds. None: nothing was said."""

    area: str | None = None
    complaints: str | None = None
    audits: str | None = None
    breaches: str | None = None
    effectiveness: str | None = None
    records_requests: str | None = None
    costs: str | None = None
    changes: str | None = None


NAMES: Final = tuple(field.name for field in fields(Told))


def parse(document: Mapping[str, Any]) -> dict[str, Told]:
    """By quarter, such as "2026-Q3"; ConfigError names what is wrong."""
    return {_quarter(name): _told(name, given) for name, given in document.items()}


def _quarter(name: str) -> str:
    try:
        return str(Quarter.parse(name))
    except ValueError as error:
        raise ConfigError(f'["{name[:16]}"] {error}') from None


def _told(quarter: str, given: object) -> Told:
    if not isinstance(given, dict):
        raise ConfigError(f'{quarter} must be a table; write ["{quarter}"]')
    for name, text in given.items():
        if name not in NAMES:
            raise ConfigError(f"{quarter}: {name} is no field; use one of {', '.join(NAMES)}")
        if not isinstance(text, str) or not _readable(text):
            raise ConfigError(f"{quarter}: {name} must be 1 to {LONGEST} printable characters")
    return Told(**given)


def _readable(text: str) -> bool:
    return 1 <= len(text) <= LONGEST and text.replace("\n", "").isprintable()
