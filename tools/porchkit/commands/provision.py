"""`porchlight provision`: make a flashed board on a cable into a camera of this resident."""

import argparse
import dataclasses
import json
import sys

from porchkit import boards, options
from porchkit.errors import CommandError, UsageError
from porchkit.provision import household, ports, several, show, wifi
from porchkit.provision.job import Report, Wish

_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_DEGREE = 10_000_000  # places are whole numbers of 1e-7 degrees
HELP = """\
examples:
  porchlight provision porch                            the board on the only port; asks for Wi-Fi
  porchlight provision porch --board xiao_s3_sense      say which board it is, the first time
  porchlight provision porch --port /dev/ttyUSB0 --wifi-file wifi.txt
  porchlight provision yard --all                       every board: yard-1, yard-2, ...
  porchlight provision porch --wifi                     the same camera in another Wi-Fi
  porchlight provision porch --host https://oak.local:8443 --ca ca.pem --key sam.pem
                                                        the host is another machine

Before: the board is flashed (porchlight flash), a resident has a key (porchlight resident new
NAME), the host runs (porchlight serve) and has a name or address that the board can use.

What happens: the board's program is copied (only what differs), compiled for its chip; it is told
host, CA, Wi-Fi, resident and time; it makes its own key, which is handed out once, over the cable,
into boards/CAMERA/ of the host's folder; it tests itself (one picture is taken and not sent); the
camera is registered with the host; the board starts to work. It films nothing until you grant it.

Pull the cable whenever you like: a board that is half provisioned runs nothing, and the same
command again completes it. The Wi-Fi password is asked for without echo, or read from a file of two
lines (name, password; chmod 600), or from stdin with --wifi-file -. It is kept on the board only.

Exit status: 0 all is well, 1 something failed (the table says what to do), 2 wrong words, 4 no
host, 10 no port."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add = parser.add_argument
    add("camera", metavar="CAMERA", help="what to call it: a-z 0-9 - _")
    add("--port", action="append", default=[], help="the serial port (default: the only board)")
    add("--board", metavar="NAME", help="which board it is; porchlight boards lists them")
    add("--label", help="what people call the camera (default: CAMERA)")
    add("--at", metavar="LAT,LON", help="where it is, in degrees")
    add("--wifi", action="store_true", help="ask for the Wi-Fi anew")
    add("--wifi-file", metavar="FILE", help="two lines, name and password; - for stdin")
    add("--address", metavar="NAME[:PORT]", help="where the board finds the host, if not as known")
    add("--new-key", action="store_true", help="a new key; the old one goes to boards/CAMERA.old-1")
    replace = "copy this folder's program even over a newer one"
    add("--replace-program", action="store_true", help=replace)
    add("--all", action="store_true", help="every board that is plugged in, or every --port")
    add("--no-wait", action="store_true", help="do not wait until the board has connected")
    add("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Provision, show the table, say what to do next."""
    if args.replace_program:
        _make_sure()
    wish = _wish(args)
    devices = ports.chosen(args.port, every=args.all)
    house = household.of(args)
    if not args.all and wish.board is None:
        wish = dataclasses.replace(wish, board=_which(household.Folder(house.home, wish.name)))

    def tell(name: str) -> show.Progress:
        return show.Progress(name, alone=not args.all)

    with house.client:
        if args.all:
            reports = several.provision_all(devices, wish, house, tell)
        else:
            progress = tell(wish.name)
            try:
                reports = [several.provision_one(devices[0], wish, house, progress)]
            finally:
                progress.done()
    _show(reports, house.fingerprint, args)
    return 0 if all(report.good for report in reports) else 1


def _which(folder: household.Folder) -> str | None:
    """Which board it is, asked before one that works is interrupted; None where the folder says."""
    if (folder.settings() or {}).get("board"):
        return None
    if not sys.stdin.isatty():
        raise UsageError("which board is it? say --board NAME; porchlight boards lists them")
    name = input("Which board is it (porchlight boards lists them)? ").strip()
    boards.board_json(name)  # an unknown or unusable one is refused here
    return name


def _make_sure() -> None:
    """An older program in the place of a newer one is confirmed where somebody is there."""
    question = "This replaces a newer program, and updates over the air, by this one. Type yes: "
    if sys.stdin.isatty() and input(question).strip().lower() != "yes":
        raise CommandError("nothing was changed")


def _wish(args: argparse.Namespace) -> Wish:
    if not args.camera or set(args.camera) - _NAME_CHARS or len(args.camera) > 32:
        raise UsageError(f"the name '{args.camera}': use up to 32 of a-z 0-9 - _")
    ask = several.AskOnce(wifi.ask)
    given = wifi.read(args.wifi_file) if args.wifi_file else None
    return Wish(
        name=args.camera,
        label=args.label or args.camera,
        ask_wifi=ask,
        board=args.board,
        place=_place(args.at),
        wifi=ask() if args.wifi and given is None else given,
        new_key=args.new_key,
        replace_program=args.replace_program,
        moved=bool(args.address),
        wait=not args.no_wait,
    )


def _place(text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    try:
        lat, lon = (round(float(part) * _DEGREE) for part in text.split(","))
        if abs(lat) > 90 * _DEGREE or abs(lon) > 180 * _DEGREE:
            raise ValueError
    except (ValueError, OverflowError):
        raise UsageError(f"--at {text}: write degrees as LAT,LON, such as 52.51,13.37") from None
    return {"lat": lat, "lon": lon}


def _show(reports: list[Report], fingerprint: str, args: argparse.Namespace) -> None:
    if args.json:
        boards = [report.json() for report in reports]
        print(json.dumps({"ca_sha256": fingerprint, "boards": boards}))
        return
    for report in reports:
        print(f"{report.name}  {report.port}  {report.board}".rstrip())
        print(show.table(report.rows))
    print(f"The boards trust this host's CA only, SHA-256 {fingerprint}")
    good = [report.name for report in reports if report.good]
    for name in good:
        print(f"Next: porchlight grant {name} --to HUB   (or --to me)")
    for report in reports:
        if not report.good:
            print(f"Mend what failed, then: porchlight doctor {report.port}", file=sys.stderr)
