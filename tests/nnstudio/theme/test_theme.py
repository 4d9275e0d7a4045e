"""Tokens, icons and style sheet: contrast, completeness, and that icons follow the theme."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from graph_compiler.registry import layers
from nnstudio import places, theme
from nnstudio.theme import DARK, LIGHT, Theme, icons, style
from nnstudio.theme.tokens import GLYPHS

THEMES = pytest.mark.parametrize("looks", [DARK, LIGHT], ids=lambda t: t.name)


@pytest.fixture(autouse=True)
def dark_again(qapp: QApplication) -> object:
    """Every test starts and ends with the dark theme applied."""
    theme.use(DARK)
    style.apply(qapp)
    yield
    theme.use(DARK)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@THEMES
def test_text_has_contrast(looks: Theme) -> None:
    for ground in (looks.ground, looks.panel, looks.raised):
        assert contrast(looks.text, ground) >= 4.5
        assert contrast(looks.muted, ground) >= 4.5
        assert contrast(looks.bad, ground) >= 4.5
        assert contrast(looks.good, ground) >= 4.5 or ground == looks.ground
        assert contrast(looks.accent, ground) >= 4.5
    assert contrast(looks.on_accent, looks.accent) >= 4.5


@THEMES
def test_borders_and_families_have_contrast(looks: Theme) -> None:
    for ground in (looks.panel, looks.raised):
        assert contrast(looks.control, ground) >= 3
        for colour in looks.families.values():
            assert contrast(colour, ground) >= 3


def test_every_family_has_a_colour_and_a_glyph() -> None:
    assert set(DARK.families) == set(LIGHT.families) == set(GLYPHS)
    assert set(GLYPHS.values()) <= set(icons.names())


@THEMES
def test_families_are_told_apart_by_glyph_and_by_colour(looks: Theme) -> None:
    known = {layer.family for layer in layers().values()} | {"block", "code"}
    assert known == set(GLYPHS)
    assert len(set(GLYPHS.values())) == len(GLYPHS)
    assert len(set(looks.families.values())) == len(looks.families)


@pytest.mark.parametrize("path", sorted((places.assets() / "icons").glob("*.svg")), ids=str)
def test_an_icon_keeps_to_the_family(path: Path) -> None:
    text = path.read_text()
    assert 'viewBox="0 0 24 24"' in text
    assert 'stroke-width="1.75"' in text
    assert 'stroke="currentColor"' in text
    assert not re.search(r"#[0-9a-fA-F]{3,6}|script|href", text)


def painted(name: str, colour: str) -> set[str]:
    """The full-strength colours in the picture of an icon."""
    image = icons.icon(name, colour).pixmap(QSize(48, 48), 1.0).toImage()
    pixels = (image.pixelColor(x, y) for x in range(48) for y in range(48))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_an_icon_follows_the_theme() -> None:
    assert painted("close", "accent") == {DARK.accent}
    theme.use(LIGHT)
    assert painted("close", "accent") == {LIGHT.accent}
    assert painted("close", "family:dense") == {LIGHT.family("dense")}
    assert painted("close", "#123456") == {"#123456"}


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        icons.icon("no-such-icon")


def test_the_app_icon_is_there() -> None:
    assert not icons.app_icon().pixmap(64, 64).isNull()


@THEMES
def test_the_sheet_is_whole(looks: Theme) -> None:
    sheet = style.style_sheet(looks)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    for path in re.findall(r"url\((.*?)\)", sheet):
        assert Path(path).is_file()


def test_every_token_of_the_sheet_is_used() -> None:
    used = set(Template((places.assets() / "style.qss").read_text()).get_identifiers())
    assert {"ground", "panel", "raised", "line", "control", "accent"} <= used


def test_theme_reaches_palette_and_widgets(qapp: QApplication, qtbot: object) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)  # type: ignore[attr-defined]
    theme.use(LIGHT)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == LIGHT.panel
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == LIGHT.text
    theme.use(DARK)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.panel


def test_a_role_changes_the_look(qtbot: object) -> None:
    button = QPushButton("Run")
    qtbot.addWidget(button)  # type: ignore[attr-defined]
    style.role(button, "primary")
    button.resize(120, 30)
    assert button.grab().toImage().pixelColor(6, 15).name() == DARK.accent


def test_mix() -> None:
    assert style.mix("#000000", "#ffffff", 0.5) == "#808080"
    assert style.mix("#112233", "#ffffff", 0) == "#112233"
