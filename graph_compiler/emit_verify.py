"""Reads emitted text again and compares it with the graph it came from.

The last gate: whatever went wrong before, a text that says more or less than the graph stays here.
Entries of a chain that stand on lines of their own are read line by line, equal ones once;
everything else is read as one text.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from graph_compiler.emit_calls import class_of, forward_heads, head_of
from graph_compiler.emit_chains import Parts
from graph_compiler.emit_inlined import Copies
from graph_compiler.source import Source, Span
from graph_compiler.symbolic_inference import Inferred


class UnfaithfulError(RuntimeError):
    """The emitted text does not say what the graph says: the program's fault, not the drawing's."""


def verify(source: Source, nodes: Mapping[str, Inferred], taken: Parts, copies: Copies) -> None:
    """Raises `UnfaithfulError` unless the text holds this graph and nothing else."""
    lines = source.text.splitlines()
    alone = _read_alone(source, nodes, taken, lines)
    numbers = [number for number in range(1, len(lines) + 1) if number not in alone]
    try:
        tree = ast.parse("\n".join([lines[number - 1] for number in numbers]))
    except (SyntaxError, ValueError) as error:
        raise UnfaithfulError(f"the emitted text is no Python: {error}") from None
    functions = "import torch.nn.functional as F"
    count = 5 if functions in lines else 4
    head, rest = tree.body[:count], tree.body[count:]
    _expect(
        [ast.unparse(node) for node in head[1:] if ast.unparse(node) != functions]
        == ["import torch", "from torch import nn", f"__all__ = [{source.class_name!r}]"],
        "the imports",
    )
    _expect(isinstance(head[0], ast.Expr) and _is_text(head[0].value), "the first lines")
    _expect(
        [getattr(node, "name", "") for node in rest] == [*copies.names, source.class_name],
        "the classes",
    )
    _expect(f"\n\n\n{copies.text}\n\n\n" in source.text or not copies.text, "the copied classes")
    body = rest[-1].body if isinstance(rest[-1], ast.ClassDef) else []
    methods = {node.name: node for node in body[1:] if isinstance(node, ast.FunctionDef)}
    wanted = {"__init__", "forward"} if source.modules or source.arguments else {"forward"}
    _expect(len(body) == 1 + len(methods) and set(methods) == wanted, "the methods")
    if "__init__" in methods:
        _constructor(methods["__init__"], source, nodes, [0, *numbers], alone)
    _forward(methods["forward"], taken, nodes)


def _read_alone(
    source: Source, nodes: Mapping[str, Inferred], taken: Parts, lines: list[str]
) -> dict[int, str]:
    """Number of each line that is one sound entry of a chain, to the module path it gives.

    A line that is a whole call and a comma by itself can change nothing but the chain it stands in.
    """
    arguments = set(source.arguments.values())
    found: dict[int, str] = {}
    for part in taken.parts:
        if not part.is_chain:
            continue
        entries: dict[int, str] = {}
        for node in part.nodes:
            span = source.spans[node][0]
            line = lines[span.line - 1]
            if span.end_line != span.line or line[span.end_column :] != ",":
                break
            head, names = _call_alone(line[: span.end_column].lstrip(" "))
            if head != class_of(nodes[node]) or not names <= arguments:
                break
            entries[span.line] = source.modules[node]
        else:
            found.update(entries)
    return found


@lru_cache(maxsize=1024)
def _call_alone(text: str) -> tuple[str, frozenset[str]]:
    """What a text calls and the names in its arguments; an empty name if it is no single call."""
    try:
        tree = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return "", frozenset()
    if not isinstance(tree, ast.Call) or (tree.col_offset, tree.end_col_offset) != (
        1,
        len(text) + 1,
    ):
        return "", frozenset()
    values = (*tree.args, *(keyword.value for keyword in tree.keywords))
    return head_of(tree), frozenset().union(*(_names(value) for value in values))


def _constructor(
    function: ast.FunctionDef,
    source: Source,
    nodes: Mapping[str, Inferred],
    original: list[int],
    alone: Mapping[int, str],
) -> None:
    """Every node that has a module is constructed once, by its class, just where the map says.

    `original` gives the line in the whole text of each line of the text that was read as one.
    """
    found: dict[str, ast.expr] = {}
    read: set[str] = set()
    for statement in function.body[1:]:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                value=ast.Call() as call,
            ):
                if head_of(call) == "nn.Sequential":
                    _expect(not call.keywords and name not in found, name)
                    found.update({f"{name}.{n}": entry for n, entry in enumerate(call.args)})
                    inside = range(original[call.lineno] + 1, original[call.end_lineno or 0])
                    if not call.args:
                        paths = [alone.get(number, "") for number in inside]
                        _expect(paths == [f"{name}.{n}" for n in range(len(paths))], name)
                        read.update(paths)
                else:
                    _expect(name not in found, name)
                    found[name] = call
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                value=ast.Name(id=argument),
            ):
                _expect(name not in found and argument in source.arguments.values(), name)
            case _:
                raise UnfaithfulError("the emitted constructor holds more than modules")
    _expect(found.keys() | read == set(source.modules.values()), "the modules")
    _expect(read == set(alone.values()), "the modules")
    arguments = set(source.arguments.values())
    for node, path in source.modules.items():
        if path in read:
            continue
        made = found[path]
        if not isinstance(made, ast.Call):
            raise UnfaithfulError(f"the emitted text does not construct {node}")
        _expect(head_of(made) == class_of(nodes[node]), node)
        _expect(_covered(made, source.spans[node][0], original), node)
        for value in (*made.args, *(keyword.value for keyword in made.keywords)):
            if not isinstance(value, ast.Constant):
                _expect(_names(value) <= arguments, node)
                _expect(_made_inside(value, nodes[node].layer.module), node)


def _covered(call: ast.Call, span: Span, original: list[int]) -> bool:
    """Whether a call ends with the span, which for an assignment begins a little before it."""
    return (
        (original[call.end_lineno or 0], call.end_col_offset) == (span.end_line, span.end_column)
        and original[call.lineno] == span.line
        and span.column <= call.col_offset
    )


def _forward(function: ast.FunctionDef, taken: Parts, nodes: Mapping[str, Inferred]) -> None:
    """Every part is called as often as it should be; nothing is called that no layer calls."""
    attributes = {f"self.{part.attribute}" for part in taken.parts if part.attribute}
    allowed = frozenset().union(
        *(forward_heads(nodes[part.nodes[0]]) for part in taken.parts if not part.is_chain)
    )
    called: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            head = head_of(node)
            if head in attributes:
                _expect(head not in called, head)
                called[head] = len(node.args) + len(node.keywords)
            else:
                _expect(head in allowed, head)
    wanted = {f"self.{part.attribute}" for part in taken.parts if part.is_chain}
    _expect(wanted <= called.keys() <= attributes, "the forward pass")
    for statement in function.body[:-1]:
        _expect(isinstance(statement, ast.Assign), "the forward pass")
    _expect(isinstance(function.body[-1], ast.Return), "the forward pass")


def _made_inside(node: ast.expr, text: str) -> bool:
    """Whether what is called inside of a constructor's arguments stands in the layer's own text."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return all(f"{head_of(c)}(" in text for c in calls if isinstance(c.func, ast.Attribute))


def _names(node: ast.expr) -> set[str]:
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    called = {id(n) for head in calls for n in ast.walk(head)}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called}


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise UnfaithfulError(f"the emitted text differs from the graph in {what}")
