"""A bundle, opened with care: it comes from somebody who may want to deceive whoever opens it."""

import hashlib
import re
import struct
import zipfile
from pathlib import Path
from types import TracebackType
from typing import IO

from porchkit.errors import UsageError
from porchkit.evidence import layout

RELEASE = "release.jws"
MAX_SMALL = 1 << 20
_BLOCK = 1 << 20
_ID = r"[A-Za-z0-9_-]{1,64}"
_NAMES = re.compile(
    rf"README\.txt|release\.jws|camera\.jws|resident\.jwk|consent\.json"
    rf"|media/{_ID}\.(avi|avi\.c2pa)|grants/{_ID}\.jws|log/(entry\.json|proof\.txt|key\.txt)"
)


class Bundle:
    """Use with `with`. UsageError for a file that is none: each name once, none but ours, nothing
    compressed, so that nothing can unpack to more than it is."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        try:
            begins = layout.listed(self._file)
            self._zip = zipfile.ZipFile(self._file)
            layout.check(self._file, self._zip, begins)
            self._check()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
            self._file.close()
            raise UsageError(
                f"{path} is no bundle of Porchlight, or not a whole one: fetch it again"
            ) from None

    def _check(self) -> None:
        infos = self._zip.infolist()
        self.names = tuple(info.filename for info in infos)
        if not all(map(_ours, infos)) or len(set(self.names)) != len(infos):
            raise ValueError("it holds other things")
        if RELEASE not in self.names:
            raise ValueError("it holds no release")

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()
        self._file.close()

    def read(self, name: str) -> bytes:
        """A small file; b"" if it is missing, damaged or not small."""
        if name not in self.names or self._zip.getinfo(name).file_size > MAX_SMALL:
            return b""
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, OSError, EOFError):
            return b""

    def open(self, name: str) -> IO[bytes]:
        """Any file, to be read from its beginning."""
        return self._zip.open(name)

    def digest(self, name: str) -> str:
        """SHA-256 in hex; "" if the file is damaged."""
        found = hashlib.sha256()
        try:
            with self._zip.open(name) as file:
                while block := file.read(_BLOCK):
                    found.update(block)
        except (zipfile.BadZipFile, OSError, EOFError):
            return ""
        return found.hexdigest()


def _ours(info: zipfile.ZipInfo) -> bool:
    stored = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
    return bool(_NAMES.fullmatch(info.orig_filename)) and stored
