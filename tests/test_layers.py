"""Who may import whom: DESIGN.md's rules, each with a wrong snippet that shows it can fail."""

import ast
import functools
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.support.imports import Import, cycle, forget, imports, modules, within

ACCORD_MAY = {"binascii", "hashlib", "json"}
# 900 for wire, session and grants; leases, delegates and panic grants (part E) are a hundred more,
# for a rule that board and host each had for themselves would be two rules.
ACCORD_LINES = 1000

Trees = dict[str, ast.Module]


@dataclass(frozen=True)
class Rule:
    """`breaks(import)` says whether one import is against it."""

    says: str
    breaks: Callable[[Import], bool]
    # importing module, source: what the rule must catch
    wrong: tuple[str, str]


def _from(importers: Iterable[str], targets: Iterable[str]) -> Callable[[Import], bool]:
    """True for an import from one of these packages of one of those."""
    importers, targets = tuple(importers), tuple(targets)
    return lambda i: (
        any(within(i.importer, p) for p in importers) and any(within(i.target, p) for p in targets)
    )


def _only(importers: Iterable[str], target: str) -> Callable[[Import], bool]:
    """True for an import of `target` by anything but these packages."""
    importers = tuple(importers)
    return lambda i: within(i.target, target) and not any(within(i.importer, p) for p in importers)


RULES = (
    Rule(
        "accord imports itself and three modules that both runtimes have",
        lambda i: (
            within(i.importer, "accord")
            and not within(i.target, "accord")
            and i.target not in ACCORD_MAY
        ),
        ("accord.wire", "import struct"),
    ),
    Rule(
        "the board never imports the host or the workbench",
        _from(("agent", "main"), ("porchlight", "porchkit")),
        ("agent.gate", "from porchlight import frames"),
    ),
    Rule(
        "the host never imports the board or the workbench",
        _from(("porchlight",), ("agent", "main", "porchkit")),
        ("porchlight.app", "def build():\n    from porchkit.cli import main"),
    ),
    Rule(
        "the workbench imports neither the host nor the board, but a host's client as any hub does",
        lambda i: (
            _from(("porchkit",), ("porchlight", "agent", "main"))(i)
            and not within(i.target, "porchlight.client")
        ),
        ("porchkit.vboard", "from porchlight import frames"),
    ),
    Rule(
        "the client of a host's API needs nothing of the host",
        lambda i: (
            _from(("porchlight.client",), ("porchlight", "porchkit", "agent"))(i)
            and not within(i.target, "porchlight.client")
        ),
        ("porchlight.client.hub", "from porchlight.keys import PrivateKey"),
    ),
    Rule(
        "the API meets cameras, never sources",
        _from(("porchlight.api",), ("porchlight.sources",)),
        ("porchlight.api.cameras", "from ..sources import board"),
    ),
    Rule(
        "only app.py puts routers and sources together",
        lambda i: (
            _only(("porchlight.app", "porchlight.api"), "porchlight.api")(i)
            or _only(("porchlight.app", "porchlight.sources"), "porchlight.sources")(i)
        ),
        ("porchlight.cameras", "from porchlight.sources import board"),
    ),
    Rule(
        "only sensor.py meets the camera driver",
        _only(("agent.sensor",), "camera"),
        ("agent.gate", "import camera"),
    ),
)


PACKAGES = ("accord", "agent", "porchlight", "porchkit")


@pytest.fixture(scope="module")
def trees(root: Path) -> Iterator[Trees]:
    """All our modules but the workbench's MicroPython files, which run beside the firmware."""
    rooms = {
        "accord": root / "firmware" / "lib" / "accord",
        "agent": root / "firmware" / "agent",
        "main": root / "firmware" / "main.py",
        "porchlight": root / "host" / "porchlight",
        "porchkit": root / "tools" / "porchkit",
    }
    there = root / "tools" / "porchkit"
    yield modules(rooms, skip=[there / "standins", there / "onboard"])
    forget()
    _nodes.cache_clear()


def parse(module: str, source: str) -> Trees:
    return {module: ast.parse(source)}


def calls(trees: Trees, names: set[str]) -> list[str]:
    """ "module:line" of every call of one of these (`name(...)` or `anything.name(...)`)."""
    found = []
    for module, tree in trees.items():
        for node in _nodes(tree):
            if isinstance(node, ast.Call) and _last(node.func) in names:
                found.append(f"{module}:{node.lineno}")
    return found


@functools.cache
def _nodes(tree: ast.Module) -> list[ast.Attribute | ast.alias | ast.Call]:
    """What the rules below look at, of a tree that is not changed once it has been read."""
    kinds = (ast.Attribute, ast.alias, ast.Call)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def environment_readers(trees: Trees) -> list[str]:
    """The modules that name os.environ or os.getenv in any way."""
    names = {"environ", "environb", "getenv"}
    return [module for module, tree in trees.items() if names & set(_names(tree))]


def code_lines(source: str) -> int:
    """Lines that hold code: comments, docstrings, blank lines and bare annotations cost a board
    nothing, and blocks for the type checker next to it."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if _for_the_type_checker(node):
            lines.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            lines.difference_update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(lines)


def _for_the_type_checker(node: ast.AST) -> TypeGuard[ast.stmt]:
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.AnnAssign) and node.value is None


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _names(tree: ast.Module) -> Iterator[str]:
    for node in _nodes(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name


@pytest.fixture(scope="module")
def every_import(trees: Trees) -> list[Import]:
    return imports(trees)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_rule_holds(rule: Rule, every_import: list[Import]) -> None:
    assert [str(i) for i in every_import if rule.breaks(i)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_rule_can_fail(rule: Rule, trees: Trees) -> None:
    # Among the real modules, so that the names the snippet imports resolve as they would there.
    caught = [i for i in imports({**trees, **parse(*rule.wrong)}) if rule.breaks(i)]
    assert {i.importer for i in caught} == {rule.wrong[0]}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_of_imports(package: str, trees: Trees) -> None:
    inside = {name: tree for name, tree in trees.items() if within(name, package)}
    assert inside
    assert cycle(imports(inside)) == []


def test_a_circle_is_found_also_through_a_late_import() -> None:
    trees = parse("p.a", "from p import b") | parse("p.b", "def f():\n    from .c import x")
    trees |= parse("p.c", "import p.a")
    assert cycle(imports(trees)) == ["p.a", "p.b", "p.c", "p.a"]


def test_type_checking_imports_do_not_run() -> None:
    source = "if TYPE_CHECKING:\n    import camera\nelse:\n    import json"
    assert [i.target for i in imports(parse("agent.gate", source))] == ["json"]


def test_app_alone_builds(trees: Trees) -> None:
    host = {name: tree for name, tree in trees.items() if within(name, "porchlight")}
    assert {place.partition(":")[0] for place in calls(host, {"FastAPI"})} == {"porchlight.app"}
    assert calls(parse("porchlight.x", "app = fastapi.FastAPI()"), {"FastAPI"}) == [
        "porchlight.x:1"
    ]


def test_config_alone_reads_the_environment(trees: Trees) -> None:
    host = {name: tree for name, tree in trees.items() if within(name, "porchlight")}
    assert set(environment_readers(host)) <= {"porchlight.config"}
    assert environment_readers(parse("porchlight.x", "from os import environ")) == ["porchlight.x"]
    assert environment_readers(parse("porchlight.x", "os.getenv('HOME')")) == ["porchlight.x"]


def test_the_command_table_alone_imports_by_name(trees: Trees) -> None:
    """An import by string is one that the rules above cannot see."""
    by_name = {"import_module", "__import__", "run_path", "run_module"}
    assert {place.partition(":")[0] for place in calls(trees, by_name)} == {"porchkit.cli"}
    assert calls(parse("m", "importlib.import_module('agent.gate')"), by_name) == ["m:1"]


def test_accord_stays_small(root: Path) -> None:
    folder = root / "firmware" / "lib" / "accord"
    sizes = {path.name: code_lines(path.read_text("utf-8")) for path in folder.rglob("*.py")}
    assert sum(sizes.values()) < ACCORD_LINES, sizes
    assert (
        code_lines('"""Doc."""\n\n# why\nx = """a\nb"""\ndef f():\n    "Doc."\n    return 1\n') == 4
    )
