"""`porchlight clips`: what was recorded before one's cameras; take a copy, delete, say whether."""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from porchkit import keys, options, who
from porchkit.client import Client
from porchkit.errors import CommandError
from porchkit.words import clean, local_time, table

PREFIX = "/api/v1"
HELP = """\
examples:
  porchlight clips list                          the newest ones
  porchlight clips get CLIP --out burglar.avi    a copy; any player opens it
  porchlight clips delete CLIP                   now, file and all
  porchlight clips record porch                  how recording stands
  porchlight clips record porch off              record nothing, whatever grants allow
  porchlight clips record porch on --sealed-to reader-public.pem

A camera records while a grant allows clips:
  porchlight grant porch --to me --actions clips --for 30d
What is sealed only that key's private half opens: porchlight unseal."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|get|delete|record")
    listing = verbs.add_parser("list", help="which clips there are, newest first")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    getting = verbs.add_parser("get", help="take a copy of one")
    getting.add_argument("--out", type=Path, metavar="FILE", help="where to")
    deleting = verbs.add_parser("delete", help="delete one")
    for verb in (getting, deleting):
        verb.add_argument("clip", metavar="CLIP", help="its id")
    record = verbs.add_parser("record", help="whether a camera records; without a word: how it is")
    record.add_argument("camera", metavar="CAMERA", help="name or id")
    record.add_argument("state", nargs="?", choices=("on", "off"))
    record.add_argument(
        "--sealed-to", type=Path, metavar="PUB.pem", help="encrypt clips to this public key"
    )
    for verb in (listing, getting, deleting, record):
        options.add_connection(verb)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    session = options.connect(args)
    with session.client as client:
        if args.verb == "list":
            rows = client.get("/clips", {"limit": 200})["clips"]
            names = who.names(session.home, session.key, client.get("/cameras")["cameras"])
            print(json.dumps({"clips": rows}) if args.json else _table(rows, names))
        elif args.verb == "get":
            print(f"wrote {_copied(client, args.clip, args.out)}")
        elif args.verb == "delete":
            client.delete(f"/clips/{args.clip}")
            print("deleted")
        else:
            rows = client.get("/cameras")["cameras"]
            print(_recording(client, _camera(rows, session.home.cameras(), args.camera), args))
    return 0


def _table(rows: list[dict[str, Any]], names: dict[str, str]) -> str:
    if not rows:
        return "Nothing was recorded."
    head = ("CLIP", "CAMERA", "BEGAN", "SECONDS", "KB", "KEPT UNTIL", "")
    return table(
        head,
        [
            (
                row["id"],
                who.called(row["camera"], names),
                local_time(row["started_ms"] // 1000),
                str(round((row["ended_ms"] - row["started_ms"]) / 1000)),
                str(row["bytes"] // 1000),
                local_time(row["delete_at"]),
                "sealed" if row["sealed"] else "",
            )
            for row in rows
        ],
    )


def _copied(client: Client, clip: str, out: Path | None) -> Path:
    """Open it as a copy to take away, fetch it, and see that it is what the host said."""
    opened = client.post(f"/clips/{clip}/plays", {"action": "export"})
    row = opened["clip"]
    path = out or Path(f"clip-{clip}.{'sealed' if row['sealed'] else 'avi'}")
    if path.exists():
        raise CommandError(f"{path} exists already; move it away, or name another with --out")
    content = client.fetch(opened["urls"]["file"].removeprefix(PREFIX))
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise CommandError("what came is not what the host entered in its log; try again")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None
    return path


def _camera(rows: list[dict[str, Any]], known: dict[str, str], called: str) -> dict[str, Any]:
    for row in rows:
        if called in (row["id"], row["label"]) or row["id"] == known.get(called):
            return row
    raise CommandError(f"no camera '{called}'; see: porchlight camera list")


def _recording(client: Client, camera: dict[str, Any], args: argparse.Namespace) -> str:
    path = f"/cameras/{camera['id']}/recording"
    if args.state is None and args.sealed_to is not None:
        raise CommandError("say on as well: porchlight clips record CAMERA on --sealed-to FILE")
    if args.state is None:
        said = client.get(path)
    else:
        rule: dict[str, Any] = {"enabled": args.state == "on"}
        if args.sealed_to is not None:
            rule["reader"] = keys.public_jwk(keys.load_public(args.sealed_to))
        said = client.put(path, rule)
    return _said(clean(camera["label"]), said)


def _said(label: str, said: dict[str, Any]) -> str:
    if not said["enabled"]:
        how = "records nothing: you turned it off"
    elif said["now"]:
        how = f"records what moves, under {len(said['now'])} grant(s)"
    else:
        how = "records nothing now: no grant for clips holds, or its board is away"
    sealed = f"; sealed to {said['reader']}" if said["reader"] else ""
    used = f"{said['clips']} clips, {said['bytes'] / 1e6:.1f} of {said['quota_bytes'] / 1e6:.0f} MB"
    return f"{label} {how}{sealed}. {used}."
