"""What a board is told of its host and its resident, and the files that both sides keep.

boards/NAME/ in the resident's folder: board.key config.json ca.der resident.json
all of it for this user only; the same files that `porchlight camera add` writes
"""

import argparse
import hashlib
import itertools
import json
import os
import secrets
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from accord import b64, names
from porchkit import flashroot, keys, options, statements
from porchkit.client import Client
from porchkit.errors import CommandError, UsageError
from porchkit.flashroot import BoardConfig
from porchkit.home import DEFAULT_HTTPS_PORT, Home
from porchkit.provision import ways
from porchkit.provision.wifi import Wifi

LOCAL_NAME = "localhost"  # every host's certificate holds it, and only its own CA is trusted

SET_ASIDE = ".old-"  # between the name of a camera and a number: what --new-key replaced

_PAGE = 500
_SETTLED = ("config.json", "release.json")  # what a camera keeps when its key is replaced


@dataclass(frozen=True)
class Door:
    """Where a board finds the host, and the name it demands in the certificate."""

    host: str
    port: int
    server_name: str


@dataclass(frozen=True)
class Household:
    """One resident, their host, and how a board gets there. `ways(address of the board)`: what
    else to try."""

    home: Home
    resident: str
    key: keys.PrivateKey
    client: Client
    ca_der: bytes
    door: Door
    ways: Callable[[str], Iterable[str]] = lambda address: ()

    @property
    def thumb(self) -> str:
        """The resident's."""
        return keys.thumb(self.key.public_key())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the CA's certificate, as people compare it."""
        digest = hashlib.sha256(self.ca_der).hexdigest().upper()
        return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))

    def board_files(self) -> dict[str, bytes]:
        """What every board of this resident gets."""
        x, y = keys.coordinates(self.key.public_key())
        pinned = {"thumb": self.thumb, "x": b64.encode(x), "y": b64.encode(y)}
        return {"resident.json": json.dumps(pinned).encode(), "ca.der": self.ca_der}


class Folder:
    """The files of one camera on this side."""

    def __init__(self, home: Home, name: str) -> None:
        self.path = home.path / "boards" / name

    def key(self) -> bytes | None:
        """The board key, None where there is none. CommandError for a damaged one."""
        try:
            key = (self.path / "board.key").read_bytes()
        except FileNotFoundError:
            return None
        if len(key) != names.KEY_BYTES:
            raise CommandError(f"{self.path}/board.key is damaged; restore it from your copy")
        return key

    def settings(self) -> dict[str, Any] | None:
        """config.json, None where there is none."""
        try:
            found = json.loads((self.path / "config.json").read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise CommandError(f"{self.path}/config.json is damaged; restore it, or remove it")
        return found

    def resident(self) -> str | None:
        """Thumb of the resident whose camera it is, None where that is not written."""
        try:
            found = json.loads((self.path / "resident.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        thumb = found.get("thumb") if isinstance(found, dict) else None
        return thumb if isinstance(thumb, str) else None

    def set_aside(self) -> Path | None:
        """What was here goes to NAME.old-1, or the next number that is free, if there is a key.
        Settings, and whose updates are taken, stay here as well."""
        if self.key() is None:
            return None
        stays = {name: (self.path / name) for name in _SETTLED if (self.path / name).exists()}
        held = {name: path.read_bytes() for name, path in stays.items()}
        others = (
            self.path.with_name(f"{self.path.name}{SET_ASIDE}{n}") for n in itertools.count(1)
        )
        aside = next(path for path in others if not path.exists())
        self.path.rename(aside)
        aside.chmod(0o700)
        for name, content in held.items():
            self.keep(name, content)
        return aside

    def release(self) -> bytes | None:
        """release.json, whose updates the board takes (`porchlight update`); None: nobody's."""
        path = self.path / "release.json"
        return path.read_bytes() if path.exists() else None

    def keep(self, name: str, content: bytes) -> None:
        """Write one file, whole, for this user only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path / f".{name}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / name)


def of(args: argparse.Namespace) -> Household:
    """From --home, --host, --ca, --resident, --key and --address. Nothing is asked of the host."""
    session = options.connect(args)
    ca = args.ca or session.home.ca
    home = session.home
    return Household(
        home,
        session.name,
        session.key,
        session.client,
        _der(ca),
        door(args, home),
        lambda address: ways.others(args, home, address),
    )


def door(args: argparse.Namespace, home: Home) -> Door:
    """--address first, then --host's own, then what the host's folder says."""
    if args.host:
        url = urlsplit(args.host)
        known, port = [url.hostname or ""], url.port or DEFAULT_HTTPS_PORT
    else:
        known, port = home.reached_at()
    by_name = [name for name in known if not _is_address(name)]
    server_name = by_name[0] if by_name else LOCAL_NAME
    host = known[0] if known else "127.0.0.1"
    if args.address:
        host, _, text = args.address.partition(":")
        if not host or not (text or "1").isdecimal():
            raise UsageError(f"--address {args.address}: write NAME or NAME:PORT")
        port = int(text or port)
    return Door(host, port, server_name)


def settings(
    folder: Folder, door: Door, board: str, wifi: Wifi | None, *, moved: bool
) -> dict[str, Any]:
    """config.json for the board: as it lies in `folder`, or new. `moved`: the way to the host was
    given anew; it is taken anew as well when the host has another name or port than it had.
    Without `wifi` the board keeps what it has."""
    found = folder.settings()
    way = {"host": door.host, "port": door.port, "server_name": door.server_name}
    if found is None or moved or any(found.get(key) != way[key] for key in ("port", "server_name")):
        found = {**(found or _defaults()), **way}
    network = {"ssid": wifi.ssid, "key": wifi.key} if wifi else {"ssid": "", "key": ""}
    return {**found, "board": board, "wifi": network}


def _defaults() -> dict[str, Any]:
    empty = bytes(names.KEY_BYTES)
    return flashroot.settings(BoardConfig("", 0, "", b"", empty, empty, empty))


def register(house: Household, board_key: bytes, label: str, place: dict[str, int] | None) -> bool:
    """Tell the host that this camera is the resident's; False if it knew."""
    camera = names.camera_thumb(board_key)
    if camera in registered(house):
        return False
    jti = secrets.token_bytes(statements.JTI_BYTES)
    token = statements.sign(house.key, camera, label, jti=jti, place=place)
    house.client.post("/cameras", {"statement": token.decode(), "key": b64.encode(board_key)})
    return True


def registered(house: Household) -> dict[str, str]:
    """Label of each camera of this resident, by its thumb."""
    return {row["id"]: row["label"] for row in house.client.get("/cameras")["cameras"]}


def newest_entry(house: Household) -> int:
    """The number of the last entry in the resident's log, 0 for none."""
    newest = 0
    while (
        after := house.client.get("/entries", {"after": newest, "limit": _PAGE})["next"]
    ) > newest:
        newest = after
    return newest


def came_online(house: Household, camera: str, newest: int) -> bool:
    """Whether its board has connected after entry `newest`."""
    return bool(_entries(house, camera, newest, "board.online"))


def sent_away(house: Household, camera: str, newest: int) -> str:
    """Why the host sent the camera's board away after entry `newest`, "" if it did not."""
    rows = _entries(house, camera, newest, "board.refused")
    return str(rows[-1]["reason"]) if rows else ""


def _entries(house: Household, camera: str, newest: int, type: str) -> list[dict[str, Any]]:
    rows = house.client.get("/entries", {"after": newest, "limit": _PAGE})["entries"]
    return [row for row in rows if row["type"] == type and row["camera"] == camera]


def _der(ca: Path) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(ca.read_text("ascii"))
    except (OSError, ValueError):
        raise CommandError(f"{ca} is no certificate; give the host's ca.pem with --ca") from None


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdecimal()
