"""Names that a text gives at its top, and new ones for those that something else has already.

Owns the renaming in a text that stays as written otherwise. It renames only what it is sure of: a
name that is bound anywhere below the top as well, or that stands in a string, stays.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

_BINDING = (ast.Store, ast.Del)


def names_at_top(tree: ast.Module) -> list[str]:
    """What the statements at the top bind, in order: classes, functions, imports, constants."""
    found: dict[str, None] = {}
    for name, depth in _bound(tree):
        if depth == 0:
            found[name] = None
    return list(found)


def _bound(tree: ast.Module) -> Iterable[tuple[str, int]]:
    """Every name that is bound, with how many functions and classes deep."""
    waiting: list[tuple[ast.AST, int]] = [(node, 0) for node in reversed(tree.body)]
    while waiting:
        node, depth = waiting.pop()
        inner = depth
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name, depth
                inner += 1
            case ast.AsyncFunctionDef(name=name):
                yield name, depth
                inner += 1
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp():
                inner += 1
            case ast.GeneratorExp():
                inner += 1
            case ast.Name(id=name, ctx=context) if isinstance(context, _BINDING):
                yield name, depth
            case ast.arg(arg=name):
                yield name, depth
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name, depth
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name, depth
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    yield (alias.asname or alias.name.partition(".")[0]), depth
            case ast.Global(names=words) | ast.Nonlocal(names=words):
                for word in words:
                    yield word, depth + 1
        waiting += [(child, inner) for child in reversed([*ast.iter_child_nodes(node)])]


def can_rename(tree: ast.Module, name: str) -> bool:
    """Whether every mention of a name is surely the one that is bound at the top."""
    if any(found == name and depth for found, depth in _bound(tree)):
        return False
    word = re.compile(rf"\b{re.escape(name)}\b")
    for node in _without_docstrings(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if word.search(node.value):
                return False
        elif isinstance(node, ast.alias) and node.name.startswith(f"{name}."):
            return False
    return True


def _without_docstrings(tree: ast.Module) -> Iterable[ast.AST]:
    """Every node but the texts that only explain."""
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return (node for node in ast.walk(tree) if id(node) not in told)


def renamed(text: str, tree: ast.Module, names: Mapping[str, str]) -> str:
    """The text with other names for what `can_rename` allows; imports become `import x as y`."""
    lines = [line.encode("utf-8") for line in text.split("\n")]
    for line, start, end, new in sorted(_places(lines, tree, names), reverse=True):
        row = lines[line - 1]
        lines[line - 1] = row[:start] + new.encode("utf-8") + row[end:]
    return "\n".join(line.decode("utf-8") for line in lines)


def _places(
    lines: list[bytes], tree: ast.Module, names: Mapping[str, str]
) -> Iterable[tuple[int, int, int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in names:
                yield node.lineno, node.col_offset, node.end_col_offset or 0, names[name]
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) if name in names:
                row = lines[node.lineno - 1]
                word = b"class" if isinstance(node, ast.ClassDef) else b"def"
                start = row.index(name.encode(), row.index(word, node.col_offset) + len(word))
                yield node.lineno, start, start + len(name.encode()), names[name]
            case ast.alias(name=whole, asname=here):
                name = here or whole.partition(".")[0]
                if name in names:
                    new = f"{whole} as {names[name]}"
                    yield node.lineno, node.col_offset, node.end_col_offset or 0, new
