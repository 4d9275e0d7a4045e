"""The way into the drawing shown, each step of it a button, and the list of all drawings.

Knows neither canvas nor document: it is told what to show and tells what was clicked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from nnstudio.theme import icons

if TYPE_CHECKING:
    from nnstudio.app.trail import Trail

GAP = 2


class Breadcrumbs(QWidget):
    """`main › Stage › Bottleneck`; the way above that has no room is listed behind “…”.

    The name of the drawing shown always stays; only where even that has no room it is cut.
    """

    place_chosen = Signal(int)
    """How many steps of the way to keep, counted from 1."""
    resized = Signal()
    """Another way is shown, which may need more room or less."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("breadcrumbs")
        self.setAccessibleName("Way to the drawing shown")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._trail: Trail = ()
        self._steps: list[tuple[QLabel | None, QToolButton]] = []
        self._left_out = 0
        self._above = self._above_button()

    @property
    def texts(self) -> list[str]:
        """The names on the way, from the left."""
        return [place.drawing for place in self._trail]

    @property
    def whole_width(self) -> int:
        """The width at which the whole way is seen."""
        return sum(self._widths())

    @property
    def short_width(self) -> int:
        """The width at which the name of the drawing shown is still seen whole."""
        widths = self._widths()
        above = self._above.sizeHint().width() + GAP if len(widths) > 1 else 0
        return above + sum(widths[-1:])

    def show_trail(self, trail: Trail) -> None:
        """Show another way."""
        if trail == self._trail:
            return
        self._trail = trail
        for arrow, button in self._steps:
            for widget in (arrow, button):
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
        while self._row.takeAt(0) is not None:
            pass
        self._row.addWidget(self._above)
        self._steps = [self._step(index, trail) for index in range(len(trail))]
        for arrow, button in self._steps:
            if arrow is not None:
                self._row.addWidget(arrow)
            self._row.addWidget(button)
        self._row.addStretch(1)
        for button in self.findChildren(QToolButton):
            button.ensurePolished()  # widths are asked for before it is seen
        self._fit()
        self.resized.emit()

    def _above_button(self) -> QToolButton:
        above = QToolButton(self)
        above.setObjectName("crumbs_above")
        above.setText("…")
        above.setProperty("role", "crumb")
        above.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        above.setCursor(Qt.CursorShape.PointingHandCursor)
        menu = QMenu(above)
        menu.setObjectName("crumbs_menu")
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._list_above)
        above.setMenu(menu)
        above.hide()
        return above

    def _step(self, index: int, trail: Trail) -> tuple[QLabel | None, QToolButton]:
        here = index == len(trail) - 1
        button = QToolButton(self)
        button.setObjectName(f"crumb_{index}")
        button.setText(trail[index].drawing)
        button.setProperty("role", "crumb_here" if here else "crumb")
        button.setToolTip(_about(trail, index))
        button.setAccessibleName(button.toolTip())
        button.setCursor(Qt.CursorShape.ArrowCursor if here else Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self.place_chosen.emit(index + 1))
        if not index:
            return None, button
        arrow = QLabel("›", self)
        arrow.setProperty("role", "muted")
        return arrow, button

    def _widths(self) -> list[int]:
        """What each step needs with its arrow, its name in full."""
        found = []
        for place, (arrow, button) in zip(self._trail, self._steps, strict=True):
            of_text = button.fontMetrics().horizontalAdvance
            cut = of_text(place.drawing) - of_text(button.text())
            before = arrow.sizeHint().width() + GAP if arrow else 0
            found.append(button.sizeHint().width() + cut + before + GAP)
        return found

    def _fit(self) -> None:
        """Leave out as few steps from the left as there must be; the last always shows."""
        widths, room = self._widths(), self.width()
        above, left_out = 0, 0
        while left_out < len(widths) - 1 and above + sum(widths[left_out:]) > room:
            left_out += 1
            above = self._above.sizeHint().width() + GAP
        for index, (arrow, button) in enumerate(self._steps):
            button.setVisible(index >= left_out)
            if arrow is not None:
                arrow.setVisible(index >= left_out)
        self._above.setVisible(left_out > 0)
        self._left_out = left_out
        told = f"The way above: {' › '.join(self.texts[:left_out])}"
        self._above.setToolTip(told)
        self._above.setAccessibleName(told)
        if self._steps:
            self._cut_last(room - above - sum(widths[left_out:]))

    def _cut_last(self, spare: int) -> None:
        name, button = self._trail[-1].drawing, self._steps[-1][1]
        metrics = button.fontMetrics()
        wide = metrics.horizontalAdvance(name) + min(0, spare)
        shown = name if spare >= 0 else metrics.elidedText(name, Qt.TextElideMode.ElideRight, wide)
        if button.text() != shown:
            button.setText(shown)

    def _list_above(self) -> None:
        """Have the button “…” list the steps that are left out, the outermost on top."""
        menu = self._above.menu()
        menu.clear()
        for index in range(self._left_out):
            action = menu.addAction(icons.icon("layers", "muted"), self._trail[index].drawing)
            action.setObjectName(f"crumb_above_{index}")
            action.setToolTip(_about(self._trail, index))
            action.triggered.connect(lambda _=False, to=index: self.place_chosen.emit(to + 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())


def _about(trail: Trail, index: int) -> str:
    """What a step of the way is, in words."""
    place = trail[index]
    by = f", entered by {place.node}" if place.node else ""
    return f"{place.drawing}{by}" if index == len(trail) - 1 else f"Up to {place.drawing}{by}"


class DrawingsButton(QToolButton):
    """Opens the list of drawings, and below it what can be done with them."""

    drawing_chosen = Signal(str)

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawings_button")
        self.setText("Drawings")
        self.setIcon(icons.icon("layers", "muted"))
        self.setIconSize(QSize(15, 15))
        self.show_name(True)
        self.setToolTip("All networks and blocks of the project; add, rename, duplicate, delete")
        self.setAccessibleName("Drawings")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._actions = tuple(actions)
        self._rows: tuple[tuple[str, bool, str], ...] = ()
        self._shown = ""
        self.list = QMenu(self)
        self.list.setObjectName("drawings_menu")
        self.list.setToolTipsVisible(True)
        self.list.aboutToShow.connect(self._fill)
        self.setMenu(self.list)

    def show_name(self, shown: bool) -> None:
        """The button with its name, or where room is short its picture alone."""
        style = Qt.ToolButtonStyle
        wanted = style.ToolButtonTextBesideIcon if shown else style.ToolButtonIconOnly
        if self.toolButtonStyle() is not wanted:
            self.setToolButtonStyle(wanted)

    @property
    def name_width(self) -> int:
        """The width that the name needs beside the picture."""
        return self.fontMetrics().horizontalAdvance(f"{self.text()}  ")

    def show_drawings(self, rows: Iterable[tuple[str, bool, str]], shown: str) -> None:
        """Name, whether it is a block, and what it does; and which of them is shown."""
        self._rows, self._shown = tuple(rows), shown

    def _fill(self) -> None:
        self.list.clear()
        for title, wanted in (("Networks", False), ("Blocks", True)):
            rows = [row for row in self._rows if row[1] is wanted]
            if rows:
                self.list.addSection(title)
            for name, block, about in rows:
                icon = icons.family_icon("block") if block else icons.icon("layers", "muted")
                action = self.list.addAction(icon, name)
                action.setObjectName(f"drawing_{name}")
                action.setToolTip(about or name)
                action.setCheckable(True)
                action.setChecked(name == self._shown)
                action.triggered.connect(lambda _=False, one=name: self.drawing_chosen.emit(one))
        self.list.addSeparator()
        for action in self._actions:
            self.list.addAction(action)
