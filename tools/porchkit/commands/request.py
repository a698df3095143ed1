"""`porchlight request`: what hubs ask a resident for, and the resident's answer, or none."""

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any, Final

from porchkit import keys, mint, options, when, who
from porchkit.client import Client
from porchkit.errors import CommandError, UsageError
from porchkit.words import clean, listed, local_time, table

SLOT_S: Final = 60
LATEST_S: Final = 2 * 3600 + 5  # with the longest slots that a host may have
BACKDATE_S: Final = 5  # as `porchlight grant` does
NONE: Final = "none"
HELP = """\
examples:
  porchlight request list                         what you were asked, newest first
  porchlight request show 1                       the whole of it, and your own clips of that time
  porchlight request approve 1 --for 24h          sign a grant for it, for all your cameras there
  porchlight request approve 1 --camera porch --actions clips
  porchlight request deny 1                       put it aside
  porchlight request may-ask fire --purposes fire,medical
  porchlight request may-ask fire --purposes none

You need not answer: to a hub, no answer and a refusal look the same, and it is not told whom it
asked. Nobody may ask until you say so with may-ask. Of a yes they hear a minute or two later."""
WORDS: Final = ("list", "show", "approve", "deny", "may-ask")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("what", choices=WORDS, help="what to do")
    parser.add_argument("which", nargs="?", metavar="NUMBER|ID|HUB", help="of `list`; a hub's name")
    parser.add_argument("--for", dest="span", metavar="TIME", default="24h", help="default 24h")
    parser.add_argument("--camera", metavar="CAMERA", help="approve for this one only")
    parser.add_argument("--actions", metavar="LIST", help="of those asked for (default clips)")
    parser.add_argument("--purposes", metavar="LIST", help=f"for may-ask; {NONE}: not at all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Do one of WORDS."""
    if args.what != "list" and not args.which:
        raise UsageError(f"say which: porchlight request {args.what} ...")
    session = options.connect(args)
    with session.client as client:
        said = _DO[args.what](args, session, client)
    print(json.dumps(said[0]) if args.json else said[1])
    return 0


Said = tuple[dict[str, Any], str]
Do = Callable[[argparse.Namespace, options.Session, Client], Said]


def _list(_args: argparse.Namespace, session: options.Session, client: Client) -> Said:
    found = client.get("/me/requests")["requests"]
    asked = client.get("/me/asked")["asked"]
    if not found:
        may = listed(clean(row["hub_name"]) for row in asked) or "nobody"
        return {"requests": [], "asked": asked}, f"You were asked nothing. May ask: {may}."
    rows = [
        (
            str(number),
            row["state"],
            clean(row["hub_name"]),
            clean(row["case"]),
            row["purpose"],
            local_time(row["window"][0]),
            local_time(row["window"][1]),
            local_time(row["expires"]),
        )
        for number, row in enumerate(found, 1)
    ]
    head = ("", "STATE", "HUB", "CASE", "PURPOSE", "FROM", "UNTIL", "OPEN UNTIL")
    return {"requests": found, "asked": asked}, table(head, rows)


def _show(args: argparse.Namespace, _session: options.Session, client: Client) -> Said:
    row = client.get(f"/me/requests/{_chosen(client, args.which)['id']}")
    names = {camera["id"]: clean(camera["label"]) for camera in row["cameras"]}
    lines = [
        f"{clean(row['hub_name'])} asks for {listed(row['actions'])}",
        f"  case     {clean(row['case'])}, {row['purpose']}: {clean(row['reason'])}",
        f"  from     {local_time(row['window'][0])} until {local_time(row['window'][1])}",
        f"  area     {_area(row['area'])}",
        f"  cameras  {listed(names.values())}",
        f"  open     until {local_time(row['expires'])} ({row['state']})",
        *(f"  clip     {clip['id']}  {names[clip['camera']]}" for clip in row["clips"]),
    ]
    return row, "\n".join(lines)


def _approve(args: argparse.Namespace, session: options.Session, client: Client) -> Said:
    row = _chosen(client, args.which)
    given = [_give(args, session, client, row, camera) for camera in _cameras(args, row)]
    lines = [
        f"{one['label']}: allowed; {clean(row['hub_name'])} is told at "
        f"{local_time(one['release_at'])}   (take it back: porchlight revoke {one['grant']})"
        for one in given
    ]
    return {"approved": given}, "\n".join(lines)


def _give(
    args: argparse.Namespace,
    session: options.Session,
    client: Client,
    row: dict[str, Any],
    camera: dict[str, Any],
) -> dict[str, Any]:
    """Sign for one camera, and hand it in."""
    now = int(time.time())
    begins = _beginning(row["begins"], now)
    wish = mint.Wish(
        camera=camera["id"],
        audience=(row["hub"],),
        actions=_actions(args.actions, row["actions"]),
        purposes=(row["purpose"],),
        starts=begins,
        ends=begins + when.parse_span(args.span),
        req=row["id"],
    )
    held = client.get("/grants")["grants"]
    highest = max((old["seq"] for old in held if old["camera"] == camera["id"]), default=0)
    signed = now - BACKDATE_S
    seq = mint.next_seq(highest, signed)
    grant = mint.mint(wish, session.key, seq=seq, now=signed, random=os.urandom)
    token = {"token": grant.token.decode()}
    answer: dict[str, Any] = client.post(f"/me/requests/{row['id']}/approve", token)
    return answer | {"label": clean(camera["label"])}


def _beginning(begins: int, now: int) -> int:
    """When the grant begins: as the host says, for hubs are told then, if that is soon by our own
    clock; else at a full minute that is not the very next."""
    return begins if now < begins <= now + LATEST_S else (now // SLOT_S + 2) * SLOT_S


def _deny(args: argparse.Namespace, _session: options.Session, client: Client) -> Said:
    row = _chosen(client, args.which)
    client.post(f"/me/requests/{row['id']}/deny")
    return {"denied": row["id"]}, "Put aside. The hub is not told."


def _may_ask(args: argparse.Namespace, session: options.Session, client: Client) -> Said:
    if not args.purposes:
        raise UsageError(f"say what about: --purposes fire,medical, or --purposes {NONE}")
    me = keys.thumb(session.key.public_key())
    (hub,) = who.audience([args.which], session.home, me)
    words = [] if args.purposes == NONE else [word.strip() for word in args.purposes.split(",")]
    asked = client.put("/me/asked", {"hub": hub.thumb, "purposes": words})["asked"]
    about = f"about {listed(words)}" if words else "nothing"
    return {"asked": asked}, f"{clean(hub.name)} may ask you {about}."


_DO: Final[dict[str, Do]] = {
    "list": _list,
    "show": _show,
    "approve": _approve,
    "deny": _deny,
    "may-ask": _may_ask,
}


def _chosen(client: Client, which: str) -> dict[str, Any]:
    """The request of this number in the list, or of this id."""
    found: list[dict[str, Any]] = client.get("/me/requests")["requests"]
    for number, row in enumerate(found, 1):
        if which in (str(number), row["id"]):
            return row
    raise CommandError(f"no request '{which}'; see: porchlight request list")


def _cameras(args: argparse.Namespace, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the resident's cameras there that have no answer, or the one that was named."""
    left = [camera for camera in row["cameras"] if camera["grant"] is None]
    wanted = [camera for camera in left if args.camera in (None, camera["id"], camera["label"])]
    if not wanted:
        known = listed(clean(camera["label"]) for camera in left) or "none is left"
        raise CommandError(f"no such camera is asked about ({known})")
    return wanted


def _actions(text: str | None, asked: list[str]) -> tuple[str, ...]:
    """Just looking, unless the resident says more; never more than was asked."""
    words = tuple(word.strip() for word in (text or "").split(",") if word.strip())
    chosen = words or (("clips",) if "clips" in asked else tuple(asked))
    strange = [word for word in chosen if word not in asked]
    if strange:
        raise UsageError(f"they did not ask for '{', '.join(strange)}'; only {listed(asked)}")
    return chosen


def _area(area: dict[str, Any]) -> str:
    if "circle" in area:
        circle = area["circle"]
        return f"{circle['radius_m']} m around {circle['lat'] / 1e7:.4f}, {circle['lon'] / 1e7:.4f}"
    corners = area["polygon"]
    return f"{len(corners)} corners, from {corners[0][0] / 1e7:.4f}, {corners[0][1] / 1e7:.4f}"
