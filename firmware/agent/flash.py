"""The board's file system as the store sees it: whole small files, read, written, renamed.

Handed to the store so that a test can cut the power at any step. A write is on the flash when
write() returns: closing commits a file on littlefs, sync() does the rest where it exists.
"""

import os
from errno import ENOENT


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
