"""`porchlight release`: the firmware of this checkout, signed, as a file that residents take."""

import argparse
import json
from pathlib import Path

from accord import b64
from porchkit import keys, releases
from porchkit.errors import CommandError
from porchkit.paths import firmware_root
from porchkit.words import clean

HELP = """\
examples:
  porchlight release key maker.pem                  a release key of your own; keep it offline
  porchlight release make --key maker.pem           writes porchlight-NAME.release
  porchlight release show porchlight-0.2.0.release  what is in it, and whose it is

--mpy takes what `sys.implementation._mpy` says on the boards; compiled files load faster, and only
there: another board goes back to what it ran before. Without it a release is source, for all.
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
    make.add_argument("--mpy", type=int, default=0, metavar="N", help="compile, for these boards")
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
    release = releases.build(firmware, key, args.mpy)
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
    size = f"{len(release.files)} files, {release.size // 1024} KB"
    return f"release {release.number} ({clean(release.name)}), {size}"
