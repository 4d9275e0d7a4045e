"""The computational graph in the middle of the editor: one batch, probed by the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from nnstudio.app.trail import plain, prefix

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor
    from nnstudio.app.link import Link
    from nnstudio.plots.graph import GraphPlot

PROBE_ROWS = 8


def looked_at(editor: Editor) -> str:
    """The network in whose drawing a person is, or which a trained one is where he is in a block.

    A network that no stage trains is told as well: why nothing can be seen of it is to be said.
    """
    root = editor.drawings.trail[0].drawing
    found = editor.document.project.networks.get(root)
    return root if found is not None and not found.is_block else editor.document.trained


def refused(editor: Editor) -> str:
    """Why no batch can be put through the networks of the plan; "" where one can."""
    from nnstudio.document.planned import planned_networks

    document, network = editor.document, looked_at(editor)
    trained = planned_networks(document.project)
    if network not in trained:
        others = " or ".join(f"“{one}”" for one in trained)
        return (
            f"“{network}” is trained by no stage of the plan, so no batch passes through it. "
            f"Choose it as the network of a stage, or open {others}."
        )
    if any(document.source(name) is None for name in trained):
        return "The network has errors: mend what the Problems panel lists first."
    return ""


class GraphPage:
    """Asks for the graph when it is looked at, and marks the operations of what is selected."""

    def __init__(self, editor: Editor, link: Link) -> None:
        self._editor, self._link, self._run = editor, link, editor.run
        self._plot: GraphPlot | None = None
        self._of: tuple[str, str, int] | None = None
        self._network = editor.document.trained
        self.shown = False
        """Whether a computed graph is to be seen."""

    def dispose(self) -> None:
        """Let the plot go."""
        if self._plot is not None and hasattr(self._plot, "dispose"):
            self._plot.dispose()

    def page(self) -> QWidget:
        """The page in the middle, made when it is first wanted."""
        if self._plot is None:
            from nnstudio.plots.graph import GraphPlot

            self._plot = GraphPlot()
            self._plot.node_activated.connect(self._activated)
            self._editor.add_page(self._plot)
        return self._plot

    def forget(self) -> None:
        """What is shown is old: compute it anew when it is looked at again."""
        self._of = None

    def look(self) -> None:
        """Compute the graph of one batch, unless it is shown already."""
        if self._plot is None:
            return
        from graph_compiler.files import project_text
        from nnstudio.runs.trust import is_trusted

        document = self._editor.document
        if reason := refused(self._editor):
            self._of = None
            self._plot.clear(reason)
            return
        if not is_trusted(document.project):
            self._plot.clear(
                "Looking inside runs the Python that this project brings along. "
                "Press Run once: you are then shown the code and asked."
            )
            return
        text = project_text(document.project)
        step = self._run.state.step if self._run.state else -1
        network = looked_at(self._editor)
        if self._of == (text, network, step):
            return
        self._of, self._network = (text, network, step), network
        payload = {
            "project": text,
            "weights": self._editor.view.checkpoint(),
            "rows": PROBE_ROWS,
            "network": network,
        }
        self.shown = False
        self._plot.clear("Computing one batch, forward and backward…")
        asked = self._of
        self._link.request(
            "probe",
            payload,
            lambda result: self._show(asked, result),
            lambda reason: self._failed(asked, reason),
        )

    def _show(self, asked: tuple[str, str, int] | None, result: Any) -> None:
        if self._plot is not None and asked == self._of:
            self.shown = True
            self._plot.show_graph(result)
            self.select_nodes(self._editor.canvas.selected())

    def _failed(self, asked: tuple[str, str, int] | None, reason: str) -> None:
        if asked == self._of:
            self._of = None
            if self._plot is not None:
                self._plot.clear(reason)

    def _activated(self, node: str) -> None:
        self._editor.show_path(node, self._network)

    def select_nodes(self, names: tuple[str, ...]) -> None:
        """Mark the operations of these nodes of the drawing shown, in every turn and block."""
        if self._plot is None:
            return
        drawings = self._editor.drawings
        above = prefix(drawings.trail)
        if drawings.trail[0].drawing != self._network:
            names = ()
        wanted = tuple(f"{above}{name}" for name in names)
        operations = self._plot.view().graph.operations.values()
        self._plot.select_nodes(
            {one.node for one in operations if _lies_in(plain(one.node), wanted)}
        )


def _lies_in(path: str, above: tuple[str, ...]) -> bool:
    """Whether a node is one of these or lies inside one."""
    return any(path == one or path.startswith(f"{one}/") for one in above)
