"""`porchlight release`: the firmware of this checkout, signed, as a file that residents take."""

import argparse
import json
from pathlib import Path

from accord import b64
from porchkit import keys, releases
from porchkit.errors import CommandError
from porchkit.paths import firmware_root
from porchkit.words import clean

# sys.implementation._mpy of every board in boards/: xtensawin, native code 3 (MicroPython 1.26 up)
CAMERAS = 10 << 10 | 3 << 8 | 6

HELP = """\
examples:
  porchlight release key maker.pem                  a release key of your own; keep it offline
  porchlight release make --key maker.pem           writes porchlight-NAME.release
  porchlight release show porchlight-0.2.0.release  what is in it, and whose it is

A release is compiled for ESP32 and ESP32-S3 with MicroPython 1.26 or newer: a board that had to
compile it at its start might not be through when the trial's time is over. Compiled files load
nowhere else: another board goes back to what it ran before. --mpy takes what
`sys.implementation._mpy` says on such boards; --source is for all, and for virtual ones.
NAME and the release number stand in firmware/agent/version.py; raise RELEASE each time, for no
camera takes one that is not newer. A camera takes releases of the one key that provisioning wrote
to it (release.json), and only as its resident's policy says."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the three actions."""
    parser.epilog = HELP
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    key = actions.add_parser("key", help="make a release key")
    key.add_argument("file", type=Path, metavar="FILE", help="where it is written, mode 0600")
    make = actions.add_parser("make", help="sign the firmware as it is now")
    make.add_argument("--key", type=Path, required=True, metavar="FILE", help="the release key")
    make.add_argument("--firmware", type=Path, metavar="FOLDER", help="another firmware/ folder")
    kind = make.add_mutually_exclusive_group()
    kind.add_argument("--mpy", type=int, default=CAMERAS, metavar="N", help="for other boards")
    kind.add_argument("--source", action="store_true", help="do not compile: virtual boards")
    make.add_argument("--out", type=Path, metavar="FILE", help="default porchlight-NAME.release")
    show = actions.add_parser("show", help="what a release says of itself")
    show.add_argument("file", type=Path, metavar="FILE", help="the release")
    show.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do the one that was named."""
    if args.action == "key":
        _key(args.file)
    elif args.action == "make":
        _make(args)
    else:
        _show(args)
    return 0


def _key(path: Path) -> None:
    key = keys.generate()
    keys.save_private(key, path)
    print(f"{path}: release key {keys.thumb(key.public_key())}")


def _make(args: argparse.Namespace) -> None:
    key = keys.load_private(args.key)
    firmware = args.firmware or firmware_root()
    if not (firmware / "agent").is_dir():
        raise CommandError(f"{firmware} holds no firmware; name the folder with agent/ and lib/")
    release = releases.build(firmware, key, 0 if args.source else args.mpy)
    out = args.out or Path(f"porchlight-{release.name}.release")
    releases.save(release, out)
    print(f"{out}: {_told(release)}")


def _show(args: argparse.Namespace) -> None:
    release = releases.load(args.file)
    if args.json:
        row = {"name": release.name, "number": release.number, "maker": release.maker}
        files = {path: len(content) for path, content in release.files.items()}
        print(json.dumps({**row, "release": b64.encode(release.digest), "files": files}))
        return
    print(f"{args.file}: {_told(release)}")
    print(f"  says it is signed by {clean(release.maker)}; the camera checks that")


def _told(release: releases.Release) -> str:
    compiled = any(path.endswith(".mpy") for path in release.files)
    size = f"{len(release.files)} files, {release.size // 1024} KB"
    size += ", compiled" if compiled else ", source"
    return f"release {release.number} ({clean(release.name)}), {size}"
