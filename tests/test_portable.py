"""accord and the firmware keep to what MicroPython has, and every rule here can fail."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import imports, modules
from tests.support.portable import ABSENT_MODULES, PORTABLE, Rule, breaks, forget
from tests.support.runtimes import run_micropython
from tests.support.viper import VIPER

RULES = (*PORTABLE, *VIPER)

# MicroPython reads Python 3.8 and a little more. What this lets through (parenthesised `with`, on
# newer Pythons), the board's own compiler refuses: test_precompile.py.
PYTHON_THERE = (3, 8)


@pytest.fixture(scope="module")
def board_files(root: Path) -> list[Path]:
    """Everything that stands on a board's flash."""
    firmware = root / "firmware"
    files = [firmware / "main.py", *(firmware / "agent").rglob("*.py")]
    return sorted([*files, *(firmware / "lib" / "accord").rglob("*.py")])


@pytest.fixture(scope="module")
def trees(board_files: list[Path]) -> Iterator[dict[str, ast.Module]]:
    yield {str(path): ast.parse(path.read_text("utf-8")) for path in board_files}
    forget()


def broken(rule: Rule, trees: dict[str, ast.Module]) -> list[str]:
    return [f"{path}:{line}" for path, tree in trees.items() for line in breaks(rule, tree)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_rule_holds(rule: Rule, trees: dict[str, ast.Module]) -> None:
    assert broken(rule, trees) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_rule_can_fail(rule: Rule) -> None:
    assert [wrong for wrong in rule.wrongs if not breaks(rule, ast.parse(wrong))] == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.fails], ids=lambda rule: rule.says)
def test_rule_is_true_of_micropython(rule: Rule) -> None:
    for wrong in rule.wrongs:
        assert run_micropython(wrong).returncode != 0


def test_rules_leave_portable_code_alone() -> None:
    fine = (
        "def f(*a: int, b: int | None = None, **c: int) -> list[int]:\n"
        "    x, *rest = a\n"
        "    return g(*rest, **c)[1:3]\n"
        "_DOWN = const(-1)\n"
        "_BIG = 1 << 40\n"
        "@micropython.viper\n"
        "def v(a: ptr32, b: ptr8, c) -> int:\n"
        "    a[0] = int(b[1]) << 30\n"
        "    d = ptr32(c)\n"
        "    d[1] = int(v(a, b, (int(b[2]) << 16) & 0xFFFF | ~0x7F))\n"
        "    return 0x3fffffff if b[0] & 7 else _DOWN\n"
    )
    assert [rule.says for rule in RULES if breaks(rule, ast.parse(fine))] == []


def test_syntax_is_old_enough(board_files: list[Path]) -> None:
    for path in board_files:
        ast.parse(path.read_text("utf-8"), str(path), feature_version=PYTHON_THERE)
    with pytest.raises(SyntaxError):
        ast.parse("match a:\n    case 1:\n        pass", feature_version=PYTHON_THERE)


def test_no_module_that_only_cpython_has(root: Path) -> None:
    firmware = root / "firmware"
    rooms = {
        "main": firmware / "main.py",
        "agent": firmware / "agent",
        "accord": firmware / "lib" / "accord",
    }
    found = [str(i) for i in imports(modules(rooms)) if i.target in ABSENT_MODULES]
    assert found == []
    wrong = {"agent.x": ast.parse("from collections.abc import Callable")}
    assert [i.target for i in imports(wrong)] == ["collections.abc"]


def test_absent_modules_are_absent() -> None:
    """One process tries them all, so that the list stays true."""
    tries = "\n".join(
        f"try:\n    import {name}\n    print('{name}')\nexcept ImportError:\n    pass"
        for name in sorted(ABSENT_MODULES)
    )
    done = run_micropython(tries)
    assert (done.returncode, done.stdout) == (0, ""), done


def test_every_accord_module_imports_on_micropython(root: Path) -> None:
    lib = root / "firmware" / "lib"
    names = sorted(modules({"accord": lib / "accord"}))
    assert "accord.wire" in names
    code = "\n".join([*(f"import {name}" for name in names), f"print({len(names)})"])
    done = run_micropython(code, path=[lib])
    assert (done.returncode, done.stdout.strip()) == (0, str(len(names))), done
