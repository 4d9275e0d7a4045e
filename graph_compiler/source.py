"""Emitted Python: its text, and the maps between positions, nodes and module paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text that a node is responsible for; lines from 1, columns from 0, end exclusive."""

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

    def node_at(self, line: int, column: int = 0) -> str | None:
        """The node responsible for a position, or for its line where no span covers the very column."""
        on_line: str | None = None
        for path, spans in self.spans.items():
            for span in spans:
                if span.covers(line, column):
                    return path
                if span.line <= line <= span.end_line and on_line is None:
                    on_line = path
        return on_line

    def lines_of(self, path: str) -> tuple[int, ...]:
        """All lines that a node is responsible for, ascending."""
        return tuple(
            sorted({n for s in self.spans.get(path, ()) for n in range(s.line, s.end_line + 1)})
        )
