"""The forward pass as an expert types it: short locals, a line a step, small steps inside larger.

Owns which values get a name, which name, and which are written where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.emit_calls import Keep, Operand, Operands, forward, reads, unpacked
from graph_compiler.emit_chains import Part, Parts, Value
from graph_compiler.emit_layout import Piece
from graph_compiler.emit_loops import Loop, is_row
from graph_compiler.emit_names import ValueNames, is_loop_part
from graph_compiler.inferred import Inferred
from graph_compiler.naming import Namespace

_LONGEST = 84
"""A statement that would be longer gives names to the steps inside it."""


@dataclass(frozen=True, slots=True)
class Forward:
    """The arguments of `forward` by input node, and its statements."""

    arguments: Mapping[str, str]
    statements: tuple[tuple[int, Piece], ...]
    """Each with its depth: inside a loop it is 1."""


def write_forward(
    taken: Parts,
    nodes: Mapping[str, Inferred],
    returned: Mapping[str, str],
    keep: Keep,
    block: bool = False,
) -> Forward:
    """The body of `forward`; `returned` gives the name of each output node's value.

    `keep` gives the text by which the forward pass reads an argument of the constructor.
    """
    named: set[Value] = set()
    arguments = forward_arguments(taken, block)
    while True:
        writer = _Writer(taken, nodes, arguments, returned, keep, named)
        statements = writer.write()
        crowded = writer.crowded()
        if not crowded:
            return Forward(arguments, statements)
        named |= crowded


def forward_arguments(taken: Parts, block: bool) -> dict[str, str]:
    """Input node to argument; the only input of a block, where it is just called so, is x."""
    if block and taken.inputs == ("input",):
        return {"input": "x"}
    return Namespace().claim_all(taken.inputs)


class _Writer:
    """One attempt, with the values in `named` kept out of other expressions."""

    def __init__(
        self,
        taken: Parts,
        nodes: Mapping[str, Inferred],
        arguments: Mapping[str, str],
        returned: Mapping[str, str],
        keep: Keep,
        named: set[Value],
    ) -> None:
        self._taken, self._nodes, self._keep = taken, nodes, keep
        self._arguments = {(node, "output"): name for node, name in arguments.items()}
        self._named = named
        self._maker = {value: part for part in taken.parts for value in part.values}
        self._users = _users(taken, nodes)
        self._returned = returned
        self._depths: dict[Value, int] = {}
        self._inner: set[Value] = set()
        for part in taken.parts:
            self._place(part)
        self._names: dict[Value, str] = {}
        self._locals: dict[str, str] = {}
        self._crowded: set[Value] = set()

    def write(self) -> tuple[tuple[int, Piece], ...]:
        """Every statement in order, the return last."""
        steps = [part for part in self._taken.parts if part.value not in self._inner]
        names = ValueNames(
            self._taken, self._nodes, self._arguments, self._returned, self._users, self._inner
        )
        self._names, self._scope = names.give(steps), names.scope
        pieces: list[tuple[int, Piece]] = []
        for part in steps:
            if is_loop_part(part, self._nodes):
                pieces.extend(self._loop(part))
                continue
            piece = Piece(f"{self._left_side(part)} = ").add(self._expression(part).piece)
            if len(piece.text) > _LONGEST:
                self._crowded |= self._operands_inside(part)
            pieces.append((0, piece))
        end = self._return()
        at_once = _returned_at_once(pieces[-1], end) if pieces else None
        if at_once is not None:
            pieces.pop()
        pieces.append((0, at_once or end))
        return tuple(pieces)

    def crowded(self) -> set[Value]:
        """Values inside statements that came out too long, to be named in the next attempt."""
        return self._crowded

    def _place(self, part: Part) -> None:
        """Decides whether a value is written where it is used, by how deep that would nest."""
        depth = 1 + max((self._depths.get(source, 0) for source in part.sources), default=0)
        users = self._users.get(part.value, [])
        if len(part.ports) > 1 or is_loop_part(part, self._nodes):
            return
        if any(user is not None and is_loop_part(user, self._nodes) for user in users):
            return
        if len(users) != 1 or part.value in self._named:
            return
        user = users[0]
        if user is None:
            self._inner.add(part.value)
            return
        if not user.attribute:
            fits = depth <= 1
        elif part.attribute:
            # `self.fc(self.norm(x))` reads well; a chain or a block around a call does not.
            fits = depth <= 1 and self._is_call(part) and self._is_leaf(user)
        else:
            fits = depth <= 2 and not user.is_chain
        if fits:
            self._inner.add(part.value)
            self._depths[part.value] = depth

    def _is_call(self, part: Part) -> bool:
        """Whether the step is such a call and nothing more."""
        layer = self._nodes[part.nodes[0]].layer
        return self._is_leaf(part) and not layer.forward and layer.template is None

    def _is_leaf(self, part: Part) -> bool:
        """Whether the step is the call of one layer's module."""
        node = self._nodes[part.nodes[0]]
        is_one = not part.is_chain and not part.branches
        return is_one and bool(node.layer.module) and node.turns is None

    def _loop(self, part: Part) -> list[tuple[int, Piece]]:
        node = self._nodes[part.nodes[0]]
        operands = {
            wire.target_port: self._operand(source).piece.text
            for wire, source in zip(node.wires, part.sources, strict=True)
        }
        names = {
            port: self._names[value]
            for port, value in zip(part.ports, part.values, strict=True)
            if value in self._users
        }
        itself = f"self.{part.attribute}" if part.attribute else ""
        return Loop(node, itself, self._keep, self._local).write(operands, names)

    def _local(self, wish: str) -> str:
        """A name for what only a loop reads; the next loop may have it again."""
        if wish not in self._locals:
            self._locals[wish] = self._scope.claim(wish)
        return self._locals[wish]

    def _left_side(self, part: Part) -> str:
        if len(part.ports) == 1:
            return self._names[part.value]
        names = {
            port: self._names[value]
            for port, value in zip(part.ports, part.values, strict=True)
            if value in self._users
        }
        return unpacked(self._nodes[part.nodes[-1]], names)

    def _expression(self, part: Part) -> Operand:
        node = self._nodes[part.nodes[0]]
        itself = f"self.{part.attribute}" if part.attribute else ""
        if part.is_chain or part.branches or is_row(node):
            piece = Piece(f"{itself}(").add(self._operand(part.sources[0]).piece).add(")")
            for name in (*part.nodes, *(n for branch in part.branches for n in branch)):
                piece.mark(name)
            return Operand(piece)
        if node.body is not None:
            piece = Piece(f"{itself}(")
            for number, source in enumerate(part.sources):
                piece.add(", " if number else "").add(self._operand(source).piece)
            return Operand(piece.add(")").mark(part.nodes[0]))
        wires = {
            wire.target_port: self._operand(source)
            for wire, source in zip(node.wires, part.sources, strict=True)
        }
        found = forward(node, Operands(wires, itself, self._keep))
        found.piece.mark(part.nodes[0])
        return found

    def _operand(self, source: Value) -> Operand:
        if source in self._inner:
            return self._expression(self._maker[source])
        return Operand(Piece(self._arguments.get(source) or self._names[source]))

    def _return(self) -> Piece:
        piece = Piece("return ")
        ends = []
        for number, (output, value) in enumerate(self._taken.outputs.items()):
            piece.add(", " if number else "")
            start = len(piece.text)
            piece.add(self._operand(value).piece)
            ends.append((start, len(piece.text), output))
            if len(self._taken.outputs) > 1 and len(piece.text) > _LONGEST:
                self._crowded |= {value} & self._inner
        if len(self._taken.outputs) == 1:
            piece.marks.append((0, len("return"), ends[0][2]))
            value = next(iter(self._taken.outputs.values()))
            if len(piece.text) > _LONGEST and value in self._inner:
                self._crowded |= self._operands_inside(self._maker[value])
        piece.marks.extend(ends)
        return piece

    def _operands_inside(self, part: Part) -> set[Value]:
        """Calls and operations written inside a part's expression, the outermost ones."""
        return {source for source in part.sources if source in self._inner}


def _returned_at_once(before: tuple[int, Piece], end: Piece) -> Piece | None:
    """`y = torch.stack(…)` and `return y` as one; None where they are anything else."""
    depth, statement = before
    head = f"{end.text.removeprefix('return ')} = "
    if depth or not statement.text.startswith(head):
        return None
    value = Piece(statement.text.removeprefix(head))
    for start, stop, node in statement.marks:
        if stop > len(head):
            value.marks.append((max(start - len(head), 0), stop - len(head), node))
    one = Piece("return ").add(value)
    one.marks[:0] = [mark for mark in end.marks if mark[0] == 0]
    return one


def _users(taken: Parts, nodes: Mapping[str, Inferred]) -> dict[Value, list[Part | None]]:
    """Value to the parts that read it, a part twice if it reads it twice, None for the return."""
    users: dict[Value, list[Part | None]] = {}
    for part in taken.parts:
        node = nodes[part.nodes[0]]
        if part.is_chain or part.branches or node.body is not None or node.turns is not None:
            for source in part.sources:
                users.setdefault(source, []).append(part)
            continue
        times = reads(node)
        for wire, source in zip(node.wires, part.sources, strict=True):
            users.setdefault(source, []).extend([part] * times[wire.target_port])
    for value in taken.outputs.values():
        users.setdefault(value, []).append(None)
    return users
