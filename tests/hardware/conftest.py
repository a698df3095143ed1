"""One board on a serial port, real or virtual. README.md here says how to run it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hardware.repl import Repl

HERE = Path(__file__).resolve().parent
PLUGIN = "pytest_embedded"
PSEUDO_TERMINALS = 136  # their device number on Linux
NO_BOARD = "no board: pytest tests/hardware --port /dev/ttyUSB0 (tests/hardware/README.md)"
NO_PLUGIN = "pytest-embedded is missing: pip install 'porchlight-cam[hardware]'"
LONG_MS = 600_000


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """--port is the plugin's; without it the option shall still lead to a clear word."""
    if not pluginmanager.hasplugin(PLUGIN):
        parser.addoption("--port", help="the board's serial port")


def pytest_configure(config: pytest.Config) -> None:
    """Also where this folder is part of a larger run, which reads another pytest.ini."""
    config.addinivalue_line("markers", "chip: needs an ESP32 with its reset wired to DTR and RTS")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a board nothing here can run; without a chip some cannot."""
    port = config.getoption("port", None)
    ready = config.pluginmanager.hasplugin(PLUGIN)
    for item in (item for item in items if HERE in item.path.parents):
        if not port:
            item.add_marker(pytest.mark.skip(reason=NO_BOARD))
        elif not ready:
            item.add_marker(pytest.mark.skip(reason=NO_PLUGIN))
        elif item.get_closest_marker("chip") and _is_virtual(port):
            item.add_marker(pytest.mark.skip(reason="a virtual board has no chip to ask"))


def _is_virtual(port: str) -> bool:
    try:
        found = os.stat(port)  # noqa: PTH116 - of what the link points to
    except OSError:
        return False
    return stat.S_ISCHR(found.st_mode) and os.major(found.st_rdev) == PSEUDO_TERMINALS


@pytest.fixture
def embedded_services(request: pytest.FixtureRequest) -> str:
    """What pytest-embedded brings up for a test: the port, unless it is parametrized."""
    return getattr(request, "param", "serial")


@pytest.fixture
def repl(dut: Any) -> Iterator[Repl]:
    """The board at its prompt. A provisioned one is left running its program."""
    repl = Repl(dut)
    repl.interrupt()
    provisioned = repl.has("/config.json")
    if provisioned:
        # Its watchdog runs on while we are at the prompt; a new time-out is all that one can set.
        repl.ask(f"import machine; wdt = machine.WDT(timeout={LONG_MS})")
    yield repl
    if provisioned:
        repl.interrupt()
        repl.type(b"import machine; machine.reset()\r")
        repl.expect(rb"loader: ")
