"""The board's file system as the store sees it: whole small files, read, written, renamed.

Handed to the store so that a test can cut the power at any step. A write is on the flash when
write() returns: closing commits a file on littlefs, sync() does the rest where it exists.
"""

import os
from errno import EEXIST, ENOENT
from hashlib import sha256

_FOLDER = 0x4000  # of stat()'s mode
_PIECE_BYTES = 4096


class Flash:
    """`root`: a folder ending in "/", or "" for the current one."""

    def __init__(self, root: str = "") -> None:
        self._root = root

    def read(self, name: str) -> bytes | None:
        """The whole file; None if there is none."""
        try:
            with open(self._root + name, "rb") as file:
                return file.read()
        except OSError as error:
            if error.errno != ENOENT:
                raise  # "cannot be read" must not pass for "was never written"
            return None

    def write(self, name: str, content: bytes) -> None:
        with open(self._root + name, "wb") as file:
            file.write(content)
            file.flush()
        if hasattr(os, "sync"):
            os.sync()

    def rename(self, name: str, to: str) -> None:
        os.rename(self._root + name, self._root + to)

    def append(self, name: str, piece: bytes) -> None:
        """At the end of a file that is there."""
        with open(self._root + name, "ab") as file:
            file.write(piece)

    def make_folders(self, name: str) -> None:
        """All folders above the file `name`."""
        parts = name.split("/")
        for depth in range(1, len(parts)):
            try:
                os.mkdir(self._root + "/".join(parts[:depth]))
            except OSError as error:
                if error.errno != EEXIST:
                    raise

    def digest(self, name: str) -> bytes:
        """SHA-256 of what is on the flash; read in pieces."""
        sha = sha256()
        with open(self._root + name, "rb") as file:
            piece = file.read(_PIECE_BYTES)
            while piece:
                sha.update(piece)
                piece = file.read(_PIECE_BYTES)
        return sha.digest()

    def wipe(self, name: str) -> None:
        """Remove a file, or a folder with all in it, if it is there."""
        path = self._root + name
        try:
            is_folder = os.stat(path)[0] & _FOLDER
        except OSError as error:
            if error.errno != ENOENT:
                raise
            return
        if not is_folder:
            os.remove(path)
            return
        for inner in os.listdir(path):
            self.wipe(name + "/" + inner)
        os.rmdir(path)

    def free_bytes(self) -> int:
        stat = os.statvfs(self._root or ".")
        return stat[0] * stat[3]
