"""The project's own Python in an emitted file: its text as written, its imports at the top.

Owns what of a text stands where, and that no two texts of a file give one name. Reads texts, runs
none.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph_compiler.code_names import can_rename, names_at_top, renamed
from graph_compiler.code_reading import Unreadable, tree_of
from graph_compiler.codes import problem
from graph_compiler.emit_inlined import Copies
from graph_compiler.layer import Layer
from graph_compiler.naming import Namespace
from graph_compiler.problems import Problem
from graph_compiler.source import Span

FUNCTIONS_IMPORT = "import torch.nn.functional as F"
_OWN = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
"""What an emitted file imports anyway: name there, and what it stands for."""


@dataclass(frozen=True, slots=True)
class Custom:
    """The texts of the layers of a file that are written in Python."""

    text: str = ""
    statements: tuple[str, ...] = ()
    """What each statement at the top of the text defines; empty for one that is no definition."""
    names: tuple[str, ...] = ()
    """Every name that the text gives at its top, or imports."""
    imports: tuple[str, ...] = ()
    """Import statements that go to the top of the file."""
    layers: Mapping[str, Layer] = field(default_factory=dict)
    """Layers by type whose class has another name in this file than in its text."""
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Layer's type to the first line of its text, from 0, and to the number of lines."""


class ClashError(ValueError):
    """Two texts give one name, and neither can be renamed."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found.text)
        self.problem = found


def custom_code(layers: Mapping[str, Layer], taken: Iterable[str]) -> Custom:
    """The texts of these layers, each once, under names that nothing else in the file has."""
    own = {type: layer for type, layer in layers.items() if layer.inlined}
    if not own:
        return Custom()
    names = Namespace({*taken, *dir(builtins), "__all__"})
    bound: dict[str, str] = dict(_OWN)
    imports: dict[str, None] = {}
    known: dict[str, tuple[str, dict[str, str], int, int]] = {}
    parts: list[str] = []
    changed: dict[str, Layer] = {}
    rows: dict[str, tuple[int, int]] = {}
    for type, layer in sorted(own.items()):
        done = known.get(layer.inlined)
        if done is None:
            text, new = _disjoint(type, layer.inlined, names, bound)
            tree = tree_of(text)
            kept = _without_imports(text, tree, imports)
            first = sum(part.count("\n") + 3 for part in parts)
            parts.append(kept)
            done = known[layer.inlined] = (kept, new, first, kept.count("\n") + 1)
        _, new, first, count = done
        rows[type] = (first, count)
        if new:
            changed[type] = _renamed_layer(layer, new)
    text = "\n\n\n".join(parts)
    body = ast.parse(text).body
    return Custom(
        text,
        tuple(getattr(node, "name", "") for node in body),
        tuple(names_at_top(ast.Module(body, []))) + tuple(bound),
        tuple(imports),
        changed,
        rows,
    )


def _disjoint(
    type: str, text: str, names: Namespace, bound: dict[str, str]
) -> tuple[str, dict[str, str]]:
    """The text with new names where others have its own; what was renamed."""
    try:
        tree = tree_of(text)
    except Unreadable as error:  # the checks stand before this
        raise ClashError(_clash(type, error.fault.got)) from None
    meant = _meanings(tree)
    new: dict[str, str] = {}
    for name in names_at_top(tree):
        meaning = meant.get(name, "")
        if meaning and bound.get(name) == meaning:
            continue
        if name in bound or names.is_taken(name):
            if not can_rename(tree, name):
                raise ClashError(_clash(type, name))
            new[name] = names.claim(f"{name}2")
        else:
            names.claim(name)
        if meaning:
            bound[new.get(name, name)] = meaning
    return (renamed(text, tree, new), new) if new else (text, new)


def _clash(type: str, name: str) -> Problem:
    return problem(
        "bad_code",
        type,
        "code",
        expected="names that nothing else in the emitted file has",
        got=name[:60],
        remedy=f"Open {type} and rename {name[:60]}.",
    )


def _meanings(tree: ast.Module) -> dict[str, str]:
    """What imports at the top bind: the name here to the full name there."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                here = alias.asname or alias.name.partition(".")[0]
                found[here] = alias.name if alias.asname else here
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _renamed_layer(layer: Layer, new: Mapping[str, str]) -> Layer:
    head, bracket, rest = layer.module.partition("(")
    return replace(layer, module=f"{new.get(head, head)}{bracket}{rest}")


def _without_imports(text: str, tree: ast.Module, imports: dict[str, None]) -> str:
    """The text without the imports that stand on lines of their own, and without its docstring."""
    lines: list[str | None] = [*text.split("\n")]
    shared = _shared_lines(tree)
    for number, node in enumerate(tree.body):
        told = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, ast.Import | ast.ImportFrom) and not told:
            continue
        end = node.end_lineno or node.lineno
        if shared.intersection(range(node.lineno, end + 1)):
            continue
        lines[node.lineno - 1 : end] = [None] * (end - node.lineno + 1)
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.update(dict.fromkeys(_statements(node)))
    return "\n".join(line for line in lines if line is not None).strip("\n")


def _shared_lines(tree: ast.Module) -> set[int]:
    """Lines on which more than one statement stands."""
    seen: set[int] = set()
    shared: set[int] = set()
    for node in tree.body:
        rows = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        shared |= rows & seen
        seen |= rows
    return shared


def _statements(node: ast.Import | ast.ImportFrom) -> list[str]:
    """One statement a name, without those that every emitted file holds."""
    found = []
    for alias in node.names:
        here = alias.asname or alias.name
        if isinstance(node, ast.Import):
            if _OWN.get(here) != alias.name:
                found.append(ast.unparse(ast.Import([alias])))
        elif _OWN.get(here) != f"{node.module}.{alias.name}":
            found.append(ast.unparse(ast.ImportFrom(node.module, [alias], 0)))
    return found


def joined(copies: Copies, custom: Custom) -> Copies:
    """What torch lacks and what the project brings, one text after the other."""
    if not custom.text:
        return copies
    text = "\n\n\n".join(text for text in (copies.text, custom.text) if text)
    return Copies(text, (*copies.names, *custom.statements), custom.imports)


def custom_spans(custom: Custom, end: int) -> dict[str, Span]:
    """Where each layer's text stands in a file whose copied text ends with line `end`."""
    if not custom.text:
        return {}
    before = end - custom.text.count("\n")
    return {
        type: Span(before + first, 0, before + first + count, 0)
        for type, (first, count) in custom.rows.items()
    }


def import_block(imports: Sequence[str], functions: bool) -> list[str]:
    """The import lines of an emitted file in the customary order, groups apart by a blank line."""
    own = ["import torch", "from torch import nn"]
    own += [FUNCTIONS_IMPORT] if functions else []
    groups: dict[int, list[tuple[bool, str, str]]] = {}
    members: dict[str, list[str]] = {}
    for text in dict.fromkeys([*own, *imports]):
        if text.startswith("from "):
            module, _, name = text.removeprefix("from ").partition(" import ")
            members.setdefault(module, []).append(name)
        else:
            module = text.removeprefix("import ").partition(" as ")[0]
            groups.setdefault(_group(module), []).append((False, module, text))
    for module, names in members.items():
        listed = ", ".join(sorted(names, key=lambda name: (not name[:1].isupper(), name)))
        text = f"from {module} import {listed}"
        groups.setdefault(_group(module), []).append((True, module, text))
    lines: list[str] = []
    for _, rows in sorted(groups.items()):
        lines += [*([""] if lines else []), *(text for _, _, text in sorted(rows))]
    return lines


def _group(module: str) -> int:
    root = module.partition(".")[0]
    if root == "__future__":
        return 0
    return 1 if root in sys.stdlib_module_names else 2
