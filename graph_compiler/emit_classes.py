"""One drawing as one class: constructor, forward pass, docstring, and the maps into its text.

Owns the arguments of a class and how an instance of a block is called. The order of classes in a
file and the names of equal ones are `graph_compiler.emission`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph_compiler.emit_calls import Constructor, constructor, forward_names, in_forward
from graph_compiler.emit_chains import Part, Parts
from graph_compiler.emit_forward import Forward, write_forward
from graph_compiler.emit_layout import Page, Piece
from graph_compiler.emit_loops import is_row, loop_names
from graph_compiler.emit_text import expression, is_fixed, literal, names_in
from graph_compiler.inferred import Body, Inferred
from graph_compiler.model import Value, Variable
from graph_compiler.naming import Namespace, identifier
from graph_compiler.symbols import N, Symbolic
from graph_compiler.tensors import TensorType

_LONGEST_SIZE = 20
_LONGEST_SHAPE = 40
"""Characters in the docstring; beyond, a size is written as its number, a shape as `(N, ...)`."""
MOST_PATHS = 200_000
"""Most entries of the map from node paths to module paths; turns beyond it are left out."""
_LETTERS = {2: "NF", 3: "NTF", 4: "NCHW", 5: "NCDHW"}
"""The axes of an input by its rank."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a class's constructor."""

    name: str
    annotation: str
    default: str = ""
    size: tuple[int, int] | None = None
    """For the size of an input: the number of the input and the axis."""
    param: str = ""
    """For a block's parameter: its name in the drawing."""


@dataclass(slots=True)
class Written:
    """A finished class."""

    body: Body
    taken: Parts
    name: str
    page: Page
    arguments: tuple[Argument, ...]
    modules: dict[str, str]
    """Node, or turn of a node in a row (`blocks[3]`), to the module's path in this class."""
    inner: dict[str, Written]
    """Node or turn to the class of the block there."""
    calls: dict[str, Constructor]
    forward: Forward
    kept: dict[str, str]
    key: str = ""
    """The text without name and docstring: equal ones are one class."""
    first_line: int = 0

    def paths(self, prefix: str = "", place: str = "") -> Iterator[tuple[str, str]]:
        """All node paths below, each with its module path."""
        for node, path in self.modules.items():
            yield f"{prefix}{node}", f"{place}{path}"
            below = self.inner.get(node)
            if below is not None:
                yield from below.paths(f"{prefix}{node}/", f"{place}{path}.")


@dataclass(slots=True)
class ClassWriter:
    """Writes the class of one drawing whose blocks have been written."""

    body: Body
    taken: Parts
    variables: Mapping[str, Variable]
    """Variables of the project, by argument."""
    params: Mapping[str, Variable]
    """A block's parameters, by argument."""
    classes: Mapping[int, Written]
    """Class of each body inside, by its identity."""
    name: str
    page: Page = field(default_factory=Page)
    modules: dict[str, str] = field(default_factory=dict)
    inner: dict[str, Written] = field(default_factory=dict)
    calls: dict[str, Constructor] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    used: tuple[str, ...] = ()

    def write(self) -> Written:
        """The whole class."""
        nodes = self.body.nodes
        self._take_calls()
        self._keep_arguments()
        returned = Namespace().claim_all(self.taken.outputs)
        block = self.body.network.is_block
        body = write_forward(self.taken, nodes, returned, self._kept, block)
        arguments = self._arguments()
        self.used = tuple(argument.name for argument in arguments)
        self.page.put(0, f"class {self.name}(nn.Module):")
        self._docstring(body, returned)
        start = len(self.page.lines)
        self._constructor(arguments)
        self._forward(body)
        return Written(
            self.body,
            self.taken,
            self.name,
            self.page,
            arguments,
            self.modules,
            self.inner,
            self.calls,
            body,
            self.kept,
            "\n".join(self.page.lines[start:]),
        )

    # the calls that make modules

    def _take_calls(self) -> None:
        plain: dict[Any, Constructor] = {}
        once = not self.variables and not self.params and not self.body.sizes
        for part in self.taken.parts:
            if not part.attribute:
                continue
            for name in part.nodes:
                node = self.body.nodes[name]
                if node.node.shares or node.node.type == "Choice":
                    continue
                key: Any = None
                if once and node.body is None and node.turns is None:
                    key = (node.node.type, tuple(node.node.params.items()), node.inputs)
                    if key in plain:
                        self.calls[name] = plain[key]
                        continue
                self.calls[name] = self._call(name, node)
                if key is not None:
                    plain[key] = self.calls[name]
            for branch in part.branches:
                for name in branch:
                    self.calls[name] = self._call(name, self.body.nodes[name])

    def _call(self, name: str, node: Inferred) -> Constructor:
        if node.turns is not None:
            return self._row(name, node)
        if node.body is not None:
            self.inner[name] = self.classes[id(node.body)]
        return self._single(node)

    def _single(self, node: Inferred) -> Constructor:
        """The call for one node at one turn."""
        return constructor(node) if node.body is None else self._instance(node)

    def _instance(self, node: Inferred) -> Constructor:
        """`Bottleneck(64, 64, stride=2)`: sizes and variables, then parameters as keywords."""
        body = node.body
        if body is None:
            raise ValueError("no instance of a block")
        written = self.classes[id(body)]
        texts: list[str] = []
        names: list[str] = []
        for argument in written.arguments:
            if argument.size is not None:
                text = literal(node.size(*argument.size))
                texts.append(text)
            elif argument.param:
                text = self._given(node, argument.param)
                default = (node_params(body)[argument.param]).value
                value = getattr(node.params, argument.param)
                same = type(value) is type(default) and value == default and is_fixed(value)
                if same and argument.param not in node.texts:
                    continue
                texts.append(f"{argument.name}={text}")
            else:
                text = argument.name
                texts.append(text)
            names.extend(names_in(text))
        return Constructor(f"{written.name}({', '.join(texts)})", tuple(names))

    def _given(self, node: Inferred, param: str) -> str:
        value = getattr(node.params, param)
        text = node.texts.get(param)
        if text is not None and is_fixed(value):
            return expression(text)
        return literal(value)

    def _row(self, name: str, node: Inferred) -> Constructor:
        """A node in a row: leading turns one by one, and a comprehension for the rest."""
        turns = node.turns
        if turns is None:
            raise ValueError("no row")
        known: dict[int, Constructor] = {}
        calls = []
        for number, turn in enumerate(turns.samples):
            if id(turn) not in known:
                known[id(turn)] = self._single(turn)
            calls.append(known[id(turn)])
            if turn.body is not None and number < len(turns.each):
                self.inner[f"{name}[{number}]"] = self.classes[id(turn.body)]
        general = self._general(node, calls)
        entries, names = _entries(turns.count, calls, general, turns.first, len(turns.each))
        names = tuple(n for n in names if n not in ("i", "_"))
        if is_row(node):
            return Constructor(f"nn.Sequential({', '.join(entries)})", names)
        if len(entries) == 1 and entries[0].startswith("*("):
            return Constructor(f"nn.ModuleList({entries[0][2:]}", names)
        return Constructor(f"nn.ModuleList([{', '.join(entries)}])", names)

    def _general(self, node: Inferred, calls: list[Constructor]) -> Constructor | None:
        turns = node.turns
        if turns is None or not turns.general:
            return None
        general = turns.general[0]
        if general.body is not None and id(general.body) not in self.classes:
            return None
        call = self._single(general)
        heads = {c.text.partition("(")[0] for c in calls[turns.first :]}
        return call if heads == {call.text.partition("(")[0]} else None

    # arguments

    def _keep_arguments(self) -> None:
        """Arguments that the forward pass reads become attributes."""
        scope = Namespace(part.attribute for part in self.taken.parts)
        for part in self.taken.parts:
            node = self.body.nodes[part.nodes[0]]
            if part.is_chain or part.branches:
                continue
            names: tuple[str, ...] = loop_names(node)
            if node.body is None:
                single = [node]
                if node.turns is not None:
                    single = [*node.turns.each[:1], *node.turns.general]
                for one in single:
                    names = (*names, *forward_names(one))
            for name in names:
                if name not in self.kept and name != "i":
                    self.kept[name] = scope.claim(identifier(name))

    def _kept(self, name: str) -> str:
        return f"self.{self.kept[name]}"

    def _arguments(self) -> tuple[Argument, ...]:
        """What the constructor reads, in the order of first appearance: sizes, variables, params.

        Those of a network have their values as defaults, in a block the parameters alone have.
        """
        names = list(dict.fromkeys(self._names()))
        sizes = [name for name in names if name in self.body.sizes]
        block = self.body.network.is_block
        found = [Argument(name, "int", "", self.body.sizes[name]) for name in sizes]
        for name in names:
            if name in self.variables and name not in self.params:
                value = self.variables[name].value
                default = "" if block else literal(value)
                found.append(Argument(name, annotation(value), default))
        by_argument = {argument: param for param, argument in self.body.params.items()}
        for name, param in by_argument.items():
            if name in names:
                value = self.params[name].value
                found.append(Argument(name, annotation(value), literal(value), None, param))
        return tuple(found)

    def _names(self) -> Iterator[str]:
        for part in self.taken.parts:
            for name in (*part.nodes, *(n for branch in part.branches for n in branch)):
                if name in self.calls:
                    yield from self.calls[name].names
            if part.branches:
                yield from names_in(self._picked(part)[0])
        yield from self.kept

    # text

    def _docstring(self, body: Forward, returned: Mapping[str, str]) -> None:
        """`image (N, 1, 28, 28) -> logits (N, 10)`, on several lines where one is too short."""
        pieces = []
        nodes = self.body.nodes
        for number, (node, name) in enumerate(body.arguments.items()):
            comma = "," if number < len(body.arguments) - 1 else ""
            shape = self._shape(nodes[node].outputs[0])
            pieces.append(Piece(f"{name} {shape}").mark(node).add(comma))
        for number, (node, name) in enumerate(returned.items()):
            comma = "," if number < len(returned) - 1 else ""
            arrow = "" if number else "-> "
            shape = self._shape(nodes[node].inputs[0])
            label = f"{name} {shape}"
            if self.body.network.is_block and len(returned) == 1:
                label = shape
            pieces.append(Piece(arrow).add(Piece(label).mark(node)).add(comma))
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
        block = self.body.network.is_block
        shown = self._shown() if block else {}
        for size in tensor.shape:
            text = "N" if size is N else literal(size)
            names = set(names_in(text)) - {"N"}
            known = names <= {*self.used, *shown}
            if shown and known:
                text = in_forward(text, tuple(shown), lambda name: shown[name])
            if len(text) > _LONGEST_SIZE or not known:
                text = "..." if block else str(int(size))
            sizes.append(text)
        while sizes[-2:] == ["...", "..."]:
            sizes.pop()
        if "..." in sizes[:-1]:
            sizes = [*sizes[: sizes.index("...")], "..."]
        text = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        return text if len(text) <= _LONGEST_SHAPE else "(N, ...)"

    def _shown(self) -> dict[str, str]:
        """Sizes of inputs that are no arguments, as letters: H and W of an image."""
        found = {}
        for name, (number, axis) in self.body.sizes.items():
            if name not in self.used:
                tensor = (
                    self.body.nodes[self.body.inputs[number]].outputs[0]
                    if (self.body.inputs[number] in self.body.nodes)
                    else None
                )
                letters = _LETTERS.get(tensor.rank if tensor is not None else 0, "")
                found[name] = letters[axis] if letters and len(self.body.inputs) == 1 else name
        return found

    def _constructor(self, arguments: tuple[Argument, ...]) -> None:
        if not self.calls and not self.kept:
            return
        put = self.page.put
        parameters = [
            f"{a.name}: {a.annotation}" + (f" = {a.default}" if a.default else "")
            for a in arguments
        ]
        put(4, f"def __init__({', '.join(['self', *parameters])}) -> None:")
        put(8, "super().__init__()")
        for name, attribute in self.kept.items():
            put(8, f"self.{attribute} = {name}")
        for part in self.taken.parts:
            if part.branches:
                self._choice(part)
            elif part.is_chain:
                put(8, f"self.{part.attribute} = nn.Sequential(")
                for number, node in enumerate(part.nodes):
                    self.page.entry(12, self.calls[node].text, node)
                    self.modules[node] = f"{part.attribute}.{number}"
                put(8, ")")
            elif part.attribute:
                self._module(part)
        self._ties()
        put(0, "")

    def _module(self, part: Part) -> None:
        name = part.nodes[0]
        node = self.body.nodes[name]
        self.modules[name] = part.attribute
        if node.node.shares:
            return
        call = self.calls[name].text
        self.page.put(8, Piece(f"self.{part.attribute} = {call}").mark(name))
        if node.turns is not None:
            for number in range(min(len(node.turns.each), MOST_PATHS)):
                self.modules[f"{name}[{number}]"] = f"{part.attribute}.{number}"

    def _picked(self, part: Part) -> tuple[str, int]:
        """The condition of a choice with two branches, or the number; and the present pick."""
        node = self.body.nodes[part.nodes[0]]
        return expression(node.texts["pick"]), node.params.pick

    def _choice(self, part: Part) -> None:
        """`self.shortcut = (... if project else nn.Identity())`"""
        name = part.nodes[0]
        condition, pick = self._picked(part)
        made = []
        for branch in part.branches:
            piece = Piece("")
            if not branch:
                piece.add("nn.Identity()")
            elif len(branch) == 1:
                piece.add(self.calls[branch[0]].text).mark(branch[0])
            else:
                piece.add("nn.Sequential(")
                for number, node in enumerate(branch):
                    piece.add(", " if number else "")
                    piece.add(Piece(self.calls[node].text).mark(node))
                piece.add(")")
            made.append(piece)
        is_flag = isinstance(self._value_of(condition), bool)
        piece = Piece(f"self.{part.attribute} = ")
        if is_flag:
            piece.add(made[1]).add(f" if {condition} else ").add(made[0])
        else:
            plain = condition if condition.isidentifier() else f"({condition})"
            for number, branch_piece in enumerate(made[:-1]):
                piece.add(branch_piece).add(f" if {plain} == {number} else ")
            piece.add(made[-1])
        self.page.put(8, piece.mark(name))
        branch = part.branches[pick]
        self.modules[name] = part.attribute
        for number, node in enumerate(branch):
            path = part.attribute if len(branch) == 1 else f"{part.attribute}.{number}"
            self.modules[node] = path

    def _value_of(self, text: str) -> Value:
        from graph_compiler.expressions import parse

        return parse(text).evaluate(self.body.values)

    def _ties(self) -> None:
        """`self.logits.weight = self.word.weight  # shared`"""
        for name, node in self.body.nodes.items():
            for weight, target in sorted(node.node.ties.items()):
                own = _reference(self.modules[name], weight)
                path, _, other = target.rpartition("/")
                head, _, rest = other.partition(".")
                there = self._module_path(f"{path}/{head}" if path else head)
                text = f"{own} = {_reference(there, rest)}  # shared"
                self.page.put(8, Piece(text).mark(name))

    def _module_path(self, path: str) -> str:
        """The module path of a node path in this drawing."""
        first, _, rest = path.partition("/")
        place = self.modules[first]
        written = self.inner.get(first)
        while rest and written is not None:
            first, _, rest = rest.partition("/")
            place += f".{written.modules[first]}"
            written = written.inner.get(first)
        return place

    def _forward(self, body: Forward) -> None:
        line = Piece("def forward(self")
        for node, name in body.arguments.items():
            line.add(", ").add(Piece(f"{name}: torch.Tensor").mark(node))
        count = len(self.taken.outputs)
        tensors = ", ".join(["torch.Tensor"] * count) if count <= 3 else "torch.Tensor, ..."
        result = "torch.Tensor" if count == 1 else f"tuple[{tensors}]"
        self.page.put(4, line.add(f") -> {result}:"))
        for depth, statement in body.statements:
            self.page.put(8 + 4 * depth, statement)


def node_params(body: Body) -> Mapping[str, Variable]:
    """A block's parameters."""
    return body.network.params or {}


def alone(body: Body) -> frozenset[str]:
    """Nodes that share a module or a weight: each keeps an attribute of its own."""
    found: set[str] = set()
    for name, node in body.nodes.items():
        if node.node.shares:
            found.update((name, node.node.shares))
        for target in node.node.ties.values():
            found.update((name, target.partition("/")[0].partition(".")[0]))
    return frozenset(found)


def _reference(path: str, weight: str) -> str:
    """`self.head[3].weight`"""
    text = "self"
    for piece in [*path.split("."), *(weight.split(".") if weight else [])]:
        text += f"[{piece}]" if piece.isdigit() else f".{piece}"
    return text


def _entries(
    count: Any, calls: list[Constructor], general: Constructor | None, first: int, turns: int
) -> tuple[list[str], tuple[str, ...]]:
    """What stands in the brackets of a row of `turns`, and the names in it.

    More calls than turns show what would follow; they are left out where more than `turns` lead.
    """
    texts = [call.text for call in calls]
    start = len(texts) - 1
    while start and texts[start - 1] == texts[-1]:
        start -= 1
    named = isinstance(count, Symbolic) and not count.is_constant
    spans = literal(count) if named else ""
    size_names = names_in(spans) if named else ()
    constant = len(texts) - start >= 2 or (named and start == 1) or (named and len(texts) == 1)
    if len(calls) > turns and (start > turns or not constant) and general is None:
        return _entries(count, calls[:turns], general, first, turns)
    if constant and start <= turns and (start <= 2 or general is None or start <= first):
        rest = literal(count - start) if start else literal(count)
        entries = [*texts[:start], f"*({texts[-1]} for _ in range({rest}))"]
        names = [name for call in (*calls[:start], calls[-1]) for name in call.names]
        return entries, (*names, *size_names)
    if general is not None:
        span = f"{first}, {literal(count)}" if first else literal(count)
        entries = [*texts[:first], f"*({general.text} for i in range({span}))"]
        names = [name for call in (*calls[:first], general) for name in call.names]
        return entries, (*names, *size_names)
    return texts, tuple(name for call in calls for name in call.names)


def annotation(value: Value) -> str:
    """The type of a constructor's argument."""
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
            kinds = {annotation(item) for item in value}
            if len(kinds) == 1 and not any(kind.startswith("tuple") for kind in kinds):
                return f"tuple[{kinds.pop()}, ...]"
            return "tuple[float, ...]" if kinds == {"int", "float"} else "tuple"
    return "object"
