"""`porchlight delegate`: lets an agent's key keep a camera alive, or stop it; and nothing else."""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from accord import b64
from porchkit import keys, leasing, options, saying, taken, when, who
from porchkit.client import Client
from porchkit.errors import CommandError, UsageError
from porchkit.leasing import Word
from porchkit.words import clean

HELP = """\
examples:
  porchlight delegate porch --agent agent.pem --lease 30m     makes agent.pem if it is not there
  porchlight agent porch --key agent.pem                      what the agent then runs
  porchlight delegate --list
  porchlight delegate --revoke DELEGATE

An agent answers the board's nonce in your place, for at most --lease at a time. It cannot grant,
resume, or open anything. Revoked, it is refused by host and board."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("camera", metavar="CAMERA", nargs="?", help="its name, label or id")
    parser.add_argument("--agent", type=Path, metavar="FILE", help="the agent's key; made if new")
    parser.add_argument("--lease", metavar="TIME", default="1h", help="at a time (default 1h)")
    parser.add_argument("--for", dest="span", metavar="TIME", default="30d", help="default 30d")
    parser.add_argument("--list", action="store_true", help="show those there are")
    parser.add_argument("--revoke", metavar="DELEGATE", help="take one back")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Make, list or take back."""
    if not (args.list or args.revoke or (args.camera and args.agent)):
        raise UsageError("name a camera and the agent's key file: delegate CAMERA --agent FILE")
    session = options.connect(args)
    with session.client as client:
        if args.list:
            _show(args, client.get("/delegates")["delegates"])
        elif args.revoke:
            _revoke(args, client, session.key)
        else:
            cameras = client.get("/cameras")["cameras"]
            camera = who.camera(args.camera, session.home, cameras)
            jti = leasing.delegate_jti(os.urandom, taken.by_agents(client, camera.thumb))
            token = _make(args, session.key, camera, jti)
            row = client.post("/delegates", {"token": token})
            _show(args, [row])
    return 0


def _make(args: argparse.Namespace, key: keys.PrivateKey, camera: who.Party, jti: bytes) -> str:
    if not args.agent.exists():
        keys.save_private(keys.generate(), args.agent)
    agent = keys.load_private(args.agent).public_key()
    token = leasing.delegate(
        key,
        camera.thumb,
        agent,
        lease_s=when.parse_span(args.lease),
        span_s=when.parse_span(args.span),
        now=int(time.time()),
        jti=jti,
    )
    return token.decode()


def _revoke(args: argparse.Namespace, client: Client, key: keys.PrivateKey) -> None:
    """At the host first; then the board is told, if it is there."""
    row = client.post(f"/delegates/{args.revoke}/revoke")
    index = leasing.agent_idx(b64.decode(row["jti"]))
    word = saying.not_longer(client, row["camera"], Word(invalid=(index,)))
    try:
        board = saying.hand_in(client, key, row["camera"], word)["board"]
    except CommandError as error:
        board = f"{error}; revoke it again when the board is there"
    if args.json:
        print(json.dumps({**row, "board": board}))
        return
    print(f"revoked {clean(row['jti'])}: {saying.board_says(board)}")


def _show(args: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    if args.json:
        print(json.dumps({"delegates": rows}))
        return
    for row in rows:
        print(f"{clean(row['jti'])}  camera {clean(row['camera'])}  {row['state']}")
        print(f"  agent {clean(row['agent'])} until {when.local_text(row['exp'], 'UTC0')} UTC")
    if not rows:
        print("No agent speaks for you.")
