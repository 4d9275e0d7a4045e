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
    """`main › Stage › Bottleneck`; what has no room is left out in the middle."""

    place_chosen = Signal(int)
    """How many steps of the way to keep, counted from 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("breadcrumbs")
        self.setAccessibleName("Way to the drawing shown")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        self._trail: Trail = ()
        self._steps: list[tuple[QLabel | None, QToolButton]] = []
        self._more = QLabel("…")
        self._more.setProperty("role", "muted")
        self._more.hide()

    @property
    def texts(self) -> list[str]:
        """The names shown, from the left."""
        return [button.text() for _, button in self._steps]

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
        self._steps = [self._step(index, trail) for index in range(len(trail))]
        for index, (arrow, button) in enumerate(self._steps):
            if arrow is not None:
                self._row.addWidget(arrow)
            self._row.addWidget(button)
            if index == 0:
                self._row.addWidget(self._more)
        self._row.addStretch(1)
        self._fit()

    def _step(self, index: int, trail: Trail) -> tuple[QLabel | None, QToolButton]:
        place = trail[index]
        here = index == len(trail) - 1
        button = QToolButton(self)
        button.setObjectName(f"crumb_{index}")
        button.setText(place.drawing)
        button.setProperty("role", "crumb_here" if here else "crumb")
        by = f", entered by {place.node}" if place.node else ""
        button.setToolTip(f"{place.drawing}{by}" if here else f"Up to {place.drawing}{by}")
        button.setAccessibleName(button.toolTip())
        button.setCursor(Qt.CursorShape.ArrowCursor if here else Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self.place_chosen.emit(index + 1))
        if not index:
            return None, button
        arrow = QLabel("›", self)
        arrow.setProperty("role", "muted")
        return arrow, button

    def _fit(self) -> None:
        """First and last always show; of those between, as many of the last as there is room."""
        widths = [
            button.sizeHint().width() + (arrow.sizeHint().width() + 2 * GAP if arrow else 0)
            for arrow, button in self._steps
        ]
        left_out = 0
        room = self.width() - self._more.sizeHint().width()
        while len(widths) - left_out > 2 and sum(widths) - sum(widths[1 : 1 + left_out]) > room:
            left_out += 1
        for index, (arrow, button) in enumerate(self._steps):
            shown = not 1 <= index <= left_out
            button.setVisible(shown)
            if arrow is not None:
                arrow.setVisible(shown)
        self._more.setVisible(left_out > 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())


class DrawingsButton(QToolButton):
    """Opens the list of drawings, and below it what can be done with them."""

    drawing_chosen = Signal(str)

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawings_button")
        self.setText("Drawings")
        self.setIcon(icons.icon("layers", "muted"))
        self.setIconSize(QSize(15, 15))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
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
