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
from typing import Any

from graph_compiler.emit_calls import class_of, forward_heads
from graph_compiler.emit_chains import Part
from graph_compiler.emit_custom import import_block
from graph_compiler.emit_inlined import Copies
from graph_compiler.emit_language import head_of
from graph_compiler.emit_loops import is_loop, is_row
from graph_compiler.emit_reading import (
    UnfaithfulError,
    check_statements,
    evaluated,
    expect,
    is_place,
    is_text,
    made_inside,
    names_read,
    read_alone,
    sequence_of,
)
from graph_compiler.emit_written import Written
from graph_compiler.inferred import Inferred
from graph_compiler.naming import exported
from graph_compiler.source import Source

_FUNCTIONS = "import torch.nn.functional as F"
_LOOP_HEADS = frozenset(
    {"range", "reversed", "zip", ".unbind", ".new_zeros", ".append", "torch.stack"}
)


def verify(
    source: Source, written: Sequence[Written], mains: Sequence[Written], copies: Copies
) -> None:
    """Raises `UnfaithfulError` unless the text holds these drawings and nothing else."""
    lines = source.text.splitlines()
    alone: dict[int, str] = {}
    for made in written:
        alone.update(read_alone(made, lines))
    numbers = [number for number in range(1, len(lines) + 1) if number not in alone]
    try:
        tree = ast.parse("\n".join([lines[number - 1] for number in numbers]))
    except (SyntaxError, ValueError) as error:
        raise UnfaithfulError(f"the emitted text is no Python: {error}") from None
    block = [line for line in import_block(copies.imports, _FUNCTIONS in lines) if line]
    count = len(block) + 2
    head, rest = tree.body[:count], tree.body[count:]
    names = exported(main.name for main in mains)
    expect(
        [ast.unparse(node) for node in head[1:]] == [*block, f"__all__ = {names!r}"],
        "the imports",
    )
    expect(isinstance(head[0], ast.Expr) and is_text(head[0].value), "the first lines")
    expect(
        [getattr(node, "name", "") for node in rest]
        == [*copies.names, *(made.name for made in written)],
        "the classes",
    )
    expect(f"\n\n\n{copies.text}\n\n\n" in source.text or not copies.text, "the copied classes")
    original = [0, *numbers]
    used: set[int] = set()
    for made, node in zip(written, rest[len(copies.names) :], strict=True):
        expect(isinstance(node, ast.ClassDef), made.name)
        if isinstance(node, ast.ClassDef):
            _Class(made, original, alone, used).check(node)
    expect(used == alone.keys(), "the modules")


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
        expect([ast.unparse(given) for given in tree.bases] == [base], made.name)
        expect(not tree.decorator_list and not tree.keywords, made.name)
        methods = {node.name: node for node in body[1:] if isinstance(node, ast.FunctionDef)}
        wanted = {"__init__", "forward"} if made.calls or made.kept else {"forward"}
        wanted = {"__init__"} if made.sequence else wanted
        expect(len(body) == 1 + len(methods) and set(methods) == wanted, "the methods")
        first = body[0]
        expect(isinstance(first, ast.Expr) and is_text(first.value), "the docstring")
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
                expect(ast.unparse(made) == "super().__init__", "the constructor")
            case _:
                raise UnfaithfulError("the emitted constructor holds more than modules")
        number = module = 0
        for name in self._made.sequence:
            node = self._nodes[name]
            if node.turns is not None:
                expect(self._made.modules[f"{name}[0]"] == str(module), name)
                number = self._entries(name, node, entries, number)
                module += len(node.turns.each)
                continue
            expect(number < len(entries) and self._made.modules[name] == str(module), name)
            self._module(name, entries[number])
            number, module = number + 1, module + 1
        expect(number == len(entries), "the modules")

    def _own_arguments(self, function: ast.FunctionDef) -> None:
        names = [argument.arg for argument in function.args.args]
        expect(names == ["self", *(a.name for a in self._made.arguments)], "the arguments")

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
                    expect(name not in found, name)
                    found[name] = value
                case ast.Assign(targets=[ast.Attribute() as target], value=value):
                    expect(is_place(target) and is_place(value), "the shared weights")
                    tied += 1
                case _:
                    raise UnfaithfulError("the emitted constructor holds more than modules")
        expect(ast.unparse(function.body[0]) == "super().__init__()", "the constructor")
        for name, attribute in self._made.kept.items():
            expect(ast.unparse(found.pop(attribute, ast.Constant(0))) == name, attribute)
        for part in self._made.taken.parts:
            if not part.attribute or self._nodes[part.nodes[0]].node.shares:
                continue
            expect(part.attribute in found, part.attribute)
            self._part(part, found.pop(part.attribute))
        wanted = sum(len(node.node.ties) for node in self._nodes.values())
        ties = [value for value in found.values() if is_place(value)]
        expect(len(ties) == len(found) and tied + len(ties) == wanted, "the shared weights")

    def _part(self, part: Part, value: ast.expr) -> None:
        if part.branches:
            self._branch(part, value)
        elif part.is_chain:
            self._chain(part, value)
        else:
            self._module(part.nodes[0], value)

    def _chain(self, part: Part, value: ast.expr) -> None:
        call = sequence_of(value, "nn.Sequential")
        inside = range(self._original[call.lineno] + 1, self._original[call.end_lineno or 0])
        if not call.args:
            wanted = [f"{part.attribute}.{n}" for n in range(len(part.nodes))]
            expect([self._alone.get(n, "") for n in inside] == wanted, part.attribute)
            self._used.update(inside)
            return
        expect(len(call.args) == len(part.nodes), part.attribute)
        for name, entry in zip(part.nodes, call.args, strict=True):
            self._module(name, entry)

    def _branch(self, part: Part, value: ast.expr) -> None:
        """A choice: every branch holds its modules, and the condition picks the present one."""
        node = self._nodes[part.nodes[0]]
        picked = value
        while isinstance(picked, ast.IfExp):
            holds = evaluated(picked.test, self._made.body.values)
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
        expect(len(ends) == len(part.branches), part.attribute)

    def _branch_modules(self, branch: tuple[str, ...], value: ast.expr) -> None:
        if not branch:
            expect(ast.unparse(value) == "nn.Identity()", "an empty branch")
        elif len(branch) == 1:
            self._module(branch[0], value)
        else:
            call = sequence_of(value, "nn.Sequential")
            expect(len(call.args) == len(branch), branch[0])
            for name, entry in zip(branch, call.args, strict=True):
                self._module(name, entry)

    def _module(self, name: str, value: ast.expr) -> None:
        node = self._nodes[name]
        if node.turns is None:
            self._single(name, node, value, {})
            return
        call = sequence_of(value, "nn.Sequential" if is_row(node) else "nn.ModuleList")
        entries = call.args
        if len(entries) == 1 and isinstance(entries[0], ast.List):
            entries = entries[0].elts
        expect(self._entries(name, node, entries, 0) == len(entries), name)

    def _entries(self, name: str, node: Inferred, entries: Sequence[ast.expr], start: int) -> int:
        """The entries of a row from `start` on, as many as make its turns; where they end."""
        turns = len(node.turns.each) if node.turns is not None else 0
        turn, number = 0, start
        while turn < turns:
            expect(number < len(entries), name)
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
        expect(index == "_" or first == turn, name)
        expect(turn + last - first <= len(node.turns.each if node.turns else ()), name)
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
                expect(head_of(call) == "range" and not call.keywords, name)
                bounds = [evaluated(bound, self._made.body.values) for bound in call.args]
            case _:
                raise UnfaithfulError(f"the emitted text does not repeat {name}")
        expect(len(bounds) in (1, 2) and all(isinstance(b, int) for b in bounds), name)
        first, last = bounds if len(bounds) == 2 else (0, bounds[0])
        return index, first, max(first, last)

    def _turn(
        self, name: str, node: Inferred, value: ast.expr, turn: int, env: Mapping[str, int]
    ) -> None:
        expect(node.turns is not None and turn < len(node.turns.each), name)
        if node.turns is not None:
            self._single(f"{name}[{turn}]", node.turns.each[turn], value, env)

    def _single(self, path: str, node: Inferred, value: ast.expr, env: Mapping[str, int]) -> None:
        if not isinstance(value, ast.Call):
            raise UnfaithfulError(f"the emitted text does not construct {path}")
        values = (*value.args, *(keyword.value for keyword in value.keywords))
        for item in values:
            if not isinstance(item, ast.Constant):
                expect(names_read(item) <= self._arguments | env.keys(), path)
                expect(made_inside(item, node.layer.module), path)
        if node.body is None:
            expect(head_of(value) == class_of(node), path)
            return
        inner = self._made.inner[path]
        expect(head_of(value) == inner.name, path)
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
        expect(len(given) == len(call.args) + len(call.keywords), path)
        for argument in inner.arguments:
            value = given.pop(argument.name, None)
            wanted = body.values[argument.name]
            if value is None:
                expect(bool(argument.default), path)
                found = evaluated(ast.parse(argument.default, mode="eval").body, {})
            else:
                found = evaluated(value, env)
            expect(found == wanted, f"{path}, the argument {argument.name}")
        expect(not given, path)

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
                    expect(head in allowed or (bool(looped) and head in locals_called), head)
        read = {ast.unparse(n) for n in ast.walk(function) if isinstance(n, ast.Attribute)}
        for name, count in attributes.items():
            node = self._nodes[next(p.nodes[0] for p in parts if f"self.{p.attribute}" == name)]
            plain = node.body is not None or not (node.layer.forward or node.layer.template)
            if name in looped or not plain:
                expect(name in read, name)
            else:
                expect(called.get(name, 0) == count, name)
        check_statements(function.body[:-1])
        expect(isinstance(function.body[-1], ast.Return), "the forward pass")
