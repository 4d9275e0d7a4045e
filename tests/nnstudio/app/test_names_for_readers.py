"""Every control says what it is to somebody who hears the window and does not see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from tests.nnstudio.app.test_nothing_cut import SMALL_SCREEN, dialogs, states

CONTROLS = (
    QAbstractButton | QAbstractItemView | QAbstractSlider | QAbstractSpinBox | QComboBox
    | QLineEdit | QPlainTextEdit | QProgressBar | QTextEdit
)  # fmt: skip


def controls(root: QWidget) -> Iterator[QWidget]:
    """What a person can use, and what tells of work under way."""
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget, QScrollBar | QHeaderView | QTabBar)
        parent = widget.parentWidget()
        part = isinstance(parent, QAbstractItemView | QAbstractSpinBox | QComboBox | QLineEdit)
        part = part or isinstance(parent, QTabBar)
        popup = parent is not None and parent.inherits("QComboBoxPrivateContainer")
        made_by_qt = widget.objectName().startswith("qt_") or part or popup
        seen = widget is root or widget.isVisibleTo(root)
        if isinstance(widget, CONTROLS) and seen and not (inner or made_by_qt):
            yield widget


def nameless(root: QWidget) -> set[str]:
    """The controls that a screen reader would call by their kind alone."""
    found = set()
    for widget in controls(root):
        face = QAccessible.queryAccessibleInterface(widget)
        said = face.text(QAccessible.Text.Name).strip() if face is not None else ""
        if not said or said in "…·×+−…":
            parent = widget.parentWidget()
            found.add(
                f"{type(widget).__name__} {widget.objectName()!r} in {type(parent).__name__} "
                f"{parent.objectName() if parent is not None else ''!r}"
            )
    return found


def test_every_control_of_the_start_page_has_a_name(opened: Any) -> None:
    assert "\n".join(nameless(opened().window)) == ""


@pytest.mark.slow
def test_every_control_of_window_panels_and_dialogs_has_a_name(opened: Any) -> None:
    hand = opened("template:lenet5", size=SMALL_SCREEN)
    found: dict[str, str] = {}
    for parts in (states, dialogs):
        for state, root in parts(hand):
            for words in nameless(root):
                found.setdefault(words, state)
    assert "\n".join(f"{state}: {words}" for words, state in found.items()) == ""


def test_the_sweep_finds_a_control_without_a_name(qtbot: Any) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    QLineEdit(root)
    named = QLineEdit(root)
    named.setAccessibleName("Search")
    assert len(nameless(root)) == 1
