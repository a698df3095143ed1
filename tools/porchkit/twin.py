"""Viper code as plain Python: the same file without its types, for MicroPython's bytecode.

Bytecode checks every index and viper none, so where the twin raises, the original left its memory.
It also runs where there is no viper (WebAssembly, CPython).
"""

import ast

POINTERS = frozenset(("ptr8", "ptr16", "ptr32"))
CASTS = POINTERS | {"int", "uint"}
_DECORATORS = frozenset(("micropython.viper", "micropython.native"))


def plain(source: str, *, strict: bool = False) -> str:
    """`source` without viper; comments are lost.

    A pointer is the object itself, so its items must be as wide as the pointer's; only a parameter
    that is a ptr32 may be written through whatever they are. With `strict` an index below 0 raises
    IndexError too, which Python alone would count from the end; that makes the code slower.
    """
    tree = ast.parse(source)
    found = _Plain(strict)
    tree = ast.fix_missing_locations(found.visit(tree))
    text = ast.unparse(tree) + "\n"
    text = _WORDS + text if found.words else text
    return _INDEX + text if strict and found.indexed else text


_INDEX = """\
def _checked_index(index):
    if index < 0:
        raise IndexError(index)
    return index


"""

_WORDS = """\
class _Words:
    def __init__(self, items):
        self._items = items
        self._size = len(bytes(items)) // len(items)

    def __setitem__(self, index, value):
        mask = (1 << 8 * self._size) - 1
        first = index * 4 // self._size
        if index < 0 or first + 4 // self._size > len(self._items):
            raise IndexError(index)
        for at in range(4 // self._size):
            self._items[first + at] = value >> 8 * self._size * at & mask


"""


class _Plain(ast.NodeTransformer):
    """Turns viper functions into plain ones and leaves the rest alone."""

    def __init__(self, strict: bool) -> None:
        self.indexed = self.words = False
        self._strict = strict
        self._in_viper = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        kept = [mark for mark in node.decorator_list if ast.unparse(mark) not in _DECORATORS]
        outside = self._in_viper
        views: list[ast.stmt] = []
        if len(kept) != len(node.decorator_list):
            self._in_viper = True
            node.decorator_list, node.returns = kept, None
            for arg in node.args.args:
                if arg.annotation is not None and ast.unparse(arg.annotation) == "ptr32":
                    views += ast.parse(f"{arg.arg} = _Words({arg.arg})").body
                arg.annotation = None
        self.generic_visit(node)
        self._in_viper = outside
        self.words = self.words or bool(views)
        node.body[:0] = views
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if self._in_viper and ast.unparse(node.func) in CASTS and len(node.args) == 1:
            return node.args[0]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        self.generic_visit(node)
        if self._in_viper and self._strict:
            self.indexed = True
            checked = ast.Name("_checked_index", ast.Load())
            node.slice = ast.Call(func=checked, args=[node.slice], keywords=[])
        return node
