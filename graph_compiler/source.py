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
class Source:
    """The result of `emit`."""

    text: str
    class_name: str
    spans: Mapping[str, tuple[Span, ...]]
    """Node path to the pieces of text it is responsible for."""
    modules: Mapping[str, str]
    """Node path to module path, for nodes that became modules."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Variable to the constructor's argument that takes its value, where there is one."""

    def node_at(self, line: int, column: int = 0) -> str | None:
        """The node with the smallest span over a position, else with the widest on its line."""
        best: str | None = None
        on_line: str | None = None
        size, widest = (1 << 30, 0), (-1, 0)
        for path, spans in self.spans.items():
            for span in spans:
                if not span.line <= line <= span.end_line:
                    continue
                extent = (span.end_line - span.line, span.end_column - span.column)
                if extent > widest:
                    on_line, widest = path, extent
                if extent < size and span.covers(line, column):
                    best, size = path, extent
        return on_line if best is None else best

    def lines_of(self, path: str) -> tuple[int, ...]:
        """All lines that a node is responsible for, ascending."""
        return tuple(
            sorted({n for s in self.spans.get(path, ()) for n in range(s.line, s.end_line + 1)})
        )
