"""`porchlight verify`: is this recording what a resident released? Asks nobody."""

import argparse
import json
import time
from pathlib import Path

from cryptography import x509

from porchkit import keys
from porchkit.errors import NotTrusted, UsageError
from porchkit.evidence import checks
from porchkit.evidence.bundle import Bundle
from porchkit.evidence.checks import Finding, Known
from porchkit.home import Home, folder
from porchkit.words import clean
from porchlight.client import tlog

MARKS = {True: "ok", False: "NO", None: "--"}
HELP = """\
examples:
  porchlight verify clip.zip --resident sam --ca ca.pem
  porchlight verify clip.zip --resident 3f5u… --ca ca.pem --json

--resident is a name in your folder or a thumb of 43 characters, --ca the host's ca.pem. Have both
from the people themselves: without them all that is shown is that the bundle agrees with itself,
and that is not Trusted. Ends with 0 for Trusted, with 6 for anything else."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("bundle", type=Path, help="the ZIP file that was exported")
    parser.add_argument("--resident", metavar="WHO", help="whose recording it must be")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the ca.pem of the host it is from")
    parser.add_argument("--log-key", metavar="KEY", help="the key of the resident's log")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--home", metavar="FOLDER", help="your folder (default ~/.porchlight)")


def run(args: argparse.Namespace) -> int:
    """Check, tell, and end with NotTrusted (exit code 6) if anything is missing or wrong."""
    known = _known(args)
    with Bundle(args.bundle) as bundle:
        findings = list(checks.check(bundle, known))
    good = checks.trusted(findings, known)
    _tell(findings, good, as_json=args.json)
    if not good:
        bad = next((each for each in findings if each.holds is False), None)
        why = clean(bad.says) if bad else "say whose it must be, with --resident and --ca"
        raise NotTrusted(f"not trusted: {why}")
    return 0


def _known(args: argparse.Namespace) -> Known:
    home = Home(folder(args.home))
    resident = None if args.resident is None else _thumb(args.resident, home)
    ca = args.ca or (home.ca if home.ca.exists() and args.resident else None)
    try:
        log_key = None if args.log_key is None else tlog.Key.parse(args.log_key)
        authority = None if ca is None else x509.load_pem_x509_certificate(ca.read_bytes())
    except tlog.Wrong as wrong:
        raise UsageError(str(wrong)) from None
    except (OSError, ValueError):
        raise UsageError(f"{ca} is no certificate; give the host's ca.pem with --ca") from None
    return Known(resident, authority, log_key, int(time.time()))


def _thumb(word: str, home: Home) -> str:
    if checks.is_thumb(word):
        return word
    _, key = home.resident_key(word)
    return keys.thumb(key.public_key())


def _tell(findings: list[Finding], good: bool, *, as_json: bool) -> None:
    if as_json:
        rows = [{"check": each.name, "holds": each.holds, "says": each.says} for each in findings]
        print(json.dumps({"trusted": good, "checks": rows}))
        return
    for each in findings:
        print(f"{MARKS[each.holds]}  {each.name:<9} {clean(each.says)}")
    if good:
        print("Trusted")
