"""`porchlight demo`: the whole of it in a throw-away folder, to look at, or to check."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from porchkit import keys
from porchkit.cli import EXIT_INTERRUPTED
from porchkit.demo import page, performance
from porchkit.demo.acts import Hub, Resident
from porchkit.demo.report import Report, Steps, Tale
from porchkit.demo.stage import Stage
from porchkit.demo.story import Story
from porchkit.demo.track import Track
from porchkit.errors import UsageError
from porchkit.stoppable import until_stopped

SHOWN_S = 8 * 3600
Tell = Callable[[str], None]
HELP = """\
examples:
  porchlight demo                                   prints the address of a page to open
  porchlight demo --story                           one evening in one street, told line by line
  porchlight demo --footage holiday.mp4             with pictures of your own
  porchlight demo --check                           the story without a browser, with figures
  porchlight demo --check --footage clips/ --json   the same for a script: one JSON object

Footage: a folder of JPEGs, a .mjpg file, a folder of several, or a video file. Without it, a
street is drawn. Everything stays on this machine; Ctrl-C ends it and removes the folder."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="measure a grant and its end, exit 1 if a step fails"
    )
    what.add_argument(
        "--story", action="store_true", help="tell one evening, exit 1 if a step fails"
    )
    parser.add_argument("--footage", type=Path, metavar="PATH", help="what the boards film")
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="of the page (default any)"
    )
    parser.add_argument(
        "--json", action="store_true", help="with --check or --story: print one JSON object"
    )


def run(args: argparse.Namespace) -> int:
    """Until Ctrl-C, or until the story is told."""
    if args.json and not (args.check or args.story):
        raise UsageError("--json goes with --check: porchlight demo --check --json")
    if not 0 <= args.port <= 65535:
        raise UsageError("--port must be between 0 and 65535")
    # With --json stdout is for the one object; progress goes where errors go.
    tell = _teller(sys.stderr if args.json else sys.stdout)
    with tempfile.TemporaryDirectory(prefix="porchlight-demo-") as name:
        folder = Path(name)
        if args.check:
            return until_stopped(_check(args, folder, tell), EXIT_INTERRUPTED)
        if args.story:
            return until_stopped(_story(args, folder, tell), EXIT_INTERRUPTED)
        return until_stopped(_show(args, folder, tell), 0)


async def _show(args: argparse.Namespace, folder: Path, tell: Tell) -> int:
    """Everything up, the address printed; then wait to be stopped."""
    began = time.monotonic()
    stage = Stage(folder, footage=args.footage, page_port=args.port, tell=tell)
    async with stage:
        house = stage.house
        async with stage.client(house.resident) as client:
            resident = Resident(client, house.resident)
            for camera in stage.cameras:
                for thumb in (keys.thumb(house.hub.public_key()), resident.thumb):
                    await resident.grant(camera, [thumb], SHOWN_S)
        tell(f"ready after {time.monotonic() - began:.1f} s; Ctrl-C ends it and removes everything")
        tell("")
        tell(page.address(stage.page, house.resident, house.hub, house.names))
        await stage.broken()
    return 1


async def _check(args: argparse.Namespace, folder: Path, tell: Tell) -> int:
    """The story, step by step."""
    began = time.monotonic()
    report = Report(str(args.footage or "generated street"), tell)
    async with Stage(folder, footage=args.footage, tapped=True, tell=tell) as stage:
        house = stage.house
        async with stage.client(house.resident) as mine, stage.client(house.hub) as theirs:
            tracks = [Track(camera, stage.taps[camera.name]) for camera in stage.cameras]
            resident, hub = Resident(mine, house.resident), Hub(theirs, house.hub)
            await Story(resident, hub, tracks, report).run()
    return ended(report, began, tell, as_json=args.json)


async def _story(args: argparse.Namespace, folder: Path, tell: Tell) -> int:
    """One evening in one street."""
    began = time.monotonic()
    report = Tale(tell)
    await performance.perform(folder, report, footage=args.footage)
    return ended(report, began, tell, as_json=args.json)


def ended(report: Steps, began: float, tell: Tell, *, as_json: bool) -> int:
    """The last words, and the exit code."""
    report.seconds = time.monotonic() - began
    if as_json:
        print(json.dumps(report.document()))
    tell(f"{'all held' if report.ok else 'NOT all held'}, {report.seconds:.1f} s")
    return 0 if report.ok else 1


def _teller(stream: TextIO) -> Tell:
    """Prints progress at once, to the stream as it is now."""
    return lambda line: print(line, file=stream, flush=True)
