"""A real host with a resident, a hub and a camera whose board is not there."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli, keys
from porchkit.demo.hostproc import HostProcess
from porchkit.home import Home

SETTINGS = '[listen]\naddress = "127.0.0.1"\nport = 0\n[page]\nport = 0\n'


@dataclass(frozen=True)
class RunningHost:
    """A folder that a host serves, and who lives in it: resident sam, hub fire, camera porch."""

    home: Home
    base: str
    plain: str

    @property
    def resident(self) -> keys.PrivateKey:
        return self.home.resident_key("sam")[1]

    @property
    def hub(self) -> keys.PrivateKey:
        return keys.load_private(self.home.path / "hubs" / "fire.pem")


@pytest.fixture(scope="module")
def running_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host for the tests of a module; each test leaves its grants to the next."""
    folder = tmp_path_factory.mktemp("host")
    home = Home(folder / "home")
    where = ["--home", str(home.path)]
    cli.dispatch(["init", *where])
    (home.path / "porchlight.toml").write_text(SETTINGS)
    with asyncio.Runner() as runner:
        host = HostProcess(home, folder / "host.log")
        found = runner.run(host.start())
        try:
            cli.dispatch(["resident", "new", "sam", *where])
            cli.dispatch(["hub", "add", "fire", *where])
            cli.dispatch(["camera", "add", "porch", "--label", "Front porch", *where])
            yield RunningHost(home, home.base_url(), f"http://127.0.0.1:{found.http}")
        finally:
            runner.run(host.stop())


@dataclass(frozen=True)
class Answer:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def porchlight(
    running_host: RunningHost, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Run one command against the host, as a person would: words in, code and text out."""

    def run(*words: str, home: Path | None = None) -> Answer:
        capsys.readouterr()
        code = cli.main([*words, "--home", str(home or running_host.home.path)])
        return Answer(code, *capsys.readouterr())

    return run
