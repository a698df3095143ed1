"""Logs as one JSON object a line, with nothing in them that opens a door.

Tickets, tokens and proofs never belong in a log call. The formatter strikes them out all the same:
long base64url words, and JWS in particular, become "...".
"""

import json
import logging
import re
import sys
from typing import Any, Final, TextIO

from porchlight.clock import rfc3339

# Thumbs (43 characters) and jtis (22) are public names and stay readable, unless they follow
# "/views/": a ticket has the length of a thumb.
_SECRETS: Final = re.compile(
    r"eyJ[\w-]{8,}(\.[\w-]*){0,2}|(?<=/views/)[\w-]{16,}|[\w-]{64,}|-----BEGIN [A-Z ]+-----.*",
    re.DOTALL,
)
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
MAX_TEXT: Final = 2_000


def hush(text: str) -> str:
    """The text without tickets, tokens and keys, and not endless."""
    return _SECRETS.sub("...", text[:MAX_TEXT])


class JsonFormatter(logging.Formatter):
    """time, level, logger, message, then whatever `extra` brought."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "time": rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hush(record.getMessage()),
        }
        for key, value in vars(record).items():
            if key not in _OWN and not key.startswith("_"):
                line[key] = (
                    value if isinstance(value, int | float | bool | None) else hush(str(value))
                )
        if record.exc_info:
            line["trace"] = hush(self.formatException(record.exc_info))
        return json.dumps(line)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send the host's logs to `stream` (default stderr), and only there."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "alembic", "sqlalchemy.engine", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
