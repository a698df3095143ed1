"""What every test may ask for, and the rule that CI skips nothing but tests/hardware.

A test that needs something optional (node, Chromium, the data folder beside the checkout) skips
with a reason on a developer's machine. Where CI=true or PORCHLIGHT_NO_SKIP=1 the same skip fails:
a check that silently stopped running is worse than a red one.
"""

import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = Path(__file__).resolve().parent
HARDWARE = TESTS / "hardware"

# How long an example takes says how busy the machine is, and nothing of what is tested.
with contextlib.suppress(ImportError):  # tests/hardware can do without
    from hypothesis import settings

    settings.register_profile("porchlight", deadline=None)
    settings.load_profile("porchlight")

# Thousands of tests and all that they import come to stay: nothing of it is garbage.
gc.disable()

# Hundreds of processes start here and import the same modules: let the first compile them for all.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Whoever starts the tests in the background of a script has them ignore Ctrl-C, and every process
# that they start: those that are sent one have to hear it.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Each keeps a worker for a quarter of a minute or more, mostly waiting for processes. They begin
# first where several workers share the files, so that none is left alone with one at the end.
LONG = [
    "web/test_line.py",
    "e2e/test_update.py",
    "tools/test_bench_streams.py",
    "firmware/test_motion.py",
    "web/test_live.py",
    "tools/test_demo.py",
    "e2e/test_provision.py",
    "firmware/test_board_films.py",
    "firmware/test_p256.py",
    "e2e/test_newcomer.py",
    "firmware/test_parts_elsewhere.py",
    "tools/test_provision_cut.py",
    "tools/test_pty_board.py",
    "tools/test_sim.py",
    "e2e/test_provision_pulled.py",
    "tools/test_bench_stopped.py",
    "web/test_records.py",
    "tools/test_pty_hardware.py",
    "web/test_keys.py",
    "firmware/test_board_endures.py",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files as they stand, but the long ones first; within a file nothing changes its place."""
    if not hasattr(config, "workerinput"):
        return
    places = {TESTS / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


def pytest_collection_finish() -> None:
    """What was collected is looked through no more."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test data beside the checkout; skips where there is none."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared/ folder with data/ beside the checkout")
    return folder


def skipping_is_failing() -> bool:
    """True where every test outside tests/hardware has to run."""
    return "true" in os.environ.get("CI", "") or os.environ.get("PORCHLIGHT_NO_SKIP") == "1"


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport, path: Path) -> None:
    """Turn a skip into a failure, unless it is allowed here. An xfail is not a skip."""
    if not report.skipped or hasattr(report, "wasxfail") or HARDWARE in path.parents:
        return
    if skipping_is_failing():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{path.name}: nothing may be skipped here, but: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test, by mark or by call."""
    report = yield
    _refuse_skip(report, item.path)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A skipped module (importorskip, allow_module_level)."""
    report = yield
    _refuse_skip(report, collector.path)
    return report
