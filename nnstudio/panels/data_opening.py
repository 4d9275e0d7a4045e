"""The user's file or folder: which it is, choosing another, and fetching one when asked.

Owns the dialog and what leads to the web: the menus of sets and kept tables, the address, the
fetch. It does not know what happens with the place chosen.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QVBoxLayout, QWidget

from nnstudio.document.sources import SourceSpec
from nnstudio.panels.data_web import MOST_OFFERED, AddressBox, OriginLine, age, compared, into_view
from nnstudio.panels.fetching import FetchLine, Request
from nnstudio.panels.flow import FlowLayout
from nnstudio.panels.labels import ElidedLabel


class OpeningBox(QWidget):
    """The place of the user's data, with what leads to another one."""

    chosen = Signal(str)
    """The file or folder that a person chose or fetched."""
    renewed = Signal()
    """The file that is used has other rows than before."""
    kept_wanted = Signal()
    """A person wants to see all data that are kept."""

    def __init__(self, request: Request, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec: SourceSpec | None = None
        self._path = ""
        self.name = ElidedLabel("")
        self.name.setObjectName("data_file")
        self.choose_button = QPushButton("Choose file…")
        self.choose_button.setObjectName("data_choose")
        self.choose_button.clicked.connect(self.ask)
        self.fetch_button, self._menu = self._menu_button("Fetch", "data_fetch", self._fill_menu)
        self.fetch_button.setToolTip("Fetch a set from the web; nothing is fetched by itself")
        self.web_button, self._web_menu = self._menu_button(
            "From the web…", "data_web", self._fill_web_menu
        )
        self.web_button.setToolTip(
            "A CSV or JSON table from an address; nothing is fetched by itself"
        )
        self.address = AddressBox()
        self.address.wanted.connect(self.fetch_table)
        self.address.left.connect(self.web_button.setFocus)
        self.origin = OriginLine()
        self.origin.anew.connect(self.fetch_table)
        self.fetching = FetchLine(request, "data")
        self.fetching.came.connect(self._came)
        self.fetching.busy_changed.connect(self._busy)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button in (self.choose_button, self.web_button, self.fetch_button):
            flow.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.name, buttons, self.origin, self.address, self.fetching):
            column.addWidget(widget)

    def _menu_button(self, text: str, name: str, fill: Any) -> tuple[QPushButton, QMenu]:
        button = QPushButton(text)
        button.setObjectName(name)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(fill)
        button.setMenu(menu)
        return button, menu

    @property
    def path(self) -> str:
        """The file or folder that is shown; "" where none is chosen."""
        return self._path

    def show_source(self, spec: SourceSpec | None, path: str) -> None:
        """The place that a source reads; nothing for a source that reads none."""
        if spec is not self._spec:
            self.address.hide()
            self.fetching.cancel()
            self.fetching.say("")
        self._spec, self._path = spec, path
        self.setVisible(spec is not None and bool(spec.opens))
        if spec is None:
            return
        what = spec.opens or "file"
        self.choose_button.setText(f"Choose {what}…")
        self.name.setText(PurePath(path).name if path else f"No {what} yet")
        self.name.setToolTip(path)
        self.fetch_button.setVisible(bool(spec.downloads))
        self.web_button.setVisible(".csv" in spec.endings)
        self.origin.show_path(path if spec.opens else "")

    def dispose(self) -> None:
        """Ask for nothing more."""
        self.fetching.dispose()
        self._spec = None

    def ask(self) -> None:
        """Let a person choose a file or folder."""
        is_folder = self._spec is not None and self._spec.opens == "folder"
        dialog = QFileDialog(self, "Choose a folder" if is_folder else "Choose a file")
        dialog.setObjectName("data_file_dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        mode = QFileDialog.FileMode
        dialog.setFileMode(mode.Directory if is_folder else mode.ExistingFile)
        if not is_folder and self._spec is not None and self._spec.endings:
            known = " ".join(f"*{ending}" for ending in self._spec.endings)
            dialog.setNameFilters([f"{self._spec.title} ({known})", "All files (*)"])
        if self._path:
            dialog.setDirectory(str(PurePath(self._path).parent))
        dialog.fileSelected.connect(self.chosen)
        dialog.open()

    def _fill_menu(self) -> None:
        from nnstudio import downloads

        self._menu.clear()
        for name in self._spec.downloads if self._spec is not None else ():
            one = downloads.SETS[name]
            size = sum(file.size for file in one.files) / 1e6
            if downloads.is_there(name):
                action = self._menu.addAction(f"{one.title} (fetched)")
                action.setToolTip(str(downloads.folder_of(name)))
                folder = str(downloads.folder_of(name))
                action.triggered.connect(lambda _=False, at=folder: self.chosen.emit(at))
            else:
                action = self._menu.addAction(f"{one.title}, {size:,.0f} MB from {one.address}")
                action.triggered.connect(lambda _=False, which=name: self._fetch(which))
            action.setObjectName(f"fetch_{name}")

    def _fetch(self, name: str) -> None:
        self.fetching.begin({"name": name})

    def _fill_web_menu(self) -> None:
        from nnstudio import web_tables

        menu = self._web_menu
        menu.clear()
        kept = web_tables.kept()
        first = "Another address…" if kept else "An address…"
        menu.addAction(first, self.address.ask).setObjectName("web_address")
        if kept:
            menu.addSection("Fetched before")
        for one in kept[:MOST_OFFERED]:
            action = menu.addAction(f"{one.file}, {age(one.fetched)}".replace("&", "&&"))
            action.setObjectName("web_kept")
            action.setToolTip(f"{one.address}\n{one.path}")
            action.triggered.connect(lambda _=False, at=str(one.path): self._use_kept(at))
        menu.addSeparator()
        menu.addAction("Kept data…", self.kept_wanted.emit).setObjectName("web_all_kept")

    def _use_kept(self, path: str) -> None:
        self.address.hide()
        self.fetching.say("")
        self.chosen.emit(path)

    def fetch_table(self, address: str) -> None:
        """Fetch the table of an address."""
        self.fetching.begin({"table": address})

    def _busy(self, busy: bool) -> None:
        for widget in (self.address, self.fetch_button, self.web_button, self.origin):
            widget.setEnabled(not busy)
        if busy:
            into_view(self.fetching)
            self.fetching.cancel_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _came(self, state: dict[str, Any]) -> None:
        if self._spec is None:
            return
        path = str(state.get("path") or state.get("folder"))
        self.address.hide()
        self.choose_button.setFocus(Qt.FocusReason.OtherFocusReason)
        if path != self._path:
            self.chosen.emit(path)
        elif state.get("changed"):
            self.renewed.emit()
        self.origin.show_path(self._path)
        self.fetching.say(compared(state))
        into_view(self.fetching)
