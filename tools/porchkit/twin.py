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

    With `strict` an index below 0 raises IndexError too, which Python alone would count from the
    end; that makes the code slower.
    """
    tree = ast.parse(source)
    found = _Plain(strict)
    tree = ast.fix_missing_locations(found.visit(tree))
    text = ast.unparse(tree) + "\n"
    return _INDEX + text if strict and found.indexed else text


_INDEX = """\
def _checked_index(index):
    if index < 0:
        raise IndexError(index)
    return index


"""


class _Plain(ast.NodeTransformer):
    """Turns viper functions into plain ones and leaves the rest alone."""

    def __init__(self, strict: bool) -> None:
        self.indexed = False
        self._strict = strict
        self._in_viper = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        kept = [mark for mark in node.decorator_list if ast.unparse(mark) not in _DECORATORS]
        outside = self._in_viper
        if len(kept) != len(node.decorator_list):
            self._in_viper = True
            node.decorator_list, node.returns = kept, None
            for arg in node.args.args:
                arg.annotation = None
        self.generic_visit(node)
        self._in_viper = outside
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
