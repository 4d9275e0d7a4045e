"""The window, opened and driven without a display, and the pictures taken of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.app import launch
from nnstudio.app.settings import Settings

PATIENCE = 120.0


class Studio:
    """One window for one screen; its pictures are `SCREEN-LOOK.png` and `SCREEN-PART-LOOK.png`."""

    def __init__(
        self, folder: Path, screen: str, look: str, theme: str, size: tuple[int, int]
    ) -> None:
        self._folder, self._screen, self._look = folder, screen, look
        self._theme, self._size = theme, size
        self.app = QApplication.instance() or QApplication([])
        self.window = None

    def open(self, target: str | None = None):
        """The window on a target; on the start page without one."""
        settings = Settings()
        settings.theme = self._theme
        settings.sync()
        window = self.window = launch.open_window(self.app, target)
        window.resize(*self._size)
        window.show()
        self.until(lambda: hasattr(window, "actions_made"))
        if target is not None:
            self.until(lambda: window.editor is not None)
        window.set_theme(self._theme)
        self.rest(0.5)
        return window

    def until(self, what: Callable[[], object]) -> None:
        """Let the window work until something holds."""
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get where its picture was to be taken")
            self.app.processEvents()
            time.sleep(0.005)

    def rest(self, seconds: float = 0.4) -> None:
        """Let the window work for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def keep(self, part: str = "", of: QWidget | None = None) -> None:
        """Take a picture of the window, or of a dialog."""
        self.rest()
        name = "-".join(word for word in (self._screen, part, self._look) if word)
        (of or self.window).grab().save(str(self._folder / f"{name}.png"))
        print(self._folder / f"{name}.png", flush=True)

    def keep_with_popups(self, part: str = "") -> None:
        """Take a picture of the window with the menus and dialogs that lie over it."""
        self.rest()
        picture = self.window.grab()
        from PySide6.QtGui import QPainter

        painter = QPainter(picture)
        corner = self.window.mapToGlobal(self.window.rect().topLeft())
        for widget in self.app.topLevelWidgets():
            if widget is not self.window and widget.isVisible():
                painter.drawPixmap(
                    widget.mapToGlobal(widget.rect().topLeft()) - corner, widget.grab()
                )
        painter.end()
        name = "-".join(word for word in (self._screen, part, self._look) if word)
        picture.save(str(self._folder / f"{name}.png"))
        print(self._folder / f"{name}.png", flush=True)

    def dialog(self, name: str) -> QWidget:
        """The dialog of that name, once it is there."""
        found: list[QWidget] = []

        def there() -> bool:
            found[:] = [
                one
                for one in self.app.topLevelWidgets()
                if one.objectName() == name and one.isVisible()
            ]
            return bool(found)

        self.until(there)
        return found[0]

    def trigger(self, row: str) -> None:
        """Do what a row of the menus does."""
        self.window.actions_made.by_id[row].trigger()
        self.rest()

    def close(self) -> None:
        """Close the window without questions and forget its panels' places."""
        window, self.window = self.window, None
        if window is None:
            return
        for widget in self.app.topLevelWidgets():
            if widget is not window and widget.isVisible():
                widget.close()
        editor = window.editor
        if editor is not None and editor.run.live:
            editor.run.stop()
            self.until(lambda: not editor.run.live)
        window.files.forget_changes()
        window.close_at_once()
        window.deleteLater()
        settings = Settings()
        settings.docks = settings.docks.__class__()
        settings.sync()
        self.app.processEvents()
