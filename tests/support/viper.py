"""What 32-bit machines do differently in viper code; reference: MicroPython 1.26 on an ESP32.

The same code runs on a 64-bit PC, so no test there would notice any of it.
"""

import ast
from collections.abc import Callable, Iterator

from tests.support.portable import Rule, called, last

SMALL_INT_BITS = 30  # larger constants are objects on a 32-bit board, and viper refuses them
MAX_SHIFT = 30

_FOLDS = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
_HEAD = "import micropython\n@micropython.viper\n"


def _in_viper(check: Callable[[ast.AST], bool]) -> Callable[[ast.AST], bool]:
    """A rule that holds only inside functions compiled by viper."""

    def broken_by(node: ast.AST) -> bool:
        return _is_viper(node) and any(check(inner) for inner in ast.walk(node))

    return broken_by


def _is_viper(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        last(ast.unparse(decorator)) == "viper" for decorator in node.decorator_list
    )


def _big_constant(node: ast.AST) -> bool:
    value = _folded(node)
    return value is not None and not -(1 << SMALL_INT_BITS) <= value < 1 << SMALL_INT_BITS


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


def _far_shift(node: ast.AST) -> bool:
    if not isinstance(node, ast.BinOp | ast.AugAssign):
        return False
    count = _folded(node.right if isinstance(node, ast.BinOp) else node.value)
    return isinstance(node.op, ast.LShift | ast.RShift) and count is not None and count > MAX_SHIFT


def _reads_ptr32(node: ast.AST) -> bool:
    """A function that reads through a pointer to 32 bits: the sign differs between machines."""
    pointers = set(_ptr32_names(node))
    return _is_viper(node) and any(
        isinstance(inner, ast.Subscript)
        and isinstance(inner.ctx, ast.Load)
        and (ast.unparse(inner.value) in pointers or called(inner.value) == "ptr32")
        for inner in ast.walk(node)
    )


def _ptr32_names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.arg) and inner.annotation is not None:
            if ast.unparse(inner.annotation) == "ptr32":
                yield inner.arg
        elif isinstance(inner, ast.Assign) and called(inner.value) == "ptr32":
            yield from (ast.unparse(target) for target in inner.targets)


VIPER = (
    Rule(
        "no constant of 2**30 or more",
        _in_viper(_big_constant),
        _HEAD + "def f(a: int) -> int:\n    return a & (1 << 30)",
        fails=False,
    ),
    Rule(
        "no shift by 31 or more",
        _in_viper(_far_shift),
        _HEAD + "def f(a: int) -> int:\n    a >>= 31\n    return a",
        fails=False,
    ),
    Rule(
        "no read through ptr32 (signed on a board only)",
        _reads_ptr32,
        _HEAD + "def f(a: ptr32) -> int:\n    return a[0]",
        fails=False,
    ),
)
