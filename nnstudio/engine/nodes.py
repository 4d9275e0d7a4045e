"""From emitted code back to the drawing: which node a module, a weight or a line belongs to.

Reads `map.json` of a run, or the compiler's `Source`. Weights are matched by node path everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from torch import nn

from graph_compiler.source import Source, Span

Place = tuple[int, int, int, int]
"""First line and column, last line and column of a piece of text."""


class NodeMap:
    """The nodes behind one emitted `model.py`."""

    def __init__(
        self, modules: Mapping[str, str], spans: Mapping[str, tuple[Span, ...]], file: str
    ) -> None:
        self.file = file
        """The path of the text as tracebacks name it."""
        self._source = Source("", "", spans, modules)
        self._node_of = {module: node for node, module in modules.items()}

    @classmethod
    def of_run(cls, run: Path) -> NodeMap:
        """The map that lies in a run directory."""
        raw = json.loads((run / "map.json").read_text(encoding="utf-8"))
        spans = {
            node: tuple(Span(**span) for span in given) for node, given in raw["spans"].items()
        }
        return cls(raw["modules"], spans, str(run / "model.py"))

    @classmethod
    def of_source(cls, source: Source, file: str) -> NodeMap:
        """The map of a text that was just emitted."""
        return cls(source.modules, source.spans, file)

    def node_of_module(self, path: str) -> str:
        """The node whose module, or a module inside it, has this path; empty if none has."""
        while path:
            if path in self._node_of:
                return self._node_of[path]
            path = path.rpartition(".")[0]
        return ""

    def weight_name(self, path: str) -> str:
        """`node.weight` for the path of a parameter or buffer; `:path` where no node owns it."""
        inside = path.rpartition(".")[0]
        while inside:
            if inside in self._node_of:
                rest = path[len(inside) + 1 :]
                return f"{self._node_of[inside]}.{rest}"
            inside = inside.rpartition(".")[0]
        return f":{path}"

    def module_path(self, name: str) -> str:
        """The path of the parameter or buffer that `weight_name` gave this name."""
        if name.startswith(":"):
            return name[1:]
        node, _, rest = name.partition(".")
        module = self._source.modules.get(node)
        return name if module is None else f"{module}.{rest}"

    def node_at(self, place: Place) -> str:
        """The node that a piece of the text belongs to; empty if none does."""
        begin, end = place[:2], place[2:]
        around = [
            (span.end_line - span.line, span.end_column - span.column, node)
            for node, spans in self._source.spans.items()
            for span in spans
            if (span.line, span.column) <= begin and end <= (span.end_line, span.end_column)
        ]
        return min(around)[2] if around else self._source.node_at(*begin) or ""

    def node_of_error(self, error: BaseException, networks: Mapping[str, nn.Module]) -> str:
        """The node at work when an exception was raised; empty where that cannot be told."""
        names = {
            id(module): path
            for network in networks.values()
            for path, module in network.named_modules()
            if path
        }
        for frame, place in reversed(list(_frames(error.__traceback__))):
            path = names.get(id(frame.f_locals.get("self")))
            if path and (node := self.node_of_module(path)):
                return node
            if frame.f_code.co_filename == self.file and (node := self.node_at(place)):
                return node
        return ""

    def as_json(self) -> dict[str, Any]:
        """The part of `map.json` that this map was read from."""
        return {
            "modules": dict(self._source.modules),
            "spans": {k: [asdict(s) for s in v] for k, v in self._source.spans.items()},
        }


def place_of(frame: FrameType, instruction: int, line: int) -> Place:
    """The piece of text that an instruction of a frame was made from."""
    for number, (begin, end, column, end_column) in enumerate(frame.f_code.co_positions()):
        if number == instruction // 2:
            begin, column = begin or line, column or 0
            return begin, column, end or begin, column if end_column is None else end_column
    return line, 0, line, 0


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, Place]]:
    """Frame and place of every entry, outermost first."""
    while traceback is not None:
        frame = traceback.tb_frame
        yield frame, place_of(frame, traceback.tb_lasti, traceback.tb_lineno)
        traceback = traceback.tb_next
