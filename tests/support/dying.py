"""`porchlight`, killed (SIGKILL) at one moment: an entry for a view is on disk, and whoever asked
has not heard of it yet. To be run as a program of its own (tests.support.hosting.spawned)."""

import os
import signal
import sys
from typing import Any

from porchkit import cli
from porchlight.audit import receipts


def _die(*_: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    receipts.make = _die  # what a host does next, once an entry is durable
    sys.exit(cli.main())
