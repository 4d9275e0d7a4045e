"""Emitted Python: its text, and the maps between positions, nodes and module paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text that a node is responsible for; lines from 1, columns from 0."""

    line: int
    column: int
    end_line: int
    end_column: int

    def covers(self, line: int, column: int) -> bool:
        """Whether the position lies in the span."""
        return (self.line, self.column) <= (line, column) < (self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class MadeNetwork:
    """What one network became in a file."""

    class_name: str
    modules: Mapping[str, str]
    """Node path to module path, for nodes that became modules."""
    arguments: Mapping[str, str]
    """Variable to the constructor's argument that takes its value, where there is one."""


@dataclass(frozen=True, slots=True)
class Source:
    """The result of `emit`; of several networks in one file the first is the primary one."""

    text: str
    class_name: str
    spans: Mapping[str, tuple[Span, ...]]
    """Node path to the pieces of text it is responsible for."""
    modules: Mapping[str, str]
    """Node path to module path, for nodes that became modules."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Variable to the constructor's argument that takes its value, where there is one."""
    classes: Mapping[str, str] = field(default_factory=dict)
    """Drawing, a network or a block, to its class; to the first of several."""
    parts: Mapping[str, Mapping[str, tuple[Span, ...]]] = field(default_factory=dict)
    """Drawing to its nodes' pieces of text; `spans` are those of the first network."""
    networks: Mapping[str, MadeNetwork] = field(default_factory=dict)
    """Every network of the file by its name; the first is told by the fields above as well."""
    custom: Mapping[str, Span] = field(default_factory=dict)
    """Layers written in Python in the project to their text; running it needs the user's trust."""

    def place_at(self, line: int, column: int = 0) -> tuple[str, str] | None:
        """The drawing and the node in it that a position belongs to."""
        for drawing, spans in self.parts.items():
            node = _node_at(spans, line, column)
            if node is not None:
                return drawing, node
        return None

    def node_at(self, line: int, column: int = 0) -> str | None:
        """The node with the smallest span over a position, else with the widest on its line."""
        return _node_at(self.spans, line, column)

    def lines_of(self, path: str) -> tuple[int, ...]:
        """All lines that a node is responsible for, ascending."""
        return tuple(
            sorted({n for s in self.spans.get(path, ()) for n in range(s.line, s.end_line + 1)})
        )


def _node_at(all_spans: Mapping[str, tuple[Span, ...]], line: int, column: int) -> str | None:
    best: str | None = None
    on_line: str | None = None
    size, widest = (1 << 30, 0), (-1, 0)
    for path, spans in all_spans.items():
        for span in spans:
            if not span.line <= line <= span.end_line:
                continue
            extent = (span.end_line - span.line, span.end_column - span.column)
            if extent > widest:
                on_line, widest = path, extent
            if extent < size and span.covers(line, column):
                best, size = path, extent
    return on_line if best is None else best
