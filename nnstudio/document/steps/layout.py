"""Where new nodes go: beside their neighbours, with room made to the right where they would
overlap.

Places are the top-left corners of nodes in canvas units; sizes here are what a node takes up at
most.
"""

from __future__ import annotations

from nnstudio.document.edits import Refused
from nnstudio.document.steps.draft import Draft

WIDTH, HEIGHT, GAP = 160.0, 100.0, 40.0
PITCH = WIDTH + GAP
GRID = 4.0
FARTHEST = 1e6
"""Nothing stands farther from the origin than this."""

Place = tuple[float, float]


def possible(at: Place) -> Place:
    """The place itself; refused where no canvas reaches."""
    x, y = float(at[0]), float(at[1])
    if not (abs(x) <= FARTHEST and abs(y) <= FARTHEST):
        raise Refused("This place is too far away. Choose one nearer to the other nodes.")
    return (x, y)


def snapped(x: float, y: float) -> Place:
    """The nearest place on the grid."""
    return (round(x / GRID) * GRID, round(y / GRID) * GRID)


def centre(draft: Draft, name: str) -> Place:
    """The middle of a node, as far as its size can be told here."""
    x, y = draft.node(name).at
    return (x + WIDTH / 2, y + HEIGHT / 2)


def beside(draft: Draft, source: str) -> Place:
    """A free place to the right of a node."""
    x, y = draft.node(source).at
    return free(draft, (x + PITCH, y))


def free(draft: Draft, at: Place) -> Place:
    """`at`, or the first place below it where no node stands."""
    x, y = snapped(*at)
    taken = [node.at for node in draft.network.nodes.values()]
    while any(abs(x - ox) < WIDTH and abs(y - oy) < HEIGHT for ox, oy in taken):
        y += HEIGHT + GAP
    return (x, y)


def between(draft: Draft, source: str, target: str) -> Place:
    """A place between two nodes in a row; the target and what follows it make room."""
    (sx, sy), (tx, ty) = draft.node(source).at, draft.node(target).at
    if tx < sx + GRID:
        # The row wraps here: the new node ends the row of the source.
        return free(draft, (sx + PITCH, sy))
    lacking = 2 * PITCH - (tx - sx)
    if lacking > 0 and abs(ty - sy) < 2 * HEIGHT:
        row = row_from(draft, target)
        draft.move(
            {name: (draft.node(name).at[0] + lacking, draft.node(name).at[1]) for name in row}
        )
        return snapped(sx + PITCH, (sy + ty) / 2)
    return snapped((sx + tx) / 2, (sy + ty) / 2)


def row_from(draft: Draft, name: str) -> tuple[str, ...]:
    """The node and those that follow it along wires, each further right than the one before."""
    followers: dict[str, list[str]] = {}
    for wire in draft.network.wires:
        followers.setdefault(wire.source, []).append(wire.target)
    row = {name: None}
    open_ends = [name]
    while open_ends:
        here = open_ends.pop()
        for other in followers.get(here, ()):
            if other not in row and draft.node(other).at[0] > draft.node(here).at[0]:
                row[other] = None
                open_ends.append(other)
    return tuple(row)
