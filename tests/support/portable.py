"""What may not stand in code that a board runs, as a table of rules over the syntax tree.

Every rule brings a snippet that breaks it. Where `fails` is set, the snippet is also known to fail
on MicroPython itself, and tests/test_portable.py tries it there: a rule that MicroPython has
outgrown shows up. The others are silent there, which is worse.
"""

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass

_MODULES = """
__future__ abc base64 collections.abc contextlib copy dataclasses datetime decimal enum functools
hmac inspect itertools logging operator pathlib secrets shutil string subprocess tempfile textwrap
threading traceback types typing unittest urllib uuid warnings
"""
_METHODS = """
bit_length casefold expandtabs fullmatch hexdigest isalnum isascii ljust maketrans removeprefix
removesuffix rjust sha512 Struct title zfill
"""
ABSENT_MODULES = frozenset(_MODULES.split())
ABSENT_METHODS = frozenset(_METHODS.split())
ABSENT_ASYNCIO = frozenset(("Barrier", "Queue", "Semaphore", "TaskGroup", "Timeout", "timeout"))
# function -> keyword that it does not know there
ABSENT_KEYWORDS = {
    ("zip", "strict"),
    ("from_bytes", "signed"),
    ("dumps", "sort_keys"),
    ("dumps", "indent"),
    ("print", "flush"),
    ("sum", "start"),
}


def _as_it_is(tree: ast.AST) -> ast.AST:
    return tree


@dataclass(frozen=True)
class Rule:
    """`broken_by(node)` for any one node of the tree that `prepare` gives. `wrong`: one snippet or
    several, each of which breaks it."""

    says: str
    broken_by: Callable[[ast.AST], bool]
    wrong: str | tuple[str, ...]
    fails: bool = True
    prepare: Callable[[ast.AST], ast.AST] = _as_it_is

    @property
    def wrongs(self) -> tuple[str, ...]:
        return (self.wrong,) if isinstance(self.wrong, str) else self.wrong


def breaks(rule: Rule, tree: ast.AST) -> list[int]:
    """The lines at which `tree` breaks the rule."""
    nodes = _nodes(tree, rule.prepare)
    return [getattr(node, "lineno", 0) for node in nodes if rule.broken_by(node)]


@functools.cache
def _nodes(tree: ast.AST, prepare: Callable[[ast.AST], ast.AST]) -> list[ast.AST]:
    """All of a tree, which is not changed once it has been read."""
    return [*ast.walk(prepare(tree))]


def forget() -> None:
    """Let go of the trees: objects that Python would look through again and again."""
    _nodes.cache_clear()
    called.cache_clear()


@functools.cache
def called(node: ast.AST) -> str:
    """The dotted name of what a call calls, else ""."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _spread(node: ast.AST) -> bool:
    if isinstance(node, ast.Dict):
        return None in node.keys
    return isinstance(node, ast.List | ast.Tuple | ast.Set) and any(
        isinstance(item, ast.Starred) and isinstance(item.ctx, ast.Load) for item in node.elts
    )


def _async_generator(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncFunctionDef) and any(
        isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)
    )


def _keyword(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and any(
        (last(called(node)), given.arg) in ABSENT_KEYWORDS for given in node.keywords
    )


def _bare_sleep(node: ast.AST) -> bool:
    takes_coroutine = {"wait_for", "wait_for_ms", "create_task", "gather"}
    return (
        isinstance(node, ast.Call)
        and last(called(node)) in takes_coroutine
        and any(called(arg).startswith("asyncio.sleep") for arg in node.args)
    )


def _deletes_slice(node: ast.AST) -> bool:
    return isinstance(node, ast.Delete) and any(
        isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice)
        for target in node.targets
    )


def _named_group(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "(?P<" in node.value


def _slots(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__slots__"


def _lenient_decode(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or last(called(node)) != "decode":
        return False
    return len(node.args) > 1 or any(given.arg == "errors" for given in node.keywords)


def _long_array(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or last(called(node)) != "array" or not node.args:
        return False
    kind = node.args[0]
    return isinstance(kind, ast.Constant) and kind.value in ("L", "l")


PORTABLE = (
    Rule("no match", lambda n: isinstance(n, ast.Match), "match 1:\n    case 1:\n        pass"),
    Rule(
        "no positional-only parameter",
        lambda n: isinstance(n, ast.arguments) and bool(n.posonlyargs),
        "def f(a, /):\n    return a",
    ),
    Rule("no spread in a list, tuple, set", _spread, "a = [1]\nb = [*a, 3]"),
    Rule("no spread in a dict", _spread, "a = {}\nb = {**a}"),
    Rule("no asynchronous generator", _async_generator, "async def f():\n    yield 1", fails=False),
    Rule(
        "no slice with a step",
        lambda n: isinstance(n, ast.Slice) and n.step is not None,
        "b'abcd'[::2]",
    ),
    Rule("no deletion of a slice", _deletes_slice, "b = bytearray(4)\ndel b[:2]"),
    Rule(
        "no method that only CPython has",
        lambda n: last(called(n)) in ABSENT_METHODS,
        "'ab'.removeprefix('a')",
    ),
    Rule(
        "no asyncio that only CPython has",
        lambda n: (
            isinstance(n, ast.Attribute)
            and ast.unparse(n.value) == "asyncio"
            and n.attr in ABSENT_ASYNCIO
        ),
        "import asyncio\nasyncio.Queue()",
    ),
    Rule(
        "no bare sleep where a coroutine is wanted",
        _bare_sleep,
        "import asyncio\n"
        "async def f():\n    await asyncio.wait_for(asyncio.sleep(0), 1)\n"
        "asyncio.run(f())",
    ),
    Rule("no keyword that only CPython has", _keyword, "list(zip([1], [2], strict=True))"),
    Rule("no named group", _named_group, "import re\nre.match('(?P<x>a)', 'a')"),
    Rule(
        "no __slots__ (not enforced there)", _slots, "class A:\n    __slots__ = ('a',)", fails=False
    ),
    Rule("no lenient decode", _lenient_decode, r"b'\xff'.decode('utf-8', 'replace')"),
    Rule(
        "no except*",
        lambda n: isinstance(n, ast.TryStar),
        "try:\n    pass\nexcept* ValueError:\n    pass",
    ),
    Rule(
        "no assert: mpy-cross -O removes it without a word",
        lambda n: isinstance(n, ast.Assert),
        "assert 1",
        fails=False,
    ),
    Rule(
        "no array of longs: 8 bytes here, 4 on a board",
        _long_array,
        "import array\narray.array('L', [1])",
        fails=False,
    ),
)
