"""A rail: the strip that stands for the folded panels of one side. Owns their buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolBar,
    QToolButton,
    QWidget,
)

from nnstudio.theme import icons

ICONS = {
    "palette": "layers", "inspector": "inspector", "code": "code", "training": "chart",
    "gap": "gap", "use": "go", "runs": "recent", "problems": "problems", "plan": "plan",
    "data": "data", "variables": "variables",
}  # fmt: skip
"""The icon of each panel."""
ICON, PAD, BESIDE = 16, 8, 6
SHORTEST = 24
"""Pixels that a cut title must have at least; with less, the icon stands alone."""


class RailButton(QToolButton):
    """Icon and name of a panel, along the strip."""

    def __init__(self, name: str, title: str, upright: bool) -> None:
        super().__init__()
        self.setObjectName(f"rail_{name}")
        self.setIcon(icons.icon(ICONS.get(name, "panel"), "muted"))
        self.setIconSize(QSize(ICON, ICON))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._upright = upright
        self.most: int | None = None
        """Pixels that the title may take, where the strip is too short for all of it."""
        self.say(title)

    def say(self, title: str) -> None:
        """Another title."""
        self.setText(title)
        self.setToolTip(f"Open {title}")
        self.setAccessibleName(f"Open {title}")
        self.updateGeometry()

    @property
    def words(self) -> int:
        """Pixels that the whole title takes."""
        return self.fontMetrics().size(Qt.TextFlag.TextSingleLine, self.text()).width()

    def cut(self, most: int | None) -> None:
        """Let the title take so many pixels at most."""
        if most != self.most:
            self.most = most
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        words = self.words if self.most is None else min(self.words, self.most)
        along = PAD + ICON + (BESIDE + words if words else 0) + PAD
        across = max(ICON, self.fontMetrics().height()) + 10
        return QSize(across, along) if self._upright else QSize(along, across)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text, option.icon = "", icons.icon("dot", "#00000000")
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        across = self.width() if self._upright else self.height()
        along = self.height() if self._upright else self.width()
        beside = (across - ICON) // 2
        place = QPoint(beside, PAD) if self._upright else QPoint(PAD, beside)
        self.icon().paint(painter, QRect(place, QSize(ICON, ICON)))
        if self._upright:
            painter.translate(self.width(), 0)
            painter.rotate(90)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = along - PAD - ICON - BESIDE
        words = QRect(QPoint(PAD + ICON + BESIDE, 0), QSize(room, across))
        text = self.text()
        if self.most is not None:
            dots = Qt.TextElideMode.ElideRight
            text = self.fontMetrics().elidedText(text, dots, self.most) if self.most else ""
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class Rail(QToolBar):
    """The strip of one side; hidden while it has no panels, or while it is `muted`."""

    panel_chosen = Signal(str)

    def __init__(self, side: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"rail_{side}")
        self.setWindowTitle(f"Folded panels, {side}")
        self.setAccessibleName(f"Folded panels, {side}")
        self.setProperty("side", side)
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self._upright = side != "bottom"
        self._buttons: dict[str, RailButton] = {}
        self.muted = False

    def show_panels(self, panels: Sequence[tuple[str, str]]) -> None:
        """Stand for these panels: name and title of each."""
        if [name for name, _ in panels] != list(self._buttons):
            self._make(panels)
        for name, title in panels:
            self._buttons[name].say(title)
        self._fit()
        self.setVisible(bool(panels) and not self.muted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Cut the longest titles until all buttons are there; without room for any, all of them."""
        buttons = list(self._buttons.values())
        layout = self.layout()
        if not buttons or layout is None:
            return
        margins, length = layout.contentsMargins(), self.height() if self._upright else self.width()
        around = margins.top() + margins.bottom()
        if not self._upright:
            around = margins.left() + margins.right()
        each = PAD + ICON + BESIDE + PAD + layout.spacing()
        room = length - around - each * len(buttons)
        most = _limit([button.words for button in buttons], room)
        for button in buttons:
            button.cut(most)

    def _make(self, panels: Sequence[tuple[str, str]]) -> None:
        focused = any(button.hasFocus() for button in self._buttons.values())
        self.clear()
        for old in self._buttons.values():
            old.deleteLater()
        self._buttons = {}
        for name, title in panels:
            button = RailButton(name, title, self._upright)
            button.clicked.connect(lambda *_, name=name: self.panel_chosen.emit(name))
            self._buttons[name] = button
            self.addWidget(button)
        if focused and self._buttons:
            next(iter(self._buttons.values())).setFocus(Qt.FocusReason.OtherFocusReason)

    def give_focus(self, name: str) -> None:
        """Put the keyboard on the button of a panel."""
        if name in self._buttons:
            self._buttons[name].setFocus(Qt.FocusReason.OtherFocusReason)


def _limit(lengths: Sequence[int], room: int) -> int | None:
    """What the longest may have so that all fit; None where they do, 0 where too little is left."""
    if sum(lengths) <= room:
        return None
    left = sorted(lengths)
    while left:
        share = room // len(left)
        if left[0] > share:
            return share if share >= SHORTEST else 0
        room -= left.pop(0)
    return None
