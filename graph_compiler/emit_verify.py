"""Reads emitted text again and compares it with the graph it came from.

The last gate: whatever went wrong before, a text that says more or less than the graph stays here.
Every module must be made by its class just where the map says, every turn of a row is counted,
every argument of a block's class is worked out and compared with what its inside was inferred for,
and nothing is called that no layer calls. Entries of a chain that stand on lines of their own are
read line by line, equal ones once; everything else is read as one text.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from graph_compiler.emit_calls import class_of, forward_heads
from graph_compiler.emit_chains import Part
from graph_compiler.emit_classes import Written
from graph_compiler.emit_custom import import_block
from graph_compiler.emit_inlined import Copies
from graph_compiler.emit_language import head_of
from graph_compiler.emit_loops import is_loop, is_row
from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.inferred import Inferred
from graph_compiler.naming import exported
from graph_compiler.source import Source

_FUNCTIONS = "import torch.nn.functional as F"
_LOOP_HEADS = frozenset(
    {"range", "reversed", "zip", ".unbind", ".new_zeros", ".append", "torch.stack"}
)


class UnfaithfulError(RuntimeError):
    """The emitted text does not say what the graph says: the program's fault, not the drawing's."""


def verify(
    source: Source, written: Sequence[Written], mains: Sequence[Written], copies: Copies
) -> None:
    """Raises `UnfaithfulError` unless the text holds these drawings and nothing else."""
    lines = source.text.splitlines()
    alone: dict[int, str] = {}
    for made in written:
        alone.update(_read_alone(made, lines))
    numbers = [number for number in range(1, len(lines) + 1) if number not in alone]
    try:
        tree = ast.parse("\n".join([lines[number - 1] for number in numbers]))
    except (SyntaxError, ValueError) as error:
        raise UnfaithfulError(f"the emitted text is no Python: {error}") from None
    block = [line for line in import_block(copies.imports, _FUNCTIONS in lines) if line]
    count = len(block) + 2
    head, rest = tree.body[:count], tree.body[count:]
    names = exported(main.name for main in mains)
    _expect(
        [ast.unparse(node) for node in head[1:]] == [*block, f"__all__ = {names!r}"],
        "the imports",
    )
    _expect(isinstance(head[0], ast.Expr) and _is_text(head[0].value), "the first lines")
    _expect(
        [getattr(node, "name", "") for node in rest]
        == [*copies.names, *(made.name for made in written)],
        "the classes",
    )
    _expect(f"\n\n\n{copies.text}\n\n\n" in source.text or not copies.text, "the copied classes")
    original = [0, *numbers]
    used: set[int] = set()
    for made, node in zip(written, rest[len(copies.names) :], strict=True):
        _expect(isinstance(node, ast.ClassDef), made.name)
        if isinstance(node, ast.ClassDef):
            _Class(made, original, alone, used).check(node)
    _expect(used == alone.keys(), "the modules")


def _read_alone(made: Written, lines: list[str]) -> dict[int, str]:
    """Number of each line that is one sound entry of a chain, to the module path it gives.

    A line that is a whole call and a comma by itself can change nothing but the chain it stands in.
    """
    arguments = {argument.name for argument in made.arguments}
    found: dict[int, str] = {}
    for part in made.taken.parts:
        if not part.is_chain or made.sequence:
            continue
        entries: dict[int, str] = {}
        for node in part.nodes:
            inferred = made.body.nodes[node]
            if inferred.body is not None:
                break
            at, _, last, end = made.page.places[node][0]
            line = lines[at + made.first_line - 1]
            if last != at or line[end:] != ",":
                break
            head, names = _call_alone(line[:end].lstrip(" "), inferred.layer.module)
            if head != class_of(inferred) or not names <= arguments:
                break
            entries[at + made.first_line] = made.modules[node]
        else:
            found.update(entries)
    return found


@lru_cache(maxsize=1024)
def _call_alone(text: str, own: str) -> tuple[str, frozenset[str]]:
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
    if not all(_made_inside(value, own) for value in values):
        return "", frozenset()
    return head_of(tree), frozenset().union(*(_names(value) for value in values))


class _Class:
    """One class against its drawing."""

    def __init__(
        self, made: Written, original: list[int], alone: Mapping[int, str], used: set[int]
    ) -> None:
        self._made, self._original, self._alone, self._used = made, original, alone, used
        self._nodes = made.body.nodes
        self._arguments = {argument.name for argument in made.arguments}

    def check(self, tree: ast.ClassDef) -> None:
        made = self._made
        body = tree.body
        base = "nn.Sequential" if made.sequence else "nn.Module"
        _expect([ast.unparse(given) for given in tree.bases] == [base], made.name)
        _expect(not tree.decorator_list and not tree.keywords, made.name)
        methods = {node.name: node for node in body[1:] if isinstance(node, ast.FunctionDef)}
        wanted = {"__init__", "forward"} if made.calls or made.kept else {"forward"}
        wanted = {"__init__"} if made.sequence else wanted
        _expect(len(body) == 1 + len(methods) and set(methods) == wanted, "the methods")
        first = body[0]
        _expect(isinstance(first, ast.Expr) and _is_text(first.value), "the docstring")
        if made.sequence:
            self._in_a_row(methods["__init__"])
            return
        if "__init__" in methods:
            self._constructor(methods["__init__"])
        self._forward(methods["forward"])

    # the constructor

    def _in_a_row(self, function: ast.FunctionDef) -> None:
        """An `nn.Sequential` makes the modules of its drawing one after the other."""
        self._own_arguments(function)
        match function.body:
            case [ast.Expr(value=ast.Call(func=made, args=entries, keywords=[]))]:
                _expect(ast.unparse(made) == "super().__init__", "the constructor")
            case _:
                raise UnfaithfulError("the emitted constructor holds more than modules")
        number = module = 0
        for name in self._made.sequence:
            node = self._nodes[name]
            if node.turns is not None:
                _expect(self._made.modules[f"{name}[0]"] == str(module), name)
                number = self._entries(name, node, entries, number)
                module += len(node.turns.each)
                continue
            _expect(number < len(entries) and self._made.modules[name] == str(module), name)
            self._module(name, entries[number])
            number, module = number + 1, module + 1
        _expect(number == len(entries), "the modules")

    def _own_arguments(self, function: ast.FunctionDef) -> None:
        names = [argument.arg for argument in function.args.args]
        _expect(names == ["self", *(a.name for a in self._made.arguments)], "the arguments")

    def _constructor(self, function: ast.FunctionDef) -> None:
        """Every module is made once, where the map says; weights are tied as drawn."""
        self._own_arguments(function)
        found: dict[str, ast.expr] = {}
        tied = 0
        for statement in function.body[1:]:
            match statement:
                case ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value
                ):
                    _expect(name not in found, name)
                    found[name] = value
                case ast.Assign(targets=[ast.Attribute() as target], value=value):
                    _expect(_is_place(target) and _is_place(value), "the shared weights")
                    tied += 1
                case _:
                    raise UnfaithfulError("the emitted constructor holds more than modules")
        _expect(ast.unparse(function.body[0]) == "super().__init__()", "the constructor")
        for name, attribute in self._made.kept.items():
            _expect(ast.unparse(found.pop(attribute, ast.Constant(0))) == name, attribute)
        for part in self._made.taken.parts:
            if not part.attribute or self._nodes[part.nodes[0]].node.shares:
                continue
            _expect(part.attribute in found, part.attribute)
            self._part(part, found.pop(part.attribute))
        wanted = sum(len(node.node.ties) for node in self._nodes.values())
        ties = [value for value in found.values() if _is_place(value)]
        _expect(len(ties) == len(found) and tied + len(ties) == wanted, "the shared weights")

    def _part(self, part: Part, value: ast.expr) -> None:
        if part.branches:
            self._branch(part, value)
        elif part.is_chain:
            self._chain(part, value)
        else:
            self._module(part.nodes[0], value)

    def _chain(self, part: Part, value: ast.expr) -> None:
        call = _sequence(value, "nn.Sequential")
        inside = range(self._original[call.lineno] + 1, self._original[call.end_lineno or 0])
        if not call.args:
            wanted = [f"{part.attribute}.{n}" for n in range(len(part.nodes))]
            _expect([self._alone.get(n, "") for n in inside] == wanted, part.attribute)
            self._used.update(inside)
            return
        _expect(len(call.args) == len(part.nodes), part.attribute)
        for name, entry in zip(part.nodes, call.args, strict=True):
            self._module(name, entry)

    def _branch(self, part: Part, value: ast.expr) -> None:
        """A choice: every branch holds its modules, and the condition picks the present one."""
        node = self._nodes[part.nodes[0]]
        picked = value
        while isinstance(picked, ast.IfExp):
            holds = _evaluated(picked.test, self._made.body.values)
            picked = picked.body if holds else picked.orelse
        self._branch_modules(part.branches[node.params.pick], picked)
        ends: list[ast.expr] = []
        waiting: list[ast.expr] = [value]
        while waiting:
            end = waiting.pop()
            if isinstance(end, ast.IfExp):
                waiting += [end.body, end.orelse]
            else:
                ends.append(end)
        _expect(len(ends) == len(part.branches), part.attribute)

    def _branch_modules(self, branch: tuple[str, ...], value: ast.expr) -> None:
        if not branch:
            _expect(ast.unparse(value) == "nn.Identity()", "an empty branch")
        elif len(branch) == 1:
            self._module(branch[0], value)
        else:
            call = _sequence(value, "nn.Sequential")
            _expect(len(call.args) == len(branch), branch[0])
            for name, entry in zip(branch, call.args, strict=True):
                self._module(name, entry)

    def _module(self, name: str, value: ast.expr) -> None:
        node = self._nodes[name]
        if node.turns is None:
            self._single(name, node, value, {})
            return
        call = _sequence(value, "nn.Sequential" if is_row(node) else "nn.ModuleList")
        entries = call.args
        if len(entries) == 1 and isinstance(entries[0], ast.List):
            entries = entries[0].elts
        _expect(self._entries(name, node, entries, 0) == len(entries), name)

    def _entries(self, name: str, node: Inferred, entries: Sequence[ast.expr], start: int) -> int:
        """The entries of a row from `start` on, as many as make its turns; where they end."""
        turns = len(node.turns.each) if node.turns is not None else 0
        turn, number = 0, start
        while turn < turns:
            _expect(number < len(entries), name)
            entry = entries[number]
            number += 1
            if isinstance(entry, ast.Starred):
                entry = entry.value
            if not isinstance(entry, ast.GeneratorExp):
                self._turn(name, node, entry, turn, {})
                turn += 1
                continue
            turn = self._turns(name, node, entry, turn)
        while number < len(entries) and self._is_empty(entries[number]):
            number += 1
        return number

    def _is_empty(self, entry: ast.expr) -> bool:
        """Whether an entry makes no module as things are: `*(Block() for _ in range(depth - 1))`"""
        value = entry.value if isinstance(entry, ast.Starred) else entry
        if not isinstance(value, ast.GeneratorExp):
            return False
        first, last = self._bounds(value, "a row")[1:]
        return first == last

    def _turns(self, name: str, node: Inferred, rest: ast.GeneratorExp, turn: int) -> int:
        """The turns of a comprehension, each with its number; equal ones once."""
        index, first, last = self._bounds(rest, name)
        _expect(index == "_" or first == turn, name)
        _expect(turn + last - first <= len(node.turns.each if node.turns else ()), name)
        seen: Inferred | None = None
        for number in range(turn, turn + last - first):
            now = node.turns.each[number] if node.turns else None
            if now is not seen or index == "i":
                self._turn(name, node, rest.elt, number, {"i": number} if index == "i" else {})
            seen = now
        return turn + last - first

    def _bounds(self, rest: ast.GeneratorExp, name: str) -> tuple[str, int, int]:
        """The name of the turn's number, and the range that it takes."""
        match rest.generators:
            case [ast.comprehension(target=ast.Name(id=index), iter=ast.Call() as call, ifs=[])]:
                _expect(head_of(call) == "range" and not call.keywords, name)
                bounds = [_evaluated(bound, self._made.body.values) for bound in call.args]
            case _:
                raise UnfaithfulError(f"the emitted text does not repeat {name}")
        _expect(len(bounds) in (1, 2) and all(isinstance(b, int) for b in bounds), name)
        first, last = bounds if len(bounds) == 2 else (0, bounds[0])
        return index, first, max(first, last)

    def _turn(
        self, name: str, node: Inferred, value: ast.expr, turn: int, env: Mapping[str, int]
    ) -> None:
        _expect(node.turns is not None and turn < len(node.turns.each), name)
        if node.turns is not None:
            self._single(f"{name}[{turn}]", node.turns.each[turn], value, env)

    def _single(self, path: str, node: Inferred, value: ast.expr, env: Mapping[str, int]) -> None:
        if not isinstance(value, ast.Call):
            raise UnfaithfulError(f"the emitted text does not construct {path}")
        values = (*value.args, *(keyword.value for keyword in value.keywords))
        for item in values:
            if not isinstance(item, ast.Constant):
                _expect(_names(item) <= self._arguments | env.keys(), path)
                _expect(_made_inside(item, node.layer.module), path)
        if node.body is None:
            _expect(head_of(value) == class_of(node), path)
            return
        inner = self._made.inner[path]
        _expect(head_of(value) == inner.name, path)
        self._instance(path, node, value, {**self._made.body.values, **env}, inner)

    def _instance(
        self,
        path: str,
        node: Inferred,
        call: ast.Call,
        env: Mapping[str, Any],
        inner: Written,
    ) -> None:
        """What the arguments amount to is what the inside was inferred for."""
        body = node.body
        if body is None:
            return
        given = dict(zip([a.name for a in inner.arguments], call.args, strict=False))
        given.update({keyword.arg or "": keyword.value for keyword in call.keywords})
        _expect(len(given) == len(call.args) + len(call.keywords), path)
        for argument in inner.arguments:
            value = given.pop(argument.name, None)
            wanted = body.values[argument.name]
            if value is None:
                _expect(bool(argument.default), path)
                found = _evaluated(ast.parse(argument.default, mode="eval").body, {})
            else:
                found = _evaluated(value, env)
            _expect(found == wanted, f"{path}, the argument {argument.name}")
        _expect(not given, path)

    # the forward pass

    def _forward(self, function: ast.FunctionDef) -> None:
        """Every module is called as often as drawn; nothing is called that no layer calls."""
        parts = self._made.taken.parts
        attributes: dict[str, int] = {}
        allowed: set[str] = set()
        looped: set[str] = set()
        for part in parts:
            node = self._nodes[part.nodes[0]]
            if part.attribute:
                name = f"self.{part.attribute}"
                attributes[name] = attributes.get(name, 0) + 1
            if part.is_chain or part.branches:
                continue
            if is_loop(node):
                allowed |= _LOOP_HEADS
                looped.add(f"self.{part.attribute}")
            if node.body is None and not is_row(node):
                singles = (node,) if node.turns is None else node.turns.each
                for single in {id(one): one for one in singles}.values():
                    allowed |= forward_heads(single)
        locals_called = {
            loop.target.id
            for loop in ast.walk(function)
            if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name)
        }
        called: dict[str, int] = {}
        for call in ast.walk(function):
            if isinstance(call, ast.Call):
                head = head_of(call)
                if head in attributes:
                    called[head] = called.get(head, 0) + 1
                else:
                    _expect(head in allowed or (bool(looped) and head in locals_called), head)
        read = {ast.unparse(n) for n in ast.walk(function) if isinstance(n, ast.Attribute)}
        for name, count in attributes.items():
            node = self._nodes[next(p.nodes[0] for p in parts if f"self.{p.attribute}" == name)]
            plain = node.body is not None or not (node.layer.forward or node.layer.template)
            if name in looped or not plain:
                _expect(name in read, name)
            else:
                _expect(called.get(name, 0) == count, name)
        _statements(function.body[:-1])
        _expect(isinstance(function.body[-1], ast.Return), "the forward pass")


def _statements(body: Sequence[ast.stmt]) -> None:
    for statement in body:
        if isinstance(statement, ast.For):
            _expect(not statement.orelse, "the forward pass")
            _statements(statement.body)
        elif isinstance(statement, ast.Expr):
            value = statement.value
            _expect(isinstance(value, ast.Call) and head_of(value) == ".append", "a statement")
        else:
            _expect(isinstance(statement, ast.Assign), "the forward pass")


def _sequence(value: ast.expr, head: str) -> ast.Call:
    if not isinstance(value, ast.Call) or head_of(value) != head or value.keywords:
        raise UnfaithfulError(f"the emitted text has no {head} where it should")
    return value


def _is_place(value: ast.expr) -> bool:
    """`self.head[3].weight`"""
    while not isinstance(value, ast.Name):
        if isinstance(value, ast.Subscript) and not isinstance(value.slice, ast.Constant):
            return False
        if not isinstance(value, ast.Subscript | ast.Attribute):
            return False
        value = value.value
    return value.id == "self"


def _evaluated(tree: ast.expr, env: Mapping[str, Any]) -> Any:
    try:
        return parse(ast.unparse(tree)).evaluate(env)
    except ExpressionError as error:
        raise UnfaithfulError(f"an argument that cannot be worked out: {error}") from None


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
