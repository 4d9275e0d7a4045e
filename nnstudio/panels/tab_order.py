"""The order in which Tab visits what a panel makes anew: where it stands, not behind all others."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def visit_in_place(container: QWidget, stops: Iterable[QWidget]) -> None:
    """Have Tab visit these parts of a container one after another, where the container stands.

    Qt visits widgets in the order in which they were made, and leads from those alone that take
    the focus; so the container takes it for as long as this lasts.
    """
    policy = container.focusPolicy()
    container.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    previous = container
    for stop in stops:
        QWidget.setTabOrder(previous, stop)
        previous = stop
    container.setFocusPolicy(policy)
