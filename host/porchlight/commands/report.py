"""`porchlight report`: the transparency report of a quarter, from this host's log. Publishing it is
entered in the log of every resident who was counted, once."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from porchlight import files
from porchlight.clock import Clock
from porchlight.commands import _home
from porchlight.commands._home import UsageError
from porchlight.config import Config
from porchlight.errors import CommandError
from porchlight.transparency import page
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.reports import Made, Publisher

HELP: Final = """\
examples:
  porchlight report 2026-Q3                    read it here
  porchlight report 2026-Q3 --json             one JSON object, as the host's API gives it
  porchlight report 2026-Q3 --out q3.html      a page to print, or q3.json

What the log cannot know (costs, complaints, breaches) is in the file that [report] file names. A
running host shows the same to everybody at /transparency/2026-Q3."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("quarter", metavar="YEAR-Qn", help="a quarter that is over")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write FILE.html or FILE.json")
    _home.add_home(parser)


def run(args: argparse.Namespace) -> int:
    """Make it, enter it, show it."""
    try:
        quarter = Quarter.parse(args.quarter)
    except ValueError as error:
        raise UsageError(f"{args.quarter!r} {error}") from None
    if args.out is not None and args.out.suffix not in (".html", ".json"):
        raise UsageError("--out must end in .html or .json")
    report = _publish(_home.load(args), quarter).report
    if args.out is not None:
        _write(args.out, report)
        print(f"wrote {args.out}")
    elif args.json:
        print(json.dumps(report))
    else:
        print("\n".join(_lines(report)))
    return 0


def _publish(config: Config, quarter: Quarter) -> Made:
    now_ms = Clock().unix_ms()
    with _home.opened(config) as (store, _):
        made = store.read_now(lambda session: Publisher.of(config).make(session, quarter, now_ms))
        for entering in made.entering(now_ms):
            store.run_now(entering)
    return made


def _write(path: Path, report: dict[str, Any]) -> None:
    as_page = path.suffix == ".html"
    content = page.render(report) if as_page else json.dumps(report, indent=2).encode() + b"\n"
    try:
        files.write(path, content, files.PUBLIC)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _lines(report: dict[str, Any]) -> list[str]:
    technology, k = report["technology"], report["k"]
    lines = [
        f"{report['host']}, {report['quarter']}: {technology['residents']} residents, "
        f"{technology['cameras']} cameras",
        f"A number concerns at least {k} residents and is rounded down to a multiple of {k}.",
    ]
    for name in ("use", "minutes_live", "refused"):
        lines += ["", name.replace("_", " ")] + [_line(row) for row in report[name]["rows"]]
        lines.append(f"  {'total':<48} {report[name]['total']:>8}")
    for name in ("consent", "requests"):
        lines += ["", name] + [f"  {key:<48} {value:>8}" for key, value in report[name].items()]
    told = [f"  {key}: {value}" for key, value in report["told"].items() if value]
    return [*lines, "", "told by the owner", *(told or ["  nothing"]), "", report["sha256"]]


def _line(row: dict[str, Any]) -> str:
    words = " ".join(value or "others" for key, value in row.items() if key != "number")
    return f"  {words:<48} {row['number']:>8}"
