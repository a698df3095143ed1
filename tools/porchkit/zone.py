"""The POSIX TZ string of this machine, which a grant with windows must carry.

The board has no table of zones: "CET-1CEST,M3.5.0,M10.5.0/3" is all it needs, and it is the last
line of every zoneinfo file (RFC 8536 §3.3).
"""

import re
import zoneinfo
from collections.abc import Mapping
from pathlib import Path

from accord import tz as accord_tz
from porchkit.errors import UsageError

LOCALTIME = Path("/etc/localtime")
UTC_NAMES = ("UTC", "GMT", "Etc/UTC")
_NAME = re.compile(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*")


def system(environ: Mapping[str, str], localtime: Path = LOCALTIME) -> str:
    """What this machine's clocks show: $TZ, else /etc/localtime, else UTC0."""
    text = environ.get("TZ", "").removeprefix(":")
    if text.startswith("/"):
        return _footer(Path(text))
    if text:
        return resolve(text)
    return _footer(localtime) if localtime.exists() else "UTC0"


def resolve(text: str) -> str:
    """A POSIX TZ string from itself or from a zone's name, "Europe/Amsterdam"."""
    if text in UTC_NAMES:  # also where no zone files are installed
        return "UTC0"
    if _readable(text):
        return text
    if _NAME.fullmatch(text):
        for folder in zoneinfo.TZPATH:
            path = Path(folder) / text
            if path.is_file():
                return _footer(path)
    raise UsageError(
        f"'{text}' is no time zone; write Europe/Amsterdam or CET-1CEST,M3.5.0,M10.5.0/3"
    )


def _footer(path: Path) -> str:
    """The last line of a zoneinfo file."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; say --tz") from None
    footer = lines[-2].decode("ascii", "replace") if len(lines) > 1 else ""
    if not lines[0].startswith(b"TZif") or not _readable(footer):
        raise UsageError(f"{path} names no zone with a rule; say --tz Europe/Amsterdam")
    return footer


def _readable(text: str) -> bool:
    try:
        accord_tz.parse(text)
    except ValueError:
        return False
    return True
