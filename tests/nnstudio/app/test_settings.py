"""What is remembered between starts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from nnstudio.app.settings import RECENT, Settings, theme_for
from nnstudio.theme import DARK, LIGHT


def test_defaults(own_home: Path) -> None:
    settings = Settings()
    assert settings.theme == "system"
    assert settings.recent == ()
    assert settings.geometry.isEmpty()
    assert settings.docks.isEmpty()
    assert settings.folder == Path.home()


def test_values_come_back(own_home: Path, tmp_path: Path) -> None:
    settings = Settings()
    settings.theme = "light"
    settings.docks = QByteArray(b"state")
    settings.folder = tmp_path
    settings.add_recent(tmp_path / "a.nns")
    settings.add_recent(tmp_path / "b.nns")
    settings.add_recent(tmp_path / "a.nns")
    settings.sync()
    again = Settings()
    assert again.theme == "light"
    assert again.docks == QByteArray(b"state")
    assert again.folder == tmp_path
    assert again.recent == (tmp_path / "a.nns", tmp_path / "b.nns")
    again.remove_recent(tmp_path / "a.nns")
    assert again.recent == (tmp_path / "b.nns",)
    assert (own_home / "window.ini").is_file()


def test_the_list_of_recent_files_ends(tmp_path: Path) -> None:
    settings = Settings()
    for i in range(RECENT + 5):
        settings.add_recent(tmp_path / f"{i}.nns")
    assert len(settings.recent) == RECENT
    assert settings.recent[0] == tmp_path / f"{RECENT + 4}.nns"


def test_a_spoilt_file_gives_defaults(own_home: Path) -> None:
    (own_home / "window.ini").write_text("[General]\ntheme=pink\ngeometry=7\n")
    settings = Settings()
    assert settings.theme == "system"
    assert settings.geometry.isEmpty()


def test_theme_of_a_name() -> None:
    assert theme_for("system", True) is DARK
    assert theme_for("system", False) is LIGHT
    assert theme_for("light", True) is LIGHT
    assert theme_for("dark", False) is DARK
