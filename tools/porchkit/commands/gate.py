"""`porchlight gate`: replay shows what a board's motion gate would have sent of some footage; set,
in gate_set.py, tells a board what the footage taught."""

import argparse
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from porchkit import zones
from porchkit.commands import gate_set
from porchkit.errors import UsageError
from porchkit.replay import output, page, report, source
from porchkit.replay.choice import MOST_FRAMES, chosen
from porchkit.replay.run import Settings, Verdict
from porchkit.replay.run import judged as run_gate
from porchkit.replay.source import Reel

ZONES_NAME = "zones.txt"  # as the page calls what it lets the resident download
EXAMPLES = """\
examples:
  porchlight gate replay clip.mjpg --html clip.html       which frames would be sent, and why
  porchlight gate set porch --mode motion --zones zones.txt --sensitivity 40

More with: porchlight gate replay --help, porchlight gate set --help"""
HELP = """\
examples:
  porchlight gate replay clip.mjpg                        which frames would have been sent
  porchlight gate replay clip.mjpg --html clip.html       look why, frame by frame; paint zones
  porchlight gate replay clip.mjpg --zones zones.txt --sensitivity 40
  porchlight gate replay sequences/ --json decisions.json --html pages/

PATH is a folder of JPEGs (9.jpg comes before 10.jpg), an .mjpg file, a folder of .mjpg files, or a
video file (needs the extra `video`; five pictures a second of it). The gate is the firmware's own,
run in MicroPython (the extra `sim`), and starts by learning: its first frames count as sent. Beside
NAME.mjpg a NAME.json with labels is used: the frames it names as the past are shown first, and the
verdicts are compared with the labels. Frames are counted from 0.

--html writes one page that needs no network and holds the pictures themselves, so keep it as
private as the footage. For several sequences OUT is a folder: one page each, and an index.html.
Pre-roll and post-roll, which the board adds around motion, are not shown.

A zones file has rows of equal length, `.` to watch and `#` to ignore, stretched over the picture;
the page writes one."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what there is to do with the gate, and the options of each."""
    parser.epilog = EXAMPLES
    actions = parser.add_subparsers(dest="action", required=True, metavar="replay|set")
    for name, (what, epilog, declare, act) in ACTIONS.items():
        action = actions.add_parser(
            name,
            help=what,
            description=what,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        action.set_defaults(act=act)
        declare(action)


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    code: int = args.act(args)
    return code


def _configure_replay(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", type=Path, metavar="PATH", help="the footage")
    add("--json", metavar="OUT", help="write one value a frame, above 0.5 if sent; - for stdout")
    add(
        "--sensitivity",
        type=int,
        default=50,
        metavar="N",
        help="1 to 100, more is sent with more (default %(default)s)",
    )
    add("--zones", type=Path, metavar="FILE", help="which parts of the picture to ignore")
    add("--html", type=Path, metavar="OUT", help="write a page to look at every decision")


def _replay(args: argparse.Namespace) -> int:
    """Judge, write, tell."""
    if not 1 <= args.sensitivity <= 100:
        raise UsageError("--sensitivity must be 1 to 100")
    settings = Settings(args.sensitivity, zones.read(args.zones) if args.zones else None)
    to_file = args.json not in (None, "-")
    with source.opened(args.path) as reels:
        if to_file:
            output.check(Path(args.json))
        pages = _pages(args.html, reels) if args.html else {}
        judged = [(reel, _judged(reel, settings, pages.get(reel.name))) for reel in reels]
    if len(reels) > 1 and args.html:
        output.write(args.html / page.INDEX, page.index(judged))
    if args.json == "-":
        print(json.dumps(report.document(judged)))
        return 0
    if to_file:
        output.write(Path(args.json), json.dumps(report.document(judged)) + "\n")
    print(report.text(judged))
    return 0


def _pages(out: Path, reels: Sequence[Reel]) -> dict[str, Path]:
    """Where the page of each reel goes."""
    if len(reels) > 1:
        if out.suffix.lower() in (".html", ".htm"):
            raise UsageError(f"--html: {len(reels)} sequences need a folder, not one file")
        output.folder(out)
    many = len(reels) > 1 or out.is_dir()
    pages = {reel.name: out / f"{reel.name}.html" if many else out for reel in reels}
    for path in pages.values():
        output.check(path)
    return pages


def _judged(reel: Reel, settings: Settings, out: Path | None) -> list[Verdict]:
    """The verdicts on one reel, its page written."""
    if out is None:
        return list(run_gate(reel, settings))
    shown = list(range(len(reel.pictures)))
    if len(shown) > MOST_FRAMES:  # a run to find out what is worth looking at, and one to look
        shown = chosen(list(run_gate(reel, settings)), reel.labels)
    wanted = set(shown)
    verdicts = list(run_gate(reel, settings, wanted.__contains__))
    again = _again(reel, settings, out)
    output.write(out, page.render(reel, verdicts, settings, again, shown))
    return [replace(verdict, looks=None) for verdict in verdicts]  # they are large


def _again(reel: Reel, settings: Settings, out: Path) -> str:
    """The command that tries the zones painted on the page, from whatever folder they are in."""
    film, out = reel.path.resolve(), out.resolve()
    words = ["porchlight", "gate", "replay", str(film), "--zones", ZONES_NAME]
    if settings.sensitivity != Settings.sensitivity:
        words += ["--sensitivity", str(settings.sensitivity)]
    return shlex.join([*words, "--html", str(out)])


ACTIONS = {
    "replay": ("what the gate would have sent of some footage", HELP, _configure_replay, _replay),
    "set": ("how the gate of one camera decides", gate_set.HELP, gate_set.configure, gate_set.run),
}
