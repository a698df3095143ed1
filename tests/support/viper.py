"""What 32-bit machines do differently in viper code; reference: MicroPython 1.26 on an ESP32.

The same code runs on a 64-bit PC, so no test there would notice any of it. Names are looked through
first: constants of the module, other names of viper and of pointers.
"""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial

from tests.support.portable import Rule, called, last

SMALL_INT_BITS = 30  # larger constants are objects on a 32-bit board, and viper refuses them
MAX_SHIFT = 30
HALF = 16  # of a machine word

_FOLDS = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
_HEAD = "import micropython\nfrom micropython import const\n"
_FUNCTION = _HEAD + "@micropython.viper\ndef f(a: int) -> int:\n    "
_CASTS = {"int", "uint", "ptr8", "ptr16", "ptr32", "ptr", "bool", "object"}


def is_viper(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        last(ast.unparse(decorator)) == "viper" for decorator in node.decorator_list
    )


def seen_through(tree: ast.AST) -> ast.AST:
    """A copy in which viper has its own name, and a constant of the module its value."""
    return _Names().visit(deepcopy(tree))  # type: ignore[no-any-return]


class _Names(ast.NodeTransformer):
    def __init__(self) -> None:
        self._constants: dict[str, int] = {}
        self._vipers: set[str] = set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.module == "micropython":
            self._vipers |= {one.asname or one.name for one in node.names if one.name == "viper"}
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        value = node.value
        if last(called(value)) == "const" and isinstance(value, ast.Call):
            value = value.args[0]
        number = _folded(value)
        known = number is not None and value is not node.value
        for target in node.targets:
            if isinstance(target, ast.Name) and known:
                self._constants[target.id] = number or 0
            elif isinstance(target, ast.Name) and ast.unparse(value) in self._names_of_viper:
                self._vipers.add(target.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for mark in node.decorator_list:
            if isinstance(mark, ast.Name) and mark.id in self._vipers:
                mark.id = "viper"
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Load) and node.id in self._constants:
            return ast.copy_location(ast.Constant(self._constants[node.id]), node)
        return node

    @property
    def _names_of_viper(self) -> set[str]:
        return {"micropython.viper", *self._vipers}


def _folded(node: ast.AST) -> int | None:
    """The value of an expression of integer constants, as the compiler folds it."""
    if not isinstance(node, ast.Constant | ast.BinOp | ast.UnaryOp):
        return None
    for inner in ast.walk(node):
        if not isinstance(inner, _FOLDS) or type(getattr(inner, "value", 0)) is not int:
            return None
    try:
        value = eval(compile(ast.Expression(node), "constant", "eval"), {})
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, int) else None


def _in_viper(check: Callable[[ast.AST], bool]) -> Callable[[ast.AST], bool]:
    """A rule that holds only inside functions compiled by viper."""

    def broken_by(node: ast.AST) -> bool:
        return is_viper(node) and any(check(inner) for inner in ast.walk(node))

    return broken_by


def _big_constant(node: ast.AST) -> bool:
    value = _folded(node)
    return value is not None and not -(1 << SMALL_INT_BITS) <= value < 1 << SMALL_INT_BITS


def _far_shift(node: ast.AST) -> bool:
    if not isinstance(node, ast.BinOp | ast.AugAssign):
        return False
    count = _folded(node.right if isinstance(node, ast.BinOp) else node.value)
    return isinstance(node.op, ast.LShift | ast.RShift) and count is not None and count > MAX_SHIFT


def _negates(node: ast.AST) -> bool:
    if not isinstance(node, ast.UnaryOp) or not isinstance(node.op, ast.USub | ast.Invert):
        return False
    return _folded(node) is None


def _reads_ptr32(node: ast.AST) -> bool:
    """A function that reads through a pointer to 32 bits: the sign differs between machines."""
    if not is_viper(node):
        return False
    pointers = _ptr32_names(node)
    return any(
        ast.unparse(read.value) in pointers or called(read.value) == "ptr32"
        for read in _items_read(node)
    )


def _items_read(function: ast.AST) -> Iterator[ast.Subscript]:
    """x[i] where it is read, also by x[i] += 1."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield node
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
            yield node.target


def _ptr32_names(function: ast.AST) -> set[str]:
    """Parameters and variables that are such a pointer, by whatever name."""
    names = {
        inner.arg
        for inner in ast.walk(function)
        if isinstance(inner, ast.arg) and _is_ptr32(inner.annotation)
    }
    for _ in range(len(list(_assigned(function)))):
        for target, value in _assigned(function):
            if called(value) == "ptr32" or ast.unparse(value) in names:
                names.add(ast.unparse(target))
    return names


def _is_ptr32(annotation: ast.AST | None) -> bool:
    return annotation is not None and ast.unparse(annotation) == "ptr32"


def _assigned(function: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """(target, value) of each assignment, walruses and annotated ones included."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield target, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            yield node.target, node.value


def _hands_over_wide(node: ast.AST) -> bool:
    """A function that hands over a whole word: what needs more than 31 bits goes into the heap."""
    if not is_viper(node):
        return False
    wide = {ast.unparse(target) for target, value in _assigned(node) if _is_wide(value)}
    handed: list[ast.AST] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and called(inner) not in _CASTS:
            handed += inner.args
        elif isinstance(inner, ast.Return) and inner.value is not None:
            handed.append(inner.value)
    return any(_is_wide(one) or ast.unparse(one) in wide for one in handed)


def _is_wide(value: ast.AST) -> bool:
    """Is a part of this shifted into the upper half of a word?"""
    if not isinstance(value, ast.BinOp):
        return False
    if isinstance(value.op, ast.BitOr):
        return _is_wide(value.left) or _is_wide(value.right)
    count = _folded(value.right)
    return isinstance(value.op, ast.LShift) and count is not None and count >= HALF


_Rule = partial(Rule, fails=False, prepare=seen_through)
VIPER = (
    _Rule(
        "no constant of 2**30 or more",
        _in_viper(_big_constant),
        (
            _FUNCTION + "return a & (1 << 30)",
            "_BIG = 1 << 29\n" + _FUNCTION.replace("@", "_BIG = const(1 << 30)\n@") + "return _BIG",
            "from micropython import viper as v\n@v\ndef f():\n    return 1 << 30",
            "import micropython\nv = micropython.viper\n@v\ndef f():\n    return 1 << 30",
        ),
    ),
    _Rule(
        "no shift by 31 or more",
        _in_viper(_far_shift),
        (
            _FUNCTION + "a >>= 31\n    return a",
            _FUNCTION.replace("@", "_N = const(30)\n_S = const(_N + 1)\n@") + "return a >> _S",
        ),
    ),
    _Rule(
        "no read through ptr32 (signed on a board only)",
        _reads_ptr32,
        (
            _HEAD + "@micropython.viper\ndef f(a: ptr32) -> int:\n    return a[0]",
            _HEAD
            + "@micropython.viper\ndef f(a: ptr32):\n    b = c = a\n    d = c\n    a[0] = d[0]",
            _HEAD + "@micropython.viper\ndef f(a: ptr32):\n    a[0] += 1",
            _HEAD
            + "@micropython.viper\ndef f(a) -> int:\n    b: ptr32 = ptr32(a)\n    return b[0]",
            _HEAD + "@micropython.viper\ndef f(a) -> int:\n    return ptr32(a)[0]",
        ),
    ),
    _Rule(
        "no uint (64 bits here, 32 on a board)",
        _in_viper(lambda node: isinstance(node, ast.Name) and node.id == "uint"),
        (
            _FUNCTION + "return int(uint(a) >> 1)",
            _HEAD + "@micropython.viper\ndef f(a: uint) -> int:\n    return 1",
        ),
    ),
    _Rule(
        "no negative of a variable (older vipers have no such operation)",
        _in_viper(_negates),
        (_FUNCTION + "return -a", _FUNCTION + "return 1 & ~a"),
    ),
    _Rule(
        "no word handed over unmasked",
        _hands_over_wide,
        (
            _FUNCTION + "a = a << 16 | 1\n    return int(f(a))",
            _FUNCTION + "a = 1 | (a & 255) << 20\n    return a",
            _FUNCTION + "return a << 16",
        ),
    ),
)
