"""The rows of the settings dialog: words at the left, a control at the right, help below.

A row reads its value from the settings and chooses there; it never keeps one of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio import places
from nnstudio.app.dialogs import file_dialog
from nnstudio.app.labels import ElidedLabel, label
from nnstudio.app.preferences import Preference
from nnstudio.app.settings import CHOSEN
from nnstudio.theme import icons

if TYPE_CHECKING:
    from nnstudio.app.window import Window


class SettingRow(QWidget):
    """One setting; `matches` tells whether words find it."""

    def __init__(self, preference: Preference, window: Window) -> None:
        super().__init__()
        self.setObjectName(f"setting_{preference.name}")
        self.preference, self._window = preference, window
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 8, 0, 8)
        lines.setSpacing(4)
        self._across = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._across.setSpacing(12)
        self._title = label(preference.title)
        self._title.setWordWrap(True)
        self._across.addWidget(self._title, 1)
        self._right = right = QHBoxLayout()
        right.setSpacing(12)
        self._reset = QToolButton()
        self._reset.setObjectName(f"setting_reset_{preference.name}")
        self._reset.setIcon(icons.icon("reset", "muted"))
        self._reset.setToolTip("Back to the default")
        self._reset.setAccessibleName(f"{preference.title}: back to the default")
        self._reset.clicked.connect(self._back)
        keep = self._reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(keep)
        right.addWidget(self._reset)
        self._control = self._made()
        self._control.setObjectName(f"setting_control_{preference.name}")
        self._control.setAccessibleName(preference.title)
        self._control.setAccessibleDescription(preference.help)
        self._title.setBuddy(self._control)
        right.addWidget(self._control)
        self._across.addLayout(right)
        lines.addLayout(self._across)
        help = label(preference.help, "small")
        help.setWordWrap(True)
        lines.addWidget(help)
        self._effect = label("", "small")
        self._effect.setObjectName(f"setting_effect_{preference.name}")
        self._effect.setWordWrap(True)
        lines.addWidget(self._effect)
        self.refresh()

    def stack(self, narrow: bool) -> None:
        """The control below its words where there is little room beside them."""
        way = QBoxLayout.Direction
        self._across.setDirection(way.TopToBottom if narrow else way.LeftToRight)
        self._across.setSpacing(4 if narrow else 12)
        self._right.removeWidget(self._reset)
        self._right.insertWidget(1 if narrow else 0, self._reset)
        self._right.setStretchFactor(self._control, 1 if narrow else 0)

    def matches(self, words: list[str]) -> bool:
        """Whether every word stands somewhere in the row."""
        one = self.preference
        text = f"{one.title} {one.help} {one.words} {one.page}".lower()
        return all(word in text for word in words)

    def refresh(self) -> None:
        """Show the value as it is now."""
        settings, one = self._window.settings, self.preference
        control = self._control
        if isinstance(control, _Choice) and one.options is not None:
            control.show_options(one.options(self._window), settings.chosen(one.name))
        elif isinstance(control, _Folder):
            control.show_folder(settings.runs_folder)
        elif isinstance(control, QCheckBox):
            held = settings.asks(one.name) if one.kind == "question" else settings.flag(one.name)
            control.setChecked(held)
        self._reset.setVisible(self._changed())
        effect = one.effect(self._window) if one.effect is not None else ""
        self._effect.setText(effect)
        self._effect.setVisible(bool(effect))

    def _changed(self) -> bool:
        settings, one = self._window.settings, self.preference
        if one.kind == "question":
            return not settings.asks(one.name)
        return bool(settings.chosen(one.name) != CHOSEN[one.name])

    def _made(self) -> QWidget:
        settings, one = self._window.settings, self.preference
        if one.kind == "choice":
            choice = _Choice()
            choice.activated.connect(lambda at: settings.choose(one.name, choice.itemData(at)))
            return choice
        if one.kind == "folder":
            return _Folder(self._window, one)
        box = QCheckBox("Ask" if one.kind == "question" else "Show")
        if one.kind == "question":
            box.clicked.connect(lambda on: settings.set_asked(one.name, on))
        else:
            box.setText("")
            box.clicked.connect(lambda on: settings.choose(one.name, on))
        return box

    def _back(self) -> None:
        settings, one = self._window.settings, self.preference
        if one.kind == "question":
            settings.set_asked(one.name, True)
        else:
            settings.reset(one.name)
        self._control.setFocus(Qt.FocusReason.OtherFocusReason)


class _Choice(QComboBox):
    """A list that the wheel leaves alone unless it has the keyboard."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumContentsLength(20)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(144)

    def show_options(self, options: tuple[tuple[object, str], ...], value: object) -> None:
        """List these, with one chosen."""
        held = [(self.itemData(i), self.itemText(i)) for i in range(self.count())]
        if held != list(options):
            self.clear()
            for one, words in options:
                self.addItem(words, one)
        self.setCurrentIndex(next((i for i, (one, _) in enumerate(options) if one == value), -1))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _Folder(QWidget):
    """A folder, with a button that chooses another."""

    def __init__(self, window: Window, preference: Preference) -> None:
        super().__init__()
        self._window, self._name = window, preference.name
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(240)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        self._path = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        self._path.setObjectName(f"setting_folder_{preference.name}")
        across.addWidget(self._path, 1)
        choose = QPushButton("Choose…")
        choose.setObjectName(f"setting_choose_{preference.name}")
        choose.clicked.connect(self._ask)
        across.addWidget(choose)
        self.setFocusProxy(choose)

    def show_folder(self, folder: str) -> None:
        """Show where runs are kept now."""
        self._path.setText(folder if folder else str(places.runs()))

    def _ask(self) -> None:
        settings = self._window.settings
        dialog = file_dialog(self, "folder_dialog", "Folder of the runs", "", places.runs())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(
            lambda chosen: settings.choose(self._name, str(Path(chosen).resolve()))
        )
        dialog.open()
