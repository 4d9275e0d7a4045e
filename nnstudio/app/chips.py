"""One choice of several words: buttons in a row, or a list where there is little room."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QPushButton, QSizePolicy, QWidget

from nnstudio.panels.flow import FlowLayout


class Chips(QWidget):
    """One choice of several words, the first of which means "any"."""

    changed = Signal()

    def __init__(self, name: str, any_word: str, words: Iterable[str]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        line = FlowLayout(self, spacing=6)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._list = QComboBox()
        self._list.setObjectName(f"{name}_list")
        self._list.setAccessibleName(name.capitalize())
        self._list.addItems([any_word, *words])
        self._list.activated.connect(lambda i: self._group.button(i).click())
        self._group.idToggled.connect(lambda i, on: self._list.setCurrentIndex(i) if on else None)
        line.addWidget(self._list)
        self._list.hide()
        for i, word in enumerate((any_word, *words)):
            button = QPushButton(word)
            button.setObjectName(f"{name}_{word.replace(' ', '_').lower()}")
            button.setCheckable(True)
            button.setChecked(i == 0)
            button.setProperty("role", "segment")
            self._group.addButton(button, i)
            line.addWidget(button)
        self._words = ("", *words)
        self._group.idClicked.connect(lambda _: self.changed.emit())

    def set_compact(self, compact: bool) -> None:
        """One list in place of the buttons, where the page is small."""
        self._list.setVisible(compact)
        for button in self._group.buttons():
            button.setVisible(not compact)

    @property
    def chosen(self) -> str:
        """The chosen word, "" for any."""
        return self._words[self._group.checkedId()]
