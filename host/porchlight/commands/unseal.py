"""`porchlight unseal`: open a clip that was sealed to a key of one's own. Needs no host."""

import argparse
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from porchlight import files
from porchlight.clips import avi, sealing
from porchlight.errors import CommandError

HELP: Final = """\
examples:
  porchlight unseal clip-20260401T201500Z.sealed --key reader.pem
  porchlight unseal clip.sealed --key reader.pem --out clip.avi

The key is the private half of what `porchlight clips record CAMERA on --sealed-to` was given. A
file in which a single bit was changed is refused."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("file", metavar="FILE", type=Path, help="the sealed clip")
    parser.add_argument(
        "--key", type=Path, required=True, metavar="KEY.pem", help="the private key it is sealed to"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: FILE with .avi")


def run(args: argparse.Namespace) -> int:
    """Write the clip's own file; CommandError says what is wrong with file or key."""
    key = _key(files.read_secret(args.key), args.key)
    out: Path = args.out or args.file.with_suffix(".avi")
    if out.exists():
        raise CommandError(f"{out} exists already; move it away, or name another with --out")
    try:
        plain = sealing.unseal(args.file.read_bytes(), key)
        files.write(out, avi.unsealed(plain), files.PRIVATE)
    except sealing.Tampered as error:
        raise CommandError(f"{args.file} does not open: {error}") from None
    except OSError as error:
        raise CommandError(f"{error.filename or out}: {error.strerror}") from None
    print(f"wrote {out}")
    return 0


def _key(pem: bytes, path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise CommandError(f"{path} is no unencrypted P-256 private key in PEM")
    return key
