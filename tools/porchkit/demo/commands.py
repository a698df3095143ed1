"""Commands as a person types them, from inside the demo: what they say, and how they end."""

import subprocess
import sys
from pathlib import Path

LIMIT_S = 60
NOT_TRUSTED = 6  # how `porchlight verify` ends then


def typed(*words: str, home: Path) -> tuple[int, str]:
    """(exit code, what was said) of one `porchlight` command, in a process of its own. Blocks."""
    done = subprocess.run(  # noqa: S603 - our own program, and words of our own
        [sys.executable, "-m", "porchkit.cli", *words, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()
