"""`porchlight grant`: the resident signs who may look through one camera, and until when."""

import argparse
import dataclasses
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accord.grant import Grant
from porchkit import board_state, keys, masks, mint, options, taken, when, who, wishes, zone
from porchkit.errors import CommandError, UsageError
from porchkit.home import Home
from porchkit.words import clean, listed

# The host's or the board's clock may be a little behind ours; a grant holds from when it is given.
BACKDATE_S = 5
HELP = """\
examples:
  porchlight grant porch --to fire                    live and snapshots, for two hours
  porchlight grant porch --to me --for 12h            your own camera, for yourself
  porchlight grant porch --to fire --to me --until 23:00 --purposes fire,emergency
  porchlight grant porch --to watch --for 30d --windows "mon-fri 22:00-06:00" --day-limit 30m

  porchlight grant porch --to fire --mask 0,0,350,1000          not the neighbour's window
  porchlight grant porch --to watch --notify digest             told once a week
  porchlight grant porch --to fire --lease            only while `porchlight agent` runs
  porchlight grant porch --to fire --incident 2026-1170         an hour at most, ends itself
  porchlight grant porch --to fire --panic 30m        nothing, until `porchlight panic porch`
  porchlight grant porch --to fire --register --near 52.3676,4.9041 --within 500
                                                      that it is there, and never a picture

Live pictures for more than 24 h need --windows and --day-limit. Nobody can widen a grant, and
`porchlight revoke` takes it back at once. Without a host: --offline FILE, later --send FILE."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("camera", metavar="CAMERA", nargs="?", help="its name, label or id")
    wishes.add_options(parser)
    parser.add_argument("--offline", type=Path, metavar="FILE", help="write the grant, ask no host")
    parser.add_argument("--send", type=Path, metavar="FILE", help="hand in a grant made offline")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Mint, send, say what was granted."""
    if args.send:
        return _send(args)
    if not args.camera or not args.to:
        raise UsageError("name a camera and who may look: porchlight grant CAMERA --to HUB")
    if args.offline:
        return _offline(args)
    session = options.connect(args)
    with session.client as client:
        camera = who.camera(args.camera, session.home, client.get("/cameras")["cameras"])
        held = client.get("/grants")["grants"]
        highest = max((row["seq"] for row in held if row["camera"] == camera.thumb), default=0)
        places = taken.by_grants(client, camera.thumb, held) if args.lease else frozenset()
        parties, grant = _mint(args, session.home, session.key, camera, highest, places)
        row = client.post("/grants", {"token": grant.token.decode()})
        board = board_state.settled(client, row)
    _tell(args.json, camera, parties, grant, board)
    return 0


def _mint(
    args: argparse.Namespace,
    home: Home,
    key: keys.PrivateKey,
    camera: who.Party,
    highest: int = 0,
    places: frozenset[int] = frozenset(),
) -> tuple[list[who.Party], Grant]:
    """`highest`: the largest seq the host knows for this camera; `places`: those that are taken in
    its status list. Neither is known without a host."""
    me = keys.thumb(key.public_key())
    now = int(time.time()) - BACKDATE_S
    parties = who.audience(args.to, home, me)
    wish = dataclasses.replace(wishes.read(args, camera, parties, me, now), taken=places)
    seq = mint.next_seq(highest, now)
    return parties, mint.mint(wish, key, seq=seq, now=now, random=os.urandom)


def _offline(args: argparse.Namespace) -> int:
    """Write the grant instead of sending it; its seq comes from the clock."""
    home, _, key = options.identify(args)
    camera = who.camera(args.camera, home, [])
    parties, grant = _mint(args, home, key, camera)
    args.offline.write_bytes(grant.token + b"\n")
    _tell(args.json, camera, parties, grant, "not sent")
    return 0


def _send(args: argparse.Namespace) -> int:
    try:
        token = args.send.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"cannot read a grant from {args.send}") from None
    session = options.connect(args)
    with session.client as client:
        row = client.post("/grants", {"token": token})
        board = board_state.settled(client, row)
    if args.json:
        print(json.dumps({**row, "board": board}))
    else:
        print(f"The host has grant {clean(row['jti'])}. {board_state.after_grant(board)}")
    return 0


def _tell(
    as_json: bool, camera: who.Party, parties: Sequence[who.Party], grant: Grant, board: str
) -> None:
    if as_json:
        print(json.dumps(_summary(camera, parties, grant, board)))
        return
    names = listed("you" if party.name == who.ME else clean(party.name) for party in parties)
    print(f"{names} may use {clean(camera.name)}: {listed(grant.actions)}")
    print(f"  for      {listed(grant.purposes)}")
    for label, text in _bounds(grant):
        print(f"  {label:<8} {text}")
    print(f"  grant    {grant.jti}   (take it back: porchlight revoke {grant.jti})")
    if board == "not sent":
        print("Not sent. Hand it in with: porchlight grant --send FILE")
    else:
        print(board_state.after_grant(board))


def _bounds(grant: Grant) -> list[tuple[str, str]]:
    """When, and at most how much, in words."""
    tz = grant.tz or zone.system(os.environ)
    start = "now" if grant.nbf == grant.iat else when.local_text(grant.nbf, tz)
    span = when.describe_span(grant.exp - grant.nbf)
    rows = [("from", f"{start} until {when.local_text(grant.exp, tz)} ({span})")]
    if grant.windows:
        windows = when.describe_windows([list(window) for window in grant.windows])
        rows.append(("only", f"{windows} ({tz})"))
    geo = grant.claims["authorization_details"][0].get("geo")
    if geo is not None:
        rows.append(("near", f"{geo['cell']} (geohash), to {geo['precision_m']} m"))
    limits = grant.limits
    most = [
        f"{limits['fps']} frames/s" if "fps" in limits else "",
        f"{limits['w']}x{limits['h']}" if "w" in limits else "",
        f"{when.describe_span(limits['session_s'])} at a time" if "session_s" in limits else "",
        f"{when.describe_span(limits['day_s'])} a day" if "day_s" in limits else "",
    ]
    if grant.panic_s:
        opened = f"once you open it: porchlight panic, for {when.describe_span(grant.panic_s)}"
        rows.append(("only", opened))
    if grant.needs_lease:
        rows.append(("only", "while a lease holds: porchlight agent"))
    if grant.incident:
        rows.append(("incident", clean(grant.incident)))
    if any(most):
        rows.append(("at most", ", ".join(text for text in most if text)))
    return rows + _kept_back(grant) + _told(grant)


def _kept_back(grant: Grant) -> list[tuple[str, str]]:
    """What of every picture is covered."""
    if not grant.mask:
        return []
    return [("covered", f"{masks.words(grant.mask)} (x,y,w,h in thousandths)")]


def _told(grant: Grant) -> list[tuple[str, str]]:
    """How its looks are told."""
    return [("told", "once a week, in the digest")] if grant.notify == "digest" else []


def _summary(
    camera: who.Party, parties: Sequence[who.Party], grant: Grant, board: str
) -> dict[str, Any]:
    return {
        "jti": grant.jti,
        "camera": camera.thumb,
        "camera_name": camera.name,
        "to": [{"name": party.name, "thumb": party.thumb} for party in parties],
        "actions": list(grant.actions),
        "purposes": list(grant.purposes),
        "nbf": grant.nbf,
        "exp": grant.exp,
        "seq": grant.seq,
        "windows": [list(window) for window in grant.windows],
        "tz": grant.tz,
        "limits": grant.limits,
        "lease": grant.needs_lease,
        "incident": grant.incident,
        "panic_s": grant.panic_s,
        "mask": [list(box) for box in grant.mask],
        "notify": grant.notify,
        "board": board,
        "token": grant.token.decode(),
    }
