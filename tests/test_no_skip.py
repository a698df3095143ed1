"""Where CI=true, a skip outside tests/hardware fails; elsewhere it stays a skip."""

from pathlib import Path

import pytest

from tests.conftest import LONG

pytest_plugins = ["pytester"]

FILES = {
    "host/test_mark.py": "@pytest.mark.skip(reason='no node')\ndef test_x():\n    pass\n",
    "host/test_call.py": "def test_x():\n    pytest.skip('no node')\n",
    "host/test_fixture.py": "def test_x(shared):\n    pass\n",
    "host/test_expected.py": "@pytest.mark.xfail(strict=True)\ndef test_x():\n    raise OSError\n",
    "host/test_plain.py": "def test_x():\n    pass\n",
    "hardware/test_call.py": "def test_x():\n    pytest.skip('no board')\n",
    "hardware/test_module.py": "pytest.importorskip('no_such_module')\n",
}
# Plugins that the little project does not need; loading them is most of the time.
WITHOUT = [
    f"-pno:{name}"
    for name in ("asyncio", "cacheprovider", "hypothesispytest", "pytest_embedded", "timeout")
]


def run(pytester: pytest.Pytester, files: dict[str, str]) -> pytest.RunResult:
    """Run a project that has our conftest.py, these tests and no shared/ folder beside it."""
    # Not called tests: in this process tests.conftest is our own, with our own folders.
    tests = pytester.path / "checkout" / "suite"
    ours = Path(__file__).with_name("conftest.py").read_text("utf-8")
    for name, source in {"conftest.py": ours, **files}.items():
        path = tests / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source if name == "conftest.py" else f"import pytest\n{source}", "utf-8")
    options = ("--import-mode=importlib", f"--rootdir={tests.parent}", str(tests))
    return pytester.runpytest_inprocess(*WITHOUT, *options)


@pytest.mark.parametrize("variable", [("CI", "true"), ("PORCHLIGHT_NO_SKIP", "1")])
def test_where_nothing_may_be_skipped(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]
) -> None:
    monkeypatch.setenv(*variable)
    result = run(pytester, FILES)
    # The mark, the call and the fixture fail; both in hardware/ stay skipped.
    outcomes = result.parseoutcomes()
    bad = outcomes.pop("failed", 0) + outcomes.pop("errors", 0)
    assert (bad, outcomes) == (3, {"skipped": 2, "xfailed": 1, "passed": 1})
    result.stdout.fnmatch_lines(["*nothing may be skipped here, but:*no node*"])


def test_a_skipped_module_stops_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = run(pytester, {"host/test_module.py": FILES["hardware/test_module.py"]})
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.parseoutcomes() == {"errors": 1}


def test_elsewhere_a_skip_is_a_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PORCHLIGHT_NO_SKIP", raising=False)
    assert run(pytester, FILES).parseoutcomes() == {"skipped": 5, "xfailed": 1, "passed": 1}


def test_the_files_that_begin_first_are_there() -> None:
    assert len(set(LONG)) == len(LONG)
    assert [name for name in LONG if not (Path(__file__).parent / name).exists()] == []
