"""A finished class of an emitted file, and the maps into its text.

Owns what is known of a class once it is written; the writing is `graph_compiler.emit_classes`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph_compiler.emit_arguments import Argument
from graph_compiler.emit_calls import Constructor
from graph_compiler.emit_chains import Parts
from graph_compiler.emit_forward import Forward
from graph_compiler.emit_layout import Page
from graph_compiler.inferred import Body
from graph_compiler.model import Variable

MOST_PATHS = 200_000
"""Most entries of the map from node paths to module paths; turns beyond it are left out."""


@dataclass(slots=True)
class Written:
    """A finished class."""

    body: Body
    taken: Parts
    name: str
    page: Page
    arguments: tuple[Argument, ...]
    modules: dict[str, str]
    """Node, or turn of a node in a row (`blocks[3]`), to the module's path in this class."""
    inner: dict[str, Written]
    """Node or turn to the class of the block there."""
    calls: dict[str, Constructor]
    forward: Forward
    kept: dict[str, str]
    sequence: tuple[str, ...] = ()
    """The nodes of an `nn.Sequential`; empty for a class with a forward pass of its own."""
    key: str = ""
    """The text without name and docstring: equal ones are one class."""
    first_line: int = 0

    @property
    def head(self) -> str:
        """The first line of the class."""
        return f"class {self.name}({'nn.Sequential' if self.sequence else 'nn.Module'}):"

    def paths(self, prefix: str = "", place: str = "") -> Iterator[tuple[str, str]]:
        """All node paths below, each with its module path.

        Of several nodes with one module the one that owns its weights comes first.
        """
        for node, path in sorted(self.modules.items(), key=lambda entry: self._is_guest(entry[0])):
            yield f"{prefix}{node}", f"{place}{path}"
            below = self.inner.get(node)
            if below is not None:
                yield from below.paths(f"{prefix}{node}/", f"{place}{path}.")

    def _is_guest(self, path: str) -> bool:
        """Whether a node's module is another node's: the shared one's, or the picked one's."""
        node = self.body.nodes.get(path)
        return node is not None and bool(node.node.shares or node.node.type == "Choice")


def node_params(body: Body) -> Mapping[str, Variable]:
    """A block's parameters."""
    return body.network.params or {}


def alone(body: Body) -> frozenset[str]:
    """Nodes that share a module or a weight: each keeps an attribute of its own."""
    found: set[str] = set()
    for name, node in body.nodes.items():
        if node.node.shares:
            found.update((name, node.node.shares))
        for target in node.node.ties.values():
            found.update((name, target.partition("/")[0].partition(".")[0]))
    return frozenset(found)
