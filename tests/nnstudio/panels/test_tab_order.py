"""Tab visits the fields of a panel from top to bottom, whatever was made anew meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from graph_compiler.layer import Int
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.form import ParamForm
from nnstudio.panels.plan import PlanPanel

ROW = 32
"""Pixels of a field's height: of those in one line one may stand a little higher."""


@pytest.fixture
def window(qtbot: Any) -> QWidget:
    """A window with a field at its top and one at its foot; panels come between them."""
    made = QWidget()
    made.resize(700, 900)
    column = QVBoxLayout(made)
    for name in ("top", "foot"):
        field = QLineEdit(made)
        field.setObjectName(name)
        column.addWidget(field)
    qtbot.addWidget(made)
    return made


def put(window: QWidget, *panels: QWidget) -> None:
    """Show panels between the two fields; Tab comes to them after both."""
    for place, panel in enumerate(panels, 1):
        window.layout().insertWidget(place, panel)
    window.show()
    QApplication.processEvents()


def visited(window: QWidget) -> list[QWidget]:
    """What Tab stops at, from the field at the top on."""
    found = []
    start = one = window.findChild(QWidget, "top")
    while not found or one is not start:
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible():
            found.append(one)
        one = one.nextInFocusChain()
    return found


def names(window: QWidget) -> list[str]:
    return [one.objectName() for one in visited(window) if one.objectName()[:5] == "field"]


def falls(panel: QWidget, window: QWidget) -> bool:
    """Whether the panel's stops come one after another, each no higher than the one before."""
    own = [panel.isAncestorOf(one) for one in visited(window)]
    inside = [one for one in visited(window) if panel.isAncestorOf(one)]
    heights = [one.mapTo(window, QPoint(0, one.height() // 2)).y() for one in inside]
    together = own[own.index(True) :][: len(inside)]
    return all(together) and all(b >= a - ROW / 2 for a, b in pairwise(heights))


def ints(*wanted: str) -> tuple[Int, ...]:
    return tuple(Int(name, 1, low=0, high=9, doc=name) for name in wanted)


def test_rows_that_come_later_are_visited_where_they_stand(window: QWidget) -> None:
    first, second = ParamForm(ints("a", "b")), ParamForm(ints("x"))
    put(window, first, second)
    assert names(window) == ["field_a", "field_b", "field_x"]
    first.set_params(ints("new", "b", "later"))
    assert names(window) == ["field_new", "field_b", "field_later", "field_x"]
    second.set_params(ints("y", "x"))
    first.set_params(ints("only"))
    assert names(window) == ["field_only", "field_y", "field_x"]


def test_a_plan_is_walked_from_top_to_bottom(document: Document, window: QWidget) -> None:
    panel = PlanPanel(document)
    put(window, panel)
    assert falls(panel, window)
    for recipe in ("semi_supervised", "autoencoder", "supervised"):
        document.do(steps.set_stage(document, "recipe", recipe))
        QApplication.processEvents()
        assert falls(panel, window), recipe
    document.do(steps.add_stage(document, 0))
    QApplication.processEvents()
    assert panel.bar.findChild(QWidget, "stage_1").isVisible()
    assert falls(panel, window)
    panel.dispose()
