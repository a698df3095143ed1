"""`porchlight gate set`: what the motion gate of one camera is told, in its board's config.json."""

import argparse
import json
from pathlib import Path
from typing import Any

from porchkit import zones
from porchkit.errors import CommandError, UsageError
from porchkit.home import Home, folder
from porchkit.replay import output

HELP = """\
examples:
  porchlight gate set porch --mode motion                   send what moves, not everything
  porchlight gate set porch --sensitivity 40 --zones zones.txt
  porchlight gate set porch --pre-roll 5 --post-roll 10     seconds before and after
  porchlight gate set porch --no-zones                      watch the whole picture again

What is not named stays as it is. Writes boards/CAMERA/config.json in the host's folder; the board
takes it at its next start. Only the resident's side can set this: no host or hub can make a board
send more than it says. Try it on footage first: porchlight gate replay."""

# option -> (name in config.json's "motion", lowest, highest, what it is)
NUMBERS = {
    "sensitivity": ("sensitivity", 1, 100, "more is sent with more"),
    "pre-roll": ("pre_roll_s", 0, 5, "seconds sent from before something moves"),
    "post-roll": ("post_roll_s", 0, 30, "seconds sent after"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("camera", metavar="CAMERA", help="its name, as in `camera add`")
    parser.add_argument("--mode", choices=("always", "motion"), help="send everything, or motion")
    for option, (_, low, high, what) in NUMBERS.items():
        parser.add_argument(f"--{option}", metavar="N", type=int, help=f"{low} to {high}; {what}")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--zones", type=Path, metavar="FILE", help="which parts to ignore")
    which.add_argument("--no-zones", action="store_true", help="ignore none")
    parser.add_argument(
        "--home", metavar="FOLDER", help="the host's folder (default ~/.porchlight)"
    )


def run(args: argparse.Namespace) -> int:
    """Check, write, tell."""
    motion = _motion(args)
    if not motion and not args.mode:
        raise UsageError("say what to set: --mode, --sensitivity, --zones, --pre-roll, --post-roll")
    path = Home(folder(args.home)).board_config(args.camera)
    config = _read(path)
    _inner(path, config, "motion").update(motion)
    if args.mode:
        _inner(path, config, "frame")["mode"] = args.mode
    output.write(path, json.dumps(config, indent=1), private=True)
    print(f"{args.camera}: {_told(config)}")
    print(f"It is in {path}; the board takes it at its next start")
    return 0


def _motion(args: argparse.Namespace) -> dict[str, Any]:
    """What of "motion" was asked for; UsageError beyond what a board takes."""
    asked: dict[str, Any] = {}
    for option, (name, low, high, _) in NUMBERS.items():
        value = getattr(args, option.replace("-", "_"))
        if value is None:
            continue
        if not low <= value <= high:
            raise UsageError(f"--{option} must be {low} to {high}")
        asked[name] = value
    if args.zones:
        asked["zones"] = zones.read(args.zones)
    elif args.no_zones:
        asked["zones"] = None
    return asked


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise CommandError(f"{path}: damaged; restore it, or add the camera again")
    return config


def _inner(path: Path, config: dict[str, Any], name: str) -> dict[str, Any]:
    """An object of config.json, made where it is missing."""
    inner = config.setdefault(name, {})
    if not isinstance(inner, dict):
        raise CommandError(f"{path}: {name}: not a JSON object; mend it first")
    return inner


def _told(config: dict[str, Any]) -> str:
    """The gate's settings in a line."""
    if config.get("frame", {}).get("mode", "always") == "always":
        return "sends everything (--mode motion would send what moves)"
    motion = config["motion"]
    numbers = [
        f"{option} {motion[name]}" for option, (name, *_) in NUMBERS.items() if name in motion
    ]
    rows = motion.get("zones")
    return ", ".join(
        ["sends what moves", *numbers, f"{len(rows)} rows of zones" if rows else "no zones"]
    )
