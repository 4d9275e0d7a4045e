"""What of a scene may wait: faces and ways that nobody sees, brought up to date in small slices.

Nothing that waits can be seen or asked for: an item whose face or path is asked for is brought up
to date at that moment.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from graph_compiler.model import Wire

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

AT_ONCE = 200
"""So many nodes or wires are brought up to date at once; of more, those that nobody sees wait."""
SLICE = 0.004
"""Seconds that one slice takes of the window's thread."""

REPAINT = 0.1
"""Seconds between two pictures of the whole while slices go on."""


class Later(QObject):
    """The nodes and wires of one scene that wait."""

    def __init__(self, scene: NetworkScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self.nodes: dict[str, None] = {}
        self.wires: dict[Wire, None] = {}
        self._shown = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)

    def node(self, name: str) -> None:
        """A node's face may be another one; it is read when somebody asks, or in a slice."""
        self.nodes[name] = None
        self._scene.nodes[name].wait(self.node_wanted)
        self._start()

    def wire(self, wire: Wire) -> None:
        """A wire may take another way; it is found when somebody asks, or in a slice."""
        self.wires[wire] = None
        item = self._scene.wires[wire]
        item.wait(lambda: self.wire_wanted(wire))
        self._start()

    def node_wanted(self, name: str) -> None:
        """Somebody asks for a node's face."""
        if name in self.nodes:
            del self.nodes[name]
            self._scene.following.refresh((name,))

    def wire_wanted(self, wire: Wire) -> None:
        """Somebody asks for a wire's path."""
        if wire in self.wires:
            del self.wires[wire]
            self._scene.following.relay((wire,))

    def forget_node(self, name: str) -> None:
        """A node is gone."""
        self.nodes.pop(name, None)

    def forget_wire(self, wire: Wire) -> None:
        """A wire is gone."""
        self.wires.pop(wire, None)

    def settle(self) -> None:
        """Let nothing wait any longer."""
        while self.nodes:
            self.node_wanted(next(iter(self.nodes)))
        while self.wires:
            self.wire_wanted(next(iter(self.wires)))
        self._timer.stop()

    def stop(self) -> None:
        """The scene lets everything go."""
        self._timer.stop()
        self.nodes.clear()
        self.wires.clear()

    def _start(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _slice(self) -> None:
        end = perf_counter() + SLICE
        had_nodes = bool(self.nodes)
        while (self.nodes or self.wires) and perf_counter() < end:
            if self.nodes:
                self.node_wanted(next(iter(self.nodes)))
            else:
                self.wire_wanted(next(iter(self.wires)))
        if had_nodes and (not self.nodes or end > self._shown + REPAINT):
            self._shown = end
            self._scene.far.invalidate()
        if not (self.nodes or self.wires):
            self._timer.stop()
