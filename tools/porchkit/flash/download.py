"""A pinned file, fetched once: what does not have the pinned SHA-256 never gets its name."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from porchkit.errors import CommandError

_MOST_BYTES = 32 << 20
_PATIENCE_S = 30


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/porchlight/firmware, or the same under ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "porchlight" / "firmware"


def fetch(url: str, sha256: str, cache: Path) -> Path:
    """The file behind `url`, from the cache or the network. CommandError where it cannot be had
    or is not the pinned one."""
    path = cache / f"{sha256[:16]}-{Path(urlsplit(url).path).name}"
    if path.is_file() and _digest(path) == sha256:
        return path
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache, prefix=".part-", delete=False) as part:
        half = Path(part.name)
    try:
        _download(url, half)
        found = _digest(half)
        if found != sha256:
            raise CommandError(
                f"{url} is not the file that was pinned (SHA-256 {found[:16]}..., "
                f"not {sha256[:16]}...); it was thrown away. Pass a file you trust: --firmware FILE"
            )
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path


def _download(url: str, path: Path) -> None:
    try:
        with (
            path.open("wb") as file,
            httpx.stream("GET", url, follow_redirects=True, timeout=_PATIENCE_S) as answer,
        ):
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)
                if file.tell() > _MOST_BYTES:
                    raise CommandError(f"{url} is larger than any firmware; it was thrown away")
    except httpx.HTTPStatusError as error:
        raise CommandError(
            f"{url}: {error.response.status_code}; download it by hand and pass --firmware FILE"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CommandError(
            f"{url} cannot be downloaded ({type(error).__name__}); is this machine online? "
            "Or download it elsewhere and pass --firmware FILE"
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
