"""The list of data sources, in groups."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from nnstudio.document.sources import SourceSpec, sources
from nnstudio.panels.text import spaced
from nnstudio.theme import style

_GROUPS = {"own": "Your data", "real": "Real data", "generated": "Generated"}


class SourceBox(QComboBox):
    """The sources in groups: real data, generated data, the user's file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_source")
        self.setAccessibleName("Source of the data")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        groups: dict[str, list[SourceSpec]] = {title: [] for title in _GROUPS.values()}
        for spec in sources().values():
            groups[_GROUPS[spec.group]].append(spec)
        model = QStandardItemModel(self)
        for title, specs in groups.items():
            heading = QStandardItem(title)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            heading.setFont(style.sans(11))
            model.appendRow(heading)
            for spec in sorted(specs, key=lambda one: one.title):
                item = QStandardItem(spec.title)
                item.setData(spec.name, Qt.ItemDataRole.UserRole)
                item.setToolTip(spaced(spec.doc))
                model.appendRow(item)
        self.setModel(model)
        self.setPlaceholderText("Choose your data")

    def show_source(self, name: str) -> None:
        """The source in use; none where none is chosen, or where this program does not know it."""
        self.setCurrentIndex(self.findData(name))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
