"""The window: the start page or the editor of one project, and what both share.

Owns actions, menus, command palette, themes, error panel, the way the window closes. Only Qt and
the standard library at the top: it is painted before anything heavy is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QStackedWidget, QWidget

from nnstudio.app import errors
from nnstudio.app.settings import Settings, use_theme
from nnstudio.app.shell import Shell
from nnstudio.theme import style

if TYPE_CHECKING:
    from nnstudio.app.actions import Actions
    from nnstudio.app.command_palette import CommandPalette
    from nnstudio.app.editor import Editor
    from nnstudio.app.files import Files
    from nnstudio.app.link import Link
    from nnstudio.app.reports import ErrorPanel
    from nnstudio.app.start import StartPage
    from nnstudio.document.document import Document

DROPPED = (".nns", ".csv", ".png", ".svg")
"""Endings of files that may be dropped on the window."""
SLICE = 4
"""Milliseconds between two slices of building the editor."""


class Window(QMainWindow):
    """One window; at most one project is open in it."""

    first_painted = Signal()
    editor_ready = Signal()
    start_refreshed = Signal()
    closed = Signal()

    actions_made: Actions
    files: Files
    link: Link

    def __init__(self, settings: Settings, opening: str = "") -> None:
        super().__init__()
        self.setObjectName("window")
        self.settings = settings
        self.editor: Editor | None = None
        self._building: Iterator[None] | None = None
        self._painted = False
        self._equipped = False
        self._may_close = False
        self._in_close_event = False
        self._closed = False
        self._error_panel: ErrorPanel | None = None
        self._palette: CommandPalette | None = None
        self._pages = QStackedWidget()
        self.setCentralWidget(self._pages)
        self.shell = Shell()
        self._pages.addWidget(self.shell)
        self._start: StartPage | None = None
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(860, 560))
        self._take_geometry()
        self.show_title("", False)
        self.shell.show_opening(opening)
        self._next_slice = QTimer(self)
        self._next_slice.setSingleShot(True)
        self._next_slice.setInterval(SLICE)
        self._next_slice.timeout.connect(self._build_on)
        errors.reporter.reported.connect(self._show_error)

    @property
    def start(self) -> StartPage:
        """The start page, made when it is first wanted."""
        if self._start is None:
            from nnstudio.app.start import StartPage

            self._start = StartPage()
            self._start.show_recent(self.settings.recent)
            self._pages.addWidget(self._start)
        return self._start

    def furnish(self) -> None:
        """Right after the first paint: the start page, unless a project is being opened."""
        from nnstudio.theme import icons

        self.setWindowIcon(icons.app_icon())
        if not self.shell.opening:
            self._pages.setCurrentWidget(self.start)

    def equip(self) -> None:
        """Then everything that needs more than Qt."""
        from nnstudio.app.actions import Actions
        from nnstudio.app.files import Files
        from nnstudio.app.link import Link

        self.link = Link(self)
        self.files = Files(self)
        self.actions_made = Actions(self)
        self._equipped = True
        page = self.start
        page.template_activated.connect(self.files.opening.open_template)
        page.file_activated.connect(self.files.opening.open_path)
        page.recent_removed.connect(self.files.opening.remove_recent)
        page.open_requested.connect(self.files.opening.open)
        page.data_requested.connect(self.files.opening.open_data)
        page.new_requested.connect(self.files.opening.new)
        page.run_watched.connect(self.files.unfinished.watch_run)
        page.run_stopped.connect(self.files.unfinished.stop_run)
        page.recovery_restored.connect(self.files.opening.restore)
        page.recovery_discarded.connect(self.files.unfinished.discard)

    # What is shown

    def show_start(self) -> None:
        """Bring the start page to the front and what it lists up to date."""
        self.start.show_recent(self.settings.recent)
        self._pages.setCurrentWidget(self.start)
        self.start.gallery.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_title("", False)
        if self._equipped:
            self.files.unfinished.look()
            self.actions_made.refresh_soon()

    def show_editor(self) -> None:
        """Bring the open project back to the front."""
        if self.editor is not None:
            self._pages.setCurrentWidget(self.editor)

    def show_opening(self, words: str) -> None:
        """Show the shell while a project is being read."""
        self.shell.show_opening(words)
        self._pages.setCurrentWidget(self.shell)

    def show_document(self, document: Document, then: Callable[[], None] | None = None) -> None:
        """Build the editor of a document in place of the one shown."""
        from nnstudio.app.editor import Editor

        self.close_editor()
        editor = Editor(self, document, self.link)
        editor.setGeometry(self._pages.rect())
        self._pages.addWidget(editor)
        editor.ready.connect(lambda: self._editor_is_ready(editor, then))
        self._building = editor.build()
        self._build_on()

    def _build_on(self) -> None:
        if self._building is None:
            return
        try:
            next(self._building)
        except StopIteration:
            self._building = None
        except Exception as error:  # a project that cannot be shown must not leave "Opening…"
            self._building = None
            errors.report_exception(error, "while the project was being opened")
            self.files.let_go()
            self.show_start()
        else:
            self._next_slice.start()

    def _editor_is_ready(self, editor: Editor, then: Callable[[], None] | None) -> None:
        self.editor = editor
        self._pages.setCurrentWidget(editor)
        editor.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.actions_made.refresh()
        editor.show_saved()
        QTimer.singleShot(0, editor, editor.canvas.frame_all)
        self.link.request("devices", {}, editor.view.know_devices, lambda reason: None)
        if then is not None:
            then()
        self.editor_ready.emit()

    def close_editor(self) -> None:
        """Take the editor away; what is not saved has been asked about."""
        self._building = None
        self._next_slice.stop()
        if self.editor is not None:
            editor, self.editor = self.editor, None
            editor.dispose()
            self._pages.removeWidget(editor)
            editor.hide()
            editor.deleteLater()

    def show_title(self, name: str, dirty: bool) -> None:
        """The title that the desktop shows."""
        self.setWindowTitle(f"{name}[*] — NN Studio" if name else "NN Studio[*]")
        self.setWindowModified(dirty)

    def show_message(self, text: str) -> None:
        """A sentence for the status line."""
        if self.editor is not None:
            self.editor.say(text)

    def main_menu(self, parent: QWidget) -> QMenu:
        """The menu behind the button in the bar."""
        from nnstudio.app.rows import MENUS

        menu = QMenu(parent)
        menu.setObjectName("main_menu")
        for title in MENUS:
            menu.addMenu(self.actions_made.menu(title, menu))
        return menu

    def show_command_palette(self) -> None:
        """Every action, found by typing."""
        if not self._equipped:
            return
        if self._palette is None:
            from nnstudio.app.command_palette import CommandPalette

            self._palette = CommandPalette(self)
        self.actions_made.refresh()
        self._palette.open_with(self.actions_made.entries())

    def show_layer_reference(self) -> None:
        """What each layer does, with formula, parameters and paper."""
        from nnstudio.app.reference import show_reference

        show_reference(self)

    def show_about(self) -> None:
        """Versions, to be copied into a report."""
        from nnstudio.app.reports import show_text

        words = "Draw a neural network, train it, see how it learns, leave with its PyTorch code."
        show_text(self, "about", "About NN Studio", f"{words}\n\n{errors.versions()}\nMIT licence")

    def _show_error(self, report: errors.ErrorReport) -> None:
        from nnstudio.app.reports import ErrorPanel

        if self._error_panel is None:
            self._error_panel = ErrorPanel(self)
        self._error_panel.add(report)

    # Look

    def set_theme(self, name: str) -> None:
        """Use `dark`, `light` or `system` from now on."""
        self.settings.theme = name
        app = QApplication.instance()
        if isinstance(app, QApplication):
            use_theme(name, style.system_is_dark(app))
        self.actions_made.refresh_soon()

    def toggle_full_screen(self) -> None:
        """The whole screen, or a window again."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _take_geometry(self) -> None:
        stored = self.settings.geometry
        if not stored.isEmpty() and self.restoreGeometry(stored):
            return
        screen = QGuiApplication.primaryScreen()
        room = screen.availableSize() if screen is not None else QSize(1366, 768)
        self.resize(min(1440, room.width()), min(900, room.height()))

    def walk_regions(self, step: int) -> None:
        """Move the focus to the next or the previous region."""
        if self.editor is None:
            self.focusNextChild() if step > 0 else self.focusPreviousChild()
            return
        from nnstudio.app.regions import first_stop

        regions = self.editor.regions()
        focus = self.focusWidget()
        at = next((i for i, r in enumerate(regions) if focus and r.isAncestorOf(focus)), None)
        if at is None:
            at = next((i for i, r in enumerate(regions) if r is focus), -1 if step > 0 else 0)
        region = regions[(at + step) % len(regions)]
        first_stop(region).setFocus(Qt.FocusReason.TabFocusReason)

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._palette is not None and self._palette.isVisible():
            self._palette.place()
        if self._error_panel is not None and self._error_panel.isVisible():
            self._error_panel.place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        came = event.type() == QEvent.Type.ActivationChange and self.isActiveWindow()
        if came and self._equipped:
            self.files.saving.look_at_disk()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._equipped and _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.files.opening.open_dropped(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._equipped and not self._may_close:
            self._in_close_event = True
            self.files.leaving.ask(self._allow_close, leaving=True)
            self._in_close_event = False
            if not self._may_close:
                event.ignore()
                return
        if not self._closed:
            self._closed = True
            self._let_go()
        super().closeEvent(event)

    def _allow_close(self) -> None:
        """The answer to all questions; where there were none it comes within the event itself."""
        self._may_close = True
        if not self._in_close_event:
            self.close()

    def _let_go(self) -> None:
        self.settings.geometry = self.saveGeometry()
        self.hide()
        errors.reporter.reported.disconnect(self._show_error)
        self.close_editor()
        if self._equipped:
            self.files.unfinished.close()
            self.files.let_go()
            self.link.close()
        self.settings.sync()
        self.closed.emit()

    def close_at_once(self) -> None:
        """Close without questions: what is not saved stays recoverable, a run goes on."""
        self._may_close = True
        if self._equipped:
            self.files.keep_recoverable()
        self.close()


def _dropped(event: QDragEnterEvent | QDropEvent) -> Path | None:
    """The one file of a drop that can be opened here."""
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    fitting = [path for path in paths if path.suffix.lower() in DROPPED]
    return fitting[0] if fitting else None
