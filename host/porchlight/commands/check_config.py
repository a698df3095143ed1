"""`porchlight check-config`: say what is wrong in the settings, or that nothing is."""

import argparse
import stat
import time
from typing import Final

from porchlight import tls
from porchlight.commands._home import add_home, load
from porchlight.config import Config
from porchlight.errors import CommandError

HELP: Final = """\
Reads porchlight.toml and looks at the files beside it. Changes nothing.

exit codes:
  0 everything is in order   1 something is wrong; the line says what to do"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add_home(parser)


def run(args: argparse.Namespace) -> int:
    """Check; CommandError for the first thing that is wrong."""
    config = load(args)
    _check_secrets(config)
    at = tls.TlsFiles(config.home)
    tls.check_authority(at)
    if at.cert.exists():
        tls.server_context(at)
        _print_days(tls.ends(at) - int(time.time()))
    page = "off" if config.page.port < 0 else f"http://{config.page.address}:{config.page.port}"
    print(f"{config.file} is in order.")
    print(f"  boards and hubs  https://{config.listen.address}:{config.listen.port}")
    print(f"  page             {page}")
    return 0


def _check_secrets(config: Config) -> None:
    home = config.home
    secrets = [
        *([config.file] if config.database.url else []),  # it may hold a password
        home / "ca.key",
        home / "tls.key",
        home / "porchlight.db",
        *home.glob("residents/*.pem"),
        *home.glob("boards/*/board.key"),
    ]
    for path in secrets:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise CommandError(f"{path} can be read by others; run `chmod 600 {path}`")


def _print_days(left_s: int) -> None:
    days = left_s // 86_400
    if days < tls.RENEW_DAYS:
        print(f"The certificate ends in {days} days; it is made anew at the next start.")
