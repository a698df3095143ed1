"""README's own lines, typed as they stand there, in order, against a host that runs."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

START_S = 30
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = Path(sys.executable).with_name("porchlight")

Type = Callable[[str], str]


@pytest.fixture
def type_(tmp_path: Path) -> Type:
    """Type one line; returns what it printed, and fails where the command fails."""
    environment = {**os.environ, "PORCHLIGHT_HOME": str(tmp_path / "home")}

    def run(line: str) -> str:
        done = subprocess.run(
            [PROGRAM, *shlex.split(line, comments=True)[1:]],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout

    return run


@contextmanager
def serving(home: Path, log: Path) -> Iterator[None]:
    """`porchlight serve` until the end of the block; it must end cleanly when told to."""
    environment = {**os.environ, "PORCHLIGHT_HOME": str(home)}
    with log.open("w") as out:
        process = subprocess.Popen([PROGRAM, "serve"], env=environment, stdout=out, stderr=out)
        try:
            until = time.monotonic() + START_S
            while not (home / "run.json").exists():
                assert process.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < until, log.read_text("utf-8")
                time.sleep(0.05)  # between two looks for the event; there is nothing to wait on
            yield
        finally:
            process.terminate()
            assert process.wait(timeout=START_S) == 0, log.read_text("utf-8")


def free_port() -> int:
    """A board's files name the port, so this host cannot be given port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lines_of(root: Path) -> list[str]:
    blocks = BLOCK.findall((root / "README.md").read_text("utf-8"))
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("porchlight ")]


def test_the_readme_can_be_typed(root: Path, type_: Type, tmp_path: Path) -> None:
    home = tmp_path / "home"
    lines = lines_of(root)
    commands = [shlex.split(line, comments=True)[1] for line in lines]
    serve = commands.index("serve")
    assert commands[serve + 1 :] == ["grant", "grants", "revoke", "log", "log"]

    # The only words that README does not have: ports that are free here.
    type_(f"{lines[0].partition('#')[0]} --listen 127.0.0.1:{free_port()}")
    settings = home / "porchlight.toml"
    settings.write_text(re.sub(r"(?m)^port = 8080$", "port = 0", settings.read_text("utf-8")))
    for line in lines[1:serve]:
        type_(line)

    with serving(home, tmp_path / "log"):
        grant, grants, revoke, log, verify = lines[serve + 1 :]
        assert "fire may use porch" in type_(grant)
        assert " active " in type_(grants)
        assert "revoked" in type_(revoke)
        assert "you took back" in type_(log)
        assert "nothing outside of your grants" in type_(verify)
        types = [json.loads(line)["type"] for line in type_("porchlight log --json").splitlines()]
        assert types[-2:] == ["grant.seen", "grant.revoked"]
