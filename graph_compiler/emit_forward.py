"""The forward pass as an expert types it: short locals, a line a step, small steps inside larger.

Owns which values get a name, which name, and which are written where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.emit_calls import forward, is_infix
from graph_compiler.emit_chains import Part, Parts
from graph_compiler.emit_layout import Piece
from graph_compiler.naming import Namespace, identifier
from graph_compiler.symbolic_inference import Inferred

_LONGEST = 84
"""A statement that would be longer gives names to the steps inside it."""
_RUNNING = ("x", "y", "z", "h")


@dataclass(frozen=True, slots=True)
class Forward:
    """The arguments of `forward` by input node, and its statements."""

    arguments: Mapping[str, str]
    statements: tuple[Piece, ...]


def write_forward(
    taken: Parts, nodes: Mapping[str, Inferred], returned: Mapping[str, str]
) -> Forward:
    """The body of `forward`; `returned` gives the name of each output node's value."""
    named: set[str] = set()
    arguments = Namespace().claim_all(taken.inputs)
    while True:
        writer = _Writer(taken, nodes, arguments, returned, named)
        statements = writer.write()
        crowded = writer.crowded()
        if not crowded:
            return Forward(arguments, statements)
        named |= crowded


class _Writer:
    """One attempt, with the values in `named` kept out of other expressions."""

    def __init__(
        self,
        taken: Parts,
        nodes: Mapping[str, Inferred],
        arguments: Mapping[str, str],
        returned: Mapping[str, str],
        named: set[str],
    ) -> None:
        self._taken, self._nodes, self._arguments = taken, nodes, arguments
        self._named = named
        self._maker = {part.value: part for part in taken.parts}
        self._users = _users(taken)
        self._results = {
            value: returned[output] for output, value in reversed(list(taken.outputs.items()))
        }
        self._depths: dict[str, int] = {}
        self._inner: set[str] = set()
        for part in taken.parts:
            self._place(part)
        self._names: dict[str, str] = {}
        self._crowded: set[str] = set()

    def write(self) -> tuple[Piece, ...]:
        """Every statement in order, the return last."""
        steps = [part for part in self._taken.parts if part.value not in self._inner]
        self._name_values(steps)
        pieces = []
        for part in steps:
            piece = Piece(f"{self._names[part.value]} = ").add(self._expression(part))
            if len(piece.text) > _LONGEST:
                self._crowded |= self._operands_inside(part)
            pieces.append(piece)
        pieces.append(self._return())
        return tuple(pieces)

    def crowded(self) -> set[str]:
        """Values inside statements that came out too long, to be named in the next attempt."""
        return self._crowded

    def _place(self, part: Part) -> None:
        """Decides whether a value is written where it is used, by how deep that would nest."""
        depth = 1 + max((self._depths.get(source, 0) for source in part.sources), default=0)
        users = self._users.get(part.value, [])
        if len(users) != 1 or part.value in self._named:
            return
        user = users[0]
        if user is None:
            self._inner.add(part.value)
            return
        if user.attribute:
            # `self.relu(a + b)` reads well; a chain around a sum, or a call in a call, does not.
            fits = not part.attribute and not user.is_chain and depth <= 2
        else:
            fits = depth <= 1
        if fits:
            self._inner.add(part.value)
            self._depths[part.value] = depth

    def _name_values(self, steps: list[Part]) -> None:
        """`x` for what the next statement uses up; a name of its own for what lives longer."""
        number = {part.value: place for place, part in enumerate(steps)}
        last_use = self._last_uses(steps, number)
        reused = {name for node, name in self._arguments.items() if last_use.get(node, -1) <= 0}
        running = next(
            (n for n in _RUNNING if n not in self._arguments.values() or n in reused), "x_"
        )
        scope = Namespace({*self._arguments.values(), running})
        for part in steps:
            if last_use[part.value] <= number[part.value] + 1:
                self._names[part.value] = running
        long_lived = [part for part in steps if part.value not in self._names]
        for part in long_lived:
            self._names[part.value] = scope.claim(self._own_name(part))

    def _last_uses(self, steps: list[Part], number: Mapping[str, int]) -> dict[str, int]:
        """Value to the number of the last statement that reads it, the return being one more."""
        last: dict[str, int] = {}

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

    def _own_name(self, part: Part) -> str:
        return self._results.get(part.value) or part.attribute or identifier(part.value)

    def _expression(self, part: Part) -> Piece:
        operands = [self._operand(source) for source in part.sources]
        if part.attribute:
            piece = Piece(f"self.{part.attribute}(").add(operands[0])
            for operand in operands[1:]:
                piece.add(", ").add(operand)
            piece.add(")")
            for node in part.nodes:
                piece.mark(node)
            return piece
        loose = [
            source in self._inner and _is_loose(self._maker[source], self._nodes)
            for source in part.sources
        ]
        return forward(self._nodes[part.value], operands, loose).mark(part.value)

    def _operand(self, source: str) -> Piece:
        if source in self._inner:
            return self._expression(self._maker[source])
        return Piece(self._arguments.get(source) or self._names[source])

    def _return(self) -> Piece:
        piece = Piece("return ")
        ends = []
        for number, (output, value) in enumerate(self._taken.outputs.items()):
            piece.add(", " if number else "")
            start = len(piece.text)
            piece.add(self._operand(value))
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

    def _operands_inside(self, part: Part) -> set[str]:
        """Calls and operations written inside a part's expression, the outermost ones."""
        return {source for source in part.sources if source in self._inner}


def _users(taken: Parts) -> dict[str, list[Part | None]]:
    """Value to the parts that read it, a part twice if it reads it twice, None for the return."""
    users: dict[str, list[Part | None]] = {}
    for part in taken.parts:
        for source in part.sources:
            users.setdefault(source, []).append(part)
    for value in taken.outputs.values():
        users.setdefault(value, []).append(None)
    return users


def _is_loose(part: Part, nodes: Mapping[str, Inferred]) -> bool:
    return not part.attribute and is_infix(nodes[part.value])
