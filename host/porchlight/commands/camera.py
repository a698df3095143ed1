"""`porchlight camera`: add NAME registers a camera and makes its board's files, list shows them."""

import argparse
import json
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final

from accord import b64, names, statement
from accord.envelope import assemble
from porchlight import files, tls, values
from porchlight.commands import _home
from porchlight.commands._home import UsageError
from porchlight.config import Config
from porchlight.errors import CommandError
from porchlight.keys import PrivateKey
from porchlight.registry import CameraRecord, Party

HELP: Final = """\
examples:
  porchlight camera add porch
  porchlight camera add yard --resident sam --label "Back yard" --at=52.5163,13.3777
  porchlight camera list

The resident's key signs that the camera is theirs. The board's files are written to
boards/NAME/ in the host's folder. A new camera films nothing: nobody was allowed to look."""
DEFAULT_BOARD: Final = "ai_thinker"
NTP: Final = "pool.ntp.org"
FRAME: Final = {"width": 640, "height": 480, "quality": 80, "fps": 5, "mode": "always"}
MOTION: Final = {"sensitivity": 50, "zones": None, "pre_roll_s": 2, "post_roll_s": 3}
_DEGREE: Final = 10_000_000  # places are whole numbers of 1e-7 degrees


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|list")
    add = verbs.add_parser("add", help="register a camera")
    add.add_argument("name", metavar="NAME", help="a-z 0-9 - _")
    add.add_argument("--resident", metavar="NAME", help="whose camera (default: the only resident)")
    add.add_argument("--label", help="what people call it (default: its name)")
    add.add_argument("--at", metavar="LAT,LON", help="where it is, in degrees")
    add.add_argument("--board", default=DEFAULT_BOARD, help="kind of board (default: %(default)s)")
    add.add_argument("--host", help="where the board finds this host (default: listen.names)")
    listing = verbs.add_parser("list", help="which cameras are registered")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    for verb in (add, listing):
        _home.add_home(verb)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    config = _home.load(args)
    if args.verb == "list":
        _show(config, as_json=args.json)
        return 0
    name, board_key = _home.name(args.name), secrets.token_bytes(names.KEY_BYTES)
    folder = config.home / "boards" / name
    if folder.exists():
        raise CommandError(f"{folder} exists already; choose another name or move it away")
    settings = _board_settings(config, args.host, _home.name(args.board))
    with _home.opened(config) as (store, registry):
        owner = _home.resident(registry, args.resident)
        token = _statement(config, owner, board_key, args.label or name, _place(args.at))
        _write(folder, config, owner, board_key, settings)
        try:
            record = store.run_now(registry.adding_camera(token, board_key, owner))
        except BaseException:
            shutil.rmtree(folder)
            raise
    print(f"{record.label} is {owner.name}'s camera now: {record.id}")
    print(f"Its board's files are in {folder}. Next: porchlight grant {name} --to HUB")
    return 0


def _statement(
    config: Config, owner: Party, board_key: bytes, label: str, place: dict[str, int] | None
) -> bytes:
    """What the resident signs: this camera is mine, it is called so, it is there."""
    path = config.home / "residents" / f"{owner.name}.pem"
    if not path.exists():
        raise CommandError(
            f"{owner.name}'s key is not on this machine ({path}); add it over the API"
        )
    try:
        key = PrivateKey.from_pem(files.read_secret(path))
    except ValueError as error:
        raise CommandError(f"{path} is {error}; restore it from your copy") from None
    if key.public != owner.key:
        raise CommandError(f"{path} is not the key {owner.name} was added with; restore that one")
    claims: dict[str, Any] = {
        "iss": owner.thumb,
        "sub": names.camera_thumb(board_key),
        "jti": b64.encode(secrets.token_bytes(16)),
        "iat": int(time.time()),
        "label": label,
    }
    if place is not None:
        claims["place"] = place
    try:
        signed = statement.signing_input(claims, key.public.thumb)
    except ValueError:
        raise UsageError('--label may hold plain ASCII without " and \\ only') from None
    return assemble(signed, key.sign(signed))


def _place(text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    try:
        lat, lon = (round(float(part) * _DEGREE) for part in text.split(","))
        if abs(lat) > 90 * _DEGREE or abs(lon) > 180 * _DEGREE:
            raise ValueError
    except (ValueError, OverflowError):
        raise UsageError(f"--at {text}: write degrees as LAT,LON, such as 52.51,13.37") from None
    return {"lat": lat, "lon": lon}


def _board_settings(config: Config, host: str | None, board: str) -> dict[str, Any]:
    """config.json: how the board finds this host and how it films. Wi-Fi is asked for later."""
    try:
        named = [values.host_name(host)] if host else list(config.listen.names)
    except ValueError as error:
        raise UsageError(f"--host {error}") from None
    by_name = [name for name in config.listen.names if not _is_address(name)]
    return {
        "board": board,
        "host": named[0] if named else "127.0.0.1",
        "port": _port(config),
        "server_name": by_name[0] if by_name else "localhost",
        "wifi": {"ssid": "", "key": ""},
        "ntp": NTP,
        "frame": FRAME,
        "motion": MOTION,
    }


def _port(config: Config) -> int:
    """The port boards connect to: as set, or as taken by the host that is running."""
    if config.listen.port:
        return config.listen.port
    try:
        port = json.loads(config.run_file.read_bytes())["https"]
    except (OSError, ValueError, KeyError, TypeError):
        raise CommandError("listen.port is 0; set a port, or start the host first") from None
    return int(port)


def _write(
    folder: Path, config: Config, owner: Party, board_key: bytes, settings: dict[str, Any]
) -> None:
    resident = {"thumb": owner.thumb, "x": b64.encode(owner.key.x), "y": b64.encode(owner.key.y)}
    contents = {
        "board.key": board_key,
        "config.json": json.dumps(settings, indent=1).encode(),
        "ca.der": tls.ca_der(tls.TlsFiles(config.home)),
        "resident.json": json.dumps(resident).encode(),
    }
    files.private_folder(folder)
    for name, content in contents.items():
        files.create(folder / name, content, files.PRIVATE)


def _is_address(name: str) -> bool:
    try:
        values.address(name)
    except ValueError:
        return False
    return True


def _show(config: Config, *, as_json: bool) -> None:
    with _home.opened(config) as (_, registry):
        found = registry.cameras()
        owners = {party.thumb: party.name for party in registry.parties("resident")}
    rows = [_row(record, owners) for record in found]
    if as_json:
        print(json.dumps({"cameras": rows}))
        return
    for row in rows:
        print(f"{row['label']:<24} {row['resident_name']:<16} {row['id']}")
    if not rows:
        print("no camera yet")


def _row(record: CameraRecord, owners: dict[str, str]) -> dict[str, str]:
    return {
        "id": record.id,
        "label": record.label,
        "resident": record.resident,
        "resident_name": owners.get(record.resident, "?"),
        "source": record.source,
    }
