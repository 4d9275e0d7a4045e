"""The plan's stages in their order: one button each, and what can be done with the chosen one.

It does not know the document: what a person wants comes out as signals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QToolButton, QWidget

from nnstudio.panels.flow import FlowLayout
from nnstudio.panels.tab_order import visit_in_place
from nnstudio.theme import style
from nnstudio.theme.icons import icon


class StageBar(QWidget):
    """Buttons of the stages, and those that add, move and remove one."""

    chosen = Signal(int)
    add_wanted = Signal()
    remove_wanted = Signal()
    move_wanted = Signal(int)
    """One place earlier (-1) or later (1)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage_bar")
        self.setAccessibleName("Stages of the plan")
        self._names: tuple[str, ...] = ()
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(self.chosen)
        self._stages = QWidget(self)
        self._flow = FlowLayout(self._stages)
        self._add = QPushButton("Add stage")
        self._add.setIcon(icon("plus", "muted"))
        self._add.setObjectName("stage_add")
        self._add.setToolTip("A stage behind the chosen one, with its settings")
        style.role(self._add, "flat")
        self._add.clicked.connect(self.add_wanted)
        self._earlier = self._tool(
            "chevron-left", "Move earlier", lambda: self.move_wanted.emit(-1)
        )
        self._later = self._tool("chevron-right", "Move later", lambda: self.move_wanted.emit(1))
        self._remove = self._tool("delete", "Remove this stage", self.remove_wanted.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._stages, 100)
        for button in (self._earlier, self._later, self._remove, self._add):
            row.addWidget(button)
        row.addStretch(1)

    def show_stages(self, names: Sequence[str], current: int) -> None:
        """Show the stages by name, with one of them chosen."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._rebuild()
        button = self._group.button(current)
        if button is not None:
            button.setChecked(True)
        several = len(names) > 1
        self._stages.setVisible(several)
        for tool in (self._earlier, self._later, self._remove):
            tool.setVisible(several)
        self._earlier.setEnabled(current > 0)
        self._later.setEnabled(current < len(names) - 1)

    def _rebuild(self) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        for number, name in enumerate(self._names):
            button = QPushButton(f"{number + 1}  {name}")
            button.setCheckable(True)
            button.setObjectName(f"stage_{number}")
            button.setAccessibleName(f"Stage {number + 1}: {name}")
            style.role(button, "segment")
            self._group.addButton(button, number)
            self._flow.addWidget(button)
            button.show()
        visit_in_place(self._stages, self._group.buttons())

    def _tool(self, name: str, words: str, act: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(name, "muted"))
        button.setIconSize(QSize(16, 16))
        button.setObjectName(f"stage_{name.replace('-', '_')}")
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: act())
        return button
