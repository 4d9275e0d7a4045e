"""Which wires end and begin at which node: the scene's own table, so that nobody has to search."""

from __future__ import annotations

from collections.abc import Iterator

from graph_compiler.model import Wire


class Wiring:
    """The wires of one drawing, by the nodes at their ends."""

    def __init__(self) -> None:
        self._into: dict[str, dict[Wire, None]] = {}
        self._out_of: dict[str, dict[Wire, None]] = {}

    def note(self, wire: Wire, there: bool) -> None:
        """A wire has come, or is gone."""
        for table, end in ((self._out_of, wire.source), (self._into, wire.target)):
            if there:
                table.setdefault(end, {})[wire] = None
            elif end in table:
                table[end].pop(wire, None)

    def forget(self, node: str) -> None:
        """A node is gone, and its wires with it."""
        self._into.pop(node, None)
        self._out_of.pop(node, None)

    def into(self, node: str) -> list[Wire]:
        """The wires that end at a node."""
        return list(self._into.get(node, ()))

    def out_of(self, node: str) -> list[Wire]:
        """The wires that leave a node."""
        return list(self._out_of.get(node, ()))

    def around(self, node: str) -> Iterator[Wire]:
        """The wires at a node, those that end there first."""
        yield from self._into.get(node, ())
        yield from self._out_of.get(node, ())

    def at(self, node: str, port: str) -> Wire | None:
        """The wire that ends in an input, or None."""
        return next((wire for wire in self._into.get(node, ()) if wire.target_port == port), None)

    def snapshot(self) -> dict[str, dict[str, set[Wire]]]:
        """Plain values to compare two tables by."""
        return {
            side: {name: set(wires) for name, wires in table.items() if wires}
            for side, table in (("into", self._into), ("out_of", self._out_of))
        }
