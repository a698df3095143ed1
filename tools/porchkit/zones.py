"""A zones file: which parts of the picture the motion gate watches, as rows of characters.

    ................    .  watch
    ....########....    #  ignore
    ................

The rows, of any number and length that the board takes, are stretched over the picture.
"""

from pathlib import Path

from porchkit.errors import CommandError

MAX_ROWS, MAX_COLS = 60, 80  # as the board's config.json takes them
_MAX_BYTES = 65_536
_LETTERS = frozenset(".#")


def read(path: Path) -> list[str]:
    """The rows of a zones file, blank lines dropped. CommandError in one line for a file that is
    missing or that the board would refuse."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: not a text file; write rows of . (watch) and #") from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}; give a zones file") from error
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    rows = [(number, line) for number, line in lines if line]
    if fault := _fault(rows):
        raise CommandError(f"{path}: {fault}")
    return [line for _, line in rows]


def _fault(rows: list[tuple[int, str]]) -> str:
    """What is wrong with the rows (each with its line number); empty where nothing is."""
    if not 1 <= len(rows) <= MAX_ROWS:
        return f"{len(rows)} rows; give 1 to {MAX_ROWS}"
    width = len(rows[0][1])
    for number, line in rows:
        if odd := sorted(set(line) - _LETTERS):
            return f"line {number}: {odd[0]!r}; only . (watch) and # (ignore) are allowed"
        if len(line) > MAX_COLS:
            return f"line {number}: {len(line)} characters; at most {MAX_COLS}"
        if len(line) != width:
            return f"line {number}: {len(line)} characters, but the first row has {width}"
    return ""
