"""Commands as a person types them, from inside the demo: what they say, and how they end."""

import contextlib
import io
from pathlib import Path

from porchkit import cli

NOT_TRUSTED = 6  # how `porchlight verify` ends then


def typed(*words: str, home: Path) -> tuple[int, str]:
    """(exit code, what was said) of one `porchlight` command, run in this process. One at a time:
    it takes stdout and stderr meanwhile. Blocks."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = cli.main([*words, "--home", str(home)])
    return code, said.getvalue().strip()
