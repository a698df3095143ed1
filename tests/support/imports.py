"""Who imports whom, read from the source without running it.

Knows nothing of the rules: tests/test_layers.py has those.
"""

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import statement's one target, as the importing module sees it."""

    importer: str
    target: str  # the module, or `module.name` where that is a module too
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


def within(module: str, package: str) -> bool:
    """True for the package itself and everything below it."""
    return module == package or module.startswith(package + ".")


def modules(rooms: Mapping[str, Path], skip: Iterable[Path] = ()) -> dict[str, ast.Module]:
    """Dotted name -> tree for each room {name: folder or file}; FileNotFoundError for no room."""
    trees: dict[str, ast.Module] = {}
    for room, place in rooms.items():
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if not any(folder in path.parents for folder in skip):
                below = path.relative_to(place).parts
                parts = [room, *(part.removesuffix(".py") for part in below)]
                name = ".".join(part for part in parts if part != "__init__")
                trees[name] = ast.parse(path.read_text("utf-8"), str(path))
    return trees


def imports(trees: Mapping[str, ast.Module]) -> list[Import]:
    """Every import that runs; what stands under `if TYPE_CHECKING` never does."""
    packages = {name.rpartition(".")[0] for name in trees}
    found = []
    for name, tree in trees.items():
        package = name if name in packages else name.rpartition(".")[0]
        for node in _statements(tree):
            found += [
                Import(name, target, node.lineno) for target in _targets(node, package, trees)
            ]
    return found


@functools.cache
def _statements(tree: ast.Module) -> list[ast.stmt]:
    """Those of one tree, which is not changed once it has been read."""
    return [*_running(tree.body)]


def forget() -> None:
    """Let go of the trees: a million objects, which Python would look through again and again."""
    _statements.cache_clear()


def _running(nodes: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Import statements among `nodes` and below, type-checking blocks left out."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _running(node.orelse)
        else:
            yield from _running(ast.iter_child_nodes(node))


def _targets(node: ast.stmt, package: str, known: Mapping[str, ast.Module]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    base = node.module or ""
    if node.level:  # `from . import x`: up from the package that holds the importer
        above = package.split(".")
        base = ".".join([*above[: len(above) - node.level + 1], *filter(None, [base])])
    full = [f"{base}.{alias.name}" for alias in node.names]
    return sorted({name if name in known else base for name in full})


def cycle(edges: Iterable[Import]) -> list[str]:
    """One circle of imports as [a, b, ..., a], or [] when there is none."""
    graph: dict[str, list[str]] = {}
    for edge in edges:
        graph.setdefault(edge.importer, []).append(edge.target)
    done: set[str] = set()
    for start in sorted(graph):
        found = _circle(start, graph, [], done)
        if found:
            return found
    return []


def _circle(
    module: str, graph: Mapping[str, list[str]], path: list[str], done: set[str]
) -> list[str]:
    if module in path:
        return [*path[path.index(module) :], module]
    if module in done:
        return []
    for target in sorted(graph.get(module, [])):
        found = _circle(target, graph, [*path, module], done)
        if found:
            return found
    done.add(module)
    return []
