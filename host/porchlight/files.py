"""Files that must be whole or absent, and secrets that only their owner may read."""

import os
import secrets
from pathlib import Path
from typing import Final

from porchlight.errors import CommandError

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644
_OTHERS: Final = 0o077


def private_folder(path: Path) -> None:
    """Make the folder (and its parents) for this user only; a folder that exists is left alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write(path: Path, content: bytes, mode: int) -> None:
    """Write the whole file or nothing, durable when this returns; OSError otherwise."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create(path: Path, content: bytes, mode: int) -> None:
    """Like write(), for a file that must not exist yet; CommandError if it does."""
    if path.exists():
        raise CommandError(f"{path} exists already; move it away first")
    write(path, content, mode)


def read_secret(path: Path) -> bytes:
    """The bytes of a file that nobody else can read; CommandError if others can."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise CommandError(f"{path} can be read by others; run `chmod 600 {path}`")
            return file.read()
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder holds."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
