"""What reading a .zip that somebody else made may raise."""

import lzma
import zipfile
import zlib
from typing import Final

# Damaged; encrypted; compressed in a way that nobody here knows; cut short.
UNREADABLE: Final = (
    *(zipfile.BadZipFile, RuntimeError, NotImplementedError),
    *(zlib.error, EOFError, lzma.LZMAError),
)
