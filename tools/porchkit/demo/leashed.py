"""Runs one `porchlight` command that does not outlive whoever started it, however they end: when
the other end of its stdin closes, it is asked to stop."""

import os
import signal
import sys
import threading

from porchkit import cli


def main() -> int:
    """The command is in sys.argv, as for `porchlight`."""
    threading.Thread(target=_stop_at_the_end_of_stdin, daemon=True).start()
    return cli.main()


def _stop_at_the_end_of_stdin() -> None:
    os.read(0, 1)  # nobody writes: this returns when the pipe closes
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
