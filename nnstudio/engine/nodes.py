"""From emitted code back to the drawing: which node a module, a weight or a line belongs to.

Reads `map.json` of a run, or the compiler's `Source`. Nodes are told by their full path, those
inside blocks and turns included: `stage1[0]/conv1`. Weights are matched by node path everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from graph_compiler.source import Source, Span

Place = tuple[int, int, int, int]
"""First line and column, last line and column of a piece of text."""
Spans = Mapping[str, tuple[Span, ...]]


class NodeMap:
    """The nodes behind one emitted `model.py`; `parts` are the pieces of text of each drawing.

    Where several networks are trained, `networks` has the node and module paths of each, and in the
    map of all of them every path begins with the network's name: `critic/fc1`, `critic.layers.0`.
    """

    def __init__(
        self,
        modules: Mapping[str, str],
        spans: Spans,
        file: str,
        parts: Mapping[str, Spans] | None = None,
        networks: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._networks = {name: NodeMap(one, {}, file) for name, one in (networks or {}).items()}
        if networks:
            modules = {name: name for name in networks} | {
                f"{name}/{node}": f"{name}.{module}"
                for name, one in networks.items()
                for node, module in one.items()
            }
        self.file = file
        """The path of the text as tracebacks name it."""
        self.modules = dict(modules)
        """Node path to module path; a module that several nodes share stands behind each."""
        self._drawings = list((parts or {}).values()) or [spans]
        self._nodes_of: dict[str, tuple[str, ...]] = {}
        for node, module in modules.items():
            self._nodes_of[module] = (*self._nodes_of.get(module, ()), node)

    @classmethod
    def of_run(cls, run: Path) -> NodeMap:
        """The map that lies in a run directory."""
        raw = json.loads((run / "map.json").read_text(encoding="utf-8"))
        parts = {drawing: _spans(given) for drawing, given in raw.get("parts", {}).items()}
        file = str(run / "model.py")
        return cls(raw["modules"], _spans(raw["spans"]), file, parts, raw.get("networks"))

    @classmethod
    def of_source(cls, source: Source, file: str) -> NodeMap:
        """The map of a text that was just emitted."""
        return cls(source.modules, source.spans, file, source.parts)

    def of(self, network: str) -> NodeMap:
        """The map of one of the networks, by its name in the recipe."""
        return self._networks.get(network, self)

    def path_in(self, network: str, path: str) -> str:
        """What the path of a module or weight of a network is called here."""
        if network not in self._networks:
            return path
        return f"{network}.{path}" if path else network

    def nodes_of(self, module: str) -> tuple[str, ...]:
        """The nodes that have exactly this module: none, one, or several that share it."""
        return self._nodes_of.get(module, ())

    def node_of_module(self, path: str) -> str:
        """The node whose module, or a module or weight inside it, has this path, or empty."""
        while path:
            if path in self._nodes_of:
                return self._nodes_of[path][0]
            path = path.rpartition(".")[0]
        return ""

    def weight_name(self, path: str) -> str:
        """`node.weight` for the path of a parameter or buffer; `:path` where no node owns it."""
        return self.weight_names(path)[0]

    def weight_names(self, path: str) -> tuple[str, ...]:
        """The same under every node that shares the module; the first is `weight_name`."""
        inside, rest = path, ""
        while inside:
            if inside in self._nodes_of:
                return tuple(f"{node}.{rest}" for node in self._nodes_of[inside])
            inside, _, name = inside.rpartition(".")
            rest = f"{name}.{rest}" if rest else name
        return (f":{path}",)

    def module_path(self, name: str) -> str:
        """The path of the parameter or buffer that `weight_name` gave this name."""
        if name.startswith(":"):
            return name[1:]
        node, _, rest = name.partition(".")
        module = self.modules.get(node)
        if module is None:
            return name
        return f"{module}.{rest}" if rest else module

    def nodes_in_text(self, place: Place) -> tuple[str, ...]:
        """The nodes, by their names in their drawing, that a piece of the text belongs to.

        Several where one call stands for them all, as that of a chain or of a choice does.
        """
        begin, end = place[:2], place[2:]
        around = [
            ((span.end_line - span.line, span.end_column - span.column), node)
            for spans in self._drawings
            for node, pieces in spans.items()
            for span in pieces
            if (span.line, span.column) <= begin and end <= (span.end_line, span.end_column)
        ]
        if around:
            least = min(around)[0]
            return tuple(sorted({node for extent, node in around if extent == least}))
        for spans in self._drawings:
            if node := Source("", "", spans, {}).node_at(*begin):
                return (node,)
        return ()


def _spans(given: Mapping[str, list[Mapping[str, int]]]) -> dict[str, tuple[Span, ...]]:
    return {node: tuple(Span(**span) for span in pieces) for node, pieces in given.items()}
