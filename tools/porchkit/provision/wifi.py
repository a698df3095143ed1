"""The name and password of a Wi-Fi network: from a file, from stdin, or asked for without echo.

Never from an option's value: that would stay in the shell's history and in the list of processes.
"""

import getpass
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from porchkit.errors import CommandError, UsageError

FROM_STDIN = "-"
_SSID_BYTES = 32
_KEY_CHARS = range(8, 64)  # WPA; 64 is the key itself in hex
_HEX_KEY = 64
HOW = "say --wifi-file FILE (two lines: name, password), or run this in a terminal"


@dataclass(frozen=True)
class Wifi:
    """A network to join; `key` "" for an open one."""

    ssid: str
    key: str = field(repr=False)


def read(source: str, stdin: TextIO | None = None) -> Wifi:
    """The network in a file of two lines, "-" for stdin. CommandError if others can read it."""
    if source == FROM_STDIN:
        return _parsed((stdin or sys.stdin).read(), "stdin")
    path = Path(source)
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise CommandError(f"others can read {path}; first: chmod 600 {path}")
            return _parsed(file.read(), str(path))
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not text; write the network's name and password") from None
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None


def ask() -> Wifi:
    """Ask the person at the terminal. CommandError where there is none."""
    if not sys.stdin.isatty():
        raise CommandError(f"the board knows no Wi-Fi yet; {HOW}")
    print("The Wi-Fi that the camera shall join (2.4 GHz; the password is not shown).")
    ssid = input("  name: ")
    return checked(ssid, getpass.getpass("  password: "))


def checked(ssid: str, key: str) -> Wifi:
    """UsageError if no network could be called so, or have such a password."""
    if not 1 <= len(ssid.encode()) <= _SSID_BYTES:
        raise UsageError(f"a network's name has 1 to {_SSID_BYTES} bytes")
    if key and len(key) not in _KEY_CHARS and len(key) != _HEX_KEY:
        raise UsageError("a Wi-Fi password has 8 to 63 characters, or none for an open network")
    return Wifi(ssid, key)


def _parsed(text: str, where: str) -> Wifi:
    lines = text.splitlines()
    if not 1 <= len(lines) <= 2:
        raise UsageError(f"{where}: write two lines, the network's name and its password")
    return checked(lines[0], lines[1] if len(lines) == 2 else "")
