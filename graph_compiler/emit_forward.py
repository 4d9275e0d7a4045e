"""The forward pass as an expert types it: short locals, a line a step, small steps inside larger.

Owns which values get a name, which name, and which are written where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.emit_calls import Keep, Operand, Operands, forward, reads, unpacked
from graph_compiler.emit_chains import Part, Parts, Value
from graph_compiler.emit_layout import Piece
from graph_compiler.emit_loops import Loop, is_loop, is_row
from graph_compiler.inferred import Inferred
from graph_compiler.naming import Namespace, identifier

_LONGEST = 84
"""A statement that would be longer gives names to the steps inside it."""
_RUNNING = ("x", "y", "z", "h")
_NUMBERED = re.compile(r"output\d+")
"""Outputs that have no name of their own: `parts` gives `parts1`, `parts2`."""


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
        self._results = {
            value: returned[output] for output, value in reversed(list(taken.outputs.items()))
        }
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
        self._name_values(steps)
        pieces: list[tuple[int, Piece]] = []
        for part in steps:
            if self._is_loop(part):
                pieces.extend(self._loop(part))
                continue
            piece = Piece(f"{self._left_side(part)} = ").add(self._expression(part).piece)
            if len(piece.text) > _LONGEST:
                self._crowded |= self._operands_inside(part)
            pieces.append((0, piece))
        pieces.append((0, self._return()))
        return tuple(pieces)

    def crowded(self) -> set[Value]:
        """Values inside statements that came out too long, to be named in the next attempt."""
        return self._crowded

    def _place(self, part: Part) -> None:
        """Decides whether a value is written where it is used, by how deep that would nest."""
        depth = 1 + max((self._depths.get(source, 0) for source in part.sources), default=0)
        users = self._users.get(part.value, [])
        if len(part.ports) > 1 or self._is_loop(part):
            return
        if any(user is not None and self._is_loop(user) for user in users):
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

    def _name_values(self, steps: list[Part]) -> None:
        """`x` for what the next statement uses up; a name of its own for what lives longer."""
        number = {part.value: place for place, part in enumerate(steps)}
        last_use = self._last_uses(steps, number)
        short = {
            part.value
            for part in steps
            if last_use.get(part.value, -1) <= number[part.value] + 1
            and not self._is_scan(part)
            and not self._has_sisters(part)
        }
        scope = self._scope = Namespace({*self._arguments.values(), "x"})
        for part in steps:
            for place, value in enumerate(part.values):
                if value in last_use and value not in short:
                    goes_on = self._goes_on(part, place)
                    self._names[value] = goes_on or scope.claim(self._own_name(part, place))
        holders = {name: value for value, name in self._arguments.items()}
        running = [n for n in _RUNNING if n in holders or n == "x" or not scope.is_taken(n)]
        for place, part in enumerate(steps):
            if part.value not in short:
                continue
            kept = self._read_in_loop(part)
            name = next(
                (
                    name
                    for name in running
                    if name not in holders
                    or (last_use.get(holders[name], -1) <= place and holders[name] not in kept)
                ),
                "",
            )
            if name:
                scope.take(name)
                holders[name] = part.value
            self._names[part.value] = name or scope.claim(self._own_name(part, 0))
        self._name_starts(steps)

    def _name_starts(self, steps: list[Part]) -> None:
        """What only a loop goes on from has the name of what comes out of the loop."""
        for part in steps:
            node = self._nodes[part.nodes[0]]
            if not self._is_loop(part) or node.turns is None:
                continue
            for source, name in self._starts(part).items():
                own = source in self._maker and self._names.get(source) not in _RUNNING
                if own and self._users[source] == [part] and name not in _RUNNING:
                    self._names[source] = name

    def _starts(self, part: Part) -> dict[Value, str]:
        """Value that a loop goes on from to the name of what comes out for it."""
        node = self._nodes[part.nodes[0]]
        ports = dict(zip(part.ports, part.values, strict=True))
        sources = {w.target_port: s for w, s in zip(node.wires, part.sources, strict=True)}
        back = node.turns.back if node.turns is not None else ()
        return {
            sources[target]: self._names[ports[source]]
            for target, source in back
            if target in sources and ports.get(source) in self._names
        }

    def _read_in_loop(self, part: Part) -> set[Value]:
        """What every turn of a loop reads anew, so that no name of it may be given away."""
        node = self._nodes[part.nodes[0]]
        if not self._is_loop(part) or node.turns is None:
            return set()
        fed = {target for target, _ in node.turns.back}
        pairs = list(zip(node.wires, part.sources, strict=True))
        once = {source for wire, source in pairs if wire.target_port in fed}
        again = {source for wire, source in pairs if wire.target_port not in fed}
        return again if len(once) < 2 else again | once

    def _goes_on(self, part: Part, place: int) -> str:
        """The name of the state that a scan begins with, where nothing else reads that."""
        node = self._nodes[part.nodes[0]]
        if not self._is_scan(part) or node.turns is not None:
            return ""
        for wire, source in zip(node.wires, part.sources, strict=True):
            if part.ports[place] == f"last_{wire.target_port}" and self._users[source] == [part]:
                return self._names.get(source, "")
        return ""

    def _is_scan(self, part: Part) -> bool:
        return not part.is_chain and self._nodes[part.nodes[0]].scan is not None

    def _has_sisters(self, part: Part) -> bool:
        """Whether values that come from the same place as this one are named where it is used."""
        users = self._users.get(part.value, [])
        if len(users) != 1 or users[0] is None or self._is_loop(users[0]):
            return False
        own = self._origins(part)
        sisters = self._leaves(users[0]) - {part.value}
        return any(
            value in self._maker and own & self._origins(self._maker[value]) and value[0] not in own
            for value in sisters
        )

    def _origins(self, part: Part) -> set[str]:
        """The nodes whose values a statement reads."""
        return {value[0] for value in self._leaves(part)}

    def _leaves(self, part: Part) -> set[Value]:
        """The values that a statement reads by name."""
        found: set[Value] = set()
        for source in part.sources:
            found |= self._leaves(self._maker[source]) if source in self._inner else {source}
        return found

    def _last_uses(self, steps: list[Part], number: Mapping[Value, int]) -> dict[Value, int]:
        """Value to the number of the last statement that reads it, the return being one more."""
        last: dict[Value, int] = {}

        def reads(part: Part, place: int) -> None:
            for source in part.sources:
                last[source] = max(last.get(source, -1), place)
                if source in self._inner:
                    reads(self._maker[source], place)

        for place, part in enumerate(steps):
            reads(part, place)
        for value in self._taken.outputs.values():
            last[value] = len(steps)
            if value in self._inner:
                reads(self._maker[value], len(steps))
        return last

    def _is_loop(self, part: Part) -> bool:
        return not part.is_chain and is_loop(self._nodes[part.nodes[0]])

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

    def _own_name(self, part: Part, place: int) -> str:
        value = part.values[place]
        if value in self._results:
            return self._results[value]
        if len(part.ports) > 1 and _NUMBERED.fullmatch(part.ports[place]):
            name = part.attribute or identifier(value[0])
            return f"{name}{'_' if name[-1].isdigit() else ''}{place + 1}"
        if self._is_scan(part) and part.ports[place].startswith("last_"):
            return identifier(part.ports[place].removeprefix("last_"))
        return identifier(part.ports[place]) if place else part.attribute or identifier(value[0])

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
