"""What is selected: nodes in the order they were chosen, wires, at most one frame or note.

Kept beside the document, which knows of no selection. Names, never items.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from graph_compiler.model import Wire


class Selection(QObject):
    """The selection of one canvas; `changed` tells of every change, once."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.nodes: dict[str, None] = {}
        self.wires: dict[Wire, None] = {}
        self.frame = ""
        self.note = ""
        self.point = -1
        """Of the one selected wire, the point by its number; -1 for none."""

    @property
    def names(self) -> tuple[str, ...]:
        """The selected nodes; the one chosen last is the last."""
        return tuple(self.nodes)

    @property
    def last(self) -> str | None:
        """The node chosen last, which keyboard commands start from."""
        return next(reversed(self.nodes), None)

    def __bool__(self) -> bool:
        return bool(self.nodes or self.wires or self.frame or self.note)

    @property
    def wire(self) -> Wire | None:
        """The one wire that is selected, where it is the only thing."""
        alone = len(self.wires) == 1 and not self.nodes
        return next(iter(self.wires)) if alone else None

    def set(
        self,
        nodes: Iterable[str] = (),
        wires: Iterable[Wire] = (),
        frame: str = "",
        note: str = "",
        point: int = -1,
    ) -> None:
        """Select these and nothing else."""
        before = self._state()
        self.nodes, self.wires = dict.fromkeys(nodes), dict.fromkeys(wires)
        self.frame, self.note = frame, note
        self.point = point if self.wire is not None else -1
        if before != self._state():
            self.changed.emit()

    def _state(self) -> tuple[object, ...]:
        return (list(self.nodes), list(self.wires), self.frame, self.note, self.point)

    def clear(self) -> None:
        """Select nothing."""
        self.set()

    def add(self, nodes: Iterable[str] = (), wires: Iterable[Wire] = ()) -> None:
        """Select these as well."""
        self.set((*self.nodes, *nodes), (*self.wires, *wires), self.frame, self.note)

    def toggle(self, nodes: Iterable[str] = (), wires: Iterable[Wire] = ()) -> None:
        """Select what of these is not selected, and the other way round."""
        names, lines = dict(self.nodes), dict(self.wires)
        for name in nodes:
            names.pop(name) if name in names else names.setdefault(name)
        for wire in wires:
            lines.pop(wire) if wire in lines else lines.setdefault(wire)
        self.set(names, lines, self.frame, self.note)

    def follow(
        self,
        renamed: Iterable[tuple[str, str]],
        nodes: Container[str],
        wires: Container[Wire],
        frames: Container[str],
        notes: Container[str] = (),
    ) -> None:
        """After a step: renamed nodes stay selected, and what is no longer there does not."""
        names = list(self.nodes)
        lines = list(self.wires)
        for old, new in renamed:
            names = [new if name == old else name for name in names]
            lines = [
                replace(
                    wire,
                    source=new if wire.source == old else wire.source,
                    target=new if wire.target == old else wire.target,
                )
                for wire in lines
            ]
        self.set(
            [name for name in names if name in nodes],
            [wire for wire in lines if wire in wires],
            self.frame if self.frame in frames else "",
            self.note if self.note in notes else "",
            self.point,
        )
