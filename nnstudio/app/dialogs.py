"""File dialogs: the system's own, or Qt's where there is none (as in tests)."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget


def file_dialog(parent: QWidget, name: str, title: str, kinds: str, folder: Path) -> QFileDialog:
    """A dialog that is opened with `open` and answers by `fileSelected`."""
    start = str(folder if folder.is_dir() else Path.home())
    dialog = QFileDialog(parent, title, start, kinds)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog
