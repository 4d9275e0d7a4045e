"""The palette: every layer by family, found by typing, placed by dragging, appended by Enter.

Knows the registry and nothing of canvas or document: what a person does leaves as signals.
Dragging is the window's own mouse gesture, so that it works on every platform and can be cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.blocks import holders, types_of
from graph_compiler.code_rules import FAMILY as CODE
from graph_compiler.layer import Layer
from graph_compiler.model import Network
from graph_compiler.registry import layers
from nnstudio.panels.palette_ghost import Ghost
from nnstudio.panels.palette_layers import (
    FAVOURITES,
    OPENED,
    RECENT,
    TITLES,
    card,
    found_by,
    rank,
)
from nnstudio.panels.palette_list import FAMILY, FOLDS, MORE, NEW, OPEN, TYPE, LayerList
from nnstudio.panels.palette_templates import Templates
from nnstudio.theme import notifier
from nnstudio.theme.families import families

OWN = (BLOCK, CODE)
"""What a project makes itself: drawn, or written in Python."""
_NEW = (
    (BLOCK, "New block", "A drawing of your own, to be used as a layer as often as you like"),
    (CODE, "New Python layer", "A layer written in Python; it runs only once you trust it"),
)
MOST = 9
"""Layers that an open family shows before the row that offers the rest."""
MOST_RECENT = 6


class PalettePanel(QFrame):
    """Search, layers by family, and below them the templates."""

    layer_activated = Signal(str)
    placing_started = Signal(str)
    placing_moved = Signal(object)
    """Where the mouse is, in global coordinates."""
    placing_finished = Signal(object)
    placing_cancelled = Signal()
    template_activated = Signal(str)
    block_wanted = Signal()
    """A new block."""
    code_wanted = Signal()
    """A new layer written in Python."""
    block_opened = Signal(str)
    block_renamed = Signal(str)
    block_duplicated = Signal(str)
    block_deleted = Signal(str)
    recent_changed = Signal(object)
    """The layers used last, the newest first."""
    favourites_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette_panel")
        self.setAccessibleName("Layers and templates")
        self.setProperty("role", "panel")
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 4, 0, 8)
        self._lines.setSpacing(4)
        self.search = QLineEdit()
        self.search.setObjectName("palette_search")
        self.search.setAccessibleName("Search layers")
        self.search.setPlaceholderText("Search layers")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        margin = QVBoxLayout()
        margin.setContentsMargins(12, 0, 10, 4)
        margin.addWidget(self.search)
        self._lines.addLayout(margin)
        self._open = {FAVOURITES, RECENT, BLOCK, *OPENED}
        self._types: Mapping[str, Layer] = layers()
        self._networks: Mapping[str, Network] = {}
        self._drawing = ""
        self._recent: tuple[str, ...] = ()
        self._favourites: tuple[str, ...] = ()
        self._grown = False
        """Whether the layers used last are others than those listed."""
        self._ghost: Ghost | None = None
        self._placed = ""
        self._whole: set[str] = set()
        """Open families that show more than the first layers."""
        self.list = LayerList()
        self.list.family_toggled.connect(self._toggle)
        self.list.rest_requested.connect(self._show_rest)
        self.list.new_requested.connect(self._make_new)
        self.list.menu_requested.connect(self._open_menu)
        for name in (
            "layer_activated", "placing_started", "placing_moved", "placing_finished",
            "placing_cancelled",
        ):  # fmt: skip
            getattr(self.list, name).connect(getattr(self, name))
        self.list.layer_activated.connect(self._used)
        self.list.placing_started.connect(self._start_ghost)
        self.list.placing_moved.connect(self._move_ghost)
        self.list.placing_finished.connect(lambda _: self._used(self._placed))
        for ended in (self.list.placing_finished, self.list.placing_cancelled):
            ended.connect(self._end_ghost)
        self._lines.addWidget(self.list, 1)
        self._templates: QWidget | None = None
        notifier.theme_changed.connect(self._repaint)
        self._fill()

    def dispose(self) -> None:
        """Stop following the theme."""
        notifier.theme_changed.disconnect(self._repaint)

    def show_templates(self, templates: Iterable[tuple[str, str]]) -> None:
        """Offer these below the layers: identity and name each."""
        if self._templates is not None:
            self._templates.deleteLater()
        self._templates = Templates(templates)
        self._templates.activated.connect(self.template_activated)
        self._lines.addWidget(self._templates)

    def show_kept(self, recent: Iterable[str], favourites: Iterable[str]) -> None:
        """The layers used last, the newest first, and those that a person marked."""
        self._recent, self._favourites = tuple(recent)[:MOST_RECENT], tuple(favourites)
        self._refill()

    def show_blocks(self, networks: Mapping[str, Network]) -> None:
        """Offer a project's blocks before the layers."""
        self._networks, self._types = networks, types_of(networks)
        self._refill()

    def show_drawing(self, name: str) -> None:
        """The drawing that blocks are placed in: one that would hold itself is not offered."""
        if name != self._drawing:
            self._drawing = name
            if self._networks:
                self._refill()

    def shown_types(self) -> list[str]:
        """The layers listed, from the top."""
        items = (self.list.item(i) for i in range(self.list.count()))
        return [item.data(TYPE) for item in items if item.data(TYPE)]

    def _fill(self) -> None:
        typed = self.search.text().strip()
        self.list.clear()
        outer = holders(self._networks, self._drawing)
        fitting = [
            (t, one) for t, one in self._types.items() if t not in outer and found_by(one, t, typed)
        ]
        if typed:
            for type, layer in sorted(fitting, key=lambda row: rank(row[1], row[0], typed)):
                self.list.addItem(self._row(type, layer))
            first = 0
        else:
            first = -1
            known = dict(fitting)
            for group, types in ((FAVOURITES, self._favourites), (RECENT, self._recent)):
                rows = [(type, known[type]) for type in types if type in known]
                if rows:
                    self._fill_family(group, rows)
            own = [row for row in fitting if row[1].family in OWN]
            if own:
                self._fill_blocks(own)
            for family in families(one.family for _, one in fitting if one.family not in OWN):
                self._fill_family(family, [row for row in fitting if row[1].family == family])
            if not own:
                # A project without blocks has its first layers on top, not an empty group.
                self._fill_blocks(own)
        if not fitting:
            self.list.addItem(self._heading("No layer fits"))
        elif first == 0:
            self.list.setCurrentRow(0)

    def _fill_blocks(self, rows: list[tuple[str, Layer]]) -> None:
        """The project's own blocks, and a row that makes a new one."""
        if not self._networks:
            return
        self._fill_family(BLOCK, rows)
        if BLOCK in self._open:
            for family, words, about in _NEW:
                item = QListWidgetItem(words)
                item.setData(NEW, family)
                item.setToolTip(about)
                self.list.addItem(item)

    def _make_new(self, family: str) -> None:
        (self.code_wanted if family == CODE else self.block_wanted).emit()

    def _open_menu(self, type: str, at: QPoint) -> None:
        menu = self.menu(type)
        if menu is not None:
            menu.popup(at)

    def menu(self, type: str) -> QMenu | None:
        """What can be done with a layer or block, as a menu; made anew each time."""
        layer = self._types.get(type)
        if layer is None:
            return None
        menu = QMenu(self)
        menu.setObjectName("palette_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        append = menu.addAction("Append to the selected node")
        append.triggered.connect(lambda: self.list.layer_activated.emit(type))
        marked = type in self._favourites
        mark = menu.addAction("Remove from favourites" if marked else "Add to favourites")
        mark.triggered.connect(lambda: self._mark(type))
        if layer.family in OWN:
            menu.addSeparator()
            for text, signal in (
                ("Open", self.block_opened),
                ("Rename", self.block_renamed),
                ("Duplicate", self.block_duplicated),
                ("Delete", self.block_deleted),
            ):
                menu.addAction(text).triggered.connect(lambda _=False, one=signal: one.emit(type))
        return menu

    def _fill_family(self, family: str, rows: list[tuple[str, Layer]]) -> None:
        opened = family in self._open
        title = TITLES.get(family, family.capitalize())
        heading = QListWidgetItem(title if opened else f"{title} ({len(rows)})")
        heading.setData(FOLDS, family)
        heading.setData(OPEN, opened)
        heading.setToolTip(f"{'Hide' if opened else 'Show'} {title.lower()}")
        self.list.addItem(heading)
        if not opened:
            return
        few = len(rows) if family in self._whole or len(rows) <= MOST + 1 else MOST
        for type, layer in rows[:few]:
            self.list.addItem(self._row(type, layer))
        if few < len(rows):
            rest = QListWidgetItem(f"{len(rows) - few} more…")
            rest.setData(MORE, family)
            self.list.addItem(rest)

    def _toggle(self, family: str) -> None:
        if family in self._open:
            self._open.discard(family)
            self._whole.discard(family)
        else:
            self._open.add(family)
        self._refill(family)

    def _show_rest(self, family: str) -> None:
        self._whole.add(family)
        self._refill(family)

    def _refill(self, family: str = "") -> None:
        """Lists anew, scrolled as before; the heading of `family`, or else the row that was the
        current one, is the current one."""
        before = self.list.verticalScrollBar().value()
        current = self.list.currentItem()
        role, wanted = (FOLDS, family) if family else (TYPE, current.data(TYPE) if current else "")
        self._fill()
        for row in range(self.list.count()):
            if wanted and self.list.item(row).data(role) == wanted:
                self.list.setCurrentRow(row)
                break
        self.list.verticalScrollBar().setValue(before)

    def show_type(self, type: str) -> None:
        """Open the family of a layer, all of it, and scroll there."""
        layer = self._types.get(type)
        if layer is None:
            return
        self.search.clear()
        self._open.add(layer.family)
        self._whole.add(layer.family)
        self._fill()
        for row in range(self.list.count()):
            if self.list.item(row).data(TYPE) == type:
                self.list.setCurrentRow(row)
                self.list.scrollToItem(self.list.item(row))
                return

    @staticmethod
    def _heading(text: str) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        return item

    @staticmethod
    def _row(type: str, layer: Layer) -> QListWidgetItem:
        item = QListWidgetItem(layer.title)
        item.setData(TYPE, type)
        item.setData(FAMILY, layer.family)
        item.setToolTip(card(layer))
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, layer.doc)
        return item

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys and Enter in the search field go to the list."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            key = event.key() if isinstance(event, QKeyEvent) else 0
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentItem() is None and self.shown_types():
                    self._choose_first()
                else:
                    self.list.keyPressEvent(event)
                return True
            if key == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    def _choose_first(self) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(TYPE):
                self.list.setCurrentRow(row)
                return

    # What is used and marked

    def _used(self, type: str) -> None:
        if type in self._types:
            others = (one for one in self._recent if one != type)
            self._recent = (type, *others)[:MOST_RECENT]
            self._grown = True
            self.recent_changed.emit(self._recent)

    def leaveEvent(self, event: QEvent) -> None:
        # Rows move only when nobody is about to take one.
        super().leaveEvent(event)
        if self._grown and not self.list.placing and not self.search.text():
            self._grown = False
            self._refill()

    def _mark(self, type: str) -> None:
        marked = type in self._favourites
        others = tuple(one for one in self._favourites if one != type)
        self._favourites = others if marked else (*others, type)
        self.favourites_changed.emit(self._favourites)
        self._refill(FAVOURITES)

    # The layer in hand

    def _start_ghost(self, type: str) -> None:
        self._end_ghost()
        self._placed = type
        layer = self._types.get(type)
        if layer is not None:
            self._ghost = Ghost(self.window(), layer.title, layer.family)

    def _move_ghost(self, at: QPoint) -> None:
        if self._ghost is not None:
            self._ghost.follow(at, self)

    def _end_ghost(self, _at: object = None) -> None:
        if self._ghost is not None:
            ghost, self._ghost = self._ghost, None
            ghost.hide()
            ghost.deleteLater()

    def _repaint(self, look: object) -> None:
        self.list.viewport().update()
