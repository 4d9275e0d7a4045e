"""One wire on the canvas, also one that is still being drawn: a line, or two stubs of a link."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.canvas import wire_link, wire_painting
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import Look, look
from nnstudio.canvas.spatial import Box, union
from nnstudio.canvas.wire_link import Stub
from nnstudio.canvas.wire_path import Point, WirePath

Z_WIRE, Z_LIFTED, Z_LINK = 10.0, 12.0, 22.0
THICK = 2.0


class WireItem(QGraphicsItem):
    """The picture of one wire, also of one that is still being drawn."""

    def __init__(self, path: WirePath) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_WIRE)
        self._path = path
        self._wait: Callable[[], None] | None = None
        self.label = ""
        self.dtype = "float"
        self.fault = ""
        """The severity of a problem at the input where the wire arrives."""
        self.points: tuple[Point, ...] = ()
        """Where a person has it run through."""
        self.link = ""
        """The name of the link that is drawn in place of a line."""
        self.stubs: tuple[Stub, ...] = ()
        self.breadth = 0.0
        """How thick it is by what flows along; 0 where all wires are alike."""
        self.shapes = True
        """Whether the shape stands along it where there is room."""
        self.tinted = False
        """Whether a mark is drawn over it, so that the shape would be struck through."""
        self.point = -1
        """The selected one of its points."""
        self.selected = False
        self.hovered = False
        self.highlighted = False
        """Whether it belongs to a selected node, or is what a layer would be dropped on."""
        self.draft = ""
        """For a wire being drawn: `open`, `fits` or `refused`."""
        self.hidden_for_drag = False
        self._qt_path: QPainterPath | None = None
        self._measured = False
        """Whether it is known where on it the shape has room."""
        self._label_at: Point | None = None
        self._bounds = _bounds(self._box())

    @property
    def path(self) -> WirePath:
        """The way it takes; one that has waited is found now."""
        if self._wait is not None:
            wait, self._wait = self._wait, None
            wait()
        return self._path

    def wait(self, ask: Callable[[], None]) -> None:
        """The way may be another one; `ask` has it set."""
        self._wait = ask

    def set_path(
        self,
        path: WirePath,
        points: tuple[Point, ...] = (),
        link: str = "",
        stubs: tuple[Stub, ...] = (),
    ) -> None:
        """Take another way, through points, or as a link."""
        self._wait = None
        if (path, points, link, stubs) != (self._path, self.points, self.link, self.stubs):
            self.prepareGeometryChange()
            self._path, self.points, self.link, self.stubs = path, points, link, stubs
            self._qt_path, self._bounds = None, _bounds(self._box())
            self._measured = False
            self._lift()
            self.update()

    def describe(self, label: str, dtype: str, fault: str) -> None:
        """What flows along, and whether it is wrong where it arrives."""
        if (label, dtype, fault) != (self.label, self.dtype, self.fault):
            self.label, self.dtype, self.fault = label, dtype, fault
            self._measured = False
            self.update()

    def wear(self, breadth: float, shapes: bool) -> None:
        """How thick, and whether with its shape along it."""
        if (breadth, shapes) != (self.breadth, self.shapes):
            self.breadth, self.shapes = breadth, shapes
            self.update()

    def mark(
        self,
        *,
        selected: bool | None = None,
        hovered: bool | None = None,
        highlighted: bool | None = None,
        point: int | None = None,
    ) -> None:
        """How much it stands out; what is None stays."""
        before = (self.selected, self.hovered, self.highlighted, self.point)
        after = tuple(
            old if new is None else new
            for old, new in zip(before, (selected, hovered, highlighted, point), strict=True)
        )
        if after != before:
            self.selected, self.hovered, self.highlighted = (bool(one) for one in after[:3])
            self.point = int(after[3])
            self._lift()
            self.update()

    def set_draft(self, state: str) -> None:
        """For a wire being drawn: whether it could end here; `refused` also for one being cut."""
        if state != self.draft:
            self.draft = state
            self.update()

    # Where it is

    def box(self) -> Box:
        """A box around all that is drawn."""
        self.path  # noqa: B018 - one that has waited takes its way now
        return self._box()

    def lines(self) -> list[list[Point]]:
        """What is drawn, as lines of short pieces."""
        path = self.path
        if not self.stubs:
            return [path.points()]
        return [[one.port, (one.corner[0], one.port[1]), one.corner] for one in self.stubs]

    def distance(self, point: Point, reach: float = 0.0) -> float:
        """How far a point is from what is drawn; `reach` is what counts as on a stub."""
        path = self.path
        if not self.stubs:
            return path.distance(point)
        return 0.0 if self.stub_at(point, reach) else 1e9

    def stub_at(self, point: Point, reach: float) -> Stub | None:
        """The stub of a link at a point."""
        return next((one for one in self.stubs if one.holds(point, reach)), None)

    def middle(self) -> Point:
        """A point of it where it can be taken: half-way, or on a link's first tag."""
        path = self.path
        if not self.stubs:
            return path.middle()
        left, top, right, bottom = self.stubs[0].tag
        return ((left + right) / 2, (top + bottom) / 2)

    @property
    def line(self) -> QPainterPath:
        """The line as Qt draws it."""
        path = self.path
        if self._qt_path is None:
            self._qt_path = made = QPainterPath(QPointF(*path.start))
            for one, two, end in path.segments:
                made.cubicTo(*one, *two, *end)
        return self._qt_path

    def boundingRect(self) -> QRectF:
        return self._bounds

    # Painting

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.hidden_for_drag:
            return
        shades = look()
        pen = self._pen(shades)
        if self.stubs:
            for one in self.stubs:
                wire_link.draw(painter, one, self.link, pen, shades)
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawPath(self.line)
        near = detail_at(painter.worldTransform().m11()) is Detail.NEAR
        if self.points:
            strong = self.selected or self.hovered
            wire_painting.draw_points(painter, self.points, self.point, pen, shades, strong=strong)
        if (
            near
            and self.shapes
            and self.label
            and not (self.selected or self.hovered or self.draft or self.tinted)
        ):
            if not self._measured:
                self._measured = True
                self._label_at = wire_painting.label_place(self._path, self.label)
            if self._label_at is not None:
                wire_painting.draw_label(painter, self._label_at, self.label, shades)

    def _pen(self, shades: Look) -> QPen:
        thick = self.breadth or THICK
        if self.draft:
            pen = QPen(shades.bad if self.draft == "refused" else shades.accent, max(2.25, thick))
            if self.draft != "fits":
                pen.setStyle(Qt.PenStyle.DashLine)
            return pen
        if self.selected or self.highlighted:
            return QPen(shades.accent, max(2.5 if self.selected else 2.25, thick))
        if self.fault == "error":
            pen = QPen(shades.bad, thick)
            pen.setDashPattern([4, 2.5])
            return pen
        if self.hovered:
            return QPen(shades.wire_hover, max(2.25, thick))
        if self.dtype in ("int", "bool"):
            return QPen(shades.kind(self.dtype), thick)
        return QPen(shades.wire, thick)

    def _lift(self) -> None:
        strong = self.selected or self.hovered or self.highlighted
        self.setZValue(Z_LINK if self.stubs else Z_LIFTED if strong else Z_WIRE)

    def _box(self) -> Box:
        if self.stubs:
            return union([one.box() for one in self.stubs])
        return self._path.bounds()


def _bounds(box: Box) -> QRectF:
    left, top, right, bottom = box
    return QRectF(left, top, right - left, bottom - top).adjusted(-8, -10, 8, 10)
