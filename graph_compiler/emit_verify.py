"""Reads emitted text again and compares it with the graph it came from.

The last gate: whatever went wrong before, a text that says more or less than the graph stays here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from graph_compiler.emit_calls import class_of
from graph_compiler.emit_chains import Parts
from graph_compiler.emit_inlined import Copies
from graph_compiler.source import Source, Span
from graph_compiler.symbolic_inference import Inferred


class UnfaithfulError(RuntimeError):
    """The emitted text does not say what the graph says: the program's fault, not the drawing's."""


def verify(source: Source, nodes: Mapping[str, Inferred], taken: Parts, copies: Copies) -> None:
    """Raises `UnfaithfulError` unless the text holds this graph and nothing else."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError) as error:
        raise UnfaithfulError(f"the emitted text is no Python: {error}") from None
    head, rest = tree.body[:4], tree.body[4:]
    _expect(
        [ast.unparse(node) for node in head[1:]]
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
    wanted = {"__init__", "forward"} if source.modules else {"forward"}
    _expect(len(body) == 1 + len(methods) and set(methods) == wanted, "the methods")
    if source.modules:
        _constructor(methods["__init__"], source, nodes)
    _forward(methods["forward"], taken)


def _constructor(function: ast.FunctionDef, source: Source, nodes: Mapping[str, Inferred]) -> None:
    """Every node that has a module is constructed once, by its class, just where the map says."""
    found: dict[str, ast.expr] = {}
    for statement in function.body[1:]:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                value=ast.Call() as call,
            ):
                if _head(call) == "nn.Sequential":
                    _expect(not call.keywords and name not in found, name)
                    for number, entry in enumerate(call.args):
                        found[f"{name}.{number}"] = entry
                else:
                    _expect(name not in found, name)
                    found[name] = call
            case _:
                raise UnfaithfulError("the emitted constructor holds more than modules")
    _expect(found.keys() == set(source.modules.values()), "the modules")
    arguments = set(source.arguments.values())
    for node, path in source.modules.items():
        made = found[path]
        if not isinstance(made, ast.Call):
            raise UnfaithfulError(f"the emitted text does not construct {node}")
        _expect(_head(made) == class_of(nodes[node]), node)
        _expect(_covered(made, source.spans[node][0]), node)
        for value in (*made.args, *(keyword.value for keyword in made.keywords)):
            if not isinstance(value, ast.Constant):
                _expect(_names(value) <= arguments, node)


def _covered(call: ast.Call, span: Span) -> bool:
    """Whether a call ends with the span, which for an assignment begins a little before it."""
    return (
        (call.end_lineno, call.end_col_offset) == (span.end_line, span.end_column)
        and call.lineno == span.line
        and span.column <= call.col_offset
    )


def _forward(function: ast.FunctionDef, taken: Parts) -> None:
    """Every part is called once with as many values as it has sources; nothing else is called."""
    called: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            head = _head(node)
            if head.startswith("self."):
                name = head.removeprefix("self.")
                _expect(name not in called and not node.keywords, name)
                called[name] = len(node.args)
            else:
                _expect(head.startswith("torch."), head)
    wanted = {part.attribute: len(part.sources) for part in taken.parts if part.attribute}
    _expect(called == wanted, "the forward pass")
    for statement in function.body[:-1]:
        _expect(isinstance(statement, ast.Assign), "the forward pass")
    _expect(isinstance(function.body[-1], ast.Return), "the forward pass")


def _names(node: ast.expr) -> set[str]:
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called}


def _head(call: ast.Call) -> str:
    """`nn.Linear`, `Step` or `self.features`: what is called, if it is a name or an attribute."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
    return ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise UnfaithfulError(f"the emitted text differs from the graph in {what}")
