"""The preview of the data: asked for, awaited, shown, or explained where it failed.

Owns the states of one request at a time; an answer that came too late is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from nnstudio.panels.busy import BusyBar
from nnstudio.panels.data_pictures import ImageGrid, PointPicture
from nnstudio.panels.data_tables import column_table, head_table
from nnstudio.panels.text import count, label

Request = Callable[[str, dict[str, Any], Callable[[Any], None], Callable[[str], None]], None]
DELAY = 200
"""Milliseconds that a change may be followed by another one before the data is read anew."""

MEASURED = 40
"""Columns up to which each is made as wide as its cells; measuring more takes too long."""


class DataPreview(QWidget):
    """Asks for previews and shows the last."""

    found = Signal(object)
    """The result of a look at a file that was asked for in order to use it."""
    column_changed = Signal(str, str, str)
    """Column, `role` or `type`, and the new one."""

    def __init__(self, request: Request, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_preview")
        self._request = request
        self._asked = 0
        self._payload: dict[str, Any] | None = None
        self._adopt = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY)
        self._timer.timeout.connect(self._send)
        self._build()

    def _build(self) -> None:
        self._busy = BusyBar("data_busy", "Reading the data", self)
        self._state = label("", "muted", "data_state")
        self._error = label("", "bad", "data_error")
        self._again = QPushButton("Try again", self)
        self._again.setObjectName("data_again")
        self._again.clicked.connect(self._send)
        self._facts = label("", "muted", "data_facts")
        self._classes = label("", "muted", "data_classes")
        self._problem = label("", "bad", "data_problem")
        self.images = ImageGrid(self)
        self.points = PointPicture(self)
        self._columns_title = label("Columns", "section")
        self.columns, self.column_model = column_table(self)
        self._head_title = label("First rows", "section")
        self.head, self._head_model = head_table(self)
        self.column_model.change_requested.connect(self.column_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        left = Qt.AlignmentFlag.AlignLeft
        for widget in self._parts():
            column.addWidget(widget, 0, left if widget is self._again else Qt.AlignmentFlag(0))
            widget.hide()
        column.addStretch(1)

    def _parts(self) -> tuple[QWidget, ...]:
        return (
            self._busy,
            self._state,
            self._error,
            self._again,
            self._problem,
            self._facts,
            self._classes,
            self.images,
            self.points,
            self._columns_title,
            self.columns,
            self._head_title,
            self.head,
        )

    def dispose(self) -> None:
        """Ask for nothing more, and hear no late answer."""
        self._timer.stop()
        self._asked += 1

    def ask(self, payload: dict[str, Any], *, adopt: bool = False) -> None:
        """Show what `payload` describes; at once where it is looked at in order to `adopt` it."""
        self._payload, self._adopt = payload, adopt
        if adopt:
            self._timer.stop()
            self._send()
        else:
            self._timer.start()

    def say(self, text: str) -> None:
        """There is nothing to show; the text says why."""
        self._timer.stop()
        self._asked += 1
        self._show(self._state)
        self._state.setText(text)

    def _send(self) -> None:
        if self._payload is None:
            return
        self._asked += 1
        number, adopt = self._asked, self._adopt
        self._show(self._busy, self._state, keep=True)
        self._state.setText("Reading the data…")
        self._request(
            "preview",
            self._payload,
            lambda result: self._done(number, adopt, result),
            lambda text: self._refused(number, text),
        )

    def _done(self, number: int, adopt: bool, result: Any) -> None:
        if number != self._asked:
            return
        if not isinstance(result, dict):
            self._refused(number, "The preview came back in a form that cannot be read.")
            return
        self.show_result(result)
        if adopt:
            self._adopt = False
            self.found.emit(result)

    def _refused(self, number: int, text: str) -> None:
        if number != self._asked:
            return
        self._show(self._error, self._again)
        self._error.setText(text)

    def show_result(self, result: dict[str, Any]) -> None:
        """Show an answer of the worker."""
        shown: list[QWidget] = [self._facts]
        self._facts.setText(_facts(result))
        classes = [str(entry[0]) for entry in _pairs(result.get("classes"))]
        balance = _balance(result)
        if balance:
            self._classes.setText(balance)
            shown.append(self._classes)
        problem = str(result.get("problem") or "")
        if problem:
            self._problem.setText(problem)
            shown.append(self._problem)
        columns = _dicts(result.get("columns"))
        names = [str(column.get("name", "")) for column in columns]
        match result.get("kind"):
            case "images" | "sounds":
                self.images.show_images(_list(result.get("images")))
                shown.append(self.images)
            case "points":
                self.points.show_points(_list(result.get("points")), classes, names)
                shown.append(self.points)
            case _:
                self.column_model.show(columns, result.get("source") in ("csv", "parquet"))
                self._head_model.show(names, _list(result.get("table")))
                if len(names) <= MEASURED:
                    self.head.resizeColumnsToContents()
                shown += [self._columns_title, self.columns, self._head_title, self.head]
        self._show(*shown)

    def _show(self, *wanted: QWidget, keep: bool = False) -> None:
        """Exactly these parts; with `keep` what is shown of the data stays until the next comes."""
        passing = (self._busy, self._state, self._error, self._again)
        for widget in self._parts():
            if widget in wanted:
                widget.show()
            elif not keep or widget in passing:
                widget.hide()


def _facts(result: dict[str, Any]) -> str:
    rows = result.get("rows")
    parts = [count(rows, "row")] if isinstance(rows, int) else []
    features = [c for c in _dicts(result.get("columns")) if c.get("role") == "feature"]
    if features and result.get("kind") not in ("images", "sounds", "text"):
        parts.append(count(len(features), "feature"))
    size = next((_list(one.get("size")) for one in _dicts(result.get("images"))), [])
    if len(size) == 3 and result.get("kind") == "images":
        parts.append(f"{size[0]}×{size[1]} pixels")
    classes = _pairs(result.get("classes"))
    if classes:
        parts.append(count(len(classes), "class", "classes"))
    elif result.get("target") == "value":
        parts.append(f"{_numbers(result)} as target")
    return " · ".join(parts)


def _numbers(result: dict[str, Any]) -> str:
    """What the numbers are that are to be predicted."""
    first = next(iter(_dicts(result.get("images"))), {})
    if "next" in first:
        return "the next picture"
    if "boxes" in first:
        return "boxes"
    targets = [c for c in _dicts(result.get("columns")) if c.get("role") == "target"]
    return f"{len(targets)} numbers" if len(targets) > 1 else "a number"


def _balance(result: dict[str, Any]) -> str:
    """The classes and how many rows each has, where they are few enough to read."""
    pairs = _pairs(result.get("classes"))
    if not pairs or len(pairs) > 12:
        return ""
    return "   ".join(f"{name}:\u00a0{number}" for name, number in pairs)


def _pairs(value: Any) -> list[tuple[str, Any]]:
    return [
        (str(entry[0]), entry[1])
        for entry in _list(value)
        if isinstance(entry, list) and len(entry) == 2
    ]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in _list(value) if isinstance(entry, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
