"""Results as files: whole or not at all."""

import os
import tempfile
from pathlib import Path

from porchkit.errors import CommandError


def check(path: Path) -> None:
    """CommandError where `write` could not write to `path`; asked before a long run."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise CommandError(f"{path}: there is no folder {folder}; make it first")
    if path.is_dir():
        raise CommandError(f"{path}: a folder; name a file in it")
    if not os.access(path if _special(path) else folder, os.W_OK):
        raise CommandError(f"{path}: {folder} is not writable")


def folder(path: Path) -> Path:
    """Make the folder where it is missing. CommandError where that is refused."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{path}: cannot be made a folder ({error.strerror})") from error
    return path


def write(path: Path, content: str, *, private: bool = False) -> None:
    """Write under another name, then rename: nobody reads half of it. A pipe or a device gets the
    content itself. `private`: for this user only. CommandError where it cannot be written; then
    what was there is as it was."""
    if _special(path):
        path.write_text(content, encoding="utf-8")
        return
    target = path.resolve()  # a link stays one
    try:
        _replace(target, content, 0o600 if private else 0o666 & ~_umask())
    except OSError as error:
        raise CommandError(f"{path}: cannot be written ({error.strerror})") from error


def _replace(target: Path, content: str, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        part.chmod(mode)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
