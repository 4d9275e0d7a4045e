"""Kept data: the list of fetched sets, tables from the web and packed rows, to refresh and delete.

Owns the dialog. Looking, deleting and fetching happen outside of the window's thread; nothing is
fetched before a person asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.dialogs import size as fit
from nnstudio.app.figures import size
from nnstudio.app.questions import ask
from nnstudio.panels.data_web import age, compared
from nnstudio.panels.fetching import FetchLine
from nnstudio.panels.tables import dress
from nnstudio.panels.text import count, label

if TYPE_CHECKING:
    from nnstudio.app.link import Link
    from nnstudio.app.window import Window
    from nnstudio.runs.kept_data import KeptData

NONE = (
    "Nothing is kept yet. Sets and tables that you fetch from the web stand here, and the packed "
    "rows of tables that are larger than memory."
)
_PACKED = "Packed rows are made anew by the next run that needs them"
_HEADS = ("Data", "Kind", "Size", "Age", "Place")
_KINDS = {"set": "set", "table": "web table", "rows": "packed rows"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is kept, and why it cannot be deleted now; "" where it can."""

    data: KeptData
    refused: str


class KeptPage(QDialog):
    """Lists what is kept; refreshes and deletes what a person chooses."""

    renewed = Signal(str)
    """The place of a table that has come anew and is another than before."""

    def __init__(self, parent: QWidget, link: Link, used: str = "") -> None:
        """`used` is the file or folder that the open project reads."""
        super().__init__(parent)
        self.setObjectName("kept_page")
        self.setWindowTitle("NN Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._link, self._used = link, used
        self._lines: tuple[Line, ...] = ()
        self._closed = False
        self._sum = label("Looking…", "muted", "kept_sum")
        self.table = _made_table()
        self.table.itemSelectionChanged.connect(self._follow)
        _DeleteKey(self.table, self._ask_to_delete)
        self._about = label("", "muted", "kept_about")
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fetching = FetchLine(link.request, "kept")
        self.fetching.came.connect(self._came)
        self.fetching.busy_changed.connect(lambda _: self._follow())
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.refresh_button = self._button("Fetch anew", "kept_refresh", self._refresh)
        self.delete_button = self._button("Delete…", "kept_delete", self._ask_to_delete)
        buttons.addButton(self.refresh_button, role.ActionRole)
        buttons.addButton(self.delete_button, role.ActionRole)
        close = buttons.addButton("Close", role.RejectRole)
        close.setObjectName("kept_close")
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(8)
        column.addWidget(label("Data kept on this computer", "head", "kept_head"))
        for widget in (self._sum, self.table, self._about, self.fetching, buttons):
            column.addWidget(widget, 1 if widget is self.table else 0)
        fit(self, 760, 460)
        self.finished.connect(lambda _: self._leave())
        self._follow()
        self.look()

    def _button(self, text: str, name: str, does: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: does())
        return button

    def _leave(self) -> None:
        self._closed = True
        self.fetching.dispose()

    def look(self) -> None:
        """Bring the list up to date."""
        self._link.look(self, _look, self._show, lambda error: self._say(str(error)))

    def _show(self, lines: tuple[Line, ...]) -> None:
        if self._closed:
            return
        chosen = self._chosen()
        place = self.table.currentRow()
        self._lines = lines
        self.table.blockSignals(True)
        self.table.clearSelection()
        self.table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            for column, text in enumerate(_cells(line.data)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self.table.blockSignals(False)
        total = sum(line.data.size for line in lines)
        self._sum.setText(
            f"{count(len(lines), 'entry', 'entries')}, {size(total)}" if lines else NONE
        )
        self.table.setVisible(bool(lines))
        places = [line.data.place for line in lines]
        if chosen is not None and chosen.data.place in places:
            place = places.index(chosen.data.place)
        if lines:
            self.table.selectRow(min(max(place, 0), len(lines) - 1))
        self._follow()

    def _chosen(self) -> Line | None:
        place = self.table.currentRow() if self.table.selectedItems() else -1
        return self._lines[place] if 0 <= place < len(self._lines) else None

    def _follow(self) -> None:
        """What is said of the chosen entry, and what can be done with it."""
        line, busy = self._chosen(), self.fetching.busy
        rows = line is not None and line.data.kind == "rows"
        self.refresh_button.setEnabled(line is not None and not rows and not busy)
        self.refresh_button.setToolTip(
            _PACKED if rows else "Fetch it again, and tell whether it is another than before"
        )
        self.delete_button.setEnabled(line is not None and not line.refused and not busy)
        self.delete_button.setToolTip(
            line.refused if line is not None and line.refused else "Delete it here (Del)"
        )
        self._about.setText(self._words(line) if line is not None else "")
        self._about.setVisible(line is not None)

    def _words(self, line: Line) -> str:
        """Where the chosen entry is from and who reads it; its place stands in the table."""
        parts = [_from(line.data)]
        if line.refused:
            parts.append(line.refused)
        elif self._is_used(line.data):
            parts.append("The open project reads it.")
        return " · ".join(parts)

    def _is_used(self, data: KeptData) -> bool:
        return bool(self._used) and (
            Path(self._used) == data.place or data.place in Path(self._used).parents
        )

    def _refresh(self) -> None:
        line = self._chosen()
        if line is not None and line.data.kind != "rows":
            key = "table" if line.data.kind == "table" else "name"
            self.fetching.begin({key: line.data.name})

    def _came(self, state: dict[str, Any]) -> None:
        self._say(compared(state) or "It has come anew.")
        if state.get("changed"):
            self.renewed.emit(str(state.get("path")))
        self.look()

    def _ask_to_delete(self) -> None:
        line = self._chosen()
        if line is None or line.refused or self.fetching.busy:
            return
        data = line.data
        used = (
            "The open project reads it and cannot run without it. " if self._is_used(data) else ""
        )
        more = (
            _PACKED + "." if data.kind == "rows" else "It can be fetched again while it is there."
        )

        def answered(answer: str) -> None:
            if answer == "delete":
                self._delete(data)

        ask(
            self,
            "delete_kept",
            f"Delete {data.title}?",
            f"{used}{size(data.size)} at {data.place}. {more}",
            (("cancel", "Cancel", "cancel"), ("delete", "Delete", "danger")),
            answered,
        )

    def _delete(self, data: KeptData) -> None:
        def delete() -> bool:
            from nnstudio.runs.kept_data import forget

            return forget(data)

        def done(_: bool) -> None:
            self._say(f"{data.title} is deleted.")
            self.look()

        def failed(error: Exception) -> None:
            self._say(str(error))
            self.look()

        self._link.work(delete, done, failed)

    def _say(self, text: str) -> None:
        if not self._closed:
            self.fetching.say(text)


class _DeleteKey(QObject):
    """Delete on the list."""

    def __init__(self, table: QTableWidget, does: Callable[[], None]) -> None:
        super().__init__(table)
        self._does = does
        table.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        if event.key() == Qt.Key.Key_Delete and not event.modifiers():
            self._does()
            return True
        return super().eventFilter(watched, event)


def show_kept(window: Window) -> None:
    """Open the list over a window."""
    used, editor = "", window.editor
    if editor is not None:
        used = str(editor.document.project.data.options.get("path", ""))
    page = KeptPage(window, window.link, used)

    def renewed(place: str) -> None:
        if window.editor is not None:
            window.editor.data.look_again(place)

    page.renewed.connect(renewed)
    page.open()


def _look() -> tuple[Line, ...]:
    from nnstudio.runs.kept_data import listed

    return tuple(Line(*one) for one in listed())


def _cells(data: KeptData) -> tuple[str, ...]:
    return (data.title, _KINDS[data.kind], size(data.size), age(data.when), str(data.place))


def _from(data: KeptData) -> str:
    if data.kind == "rows":
        return f"Made of {data.source}." if data.source else "Made of a table that is not known."
    if data.kind == "set":
        from nnstudio import downloads

        return f"From {downloads.SETS[data.name].address}"
    return f"From {data.name}"


def _made_table() -> QTableWidget:
    table = QTableWidget(0, len(_HEADS))
    dress(table, "kept_data_table", "Kept data")
    table.setHorizontalHeaderLabels(list(_HEADS))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    header, mode = table.horizontalHeader(), QHeaderView.ResizeMode
    for column in range(len(_HEADS)):
        header.setSectionResizeMode(column, mode.ResizeToContents)
    header.setSectionResizeMode(0, mode.Stretch)
    header.setSectionResizeMode(len(_HEADS) - 1, mode.Stretch)
    table.setMinimumHeight(84)
    return table
