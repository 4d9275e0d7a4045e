"""The templates as cards with pictures, readable before anything heavy is loaded.

Reads only names, tags and node positions out of project files, tolerantly: opening a project is the
compiler's job. Qt and the standard library only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

import nnstudio
from nnstudio import places
from nnstudio.theme import current, notifier, style
from nnstudio.theme.tokens import RADIUS_CARD, TYPE_BODY, TYPE_SMALL, TYPE_TITLE

CARD = QSize(268, 270)
PICTURE = 124
GAP = 16
LARGEST = 2_000_000
"""Bytes of a file that is still read for its picture."""

ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a picture needs: where nodes stand, of which family they are, which pairs are wired."""

    nodes: tuple[tuple[float, float, str], ...] = ()
    wires: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A template as the gallery shows it."""

    id: str
    name: str
    about: str
    tags: tuple[str, ...]
    sketch: Sketch

    @property
    def first_sentence(self) -> str:
        """The beginning of the description."""
        return self.about.split(". ")[0].rstrip(".") + "." if self.about else ""

    def tagged(self, kind: str) -> tuple[str, ...]:
        """The values of tags `kind:value`."""
        head = f"{kind}:"
        return tuple(tag.removeprefix(head) for tag in self.tags if tag.startswith(head))

    def matches(self, text: str, task: str, architecture: str) -> bool:
        """Whether the search's words and the chosen filters fit; "" fits everything."""
        hay = " ".join((self.id, self.name, self.about, *self.tags)).lower()
        return (
            all(word in hay for word in text.lower().split())
            and (not task or task in self.tagged("task"))
            and (not architecture or architecture in self.tagged("architecture"))
        )


@cache
def _families() -> dict[str, str]:
    """Layer type to family, read off the layers' files without importing them."""
    folder = Path(nnstudio.__file__).parent.parent / "graph_compiler" / "layers"
    entry = re.compile(r"^(?:def (\w+)|([A-Z]\w*) = \w+)\(", re.MULTILINE)
    family = re.compile(r'\bfamily="(\w+)"')
    found: dict[str, str] = {}
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        makers: dict[str, str] = {}
        """Function that makes alike layers to their family."""
        starts = [*entry.finditer(text)]
        for start, end in zip(starts, [*(one.start() for one in starts[1:]), None], strict=False):
            body = text[start.start(2) if start[2] else start.end() : end]
            own = family.search(body)
            kind = own[1] if own else next((makers[m] for m in makers if f"{m}(" in body), "")
            if kind and (start[1] or start[2]):
                (makers if start[1] else found)[start[1] or start[2]] = kind
    return found


def sketch(content: Any) -> Sketch:
    """The picture's data of a project's main network; an empty one where it cannot be made out."""
    try:
        networks = content["networks"]
        alone = [one for one in networks.values() if "params" not in one]
        network = networks["main"] if "main" in networks else alone[0]
        names = {name: i for i, name in enumerate(network["nodes"])}
        families = dict.fromkeys(networks, "structure") | _families()
        nodes = tuple(
            (float(node["at"][0]), float(node["at"][1]), families.get(str(node["type"]), ""))
            for node in network["nodes"].values()
        )
        ends = [re.split(r"\.\w+ -> |\.", wire)[:2] for wire in network["wires"]]
        wires = tuple((names[a], names[b]) for a, b in ends if a in names and b in names)
        return Sketch(nodes[:400], tuple(w for w in wires if max(w) < 400))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return Sketch()


def read_card(path: Path) -> Card | None:
    """The card of a project file; None where it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        tags = tuple(str(tag) for tag in content.get("tags", ()))
        name, about = str(content["name"]), str(content.get("about", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Card(path.stem, name[:200], about[:2000], tags, sketch(content))


def cards() -> tuple[Card, ...]:
    """The shipped templates in the order of teaching."""
    found = [card for path in places.templates().glob("*.nns") if (card := read_card(path))]
    return tuple(sorted(found, key=lambda card: (card.tagged("level") or ("9",), card.id)))


def paint_sketch(painter: QPainter, area: QRectF, picture: Sketch) -> None:
    """Draw a network's nodes and wires small into `area`."""
    if not picture.nodes:
        return
    look = current()
    xs, ys = [n[0] for n in picture.nodes], [n[1] for n in picture.nodes]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    box_w, box_h = 112.0, 72.0
    scale = min(area.width() / (wide + box_w), area.height() / (high + box_h), 0.34)
    left = area.center().x() - (wide + box_w) * scale / 2
    top = area.center().y() - (high + box_h) * scale / 2
    boxes = [
        QRectF(
            left + (x - min(xs)) * scale,
            top + (y - min(ys)) * scale,
            box_w * scale,
            box_h * scale,
        )
        for x, y, _ in picture.nodes
    ]
    painter.save()
    painter.setPen(QPen(QColor(look.wire), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for source, target in picture.wires:
        painter.drawPath(_wire(boxes[source], boxes[target]))
    for box, (_, _, family) in zip(boxes, picture.nodes, strict=True):
        colour = look.family(family)
        painter.setPen(QPen(QColor(colour), 1))
        painter.setBrush(QColor(style.mix(look.raised, colour, 0.24)))
        radius = min(4.0, box.height() / 4)
        painter.drawRoundedRect(box, radius, radius)
    painter.restore()


def _wire(source: QRectF, target: QRectF) -> QPainterPath:
    start = QPointF(source.right(), source.center().y())
    end = QPointF(target.left(), target.center().y())
    path = QPainterPath(start)
    if end.x() > start.x():
        middle = (start.x() + end.x()) / 2
        path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)
    else:  # back to the beginning of the next row
        half = (start.y() + end.y()) / 2
        out, back = start.x() + 10, end.x() - 10
        path.cubicTo(QPointF(out, start.y()), QPointF(out, half), QPointF(start.x() - 6, half))
        path.lineTo(QPointF(end.x() + 6, half))
        path.cubicTo(QPointF(back, half), QPointF(back, end.y()), end)
    return path


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._cards: tuple[Card, ...] = ()

    def show(self, shown: tuple[Card, ...]) -> None:
        """Replace what is listed."""
        self.beginResetModel()
        self._cards = shown
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._cards)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        card = self._cards[index.row()]
        if role == ROLE:
            return card
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return card.name
        if role in (Qt.ItemDataRole.AccessibleDescriptionRole, Qt.ItemDataRole.ToolTipRole):
            return card.first_sentence
        return None


class _Painter(QStyledItemDelegate):
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        view = self.parent()
        return view.gridSize() if isinstance(view, QListView) else CARD

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        look, card = current(), index.data(ROLE)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(GAP / 2, GAP / 2, -GAP / 2, -GAP / 2)
        outline = QPainterPath()
        outline.addRoundedRect(box, RADIUS_CARD, RADIUS_CARD)
        painter.fillPath(outline, QColor(look.raised))
        painter.setClipPath(outline)
        top = QRectF(box.left(), box.top(), box.width(), PICTURE)
        painter.fillRect(top, QColor(look.ground))
        paint_sketch(painter, top.adjusted(16, 12, -16, -12), card.sketch)
        painter.setClipping(False)
        self._write(painter, card, box)
        edge = look.accent if chosen else look.control if hovered else look.line
        painter.setPen(QPen(QColor(edge), 2 if chosen else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = 1.0 if chosen else 0.5
        painter.drawRoundedRect(
            box.adjusted(inset, inset, -inset, -inset), RADIUS_CARD, RADIUS_CARD
        )
        painter.restore()

    def _write(self, painter: QPainter, card: Card, box: QRectF) -> None:
        look = current()
        left, width = int(box.left()) + 14, int(box.width()) - 28
        y = int(box.top()) + PICTURE + 12
        painter.setPen(QColor(look.text))
        painter.setFont(style.sans(TYPE_TITLE, QFont.Weight.DemiBold))
        name = painter.fontMetrics().elidedText(card.name, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(left, y, width, 20), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(style.sans(TYPE_BODY))
        painter.setPen(QColor(look.muted))
        for row, line in enumerate(_lines(card.first_sentence, painter, width, 3)):
            painter.drawText(
                QRect(left, y + 25 + row * 18, width, 18), Qt.AlignmentFlag.AlignVCenter, line
            )
        painter.setFont(style.sans(TYPE_SMALL))
        tags = " · ".join((*card.tagged("architecture"), *card.tagged("task")))
        painter.drawText(QRect(left, y + 88, width, 16), Qt.AlignmentFlag.AlignVCenter, tags)


def _lines(text: str, painter: QPainter, width: int, most: int) -> list[str]:
    """`text` in at most `most` lines of that width; the last one ends in an ellipsis if it must."""
    metrics = painter.fontMetrics()
    lines: list[str] = []
    line = ""
    words = text.split()
    for i, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if metrics.horizontalAdvance(longer) <= width:
            line = longer
        elif len(lines) == most - 1:
            rest = " ".join([line, *words[i:]])
            return [*lines, metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width)]
        else:
            lines.append(line)
            line = word
    return [*lines, line]


class Gallery(QListView):
    """The cards; a click or Enter opens one."""

    template_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.setAccessibleName("Templates")
        self._cards = cards()
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("role", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)
        notifier.theme_changed.connect(self._repaint)
        self._model.show(self._cards)

    @property
    def all_cards(self) -> tuple[Card, ...]:
        """Every template, shown or filtered away."""
        return self._cards

    def filter(self, text: str, task: str, architecture: str) -> int:
        """Show only what fits; returns how many do."""
        fitting = tuple(c for c in self._cards if c.matches(text, task, architecture))
        self._model.show(fitting)
        return len(fitting)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        keyboard = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if event.reason() in keyboard and not self.currentIndex().isValid():
            self.setCurrentIndex(self._model.index(0, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        # As if the scroll bar were there always, so that filtering moves no card.
        room = self.width() - self.verticalScrollBar().sizeHint().width()
        columns = max(1, room // CARD.width())
        self.setGridSize(QSize((room - 1) // columns, CARD.height()))
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.viewport().update()

    def _open(self, index: QModelIndex) -> None:
        self.template_activated.emit(index.data(ROLE).id)

    def _repaint(self, look: object) -> None:
        self.viewport().update()
