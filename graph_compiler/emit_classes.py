"""One drawing as one class: constructor, forward pass, docstring, and the maps into its text.

Owns the arguments of a class and how an instance of a block is called. The order of classes in a
file and the names of equal ones are `graph_compiler.emission`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph_compiler.emit_arguments import Argument, annotation
from graph_compiler.emit_calls import Constructor, constructor, forward_names
from graph_compiler.emit_chains import Part, Parts
from graph_compiler.emit_docstring import docstring
from graph_compiler.emit_forward import Forward, forward_arguments, write_forward
from graph_compiler.emit_layout import WIDTH, Page, Piece
from graph_compiler.emit_loops import is_row, loop_names
from graph_compiler.emit_rows import row_entries
from graph_compiler.emit_text import expression, is_fixed, literal, names_in
from graph_compiler.emit_written import MOST_PATHS, Written, node_params
from graph_compiler.expressions import parse
from graph_compiler.inferred import Body, Inferred
from graph_compiler.model import Value, Variable
from graph_compiler.naming import Namespace, identifier


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
    sequence: tuple[str, ...] = ()
    page: Page = field(default_factory=Page)
    modules: dict[str, str] = field(default_factory=dict)
    inner: dict[str, Written] = field(default_factory=dict)
    calls: dict[str, Constructor] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    used: tuple[str, ...] = ()

    def write(self) -> Written:
        """The whole class."""
        self._take_calls()
        self._keep_arguments()
        block = self.body.network.is_block
        if self.sequence:
            forward = Forward(forward_arguments(self.taken, block), ())
            returned = dict.fromkeys(self.taken.outputs, "")
        else:
            returned = Namespace().claim_all(self.taken.outputs)
            forward = write_forward(self.taken, self.body.nodes, returned, self._kept, block)
        arguments = self._arguments()
        used = tuple(argument.name for argument in arguments)
        page = self.page
        made = Written(
            self.body,
            self.taken,
            self.name,
            page,
            arguments,
            self.modules,
            self.inner,
            self.calls,
            forward,
            self.kept,
            self.sequence,
        )
        page.put(0, made.head)
        for line in docstring(self.body, forward.arguments, returned, used):
            page.put(4 if line.text else 0, line)
        page.put(0, "")
        start = len(page.lines)
        self._constructor(arguments)
        if not self.sequence:
            self._forward(forward)
        made.key = "\n".join(page.lines[start:])
        return made

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
        entries, names = row_entries(turns.count, calls, general, turns.first, len(turns.each))
        names = tuple(n for n in names if n not in ("i", "_"))
        if is_row(node):
            return Constructor(f"nn.Sequential({', '.join(entries)})", names, tuple(entries))
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

    def _constructor(self, arguments: tuple[Argument, ...]) -> None:
        if not self.calls and not self.kept:
            return
        put = self.page.put
        parameters = [
            f"{a.name}: {a.annotation}" + (f" = {a.default}" if a.default else "")
            for a in arguments
        ]
        put(4, f"def __init__({', '.join(['self', *parameters])}) -> None:")
        if self.sequence:
            self._sequence()
            return
        put(8, "super().__init__()")
        for name, attribute in self.kept.items():
            put(8, f"self.{attribute} = {name}")
        for part in self.taken.parts:
            if part.branches:
                self._choice(part)
            elif part.is_chain:
                self._chain(part)
            elif part.attribute:
                self._module(part)
        self._ties()
        put(0, "")

    def _chain(self, part: Part) -> None:
        """`self.head = nn.Sequential(...)`, a pair on one line, else one module a line."""
        self.modules.update(
            (node, f"{part.attribute}.{number}") for number, node in enumerate(part.nodes)
        )
        head = f"self.{part.attribute} = nn.Sequential("
        if len(part.nodes) == 2:
            first, second = part.nodes
            pair = Piece(head).add(Piece(self.calls[first].text).mark(first)).add(", ")
            pair.add(Piece(self.calls[second].text).mark(second)).add(")")
            if len(pair.text) + 8 <= WIDTH:
                self.page.put(8, pair)
                return
        self.page.put(8, head)
        for node in part.nodes:
            self.page.entry(12, self.calls[node].text, node)
        self.page.put(8, ")")

    def _sequence(self) -> None:
        """`super().__init__(...)` with the modules of an `nn.Sequential`, turn by turn."""
        entries: list[tuple[str, str]] = []
        place = 0
        for name in self.sequence:
            turns = self.body.nodes[name].turns
            call = self.calls[name]
            if turns is None:
                self.modules[name] = str(place)
                place += 1
                entries.append((call.text, name))
                continue
            for number in range(min(len(turns.each), MOST_PATHS)):
                self.modules[f"{name}[{number}]"] = str(place + number)
            place += len(turns.each)
            entries.extend((text, name) for text in call.entries)
        if len(entries) == 1:
            text, name = entries[0]
            self.page.put(8, Piece("super().__init__(").add(Piece(text).mark(name)).add(")"))
            return
        self.page.put(8, "super().__init__(")
        for text, name in entries:
            self.page.entry(12, text, name)
        self.page.put(8, ")")

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


def _reference(path: str, weight: str) -> str:
    """`self.head[3].weight`"""
    text = "self"
    for piece in [*path.split("."), *(weight.split(".") if weight else [])]:
        text += f"[{piece}]" if piece.isdigit() else f".{piece}"
    return text
