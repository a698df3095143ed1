"""From the options of `porchlight grant` to a Wish: every word is read here, and only here."""

import argparse
import os
import re
from collections.abc import Sequence

from accord.grant import ACTIONS, MAX_INCIDENT_S, PURPOSES
from porchkit import masks, places, when, zone
from porchkit.errors import UsageError
from porchkit.mint import Wish
from porchkit.who import Party

OWN_USE = "own-use"
MAX_AUDIENCE = 4
_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be allowed, and when."""
    parser.add_argument(
        "--to", action="append", metavar="HUB", help="a hub, or `me`; repeat for up to four"
    )
    parser.add_argument(
        "--actions",
        metavar="LIST",
        default="live,snapshot",
        help=f"of {', '.join(ACTIONS)} (default live,snapshot)",
    )
    parser.add_argument(
        "--purposes", metavar="LIST", help=f"of {', '.join(PURPOSES)} (default emergency)"
    )
    span = parser.add_mutually_exclusive_group()
    span.add_argument("--for", dest="span", metavar="TIME", help="2h, 90d (default 2h)")
    span.add_argument("--until", metavar="WHEN", help="23:00, 2026-11-05T18:00")
    parser.add_argument("--from", dest="start", metavar="WHEN", default="now", help="default now")
    parser.add_argument("--windows", metavar="TEXT", help='only then: "mon-fri 18:00-23:00"')
    parser.add_argument("--tz", help="time zone of the camera (default this machine's)")
    parser.add_argument("--fps", type=int, metavar="N", help="at most N frames a second, 1 to 30")
    parser.add_argument("--size", metavar="WxH", help="at most this large: 640x480")
    parser.add_argument("--session", metavar="TIME", help="at most this long at a time")
    parser.add_argument("--day-limit", metavar="TIME", help="at most this long in a day")
    parser.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="cover this in every picture, in thousandths of its width and height; repeat",
    )
    parser.add_argument(
        "--notify",
        choices=("each", "digest"),
        default="each",
        help="be told of each look (default), or once a week; all are in the log",
    )
    parser.add_argument(
        "--near", metavar="LAT,LON", help="where a hub's search may find it; else nowhere"
    )
    parser.add_argument(
        "--within",
        type=int,
        metavar="METRES",
        default=places.USUAL_WITHIN_M,
        help="... and not more exactly than this (default %(default)s)",
    )
    parser.add_argument(
        "--lease", action="store_true", help="only while `porchlight agent` answers the board"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--incident", metavar="ID", help="for one incident: an hour at most")
    kind.add_argument(
        "--panic", metavar="TIME", help="signed ahead: nothing until you open it, then so long"
    )
    kind.add_argument(
        "--register", action="store_true", help="only that there is a camera: no pictures, ever"
    )


def read(
    args: argparse.Namespace, camera: Party, audience: Sequence[Party], me: str, now: int
) -> Wish:
    """The wish in `args`; UsageError names the word that makes no sense."""
    if len(audience) > MAX_AUDIENCE:
        raise UsageError("one grant names at most four; make a second one for the others")
    tz = zone.resolve(args.tz) if args.tz else zone.system(os.environ)
    starts = when.parse_moment(args.start, now, tz)
    if args.until:
        ends = when.parse_moment(args.until, starts, tz)
    else:
        ends = when.parse_end(args.span or _usual_span(args), starts, tz)
    if starts < now or ends <= starts:
        raise UsageError("a grant begins now or later, and ends after it begins")
    return Wish(
        camera=camera.thumb,
        audience=tuple(party.thumb for party in audience),
        actions=("register",) if args.register else _chosen(args.actions, ACTIONS, "--actions"),
        purposes=_purposes(args.purposes, audience, me),
        starts=starts,
        ends=ends,
        windows=when.parse_windows(args.windows) if args.windows else [],
        tz=tz,
        limits=_limits(args),
        lease=args.lease,
        incident=args.incident or "",
        panic_s=_panic_s(args),
        geo=places.geo(args.near, args.within) if args.near else {},
        mask=masks.parse(args.mask),
        notify=args.notify,
    )


def _usual_span(args: argparse.Namespace) -> str:
    """How long a grant is for where nothing is said."""
    if args.incident:
        return "1h"
    return "90d" if args.panic or args.register else "2h"


def _panic_s(args: argparse.Namespace) -> int:
    if not args.panic:
        return 0
    return _within(when.parse_span(args.panic), 60, MAX_INCIDENT_S, "--panic (seconds)")


def _purposes(text: str | None, audience: Sequence[Party], me: str) -> tuple[str, ...]:
    """As asked; else "emergency" for others. The resident's own look is always own-use."""
    own = any(party.thumb == me for party in audience)
    others = any(party.thumb != me for party in audience)
    asked = _chosen(text, PURPOSES, "--purposes") if text else ("emergency",) if others else ()
    return asked if not own or OWN_USE in asked else (*asked, OWN_USE)


def _chosen(text: str, known: Sequence[str], option: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    strange = [word for word in chosen if word not in known]
    if strange or not chosen:
        raise UsageError(f"{option} does not know '{', '.join(strange)}'; use {', '.join(known)}")
    return chosen


def _limits(args: argparse.Namespace) -> dict[str, int]:
    limits: dict[str, int] = {}
    if args.fps is not None:
        limits["fps"] = _within(args.fps, 1, 30, "--fps")
    if args.size:
        size = _SIZE.fullmatch(args.size.lower())
        if size is None:
            raise UsageError(f"--size '{args.size}' makes no sense; write 640x480")
        limits["w"] = _within(int(size[1]), 16, 1600, "--size")
        limits["h"] = _within(int(size[2]), 16, 1200, "--size")
    if args.session:
        limits["session_s"] = _within(when.parse_span(args.session), 1, 86400, "--session")
    if args.day_limit:
        limits["day_s"] = _within(when.parse_span(args.day_limit), 1, 86400, "--day-limit")
    return limits


def _within(number: int, least: int, most: int, option: str) -> int:
    if not least <= number <= most:
        raise UsageError(f"{option} must be between {least} and {most}")
    return number
