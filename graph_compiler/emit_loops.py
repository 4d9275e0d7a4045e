"""Loops in the forward pass: nodes in a row with more than one value in and out, steps of time.

Owns the statements of one such node. Knows no other node of the drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graph_compiler.emit_calls import (
    Keep,
    Operand,
    Operands,
    forward,
    in_forward,
    is_plain_link,
    unpacked,
)
from graph_compiler.emit_layout import Piece
from graph_compiler.emit_text import literal, names_in
from graph_compiler.inferred import Inferred
from graph_compiler.naming import identifier

Lines = list[tuple[int, Piece]]


def is_row(node: Inferred) -> bool:
    """Whether a repeated node becomes an `nn.Sequential`: one value in, one out, and a module."""
    if node.turns is None or node.scan is not None:
        return False
    if node.body is not None:
        return len(node.wires) == 1 and len(node.outputs) == 1
    return is_plain_link(node.turns.each[0])


def is_loop(node: Inferred) -> bool:
    """Whether the forward pass writes a loop for the node."""
    return node.scan is not None or (node.turns is not None and not is_row(node))


class Loop:
    """The statements of one node; `claim` gives a name for what only the loop reads."""

    def __init__(
        self, node: Inferred, itself: str, keep: Keep, claim: Callable[[str], str]
    ) -> None:
        self._node, self._itself, self._keep, self._claim = node, itself, keep, claim

    def write(self, operands: Mapping[str, str], names: Mapping[str, str]) -> Lines:
        """What computes the outputs in `names` from the variables in `operands`, by port."""
        lines = self._rows(dict(operands), names)
        for _, piece in lines:
            piece.mark(self._node.node.name)
        return lines

    def _rows(self, operands: dict[str, str], names: Mapping[str, str]) -> Lines:
        turns = self._node.turns
        if turns is None:
            return self._apply(self._node, self._itself, operands, names, 0)
        names = dict(names)
        lines: Lines = []
        for target, source in turns.back:
            variable = names.get(source) or self._claim(identifier(source, "value"))
            names[source] = variable
            if target in operands:
                if operands[target] != variable:
                    lines.append((0, Piece(f"{variable} = {operands[target]}")))
                operands[target] = variable
        varied = turns.samples[0] is not turns.samples[-1]
        if not self._itself and varied and not turns.general:
            for turn in turns.each:
                lines.extend(self._apply(turn, "", operands, names, 0))
            return lines
        inner = turns.each[-1]
        if self._itself:
            wish = "block" if inner.body is not None else "layer"
            variable = self._claim("cell" if inner.scan is not None else wish)
            lines.append((0, Piece(f"for {variable} in {self._itself}:")))
        else:
            text = literal(turns.count)
            count = in_forward(text, names_in(text), self._keep)
            variable, index = "", "_"
            if varied:
                inner, index = turns.general[0], "i"
                for turn in turns.each[: turns.first]:
                    lines.extend(self._apply(turn, "", operands, names, 0))
                count = f"{turns.first}, {count}" if turns.first else count
            lines.append((0, Piece(f"for {index} in range({count}):")))
        return lines + self._apply(inner, variable, operands, names, 1)

    def _apply(
        self,
        node: Inferred,
        itself: str,
        operands: Mapping[str, str],
        names: Mapping[str, str],
        depth: int,
    ) -> Lines:
        """One application of the node: of a whole scan, or one statement."""
        if node.scan is not None:
            return self._scan(node, itself, operands, names, depth)
        left = unpacked(node, names)
        if node.body is not None:
            call = f"{itself}({', '.join(operands[wire.target_port] for wire in node.wires)})"
            return [(depth, Piece(f"{left} = {call}"))]
        wires = {port: Operand(Piece(text)) for port, text in operands.items()}
        keep: Keep = lambda name: name if name == "i" else self._keep(name)  # noqa: E731
        return [
            (depth, Piece(f"{left} = ").add(forward(node, Operands(wires, itself, keep)).piece))
        ]

    def _scan(
        self,
        node: Inferred,
        itself: str,
        operands: Mapping[str, str],
        names: Mapping[str, str],
        depth: int,
    ) -> Lines:
        scan, body = node.scan, node.body
        if scan is None or body is None:
            return []
        claim = self._claim
        lines: Lines = []
        first = operands[scan.sequences[0]]
        inside: dict[str, str] = {}
        """Port of the block, input or output, to its variable within a step."""
        for state, (shape, dtype) in scan.states.items():
            variable = names.get(f"last_{state}") or claim(identifier(state))
            if state in operands:
                start = operands[state]
            else:
                sizes = ", ".join([f"{first}.shape[0]", *(self._size(size) for size in shape)])
                kind = {"float": "", "int": ", dtype=torch.long", "bool": ", dtype=torch.bool"}
                start = f"{first}.new_zeros({sizes}{kind[dtype]})"
            if start != variable:
                lines.append((depth, Piece(f"{variable} = {start}")))
            inside[state] = variable
        alone = len(scan.sequences) == 1
        for port in scan.sequences:
            inside[port] = claim("step" if alone else f"{identifier(port)}_step")
        steps = [f"{operands[port]}.unbind(1)" for port in scan.sequences]
        if scan.backward:
            steps = [f"reversed({step})" for step in steps]
        over = steps[0] if alone else f"zip({', '.join(steps)}, strict=True)"
        kept = [port for port in scan.outputs if port in names]
        collected = {
            port: claim("outputs" if len(kept) == 1 else f"{identifier(port)}_steps")
            for port in kept
        }
        lines.extend((depth, Piece(f"{name} = []")) for name in collected.values())
        loop = ", ".join(inside[port] for port in scan.sequences)
        lines.append((depth, Piece(f"for {loop} in {over}:")))
        results = []
        for port in scan.outputs:
            if port in scan.states:
                results.append(inside[port])
            elif port in collected:
                inside[port] = claim(f"{identifier(port)}_now")
                results.append(inside[port])
            else:
                results.append("_")
        given = [inside.get(port) or operands[port] for port in body.inputs]
        call = f"{itself}({', '.join(given)})"
        lines.append((depth + 1, Piece(f"{', '.join(results)} = {call}")))
        for port, name in collected.items():
            lines.append((depth + 1, Piece(f"{name}.append({inside[port]})")))
        order = "[::-1]" if scan.backward else ""
        for port, name in collected.items():
            lines.append((depth, Piece(f"{names[port]} = torch.stack({name}{order}, dim=1)")))
        return lines

    def _size(self, size: object) -> str:
        text = literal(size)
        return in_forward(text, names_in(text), self._keep)


def loop_names(node: Inferred) -> tuple[str, ...]:
    """The constructor's arguments that a node's loop reads by itself."""
    found: list[str] = []
    turns = node.turns
    single = turns.each[-1] if turns is not None else node
    if single.scan is not None and single.body is not None:
        wired = {wire.target_port for wire in node.wires}
        for state, (shape, _) in single.scan.states.items():
            if state not in wired:
                found.extend(name for size in shape for name in names_in(literal(size)))
    if turns is not None and not single.layer.module and single.body is None:
        found.extend(names_in(literal(turns.count)))
    return tuple(found)
