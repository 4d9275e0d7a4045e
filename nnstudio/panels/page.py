"""What all pages of the inspector are laid out with: the column, and the area that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget


def page_column(page: QWidget, name: QLineEdit | None = None) -> QVBoxLayout:
    """The page's column; the text of `name` stands flush with it, its frame does not."""
    outer = QVBoxLayout(page)
    outer.setContentsMargins(6, 8, 12, 16)
    outer.setSpacing(0)
    if name is not None:
        outer.addWidget(name)
    column = QVBoxLayout()
    column.setContentsMargins(6, 4, 0, 0)
    column.setSpacing(4)
    outer.addLayout(column)
    return column


def scrolling(page: QWidget, parent: QWidget) -> QScrollArea:
    """The page in an area that scrolls up and down only."""
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
