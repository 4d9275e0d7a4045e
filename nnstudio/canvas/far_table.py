"""A drawing as columns of numbers: what the far view draws, kept row by row as things change.

Owns no pictures and asks nothing of Qt. A row stays where it is; what is gone leaves an empty one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph_compiler.model import Route, Wire
from nnstudio.canvas.face import PORT_Y, NodeFace

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int32]

STUB = 36.0
"""How long the two ends of a wire are that is drawn as a link."""
FIRST_ROOM = 64
FAULTS = ("", "warning", "error")
"""Severities in the order of their numbers."""


class FarTable:
    """The nodes and wires of one drawing, by columns."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.lines: dict[Wire, int] = {}
        self.tones: list[str] = []
        """Names of fills: a family, or `tint:` and the name of a colour."""
        self.boxes: Floats = np.zeros((FIRST_ROOM, 4))
        """Left, top, width and height; a width of 0 where no node is."""
        self.tone: Numbers = np.zeros(FIRST_ROOM, np.int32)
        self.fault: Numbers = np.zeros(FIRST_ROOM, np.int32)
        self.turns: Flags = np.zeros(FIRST_ROOM, np.bool_)
        self.block: Flags = np.zeros(FIRST_ROOM, np.bool_)
        self.bypassed: Flags = np.zeros(FIRST_ROOM, np.bool_)
        self.chosen: Flags = np.zeros(FIRST_ROOM, np.bool_)
        self.ends: Numbers = np.full((FIRST_ROOM, 2), -1, np.int32)
        """Rows of the nodes where a wire begins and ends; -1 where no wire is."""
        self.picked: Flags = np.zeros(FIRST_ROOM, np.bool_)
        """Wires that are selected themselves."""
        self._free_rows: list[int] = []
        self._free_lines: list[int] = []
        self._used_rows = self._used_lines = 0
        self._tone_numbers: dict[str, int] = {}
        self._routed = _Routed()

    # Nodes

    def put_node(self, face: NodeFace) -> None:
        """A node is new, or shows another face."""
        row = self.rows.get(face.name)
        if row is None:
            row = self.rows[face.name] = self._new_row()
        self.boxes[row] = (face.x, face.y, face.width, face.height)
        tone = f"tint:{face.tint}" if face.tint else face.family
        number = self._tone_numbers.get(tone)
        if number is None:
            number = self._tone_numbers[tone] = len(self.tones)
            self.tones.append(tone)
        self.tone[row] = number
        self.fault[row] = FAULTS.index(face.severity) if face.severity in FAULTS else 0
        self.turns[row] = bool(face.marks.turns)
        self.block[row] = face.marks.block
        self.bypassed[row] = face.bypassed

    def move_nodes(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Nodes stand elsewhere."""
        if places:
            rows = [self.rows[name] for name in places]
            self.boxes[rows, :2] = list(places.values())

    def drop_node(self, name: str) -> None:
        """A node is gone."""
        row = self.rows.pop(name)
        self.boxes[row] = 0.0
        self.chosen[row] = False
        self._free_rows.append(row)

    # Wires

    def put_wire(self, wire: Wire, route: Route | None) -> None:
        """A wire is new, or is drawn in another way; its nodes are there."""
        line = self.lines.get(wire)
        if line is None:
            line = self.lines[wire] = self._new_line()
        self.ends[line] = (self.rows[wire.source], self.rows[wire.target])
        self._routed.put(line, route)

    def drop_wire(self, wire: Wire) -> None:
        """A wire is gone."""
        line = self.lines.pop(wire)
        self.ends[line] = -1
        self.picked[line] = False
        self._routed.put(line, None)
        self._free_lines.append(line)

    def choose(self, nodes: Iterable[str], wires: Iterable[Wire]) -> None:
        """These are selected, and nothing else."""
        self.chosen[:] = False
        self.chosen[[self.rows[name] for name in nodes if name in self.rows]] = True
        self.picked[:] = False
        self.picked[[self.lines[wire] for wire in wires if wire in self.lines]] = True

    # What is drawn

    def rows_of(self, names: Iterable[str]) -> Flags:
        """A mark for each row, set for these nodes."""
        found = np.zeros(len(self.boxes), np.bool_)
        found[[self.rows[name] for name in names if name in self.rows]] = True
        return found

    def nodes_there(self) -> Flags:
        """The rows in which a node is."""
        return self.boxes[:, 2] > 0

    def touching(self, rows: Flags) -> Flags:
        """The wires that begin or end at these nodes."""
        there = self.ends[:, 0] >= 0
        return there & (rows[self.ends[:, 0]] | rows[self.ends[:, 1]])

    def lit(self) -> Flags:
        """The wires that stand out: selected, or at a selected node."""
        return self.picked | self.touching(self.chosen)

    def pieces(self, wires: Flags) -> Floats:
        """The straight pieces of wires, as x1, y1, x2, y2: bends kept, curves left out."""
        lines = np.flatnonzero(wires & (self.ends[:, 0] >= 0))
        sources, targets = self.boxes[self.ends[lines, 0]], self.boxes[self.ends[lines, 1]]
        whole = np.empty((len(lines), 4))
        whole[:, 0] = sources[:, 0] + sources[:, 2]
        whole[:, 1] = sources[:, 1] + PORT_Y
        whole[:, 2] = targets[:, 0]
        whole[:, 3] = targets[:, 1] + PORT_Y
        return self._routed.pieces(whole, lines) if self._routed else whole

    def names_within(self, left: float, top: float, right: float, bottom: float) -> list[str]:
        """The nodes that touch a box."""
        boxes = self.boxes
        found = (
            self.nodes_there()
            & (boxes[:, 0] <= right)
            & (boxes[:, 0] + boxes[:, 2] >= left)
            & (boxes[:, 1] <= bottom)
            & (boxes[:, 1] + boxes[:, 3] >= top)
        )
        return [name for name, row in self.rows.items() if found[row]] if found.any() else []

    def bounds(self) -> tuple[float, float, float, float] | None:
        """The box around all nodes; None where there are none."""
        boxes = self.boxes[self.nodes_there()]
        if not len(boxes):
            return None
        low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def snapshot(self) -> Mapping[str, Any]:
        """What is shown of the document, as plain values, to compare with the near view."""
        nodes = {
            name: (
                tuple(float(v) for v in self.boxes[row]),
                self.tones[self.tone[row]],
                FAULTS[self.fault[row]],
                bool(self.turns[row]),
                bool(self.block[row]),
                bool(self.bypassed[row]),
            )
            for name, row in self.rows.items()
        }
        wires = {}
        for wire, line in self.lines.items():
            alone = np.zeros(len(self.ends), np.bool_)
            alone[line] = True
            wires[wire] = tuple(tuple(float(v) for v in piece) for piece in self.pieces(alone))
        return {"nodes": nodes, "wires": wires}

    # Room

    def _new_row(self) -> int:
        if self._free_rows:
            return self._free_rows.pop()
        self._used_rows += 1
        if self._used_rows > len(self.boxes):
            for name in ("boxes", "tone", "fault", "turns", "block", "bypassed", "chosen"):
                setattr(self, name, _doubled(getattr(self, name), 0))
        return self._used_rows - 1

    def _new_line(self) -> int:
        if self._free_lines:
            return self._free_lines.pop()
        self._used_lines += 1
        if self._used_lines > len(self.ends):
            self.ends = _doubled(self.ends, -1)
            self.picked = _doubled(self.picked, 0)
        return self._used_lines - 1


class _Routed:
    """The wires that are drawn in a way of their own: through points, or as a link."""

    def __init__(self) -> None:
        self._points: dict[int, tuple[tuple[float, float], ...]] = {}
        self._links: dict[int, None] = {}

    def __bool__(self) -> bool:
        return bool(self._points or self._links)

    def put(self, line: int, route: Route | None) -> None:
        self._points.pop(line, None)
        self._links.pop(line, None)
        if route is not None and route.link:
            self._links[line] = None
        elif route is not None and route.points:
            self._points[line] = route.points

    def pieces(self, whole: Floats, lines: NDArray[np.intp]) -> Floats:
        """Of straight lines with these numbers, those that are, and what the others are made of."""
        own = np.isin(lines, [*self._points, *self._links])
        found = [whole[~own]]
        for line, way in zip(lines[own].tolist(), whole[own], strict=True):
            (x1, y1), (x2, y2) = way[:2], way[2:]
            if line in self._points:
                corners = np.array(((x1, y1), *self._points[line], (x2, y2)))
                found.append(np.column_stack((corners[:-1], corners[1:])))
            else:
                found.append(np.array(((x1, y1, x1 + STUB, y1), (x2 - STUB, y2, x2, y2))))
        return np.concatenate(found)


def _doubled(column: NDArray[Any], empty: int) -> NDArray[Any]:
    more = np.full_like(column, empty)
    return np.concatenate((column, more))
