"""Longer texts in windows of their own, to read and copy: details, differences, errors."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.dialogs import size
from nnstudio.app.errors import ErrorReport
from nnstudio.app.labels import label
from nnstudio.theme import icons


def show_text(parent: QWidget, name: str, heading: str, text: str) -> QDialog:
    """A dialog with a text that can be copied; it does not stop the window."""
    dialog = QDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle(heading)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    lines = QVBoxLayout(dialog)
    lines.setContentsMargins(16, 14, 16, 14)
    lines.setSpacing(10)
    lines.addWidget(label(heading, "title"))
    edit = QPlainTextEdit(text)
    edit.setObjectName(f"{name}_text")
    edit.setAccessibleName(heading)
    edit.setReadOnly(True)
    edit.setProperty("role", "code")
    edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    lines.addWidget(edit, 1)
    row = QHBoxLayout()
    row.addStretch(1)
    copy = QPushButton(icons.icon("copy"), "Copy")
    copy.setObjectName(f"{name}_copy")
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
    close = QPushButton("Close")
    close.setObjectName(f"{name}_close")
    close.clicked.connect(dialog.accept)
    row.addWidget(copy)
    row.addWidget(close)
    lines.addLayout(row)
    size(dialog, 820, min(560, 168 + 16 * text.count("\n")))
    dialog.open()
    return dialog


class ErrorPanel(QFrame):
    """Says that something unforeseen happened; the report is one click away.

    A frame in the lower right corner of the window; errors that follow are counted, not stacked.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("error_panel")
        self.setAccessibleName("Error report")
        self.setProperty("role", "card")
        self._reports: list[ErrorReport] = []
        lines = QVBoxLayout(self)
        lines.setContentsMargins(16, 14, 16, 14)
        lines.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        sign = label()
        sign.setPixmap(icons.pixmap("error", "bad", 18, 2.0))
        head.addWidget(sign)
        self._heading = label("Something went wrong", "title")
        head.addWidget(self._heading, 1)
        lines.addLayout(head)
        self._words = label("", "muted")
        self._words.setObjectName("error_text")
        self._words.setWordWrap(True)
        lines.addWidget(self._words)
        row = QHBoxLayout()
        row.addStretch(1)
        for text, name, does in (
            ("Copy report", "error_copy", self._copy),
            ("Details", "error_details", self._details),
            ("Dismiss", "error_dismiss", self.dismiss),
        ):
            button = QPushButton(text)
            button.setObjectName(name)
            button.clicked.connect(lambda *_, does=does: does())
            row.addWidget(button)
        lines.addLayout(row)
        self.hide()

    @property
    def text(self) -> str:
        """The whole report, as it is copied."""
        return "\n\n".join(report.details for report in self._reports)

    def add(self, report: ErrorReport) -> None:
        """Show one more report."""
        self._reports = [*self._reports[-9:], report]
        more = len(self._reports) - 1
        also = f" (and {more} more)" if more else ""
        self._words.setText(
            f"{self._reports[0].title[:300]}{also}\n"
            "Your project is kept, and you can go on. Save it under another name to be sure."
        )
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Stand in the lower right corner."""
        room = self.parentWidget().rect()
        wide = min(440, room.width() - 32)
        self.setFixedWidth(wide)
        self.adjustSize()
        self.move(room.width() - wide - 20, room.height() - self.height() - 40)

    def dismiss(self) -> None:
        """Forget the reports and hide."""
        self._reports = []
        self.hide()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)

    def _details(self) -> None:
        show_text(self.window(), "error_report", "Error report", self.text)
