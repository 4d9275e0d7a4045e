"""What dialogs share: no larger than the window they belong to; and file dialogs, the system's own,
or Qt's where there is none (as in tests)."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from nnstudio.theme import scale


def size(dialog: QWidget, wide: int, high: int) -> None:
    """Make a dialog that large, or as large as the window it belongs to has room for."""
    room = dialog.parentWidget().window().size() - QSize(16, 16)
    dialog.resize(QSize(scale.px(wide), scale.px(high)).boundedTo(room))


def file_dialog(parent: QWidget, name: str, title: str, kinds: str, folder: Path) -> QFileDialog:
    """A dialog that is opened with `open` and answers by `fileSelected`."""
    start = str(folder if folder.is_dir() else Path.home())
    dialog = QFileDialog(parent, title, start, kinds)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog
