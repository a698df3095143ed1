"""`porchlight`: the table of commands, and the one place where errors become exit codes.

Only the module of the chosen command is imported, and cheaply, so `--help` stays quick and a host
starts soon. A command is a module with `configure(parser)` and `run(args) -> int`; whatever it
raises with an `exit_code` is printed as one line. PORCHLIGHT_DEBUG=1 shows where an error came
from.
"""

import argparse
import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

from porchkit import starting

DISTRIBUTION = "porchlight-cam"
# base64url of 16 or 32 bytes: grants, clips, requests; cameras, residents, hubs
_ID: Final = re.compile(r"-(?:[A-Za-z0-9_-]{21}|[A-Za-z0-9_-]{42})")
EXIT_USAGE, EXIT_BUG, EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 2, 70, 130, 141

# heading -> name -> (module, what it does). The order is the order of --help.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "try it": {
        "demo": ("porchkit.commands.demo", "see it work: a host and three virtual boards"),
        "sim": ("porchkit.commands.sim", "many virtual boards against one host, with figures"),
        "bench": ("porchkit.commands.bench", "measure it against what it promises"),
    },
    "set up a board": {
        "boards": ("porchkit.commands.boards", "which boards there are, and their traps"),
        "ports": ("porchkit.commands.ports", "which serial ports there are, what may be on them"),
        "flash": ("porchkit.commands.flash", "put the camera firmware on a board"),
        "provision": ("porchkit.commands.provision", "make a flashed board a camera of yours"),
        "doctor": ("porchkit.commands.doctor", "let a board test itself, and explain what fails"),
    },
    "change the firmware": {
        "deploy": ("porchkit.commands.deploy", "run this folder's firmware on a board, read along"),
        "boardlog": ("porchkit.commands.boardlog", "what a board says, over the network"),
        "maintenance": ("porchkit.commands.maintenance", "keep a board's watchdog off, or not"),
        "webflash": ("porchkit.commands.webflash", "make what a browser needs to flash a board"),
    },
    "update boards over the air": {
        "update": ("porchkit.commands.update", "let a camera take a release, and see it run"),
        "release": ("porchkit.commands.release", "make a release of the firmware, and sign it"),
    },
    "tune a camera": {
        "gate": ("porchkit.commands.gate", "what the motion gate would have sent; how it decides"),
    },
    "run a host": {
        "init": ("porchlight.commands.init", "make the host's folder: settings, keys, database"),
        "serve": ("porchlight.commands.serve", "run the host"),
        "check-config": ("porchlight.commands.check_config", "say what is wrong in the settings"),
        "resident": ("porchlight.commands.resident", "add a resident, make their key, list them"),
        "camera": ("porchlight.commands.camera", "add a camera, list them"),
        "hub": ("porchlight.commands.hub", "add a hub by its public key, list them"),
        "report": ("porchlight.commands.report", "how often hubs looked: a quarter, for everybody"),
    },
    "allow and take back (with the resident's key)": {
        "grant": ("porchkit.commands.grant", "let someone look through a camera, for a while"),
        "revoke": ("porchkit.commands.revoke", "take it back, now"),
        "request": ("porchkit.commands.request", "what hubs ask you for, and your answer"),
        "pause": ("porchkit.commands.pause", "make a camera dark for everybody, grants or not"),
        "resume": ("porchkit.commands.resume", "end a pause"),
        "panic": ("porchkit.commands.panic", "open what was signed for an emergency"),
        "delegate": ("porchkit.commands.delegate", "let an agent's key keep a camera alive"),
        "agent": ("porchkit.commands.agent", "keep a camera alive while this runs, or stop it"),
        "grants": ("porchkit.commands.grants", "what is allowed at present"),
        "log": ("porchkit.commands.log", "who looked, when, and why"),
        "clips": ("porchkit.commands.clips", "what was recorded: a copy, delete, on or off"),
        "unseal": ("porchlight.commands.unseal", "open a clip that was sealed to one's own key"),
    },
    "check what somebody shows you (without a host)": {
        "verify": ("porchkit.commands.verify", "is this recording what a resident released?"),
    },
}
COMMANDS: dict[str, tuple[str, str]] = {
    name: row for group in GROUPS.values() for name, row in group.items()
}

EXAMPLES = """\
examples:
  porchlight demo                               see it work, nothing to set up
  porchlight init && porchlight serve           a host of your own
  porchlight resident new sam                   make Sam's key
  porchlight camera add porch --resident sam    register Sam's camera
  porchlight hub add fire --key fire.pem        register who may be allowed to look
  porchlight grant porch --to fire --for 2h     allow it, for two hours
  porchlight revoke porch                       take it back, now
  porchlight log                                read who looked

exit codes:
  0 done   1 something is wrong   2 wrong words on the command line   3 refused by consent
  4 no host answers   5 a log does not hold   6 a recording is not trusted
  70 a fault of ours   130 ended with Ctrl-C

Each command explains itself: porchlight COMMAND --help. The host's folder is ~/.porchlight,
or $PORCHLIGHT_HOME, or --home. PORCHLIGHT_DEBUG=1 shows where an error came from."""


class Command(Protocol):
    """What a module in the table must offer."""

    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises, never shows a traceback
    unless PORCHLIGHT_DEBUG is set."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _outcome(words, alone=argv is None)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # `porchlight log | head`: the reader has gone, and so must the flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_BROKEN_PIPE
    except Exception as error:
        return _report(error)


def _outcome(words: list[str], *, alone: bool) -> int:
    try:
        return dispatch(words, alone=alone)
    except SystemExit as stop:  # argparse: --help is 0, a usage error 2
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE


def dispatch(words: list[str], *, alone: bool = False) -> int:
    """Run one command line inside this program: what main() turns into codes, this raises.
    `alone`: the command is all that this program does."""
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    parser = _top_parser()
    if not words:
        parser.print_help()
        return EXIT_USAGE
    if words[0].startswith("-"):
        parser.parse_args(words)
        return EXIT_USAGE
    name = words[0]
    if name not in COMMANDS:
        parser.error(_unknown(name))
    with starting.soon(for_good=alone):
        command = cast("Command", importlib.import_module(COMMANDS[name][0]))
    sub = _Parser(
        prog=f"porchlight {name}",
        description=COMMANDS[name][1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.configure(sub)
    return command.run(sub.parse_args(words[1:]))


def _top_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="porchlight",
        usage="porchlight COMMAND [OPTIONS]",
        description=_overview(),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    return parser


class _Parser(argparse.ArgumentParser):
    """Takes an id for what it is: one in sixty-four begins with a dash."""

    def _parse_optional(self, arg_string: str) -> Any:
        if _ID.fullmatch(arg_string) and arg_string not in self._option_string_actions:
            return None  # as argparse says of what is no option
        return super()._parse_optional(arg_string)


class _Version(argparse.Action):
    """Asks for the version only when somebody wants it: the look-up is slow."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        print(f"porchlight {metadata.version(DISTRIBUTION)}")
        parser.exit()


def _overview() -> str:
    lines = ["An opt-in camera network in which the resident holds the keys."]
    for heading, rows in GROUPS.items():
        lines += ["", f"{heading}:"]
        lines += [f"  {name:<13} {line}" for name, (_, line) in rows.items()]
    return "\n".join(lines)


def _unknown(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "porchlight --help lists them"
    return f"no command '{name}'; {hint}"


def _report(error: Exception) -> int:
    """One line on stderr. An error without an `exit_code` is a fault of ours, unless it is the
    operating system's, which is the user's to mend (a folder not writable, a full disk)."""
    if os.environ.get("PORCHLIGHT_DEBUG"):
        import traceback

        traceback.print_exception(error)
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        line = str(error)
    elif isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        code, line = 1, f"{where}{error.strerror}"
    else:
        code = EXIT_BUG
        line = (
            f"a fault of ours: {type(error).__name__}: {error}; "
            "PORCHLIGHT_DEBUG=1 shows where, please report it"
        )
    from porchkit.words import clean  # `--help` does without

    print(f"porchlight: {clean(' '.join(line.split()))}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
