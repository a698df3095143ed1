"""What starts soon: what a program must not import before it is wanted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# what is run -> what has not been imported by then
LATE = {
    "the table of commands": (
        "import porchkit.cli",
        "asyncio difflib email importlib.metadata inspect logging typing_extensions",
    ),
    "a host's client, where it is asked by a command": (
        "from porchkit import cli\nassert not cli.main(['grants', '--help'])",
        "PIL click fastapi httpx._main importlib.metadata numpy porchlight.app rich sqlalchemy",
    ),
    "a command on a host's folder": (
        "from porchkit import cli\nassert not cli.main(['resident', '--help'])",
        "PIL alembic fastapi httpx numpy pydantic uvicorn",
    ),
    "a folder that is made": (
        "import pathlib, porchlight.commands.init as init\n"
        "init.make(pathlib.Path('home'), '[listen]\\nport = 0')",
        "PIL alembic fastapi httpx numpy pydantic uvicorn",
    ),
    "a host": (
        "from porchkit import cli\nassert not cli.main(['serve', '--help'])\nimport porchlight.app",
        "alembic httpx._main numpy porchkit.home psycopg rich websockets.asyncio",
    ),
}
ASKS = (
    "\nimport sys\nprint(*(name for name in sys.argv[1:] if name in sys.modules), file=sys.stderr)"
)


def imported(source: str, names: list[str], folder: Path) -> list[str]:
    """Which of these modules a program has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", source + ASKS, *names],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.split()


@pytest.mark.parametrize("what", LATE)
def test_nothing_is_imported_before_it_is_wanted(what: str, tmp_path: Path) -> None:
    source, late = LATE[what]
    assert imported(source, late.split(), tmp_path) == []


# A program that does nothing but a command; another that goes on.
AFTERWARDS = """
import gc, sys
from porchkit import cli
asked, sys.argv[1:] = sys.argv[1:], ["grants", "--help"]
assert not cli.main({argv})
assert gc.isenabled() and {holds}
import httpx._main
sys.argv[1:] = asked
"""
NONE, SOME = "gc.get_freeze_count() == 0", "gc.get_freeze_count() > 0"


@pytest.mark.parametrize(("argv", "holds"), [("", SOME), ("sys.argv[1:]", NONE)])
def test_only_what_a_command_of_its_own_imported_is_for_good(
    argv: str, holds: str, tmp_path: Path
) -> None:
    """And whoever wants httpx's own command line can have it."""
    program = AFTERWARDS.format(argv=argv, holds=holds)
    assert imported(program, ["httpx._main"], tmp_path) == ["httpx._main"]


def test_what_is_imported_would_be_seen(tmp_path: Path) -> None:
    assert imported("import email", ["rich", "email"], tmp_path) == ["email"]
