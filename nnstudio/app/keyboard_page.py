"""The page "Keyboard" of the settings: every command with its keys, searched by name or by key.

Keys are added, taken away, reset, and kept in small files; who has a key already is told first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.dialogs import file_dialog
from nnstudio.app.key_capture import KeyCapture
from nnstudio.app.keymap import (
    BY_ID,
    COMMANDS,
    GESTURES,
    LARGEST,
    Command,
    KeyRefused,
    portable,
    shown,
)
from nnstudio.app.labels import label
from nnstudio.app.questions import ask
from nnstudio.panels.flow import FlowLayout
from nnstudio.theme import icons, scale

if TYPE_CHECKING:
    from nnstudio.app.window import Window

FILTER = "Keys (*.json)"
ID = Qt.ItemDataRole.UserRole
KEYS = 0.36
"""The share of the table that the keys take."""
FIXED = "On the drawing, fixed"


class KeyboardPage(QWidget):
    """The table of keys and what can be done with the line chosen."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.setObjectName("keyboard_page")
        self._window = window
        self._key = ""
        """The key that is searched for; "" for none."""
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(8)
        lines.addLayout(self._head())
        lines.addWidget(self._table(), 1)
        lines.addWidget(self._editor())
        lines.addLayout(self._foot())
        self._list()

    # Building

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        self._search = QLineEdit()
        self._search.setObjectName("keys_search")
        self._search.setAccessibleName("Search commands")
        self._search.setPlaceholderText("Search commands")
        self._search.setClearButtonEnabled(True)
        self._search.addAction(
            icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        self._search.textChanged.connect(self._typed)
        head.addWidget(self._search, 1)
        find = KeyCapture("Find by key…", "keys_find")
        find.pressed_key.connect(self.search_key)
        head.addWidget(find)
        return head

    def _table(self) -> QTreeWidget:
        table = self._tree = QTreeWidget()
        table.setObjectName("keys_table")
        table.setAccessibleName("Commands and their keys")
        table.setHeaderLabels(["Command", "Keys"])
        table.setRootIsDecorated(False)
        table.setIndentation(0)
        table.setUniformRowHeights(True)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        table.currentItemChanged.connect(lambda *_: self._show_command())
        table.itemActivated.connect(lambda *_: self._add.setChecked(self._add.isEnabled()))
        return table

    def _editor(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "raised")
        lines = QVBoxLayout(frame)
        lines.setContentsMargins(12, 8, 12, 8)
        lines.setSpacing(4)
        self._title = label("", "title")
        self._title.setWordWrap(True)
        lines.addWidget(self._title)
        self._chips = QWidget()
        self._chips_line = FlowLayout(self._chips, spacing=8)
        self._add = KeyCapture("Add a key…", "keys_add")
        self._add.pressed_key.connect(self._pressed)
        self._reset = _button("Reset", "keys_reset", self._reset_one)
        lines.addWidget(self._chips)
        self._told = label("", "small")
        self._told.setObjectName("keys_told")
        self._told.setWordWrap(True)
        lines.addWidget(self._told)
        return frame

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.addWidget(_button("Reset all keys…", "keys_reset_all", self._ask_about_reset))
        foot.addStretch(1)
        foot.addWidget(_button("Import…", "keys_import", self._import))
        foot.addWidget(_button("Export…", "keys_export", self._export))
        return foot

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tree.header().resizeSection(1, round(self._tree.width() * KEYS))

    # Showing

    def search_for(self, text: str) -> None:
        """List the commands that words find."""
        self._search.setText(text)
        self._search.setFocus(Qt.FocusReason.OtherFocusReason)

    def search_key(self, key: str) -> None:
        """List what a key does."""
        self._search.clear()
        self._key = key
        self._list()

    def refresh(self) -> None:
        """The keys may be others now."""
        self._list()

    def _typed(self) -> None:
        self._key = ""
        self._list()

    def _list(self) -> None:
        chosen, keymap = self._chosen_id(), self._window.actions_made.keymap
        words = self._search.text().lower().split()
        self._tree.clear()
        high = QSize(0, scale.px(24))
        for command in COMMANDS:
            keys = keymap.keys_of(command.id)
            text = f"{command.menu}: {command.text}"
            if self._fits(f"{text} {command.words}", keys, words):
                line = QTreeWidgetItem([text, "   ".join(shown(key) for key in keys)])
                line.setData(0, ID, command.id)
                line.setToolTip(0, text)
                line.setSizeHint(0, high)
                line.setToolTip(1, line.text(1))
                if keymap.changed(command.id):
                    font = line.font(1)
                    font.setBold(True)
                    line.setFont(1, font)
                    line.setToolTip(1, "Changed; the default is " + (_words(command) or "no key"))
                self._tree.addTopLevelItem(line)
        for key, text in GESTURES:
            if self._fits(f"{FIXED}: {text}", (portable(key),), words):
                line = QTreeWidgetItem([f"{FIXED}: {text}", shown(key)])
                line.setToolTip(0, text)
                line.setSizeHint(0, high)
                self._tree.addTopLevelItem(line)
        lines = [self._tree.topLevelItem(i) for i in range(self._tree.topLevelItemCount())]
        again = next((line for line in lines if chosen and line.data(0, ID) == chosen), None)
        if again is not None or lines:
            self._tree.setCurrentItem(again if again is not None else lines[0])
        self._show_command()

    def _fits(self, text: str, keys: tuple[str, ...], words: list[str]) -> bool:
        if self._key:
            return portable(self._key) in keys
        found = f"{text} {' '.join(shown(key) for key in keys)}".lower()
        return all(word in found for word in words)

    def _chosen_id(self) -> str:
        line = self._tree.currentItem()
        return str(line.data(0, ID) or "") if line is not None else ""

    def _show_command(self) -> None:
        line, id = self._tree.currentItem(), self._chosen_id()
        while self._chips_line.count():
            old = self._chips_line.takeAt(0).widget()
            if old is not None and old not in (self._add, self._reset):
                old.hide()
                old.deleteLater()
        keymap = self._window.actions_made.keymap
        if id:
            self._title.setText(BY_ID[id].text)
            for i, key in enumerate(keymap.keys_of(id)):
                take = partial(self._take, key)
                chip = _button(f"{shown(key)}  ×", f"keys_take_{i}", take)
                chip.setProperty("role", "key")
                chip.setToolTip(f"Take {shown(key)} away")
                chip.setAccessibleName(f"Take {shown(key)} away")
                self._chips_line.addWidget(chip)
        else:
            nothing = f"Nothing has {shown(self._key)}." if self._key else "No command fits."
            self._title.setText(line.text(0) if line is not None else nothing)
        for button in (self._add, self._reset):
            self._chips_line.addWidget(button)
            button.setVisible(bool(id))
        self._reset.setEnabled(bool(id) and keymap.changed(id))
        self._reset.setToolTip("" if self._reset.isEnabled() else "It has its first keys.")
        self._tell("" if id or line is None else "This key belongs to a gesture and cannot change.")

    def _tell(self, text: str) -> None:
        self._told.setText(text)
        self._told.setVisible(bool(text))

    # Changing

    def _pressed(self, key: str) -> None:
        id, keymap = self._chosen_id(), self._window.actions_made.keymap
        refused = keymap.refused(id, key)
        holder = keymap.holder(key, id)
        if refused:
            self._tell(refused)
        elif holder is not None:
            self._ask_about_holder(id, key, holder)
        else:
            self._give(id, key)

    def _ask_about_holder(self, id: str, key: str, holder: Command) -> None:
        def answered(answer: str) -> None:
            if answer == "take":
                self._give(id, key, take_over=True)

        ask(
            self,
            "key_taken",
            f"{shown(key)} belongs to “{holder.text}”.",
            f"Taken over, it does “{BY_ID[id].text}” instead.",
            (("take", "Take over", "yes"), ("keep", "Keep it there", "cancel")),
            answered,
        )

    def _give(self, id: str, key: str, *, take_over: bool = False) -> None:
        keymap = self._window.actions_made.keymap
        try:
            keymap.give(id, (*keymap.keys_of(id), key), take_over=take_over)
        except KeyRefused as refused:
            self._tell(str(refused))

    def _take(self, key: str) -> None:
        id, keymap = self._chosen_id(), self._window.actions_made.keymap
        keymap.give(id, [one for one in keymap.keys_of(id) if one != key])

    def _reset_one(self) -> None:
        id, keymap = self._chosen_id(), self._window.actions_made.keymap
        holders = [keymap.holder(key, id) for key in BY_ID[id].defaults]
        keymap.reset(id)
        lost = ", ".join(dict.fromkeys(f"“{one.text}”" for one in holders if one is not None))
        if lost:
            self._tell(f"{lost} had one of these keys and has it no more.")

    def _ask_about_reset(self) -> None:
        def answered(answer: str) -> None:
            if answer == "reset":
                self._window.actions_made.keymap.reset_all()

        ask(
            self,
            "reset_keys",
            "Reset all keys?",
            "Every command gets its first keys back.",
            (("cancel", "Keep them", "cancel"), ("reset", "Reset all", "danger")),
            answered,
        )

    # Files

    def _export(self) -> None:
        dialog = file_dialog(
            self, "export_keys", "Export keys", FILTER, self._window.settings.folder
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile("keys.json")
        dialog.fileSelected.connect(lambda chosen: self._write(Path(chosen)))
        dialog.open()

    def _write(self, path: Path) -> None:
        from graph_compiler.safe_io import SaveError, safe_write

        try:
            safe_write(path, self._window.actions_made.keymap.export_text(), backup=False)
        except (SaveError, OSError) as error:
            self._tell(f"Not written. {error}")
        else:
            self._tell(f"The keys are in {path.name}.")

    def _import(self) -> None:
        dialog = file_dialog(
            self, "import_keys", "Import keys", FILTER, self._window.settings.folder
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._read(Path(chosen)))
        dialog.open()

    def _read(self, path: Path) -> None:
        try:
            with open(path, "rb") as file:
                raw = file.read(LARGEST + 1)
            many = self._window.actions_made.keymap.import_text(raw)
        except KeyRefused as refused:
            self._tell(f"{path.name} was not taken. {refused}")
        except OSError as error:
            self._tell(f"{path.name} could not be read: {error.strerror}.")
        else:
            what = "1 command" if many == 1 else f"{many} commands"
            self._tell(f"The keys of {what} were taken from {path.name}.")


def _button(text: str, name: str, does: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAutoDefault(False)
    button.clicked.connect(lambda *_: does())
    return button


def _words(command: Command) -> str:
    return ", ".join(shown(key) for key in command.defaults)
