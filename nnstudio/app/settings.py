"""What the window remembers between starts: one field each, in `window.ini` of the user's folder.

Qt and the standard library only, since the first paint waits for it.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from nnstudio import places, theme
from nnstudio.theme import DARK, LIGHT, Theme

THEMES = ("system", "dark", "light")
RECENT = 12


class Settings:
    """The remembered values; reading one that was never set gives its default."""

    def __init__(self) -> None:
        self._file = QSettings(str(places.home() / "window.ini"), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """`system`, `dark` or `light`."""
        name = str(self._file.value("theme", "system"))
        return name if name in THEMES else "system"

    @theme.setter
    def theme(self, name: str) -> None:
        self._file.setValue("theme", name)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened last, the newest first, whether they still exist or not."""
        stored = self._file.value("recent", [])
        paths = [stored] if isinstance(stored, str) else list(stored or [])
        return tuple(Path(str(path)) for path in paths)

    def add_recent(self, path: Path) -> None:
        """Put `path` at the head of the recent files."""
        full = path.resolve()
        kept = [full, *(other for other in self.recent if other != full)]
        self._file.setValue("recent", [str(p) for p in kept[:RECENT]])

    def remove_recent(self, path: Path) -> None:
        """Forget a recent file."""
        self._file.setValue("recent", [str(p) for p in self.recent if p != path])

    @property
    def folder(self) -> Path:
        """The folder of the last file dialog."""
        return Path(str(self._file.value("folder", str(Path.home()))))

    @folder.setter
    def folder(self, path: Path) -> None:
        self._file.setValue("folder", str(path))

    @property
    def geometry(self) -> QByteArray:
        """Size and place of the window; empty at first."""
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, state: QByteArray) -> None:
        self._file.setValue("geometry", state)

    @property
    def docks(self) -> QByteArray:
        """Where the panels of the editor lie; empty at first."""
        return self._bytes("docks")

    @docks.setter
    def docks(self, state: QByteArray) -> None:
        self._file.setValue("docks", state)

    def _bytes(self, key: str) -> QByteArray:
        value = self._file.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def sync(self) -> None:
        """Write at once; else Qt does so when it has time."""
        self._file.sync()


def theme_for(name: str, system_is_dark: bool) -> Theme:
    """The theme of a setting's name."""
    if name == "system":
        return DARK if system_is_dark else LIGHT
    return LIGHT if name == "light" else DARK


def use_theme(name: str, system_is_dark: bool) -> None:
    """Put the theme of that name to use, if it is not already."""
    wanted = theme_for(name, system_is_dark)
    if theme.current() is not wanted:
        theme.use(wanted)
