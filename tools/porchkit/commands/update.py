"""`porchlight update`: the resident lets one camera take a release, and sees what becomes of it."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from accord import b64
from porchkit import flashroot, keys, options, releases, sentences, who
from porchkit.client import Client
from porchkit.errors import CommandError, ConsentRefused, UsageError
from porchkit.home import Home, folder
from porchkit.replay import output
from porchkit.words import clean

HELP = """\
examples:
  porchlight update porch --policy ask --maker maker.pem     once: whose releases it may take
  porchlight update porch                                    what it runs
  porchlight update porch porchlight-0.2.0.release
  porchlight update porch porchlight-0.2.0.release --yes --json    for scripts

Shows what it is, asks, signs your approval for this one camera and hands it to the host. The board
checks both signatures and every file, restarts into it, and goes back by itself within two minutes
unless it reaches the host again and stays up. A camera that is away takes it when it is back:
--no-wait. All of it is in your log: porchlight log.

exit codes: 0 it runs   1 the board went back to what it ran before, or is silent   3 refused"""
APPROVAL_S: Final = 86_400
BATCH_BYTES: Final = 40_000  # of files in one request; the host takes 64 KB of JSON
POLL_S: Final = 0.5
POLICIES: Final = ("never", "ask", "auto")
FINAL: Final = ("running", "refused", "undone")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    # Else an option between CAMERA and RELEASE would make argparse refuse the latter.
    parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
    parser.add_argument("camera", metavar="CAMERA", help="its name, label or id")
    parser.add_argument("release", type=Path, nargs="?", metavar="RELEASE", help="a .release file")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--no-wait", action="store_true", help="hand it in and stop")
    parser.add_argument(
        "--timeout", type=float, default=600.0, metavar="S", help="wait so long (default 600)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    policy = parser.add_argument_group("which updates a camera may take at all")
    policy.add_argument("--policy", choices=POLICIES, help="ask: you approve each release")
    policy.add_argument("--maker", type=Path, metavar="FILE", help="the release key, public half")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Show, ask, sign, hand in, follow."""
    if args.policy:
        return _set_policy(args)
    if args.maker:
        raise UsageError("--maker goes with --policy: whose releases, and how")
    release = releases.load(args.release) if args.release else None
    session = options.connect(args)
    with session.client as client:
        listed = client.get("/cameras")["cameras"]
        camera = who.camera(args.camera, session.home, listed)
        runs: dict[str, Any] = next((row for row in listed if row["id"] == camera.thumb), {})
        if release is None:
            return _show(args, camera, runs)
        if not args.yes:
            _ask(release, camera, runs)
        now = int(time.time())
        approval = releases.approve(release, camera.thumb, session.key, now=now, for_s=APPROVAL_S)
        hand_in(client, camera.thumb, release, approval)
        row = client.get(f"/cameras/{camera.thumb}/update")
        if not args.no_wait:
            row = _follow(client, camera, args)
    return _tell(args, camera, row)


def _set_policy(args: argparse.Namespace) -> int:
    """Write release.json beside the camera's other files; only the cable brings it to the board,
    for whoever could set it over the air could set it for the resident."""
    path = Home(folder(args.home)).board_config(args.camera).with_name("release.json")
    if args.maker is not None:
        x, y = keys.coordinates(keys.load_public(args.maker))
        trust = flashroot.release_trust(flashroot.ReleaseTrust(x, y, args.policy))
    elif path.exists():
        trust = json.loads(path.read_text()) | {"updates": args.policy}
    else:
        raise UsageError("whose releases? name the release key: --maker FILE")
    output.write(path, json.dumps(trust), private=True)
    name = clean(args.camera)
    print(f"{name}: updates {args.policy}")
    print(f"It is in {path}; the board takes it over the cable: porchlight provision {name}")
    return 0


def hand_in(client: Client, camera: str, release: releases.Release, approval: bytes) -> None:
    """Bring all of it to the host, which takes it from there."""
    first = {
        "release": release.token.decode(),
        "list": release.listing.decode(),
        "approval": approval.decode(),
    }
    client.post(f"/cameras/{camera}/update", first)
    for batch in _batches(release.files):
        client.post(f"/cameras/{camera}/update/files", {"files": batch})


def _batches(files: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    batch: dict[str, str] = {}
    size = 0
    for path, content in files.items():
        if batch and size + len(content) > BATCH_BYTES:
            yield batch
            batch, size = {}, 0
        batch[path] = b64.encode(content)
        size += len(content)
    if batch:
        yield batch


def _ask(release: releases.Release, camera: who.Party, runs: Mapping[str, Any]) -> None:
    size = f"{len(release.files)} files, {release.size // 1024} KB"
    print(f"release {release.number} ({clean(release.name)}), {size}, by {clean(release.maker)}")
    print(f"{clean(camera.name)} {_running(runs)}")
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked; say --yes to let it take this")
    if input(f"Let {clean(camera.name)} take it? [y/N] ").strip().lower() not in ("y", "yes"):
        raise CommandError("nothing was changed")


def _show(args: argparse.Namespace, camera: who.Party, runs: Mapping[str, Any]) -> int:
    """What the camera runs now, as it said itself."""
    if args.json:
        print(json.dumps({name: runs.get(name) for name in ("firmware", "release", "slot")}))
    else:
        print(f"{clean(camera.name)} {_running(runs)}")
    return 0


def _running(row: Mapping[str, Any]) -> str:
    if not row.get("firmware"):
        return "has not said what it runs"
    where = "by cable" if row.get("slot") == "cable" else f"in slot {row.get('slot')}"
    return f"runs release {row.get('release')} ({clean(row['firmware'])}), {where}"


def _follow(client: Client, camera: who.Party, args: argparse.Namespace) -> dict[str, Any]:
    """Until it runs or not; each new state is a line, unless --json."""
    deadline = time.monotonic() + args.timeout
    state = ""
    while True:
        row: dict[str, Any] = client.get(f"/cameras/{camera.thumb}/update")
        if row["state"] != state and not args.json:
            state = row["state"]
            print(f"{clean(camera.name)}: {_STATES.get(state, state)}", flush=True)
        if row["state"] in FINAL:
            return row
        if time.monotonic() > deadline:
            raise CommandError(
                f"{clean(camera.name)} is still {clean(row['state'])}; it goes on without this "
                "command, see: porchlight log"
            )
        time.sleep(POLL_S)


_STATES: Final = {
    "waiting": "is away; it takes the update when it is back",
    "offered": "is looking at it",
    "sending": "is taking it",
    "restarting": "tries it; two minutes at most",
    "running": "runs it",
    "refused": "refused it",
    "undone": "went back to what it ran before",
}


def _tell(args: argparse.Namespace, camera: who.Party, row: dict[str, Any]) -> int:
    if args.json:
        print(json.dumps(row))
    why = clean(sentences.reason(row["reason"]))
    if row["state"] == "refused":
        raise ConsentRefused(f"{clean(camera.name)} refused it: {why}", str(row["reason"]))
    if row["state"] == "undone":
        raise CommandError(f"{clean(camera.name)} runs what it ran before: {why}")
    return 0
