"""The last head of each log that was seen, kept in the resident's own folder: the host cannot take
it back, and every later log must go on from it."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from porchkit.errors import CommandError

ROOM = "heads"


@dataclass(frozen=True)
class Kept:
    """`vkey`: the log's key, trusted since it was first seen. `note`: the checkpoint, as signed."""

    vkey: str
    size: int
    root: str  # hex
    note: str
    seen_at: int


def load(home: Path, resident: str) -> Kept | None:
    """What was seen last; None the first time. CommandError for a file that is damaged."""
    path = _path(home, resident)
    try:
        return Kept(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise CommandError(
            f"{path} is damaged; restore it from a copy, or move it away to begin anew"
        ) from None


def save(home: Path, resident: str, kept: Kept) -> None:
    """Keep it, whole or not at all."""
    path = _path(home, resident)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(kept), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _path(home: Path, resident: str) -> Path:
    return home / ROOM / f"{resident}.json"
