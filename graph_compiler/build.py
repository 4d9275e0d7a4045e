"""From a graph to a living module: emit, compile, construct.

The one place of the compiler that executes code, and what it executes is the text that `emit` has
made and verified. Tracebacks and debuggers see that text.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from graph_compiler.emission import emit
from graph_compiler.source import Source

if TYPE_CHECKING:
    import torch

_SERIAL = count(1)


class TrustNeededError(PermissionError):
    """The text holds Python that came with the project, and nobody has said that it may run."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        listed = ", ".join(self.names)
        super().__init__(
            f"{listed}: expected trust in Python that came with the project, got none. "
            "Read it, and say trust=True if it may run."
        )


def compile_graph(
    graph: Any, class_name: str | None = None, *, trust: bool = False
) -> torch.nn.Module:
    """The graph as a module with fresh weights; raises `EmitError` if the graph has errors.

    Layers that are written in Python in the project run only with `trust`: without it, a graph that
    has some raises `TrustNeededError`.
    """
    module: torch.nn.Module = module_class(emit(graph, class_name), trust=trust)()
    return module


def module_class(source: Source, *, trust: bool = False) -> type[torch.nn.Module]:
    """The class that an emitted text defines; its constructor takes the variables it depends on.

    Raises `TrustNeededError` where the text holds the project's own Python and `trust` is not
    given.
    """
    if source.custom and not trust:
        raise TrustNeededError(source.custom)
    file = f"<{source.class_name} {next(_SERIAL)}>"
    space: dict[str, Any] = {"__name__": source.class_name}
    exec(compile(source.text, file, "exec", dont_inherit=True), space)
    made: type[torch.nn.Module] = space[source.class_name]
    # Without a modification time the entry survives `linecache.checkcache`, which tracebacks call.
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    weakref.finalize(made, linecache.cache.pop, file, None)
    return made
