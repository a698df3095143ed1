"""What a program said last, in the file that its output goes to."""

from pathlib import Path


def last_line(log: Path) -> str:
    """The last line that is not empty; "" if there is none, or no file."""
    try:
        lines = log.read_text("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
