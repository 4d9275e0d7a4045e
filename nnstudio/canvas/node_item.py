"""One node on the canvas: paints a `NodeFace`, knows its ports' places, and nothing else.

Takes no events: the view finds out by itself what is under the cursor, so an item can vanish at any
time without a handler of its own still running.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from nnstudio.canvas import badge, glyphs, inside, mark_painting, tints
from nnstudio.canvas.face import (
    FOOTER,
    GLYPH,
    GLYPH_GAP,
    HEADER,
    LINK,
    PADDING,
    PORT_GAP,
    ROW,
    NodeFace,
    PortFace,
)
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import Look, font, look, metrics, width
from nnstudio.canvas.marks import PLAIN
from nnstudio.canvas.node_picture import NodePicture
from nnstudio.canvas.spatial import Box
from nnstudio.theme.tokens import RADIUS_NODE

PORT = 5.0
MARGIN = 14.0
"""What may be painted outside the node: halo, ports, badge."""
TICK = 34.0
FAINT = 0.72
"""How much of its ink a bypassed node keeps."""
BADGE_ROOM = 18.0

Z_NODE, Z_LIFTED = 20.0, 30.0

_Text = tuple[str, str, QPointF, str]
"""Font role, text, place of the baseline's start, colour role."""


class NodeItem(QGraphicsItem):
    """The picture of one node."""

    def __init__(self, face: NodeFace) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_NODE)
        self._face = face
        self._at = (face.x, face.y)
        self._wait: Callable[[str], None] | None = None
        self._laid_out = False
        self._picture = NodePicture()
        self.selected = False
        self.faded = False
        self.marks: dict[tuple[str, str], str] = {}
        """`(side, port)` to `hover`, or for a wire in hand `fits`, `target`, `refuses`, `bad`."""
        self._texts: list[_Text] = []
        self._links: list[QPointF] = []
        """Where a row's sign stands that it names another node."""
        self._bounds = _bounds(face)
        self.setPos(face.x, face.y)

    # What it shows

    @property
    def face(self) -> NodeFace:
        """What the node shows; one that has waited to be read is read now."""
        if self._wait is not None:
            wait, self._wait = self._wait, None
            wait(self._face.name)
        return self.known_face

    @property
    def known_face(self) -> NodeFace:
        """What the node shows, or showed before it had to wait."""
        if (self._face.x, self._face.y) != self._at:
            self._face = replace(self._face, x=self._at[0], y=self._at[1])
        return self._face

    @property
    def document_place(self) -> tuple[float, float]:
        """Where the document has the node, also while it is being moved."""
        return self._at

    def wait(self, ask: Callable[[str], None]) -> None:
        """The face may be another one; `ask` has it set."""
        self._wait = ask

    def settled(self) -> None:
        """The face is the right one."""
        self._wait = None

    def place(self, x: float, y: float) -> None:
        """The document has the node elsewhere; nothing else about it has changed."""
        self._at = (x, y)
        if (self.x(), self.y()) != (x, y):
            self.setPos(x, y)

    def set_face(self, face: NodeFace) -> None:
        """Show another face; the item goes where the face says."""
        if (face.width, face.height) != (self._face.width, self._face.height):
            self.prepareGeometryChange()
            self._bounds = _bounds(face)
        self._face, self._at, self._wait = face, (face.x, face.y), None
        self._laid_out = False
        if (self.x(), self.y()) != (face.x, face.y):
            self.setPos(face.x, face.y)
        self._changed()

    def set_selected(self, selected: bool) -> None:
        """With or without the halo."""
        if selected != self.selected:
            self.selected = selected
            self.setZValue(Z_LIFTED if selected else Z_NODE)
            self._changed()

    def set_marks(self, marks: dict[tuple[str, str], str], faded: bool = False) -> None:
        """Which ports a wire being drawn may end at; `faded` where none of them may."""
        if marks != self.marks or faded != self.faded:
            self.marks, self.faded = marks, faded
            self._changed()

    # Where things are

    def box(self) -> Box:
        """Where the node stands at this moment, a move in progress included."""
        x, y = self.x(), self.y()
        return (x, y, x + self._face.width, y + self._face.height)

    def port_place(self, port: PortFace) -> QPointF:
        """A port's place in the scene."""
        return QPointF(self.x() + port.x, self.y() + port.y)

    def badge_place(self) -> QPointF:
        """The badge's place in the scene."""
        return QPointF(self.x() + self.face.width - 2, self.y() + 2)

    def name_box(self) -> QRectF:
        """Where the name stands, for the field that renames it."""
        left = PADDING + self.face.left + GLYPH + GLYPH_GAP
        wide = self.face.width - self.face.right - left - 6
        return QRectF(self.x() + left, self.y() + 5, wide, HEADER - 10)

    def boundingRect(self) -> QRectF:
        return self._bounds

    # Painting

    def _lay_out(self) -> None:
        face, self._laid_out = self._face, True
        right = face.width - PADDING - face.right
        name_x, base = PADDING + face.left + GLYPH + GLYPH_GAP, 21.0
        room = right - name_x
        name = metrics("name").elidedText(face.name, Qt.TextElideMode.ElideRight, room)
        texts: list[_Text] = [("name", name, QPointF(name_x, base), "text")]
        if face.title:
            x = right - width("title", face.title)
            texts.append(("title", face.title, QPointF(x, base), "muted"))
        self._links = []
        for index, row in enumerate(face.rows):
            base_of_row = HEADER + index * ROW + 12.5
            indent = LINK if row.linked else 0.0
            if row.linked:
                self._links.append(QPointF(PADDING + face.left, base_of_row - 10.0))
            texts += self._row(row.label, row.value, row.result, base_of_row, indent)
        texts += self._port_names()
        base, right = face.height - 8.0, face.width - PADDING
        parameters_x = right - width("foot", face.parameters)
        room = (parameters_x - 8 if face.parameters else right) - PADDING
        shape = metrics("foot").elidedText(face.shape, Qt.TextElideMode.ElideMiddle, room)
        texts.append(("foot", shape or "no shape yet", QPointF(PADDING, base), "muted"))
        if face.parameters:
            texts.append(("foot", face.parameters, QPointF(parameters_x, base), "muted"))
        self._texts = [text for text in texts if text[1]]

    def _row(self, label: str, value: str, result: str, base: float, indent: float) -> list[_Text]:
        left = PADDING + self._face.left + indent
        right = self._face.width - PADDING - self._face.right
        shown = f" = {result}" if result else ""
        result_x = right - width("value", shown)
        kept = min(width("label", label), (right - left) / 2)
        room = right - left - width("value", shown) - kept - 8
        value = metrics("value").elidedText(value, Qt.TextElideMode.ElideRight, room)
        value_x = result_x - width("value", value)
        room = value_x - 8 - left
        label = metrics("label").elidedText(label, Qt.TextElideMode.ElideRight, room)
        found: list[_Text] = [
            ("label", label, QPointF(left, base), "muted"),
            ("value", value, QPointF(value_x, base), "text"),
        ]
        if shown:
            found.append(("value", shown, QPointF(result_x, base), "muted"))
        return found

    def _port_names(self) -> list[_Text]:
        """The names beside the ports, where the face has room for them."""
        face, found = self._face, []
        for ports, room in ((face.inputs, face.left), (face.outputs, face.right)):
            for port in ports if room else ():
                name = metrics("port").elidedText(
                    port.name, Qt.TextElideMode.ElideRight, room - PORT_GAP + 1
                )
                wide = width("port", name)
                x = PADDING if port.side == "in" else face.width - PADDING - wide
                found.append(("port", name, QPointF(x, port.y + 3.5), "muted"))
        return found

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if widget is None:
            self._paint(painter)
            return
        scene = self.scene()
        self._picture.draw(painter, self._bounds, self._paint, hurried=_hurried(scene))

    def prepare(self, scale: float, ratio: float) -> None:
        """Make the kept picture before it is needed, as it is seen at a scale in dots."""
        self._picture.prepare(self._bounds, self._paint, scale, ratio)

    def forget_picture(self) -> None:
        """Out of view: what it looked like need not be kept."""
        self._picture.forget()

    def _paint(self, painter: QPainter) -> None:
        if not self._laid_out:
            self._lay_out()
        transform = painter.worldTransform()
        draw_node(painter, self, look(), detail_at(transform.m11()), transform)

    def _changed(self) -> None:
        self._picture.forget()
        self.update()


def _hurried(scene: QGraphicsScene) -> bool:
    """Whether the scene is being zoomed at this moment."""
    return bool(getattr(scene, "hurried", False))


def _bounds(face: NodeFace) -> QRectF:
    return QRectF(-MARGIN, -MARGIN, face.width + 2 * MARGIN, face.height + 2 * MARGIN)


def draw_node(
    painter: QPainter, item: NodeItem, shades: Look, detail: Detail, transform: QTransform
) -> None:
    """Paint a node at the origin."""
    face = item.face
    if item.faded:
        painter.setOpacity(0.45)
    if item.selected:
        _draw_halo(painter, face, shades)
    if face.marks.turns:
        mark_painting.draw_stack(painter, _box(face), shades)
    _draw_body(painter, face, shades)
    if face.bypassed:
        painter.setOpacity(FAINT)
    if face.marks.block:
        mark_painting.draw_inner_outline(painter, _box(face), shades)
    scale = transform.m11() * painter.device().devicePixelRatioF()
    right = face.width - (BADGE_ROOM if face.severity else PADDING)
    if detail is Detail.NEAR:
        _draw_words(painter, item, shades, scale)
        if face.marks is not PLAIN:
            right = mark_painting.draw_chips(painter, face.marks, right, shades, scale)
    else:
        _draw_name(painter, face, shades)
    painter.setOpacity(1.0)
    if face.bypassed:
        far = detail is not Detail.NEAR
        mark_painting.draw_bypass(painter, _box(face), right, shades, scale, far=far)
    for port in face.ports if detail is Detail.NEAR or item.marks else ():
        mark = item.marks.get((port.side, port.name), "")
        _draw_port(painter, port, shades, mark, item.faded)
    if face.severity:
        badge.draw(painter, face.severity, QPointF(face.width - 2, 2), shades)


def _box(face: NodeFace) -> QRectF:
    return QRectF(0.5, 0.5, face.width - 1, face.height - 1)


def _draw_halo(painter: QPainter, face: NodeFace, shades: Look) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(shades.accent, 2))
    painter.drawRoundedRect(
        QRectF(-3.5, -3.5, face.width + 7, face.height + 7), RADIUS_NODE + 3, RADIUS_NODE + 3
    )


def _draw_body(painter: QPainter, face: NodeFace, shades: Look) -> None:
    wrong = face.severity == "error"
    edge = shades.severities["error"] if wrong else mark_painting.edge(face.tint, shades)
    pen = QPen(edge, 1)
    if face.bypassed:
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(shades.ground if face.bypassed else tints.ground(face.tint, shades))
    painter.drawRoundedRect(_box(face), RADIUS_NODE, RADIUS_NODE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shades.family(face.family))
    painter.drawRoundedRect(QRectF(PADDING, -1, TICK, 3), 1.5, 1.5)


def _draw_words(painter: QPainter, item: NodeItem, shades: Look, scale: float) -> None:
    face = item.face
    colour = shades.family(face.family).name()
    left = PADDING + face.left
    glyphs.draw(painter, face.family, colour, QRectF(left, 10, GLYPH, GLYPH), scale)
    for place in item._links:
        box = QRectF(place.x(), place.y(), 12.0, 12.0)
        glyphs.draw_icon(painter, "link", shades.muted.name(), box, scale)
    painter.setPen(QPen(shades.rule, 1))
    y = face.height - 20.5
    painter.drawLine(QPointF(PADDING, y), QPointF(face.width - PADDING, y))
    shown = ""
    for role, text, place, ink in item._texts:
        if role != shown:
            painter.setFont(font(role))
            shown = role
        painter.setPen(shades.text if ink == "text" else shades.muted)
        painter.drawText(place, text)
    if face.inside is not None:
        top = face.height - FOOTER - inside.STRIP
        room = QRectF(left, top, face.width - PADDING - face.right - left, inside.STRIP - 2)
        inside.draw(painter, face.inside, room, shades)


def _draw_name(painter: QPainter, face: NodeFace, shades: Look) -> None:
    painter.setFont(font("big"))
    painter.setPen(shades.text)
    room = QRectF(8, 4, face.width - 16, face.height - 8)
    turns = f" {face.marks.turns}" if face.marks.turns else ""
    wide = room.width() - width("big", turns)
    name = metrics("big").elidedText(face.name, Qt.TextElideMode.ElideMiddle, wide) + turns
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)


def port_shape(dtype: str, centre: QPointF, radius: float) -> QPainterPath:
    """The outline of a port: round for numbers, a diamond for indices, a square for a mask.

    A state has a ring within the ring.
    """
    path = QPainterPath()
    x, y = centre.x(), centre.y()
    if dtype == "int":
        long = radius * 1.25
        path.moveTo(x, y - long)
        for dx, dy in ((long, 0), (0, long), (-long, 0)):
            path.lineTo(x + dx, y + dy)
        path.closeSubpath()
    elif dtype == "bool":
        side = radius * 0.9
        path.addRect(x - side, y - side, 2 * side, 2 * side)
    else:
        path.addEllipse(centre, radius, radius)
    if dtype == "state":
        path.addEllipse(centre, radius * 0.4, radius * 0.4)
    return path


def _draw_port(painter: QPainter, port: PortFace, shades: Look, mark: str, faded: bool) -> None:
    centre = QPointF(port.x, port.y)
    colour, fill, radius = shades.kind(port.dtype), shades.ground, PORT * shades.ports
    if mark == "hover":
        colour, radius = shades.accent, radius + 1.5
    elif mark == "fits":
        colour, radius = shades.accent, radius + 1
    elif mark == "target":
        colour, fill, radius = shades.accent, shades.accent, radius + 2.5
    elif mark == "bad":
        colour, fill, radius = shades.bad, shades.bad, radius + 1
    if mark == "refuses":
        painter.setOpacity(0.35)
    pen = QPen(colour, 2)
    if not port.wired and port.side == "in" and not mark:
        pen.setWidthF(1.75)
    painter.setPen(pen)
    painter.setBrush(QBrush(fill))
    if port.dtype in ("float", "any"):
        painter.drawEllipse(centre, radius, radius)
    else:
        painter.drawPath(port_shape(port.dtype, centre, radius))
    if mark == "bad":
        painter.setPen(QPen(shades.ground, 1.6))
        arm = radius * 0.45
        painter.drawLine(centre + QPointF(-arm, -arm), centre + QPointF(arm, arm))
        painter.drawLine(centre + QPointF(-arm, arm), centre + QPointF(arm, -arm))
    painter.setOpacity(1.0)
