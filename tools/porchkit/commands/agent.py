"""`porchlight agent`: answers a board's nonce as long as it runs, so that its leases go on."""

import argparse
import asyncio
import time
from typing import Any

from porchkit import keys, leasing, options, saying, when, who
from porchkit.client import AsyncClient, Client
from porchkit.errors import CommandError, ConsentRefused, HostUnreachable
from porchkit.home import Home, folder
from porchkit.leasing import Word
from porchkit.stoppable import until_stopped

HELP = """\
examples:
  porchlight agent porch                         with your own key, here
  porchlight agent ID --key agent.pem --host https://NAME:8443 --ca ca.pem
  porchlight agent porch --once                  one answer; from a timer
  porchlight agent porch --stop --key agent.pem  dark now, until the next answer

Grants made with `porchlight grant --lease` hold only while this runs somewhere and reaches the
board: stop it, or lose the line, and the board is dark when the lease is over. A key of the agent's
own is made with `porchlight delegate`."""
EVERY_S = 15.0
ALIVE = "alive for"
AGAIN = (saying.OLD, "no-clock")  # refused, but not for ever
LATER = ("(board-offline)", "(board-silent)", "(not-stored)")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("camera", metavar="CAMERA", help="its name or id")
    parser.add_argument("--lease", metavar="TIME", default="1h", help="at a time (default 1h)")
    parser.add_argument("--every", metavar="TIME", help="look so often (default 15s, or less)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="answer once and end")
    how.add_argument("--stop", action="store_true", help="stop what a lease keeps alive, and end")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Answer, once or until stopped: 0 then too, for the board needs nobody to end a lease."""
    lease_s = when.parse_span(args.lease)
    session = options.connect(args)
    with session.client as client:
        camera = _camera(args.camera, session.home, client)
        if args.once or args.stop:
            most_s = int(client.get(f"/cameras/{camera}/lease")["most_s"])
            stopped = (leasing.CAMERA_IDX,) if args.stop else ()
            word = Word(lease_s=min(lease_s, most_s), stopped=stopped)
            print(_line(saying.hand_in(client, session.key, camera, word), args.stop))
            return 0
    home = Home(folder(args.home))
    ca = args.ca or (home.ca if home.ca.exists() else None)
    every_s = when.parse_span(args.every) if args.every else min(EVERY_S, lease_s / 4)
    base = args.host or home.base_url()
    return until_stopped(
        _keep(
            AsyncClient(base, session.key, ca=ca),
            session.key,
            camera,
            lease_s=lease_s,
            every_s=every_s,
        ),
        stopped=0,
    )


def _camera(word: str, home: Home, client: Client) -> str:
    """The camera's id. An agent is not told which cameras there are."""
    own = client.get("/me")["kind"] == "resident"
    return who.camera(word, home, client.get("/cameras")["cameras"] if own else []).thumb


async def _keep(
    client: AsyncClient, key: keys.PrivateKey, camera: str, *, lease_s: int, every_s: float
) -> int:
    """Renew whenever less than half is left. ConsentRefused once the answer is no."""
    said = ""
    async with client:
        while True:
            try:
                line = await _renew(client, key, camera, lease_s)
            except CommandError as error:
                if not _passes(error):
                    raise
                line = f"waiting: {error}"
            if line not in ("", said) or line.startswith(ALIVE):
                print(line, flush=True)
            said = line or said
            await asyncio.sleep(every_s)


async def _renew(client: AsyncClient, key: keys.PrivateKey, camera: str, lease_s: int) -> str:
    """Answer the board's nonce, if that is due; what to say of it, "" if it is not due."""
    stands = await client.get(f"/cameras/{camera}/lease")
    lease_s = min(lease_s, int(stands["most_s"]))
    if not stands["demanded"]:
        return "waiting: no grant needs a lease"
    if stands["left_s"] * 2 >= lease_s:
        return ""
    nonce = (await client.get(f"/cameras/{camera}/nonce"))["nonce"]
    token = leasing.answer(Word(lease_s=lease_s), key, camera, nonce, int(time.time()))
    answer: dict[str, Any] = await client.post(
        f"/cameras/{camera}/lease", {"token": token.decode()}
    )
    return _line(answer, False)


def _passes(error: CommandError) -> bool:
    """Whether it is worth to go on."""
    if isinstance(error, ConsentRefused):
        return error.reason in AGAIN
    return isinstance(error, HostUnreachable) or str(error).endswith(LATER)


def _line(answer: dict[str, Any], stopped: bool) -> str:
    what = "stopped" if stopped else f"{ALIVE} {when.describe_span(answer['left_s'])}"
    return f"{what}: {saying.board_says(answer['board'])}"
