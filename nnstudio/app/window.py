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
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QWidget

from nnstudio.app import errors
from nnstudio.app.drops import dropped
from nnstudio.app.regions import place
from nnstudio.app.settings import Settings, use_theme
from nnstudio.app.shell import Shell
from nnstudio.theme.focus import FocusRing

if TYPE_CHECKING:
    from nnstudio.app.actions import Actions
    from nnstudio.app.applying import Applying
    from nnstudio.app.command_palette import CommandPalette
    from nnstudio.app.editor import Editor
    from nnstudio.app.files import Files
    from nnstudio.app.link import Link
    from nnstudio.app.reports import ErrorPanel
    from nnstudio.app.session import WindowState
    from nnstudio.app.start import StartPage
    from nnstudio.app.windows import Windows
    from nnstudio.document.document import Document

SMALLEST = QSize(640, 360)
"""The window at 300 % on a screen of 1920×1080."""
SLICE = 4
"""Milliseconds between two slices of building the editor."""


class Window(QMainWindow):
    """One window; at most one project is open in it."""

    first_painted = Signal()
    editor_ready = Signal()
    start_refreshed = Signal()
    closed = Signal()
    close_cancelled = Signal()
    """A person was asked before closing and wants to go on."""

    actions_made: Actions
    applying: Applying
    files: Files
    link: Link

    def __init__(self, settings: Settings, opening: str, group: Windows) -> None:
        super().__init__()
        self.setObjectName("window")
        self.settings, self.group = settings, group
        self.returning: WindowState | None = None
        """What the window showed last time, while it is being brought back."""
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
        self.setMinimumSize(SMALLEST)
        place(self, settings.geometry)
        self.show_title("", False)
        self.shell.show_opening(opening)
        self.focus_ring = FocusRing(self)
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
            self._start.show_recent(self.settings.recent, self.settings.pinned)
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
        from nnstudio.app.applying import Applying
        from nnstudio.app.files import Files
        from nnstudio.app.link import Link

        self.link = Link(self)
        self.files = Files(self)
        self.files.leaving.stayed.connect(self.close_cancelled)
        self.actions_made = Actions(self)
        self.applying = Applying(self)
        self._equipped = True
        page = self.start
        page.template_activated.connect(self.files.opening.open_template)
        page.file_activated.connect(self.files.opening.open_path)
        page.recent_removed.connect(self.files.opening.remove_recent)
        page.session_wanted.connect(lambda: self.group.bring_back(self))
        page.session_declined.connect(self.group.decline_last)
        page.recent_pinned.connect(self.files.opening.pin_recent)
        page.recent_cleared.connect(self.files.opening.clear_recent)
        page.open_requested.connect(self.files.opening.open)
        page.data_requested.connect(self.files.opening.open_data)
        page.new_requested.connect(self.files.opening.new)
        page.run_watched.connect(self.files.unfinished.watch_run)
        page.run_stopped.connect(self.files.unfinished.stop_run)
        page.recovery_restored.connect(self.files.opening.restore)
        page.recovery_discarded.connect(self.files.unfinished.discard)

    # Several windows

    def shows(self, path: Path) -> bool:
        """Whether this window shows a file, or is opening it."""
        if not self._equipped:
            return self.returning is not None and Path(self.returning.target) == path
        document, coming = self.files.document, self.files.opening.coming
        held = document.path if document is not None else None
        return any(one is not None and one.resolve() == path for one in (held, coming))

    def come_back(self, state: WindowState) -> None:
        """Show what was shown last time."""
        self.returning = state
        self.files.opening.open_target(state.target)

    # What is shown

    def show_start(self) -> None:
        """Bring the start page to the front and what it lists up to date."""
        self.start.show_recent(self.settings.recent, self.settings.pinned)
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
        self.applying.put_on_editor()
        QTimer.singleShot(0, editor, lambda: self._look(editor))
        self.applying.ask_for_devices()
        if then is not None:
            then()
        self.editor_ready.emit()

    def _look(self, editor: Editor) -> None:
        """At everything, or at what was seen last time; whoever zoomed meanwhile sees just that."""
        returning, self.returning = self.returning, None
        if not editor.canvas.steered:
            editor.canvas.frame_all()
        if returning is not None:
            from nnstudio.app.session import put_on

            put_on(editor, returning)

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

    def show_settings(self, page: str = "") -> None:
        """Everything that can be set, in a dialog."""
        self.applying.show_settings(page)

    @property
    def known_devices(self) -> dict[str, str]:
        """What the worker has said of the machine's devices: id and words."""
        return self.applying.known_devices

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
        """Use the theme of that name, or `system`, from now on."""
        self.settings.theme = name
        use_theme(name)
        if self._equipped:
            self.actions_made.refresh_soon()

    def toggle_full_screen(self) -> None:
        """The whole screen, or a window again."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def walk_regions(self, step: int) -> None:
        """Move the focus to the next or the previous region."""
        from nnstudio.app.regions import walk

        walk(self, step)

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
            self.files.watching.look()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._equipped and dropped(event, self._data_at_hand()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped(event, self._data_at_hand())
        if paths:
            event.acceptProposedAction()
            self.files.opening.open_dropped(paths[0])
            for path in paths[1:]:
                self.group.new(str(path))

    def _data_at_hand(self) -> str:
        return self.editor.document.project.data.source if self.editor is not None else ""

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
        self.group.before_closing()
        self.hide()
        errors.reporter.reported.disconnect(self._show_error)
        self.close_editor()
        if self._equipped:
            self.applying.close()
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
