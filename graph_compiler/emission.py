"""From a checked graph to the Python an expert would have typed.

Owns the form of the emitted file. The first two lines are fixed, a stranger's text passes through
`graph_compiler.naming`, and the finished text is read again and compared with the graph before
anyone sees it. Never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph_compiler.checker import Checker
from graph_compiler.emit_calls import Constructor, constructor, forward_names
from graph_compiler.emit_chains import Parts, take_apart
from graph_compiler.emit_forward import Forward, write_forward
from graph_compiler.emit_inlined import inlined
from graph_compiler.emit_layout import Page, Piece
from graph_compiler.emit_text import literal, names_in, renamed
from graph_compiler.emit_verify import verify
from graph_compiler.graphs import read_networkx
from graph_compiler.model import Network, Value, Variable
from graph_compiler.naming import MAX_ARGUMENT, Namespace, class_name, identifier, plain_text
from graph_compiler.problems import Problem
from graph_compiler.source import Source
from graph_compiler.symbolic_inference import Inferred, infer_symbolic
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

FIRST_LINE = '"""A network emitted by NN Studio.'
_LONGEST_SIZE = 20
_LONGEST_SHAPE = 40
"""Characters in the docstring; beyond, a size is written as its number, a shape as `(N, ...)`."""


class EmitError(ValueError):
    """The graph has errors and cannot become code; `problems` says which, and what to do."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.text for problem in problems))
        self.problems = problems


def emit(graph: Any, class_name: str | None = None) -> Source:
    """The graph as a Python module with one `nn.Module` class; raises `EmitError` if it has errors.

    The same graph gives the same bytes, in whatever order its nodes were added.
    """
    network, variables, faults = read_networkx(graph)
    title = network.title or str(graph.graph.get("name") or "")
    checker = Checker(network, variables)
    errors = tuple(fault for fault in faults if fault.severity == "error")
    if errors:
        raise EmitError((*errors, *checker.errors()))
    return emit_network(network, variables, title, class_name, checker)


def emit_network(
    network: Network,
    variables: Mapping[str, Variable],
    title: str = "",
    wanted_class: str | None = None,
    checker: Checker | None = None,
) -> Source:
    """The same for a bare network; `title` stands in the docstring and names the class.

    Whoever keeps a checker of this network gives it, and saves most of the time.
    """
    checker = checker or Checker(network, variables)
    if errors := checker.errors():
        raise EmitError(errors)
    network, variables, arguments = _with_arguments(network, variables)
    nodes = checker.inferred() or infer_symbolic(network, variables)
    taken = take_apart(nodes, network.frames)
    copies = inlined(sorted({node.layer.source for node in nodes.values() if node.layer.source}))
    name = class_name(wanted_class or title)
    if name in copies.names:
        name += "Network"
    writer = _Writer(nodes, taken, variables, name)
    writer.write(plain_text(title), copies.text)
    page = writer.page
    source = Source(
        text=page.text,
        class_name=name,
        spans={node: tuple(page.spans.get(node, ())) for node in nodes},
        modules=writer.modules,
        arguments={
            variable: argument
            for variable, argument in arguments.items()
            if argument in writer.used
        },
    )
    verify(source, nodes, taken, copies)
    return source


def _with_arguments(
    network: Network, variables: Mapping[str, Variable]
) -> tuple[Network, dict[str, Variable], dict[str, str]]:
    """The network with every variable under the name of its argument: safe, in small letters."""
    names = Namespace().claim_all(variables, longest=MAX_ARGUMENT)
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return network, dict(variables), names
    nodes = {
        name: replace(node, params={k: _renamed(v, changed) for k, v in node.params.items()})
        for name, node in network.nodes.items()
    }
    renamed_variables = {
        names[old]: replace(variable, name=names[old]) for old, variable in variables.items()
    }
    safe = Network(network.name, network.title, nodes, network.wires, network.frames)
    return safe, renamed_variables, names


def _renamed(value: Value, names: dict[str, str]) -> Value:
    if isinstance(value, str):
        return renamed(value, names)
    if isinstance(value, tuple):
        return tuple(_renamed(item, names) for item in value)
    return value


class _Writer:
    """Writes one file, top to bottom."""

    def __init__(
        self,
        nodes: Mapping[str, Inferred],
        taken: Parts,
        variables: Mapping[str, Variable],
        class_name: str,
    ) -> None:
        self.page = Page()
        self.modules: dict[str, str] = {}
        self.used: tuple[str, ...] = ()
        self._nodes, self._taken = nodes, taken
        self._variables, self._class = variables, class_name
        self._calls = _constructors(nodes, taken, equal_ones_once=not variables)
        self.kept: dict[str, str] = {}
        """Arguments that the forward pass reads, to the attributes that hold them."""
        scope = Namespace(part.attribute for part in taken.parts)
        for part in taken.parts if variables else ():
            for name in () if part.is_chain else forward_names(nodes[part.nodes[0]]):
                if name not in self.kept:
                    self.kept[name] = scope.claim(identifier(name))

    def write(self, title: str, copies: str) -> None:
        """The whole file."""
        put = self.page.put
        put(0, FIRST_LINE if title else FIRST_LINE + '"""')
        if title:
            for line in ("", title, '"""'):
                put(0, line)
        returned = Namespace().claim_all(self._taken.outputs)
        body = write_forward(self._taken, self._nodes, returned, self._kept)
        self.used = self._arguments()
        uses_functions = any("F." in piece.text for piece in body.statements) or "F." in copies
        for line in (
            "",
            "import torch",
            *(["import torch.nn.functional as F"] if uses_functions else []),
            "from torch import nn",
            "",
            f'__all__ = ["{self._class}"]',
        ):
            put(0, line)
        for line in ("", "", *copies.splitlines()) if copies else ():
            put(0, line)
        for line in ("", "", f"class {self._class}(nn.Module):"):
            put(0, line)
        self._docstring(body, returned)
        self._constructor()
        self._forward(body)

    def _arguments(self) -> tuple[str, ...]:
        """Variables that the constructor reads, in the order of their first appearance."""
        made = (name for call in self._calls.values() for name in call.names)
        return tuple(dict.fromkeys([*made, *self.kept]))

    def _kept(self, name: str) -> str:
        """The forward pass's text for an argument of the constructor."""
        return f"self.{self.kept[name]}"

    def _docstring(self, body: Forward, returned: Mapping[str, str]) -> None:
        """`image (N, 1, 28, 28) -> logits (N, 10)`, on several lines where one is too short."""
        pieces = []
        for number, (node, name) in enumerate(body.arguments.items()):
            comma = "," if number < len(body.arguments) - 1 else ""
            shape = self._shape(self._nodes[node].outputs[0])
            pieces.append(Piece(f"{name} {shape}").mark(node).add(comma))
        for number, (node, name) in enumerate(returned.items()):
            comma = "," if number < len(returned) - 1 else ""
            arrow = "" if number else "-> "
            shape = self._shape(self._nodes[node].inputs[0])
            pieces.append(Piece(arrow).add(Piece(f"{name} {shape}").mark(node)).add(comma))
        line = Piece('"""')
        for piece in pieces:
            if len(line.text) > 3 and 4 + len(line.text) + 1 + len(piece.text) > 90:
                self.page.put(4, line)
                line = Piece("")
            line.add(" " if line.text.strip('"') else "").add(piece)
        if not self.page.lines[-1].startswith("class"):
            self.page.put(4, line)
            line = Piece("")
        self.page.put(4, line.add('"""'))
        self.page.put(0, "")

    def _shape(self, tensor: TensorType) -> str:
        """`(N, 10)`; over variables only what is short and what the constructor takes."""
        sizes = []
        for size in tensor.shape:
            text = "N" if size is N else literal(size)
            if len(text) > _LONGEST_SIZE or not set(names_in(text)) - {"N"} <= set(self.used):
                text = str(int(size))
            sizes.append(text)
        text = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        return text if len(text) <= _LONGEST_SHAPE else "(N, ...)"

    def _constructor(self) -> None:
        if not self._calls and not self.kept:
            return
        put = self.page.put
        parameters = [
            f"{name}: {_annotation(self._variables[name].value)} = "
            f"{literal(self._variables[name].value)}"
            for name in self.used
        ]
        put(4, f"def __init__({', '.join(['self', *parameters])}) -> None:")
        put(8, "super().__init__()")
        for name, attribute in self.kept.items():
            put(8, f"self.{attribute} = {name}")
        for part in self._taken.parts:
            if part.is_chain:
                put(8, f"self.{part.attribute} = nn.Sequential(")
                for number, node in enumerate(part.nodes):
                    self.page.entry(12, self._calls[node].text, node)
                    self.modules[node] = f"{part.attribute}.{number}"
                put(8, ")")
            elif part.attribute:
                node = part.nodes[0]
                put(8, Piece(f"self.{part.attribute} = {self._calls[node].text}").mark(node))
                self.modules[node] = part.attribute
        put(0, "")

    def _forward(self, body: Forward) -> None:
        line = Piece("def forward(self")
        for node, name in body.arguments.items():
            line.add(", ").add(Piece(f"{name}: torch.Tensor").mark(node))
        count = len(self._taken.outputs)
        tensors = ", ".join(["torch.Tensor"] * count) if count <= 3 else "torch.Tensor, ..."
        result = "torch.Tensor" if count == 1 else f"tuple[{tensors}]"
        self.page.put(4, line.add(f") -> {result}:"))
        for statement in body.statements:
            self.page.put(8, statement)


def _constructors(
    nodes: Mapping[str, Inferred], taken: Parts, equal_ones_once: bool
) -> dict[str, Constructor]:
    """The constructor's call of every module; without variables, equal nodes have equal calls."""
    names = [name for part in taken.parts if part.attribute for name in part.nodes]
    if not equal_ones_once:
        return {name: constructor(nodes[name]) for name in names}
    known: dict[Any, Constructor] = {}
    calls = {}
    for name in names:
        node = nodes[name]
        key = (node.node.type, tuple(node.node.params.items()), node.inputs)
        call = known.get(key)
        if call is None:
            call = known[key] = constructor(node)
        calls[name] = call
    return calls


def _annotation(value: Value) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case tuple():
            kinds = {_annotation(item) for item in value}
            if len(kinds) == 1 and not any(kind.startswith("tuple") for kind in kinds):
                return f"tuple[{kinds.pop()}, ...]"
            return "tuple[float, ...]" if kinds == {"int", "float"} else "tuple"
    return "object"
