"""`porchlight log`: who looked, when and why, in the resident's own words."""

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from porchkit import keys, options, weeks, when, who, zone
from porchkit.client import Client
from porchkit.commands import log_verify
from porchkit.errors import HostUnreachable, UsageError
from porchkit.sentences import sentence
from porchkit.words import local_time

PAGE = 200
MOST_WEEKS = 520  # ten years
HELP = """\
examples:
  porchlight log                   everything so far, oldest first
  porchlight log --follow          and then what happens, as it happens (Ctrl-C ends it)
  porchlight log --after 120       only entries with numbers above 120
  porchlight log --json            one JSON object a line, for a script
  porchlight log --week            what hubs did since Monday, 08:00, counted
  porchlight log --week 1          the week before; 2: the one before that
  porchlight log verify            is it whole, and was nothing done that you did not allow?

`log verify` keeps the head of your log in the folder, heads/, and holds the host to it the next
time: nothing may be changed, dropped or put between. It reads every entry, checks what is shown
against the log's tree, replays the entries against the grants you signed, holds each look to what
its hub signed for it, and asks that the board's own count agrees. It ends with 5 if something does
not hold. It cannot see pictures that a host gave away without an entry while somebody else looked.
--json prints one JSON object."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument(
        "verb", nargs="?", choices=["verify"], help="check the log; print a verdict"
    )
    parser.add_argument("--follow", "-f", action="store_true", help="stay, and show what happens")
    parser.add_argument("--after", type=int, default=0, metavar="N", help="skip entries up to N")
    parser.add_argument(
        "--week",
        nargs="?",
        type=int,
        const=0,
        metavar="N",
        help="count the week so far, or that N weeks ago",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    log_verify.configure(parser)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Print entries; with --follow until Ctrl-C or the host goes."""
    if args.week is not None and not 0 <= args.week <= MOST_WEEKS:
        raise UsageError(f"--week takes 0 (the week so far) to {MOST_WEEKS}")
    session = options.connect(args)
    if args.verb == "verify":
        return log_verify.run(args, session)
    with session.client as client:
        names = who.names(session.home, session.key, client.get("/cameras")["cameras"])
        if args.week is not None:
            print(_week(args, client, keys.thumb(session.key.public_key()), names))
            return 0
        rows = follow(client, args.after) if args.follow else entries(client, args.after)
        for row in rows:
            # Flushed line by line: somebody is watching, or a script is.
            print(json.dumps(row) if args.json else line(row, names), flush=True)
    return 0


def _week(args: argparse.Namespace, client: Client, me: str, names: Mapping[str, str]) -> str:
    """What hubs did in one week, counted from the entries themselves."""
    tz = zone.system(os.environ)
    now = int(time.time())
    begins, ends = weeks.span(now, args.week, tz)
    lines = weeks.count(entries(client, 0), me, begins, ends)
    if args.json:
        return json.dumps({"since": begins, "until": ends, "lines": lines})
    head = f"From {when.local_text(begins, tz)} until {when.local_text(min(now, ends), tz)}:"
    return "\n".join([head, *(f"  {each}" for each in weeks.sentences(lines, names))])


def line(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One entry: number, local time, what happened."""
    return f"{row['n']:>6}  {local_time(str(row['ts']))}  {sentence(row, names)}"


def entries(client: Client, after: int) -> Iterator[dict[str, Any]]:
    """All entries above `after`, page by page."""
    while True:
        rows = client.get("/entries", {"after": after, "limit": PAGE})["entries"]
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1]["n"]


def follow(client: Client, after: int) -> Iterator[dict[str, Any]]:
    """Entries so far, then each new one once. An event only wakes us: the rows are read from the
    log itself, so that none is lost or told twice."""
    for event in client.events():
        if event.name in ("open", "entry", "quiet"):
            for row in entries(client, after):
                after = row["n"]
                yield row
    raise HostUnreachable("the host has ended; start it with: porchlight serve")
