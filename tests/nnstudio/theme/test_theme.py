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
from nnstudio.theme import DARK, LIGHT, THEMES, Theme, icons, motion, scale, style, system
from nnstudio.theme.themes import named
from nnstudio.theme.tokens import GLYPHS, TINTS

EVERY = pytest.mark.parametrize("looks", THEMES, ids=lambda t: t.name)


@pytest.fixture(autouse=True)
def dark_again(qapp: QApplication) -> object:
    """Every test starts and ends with the dark theme applied."""
    theme.use(DARK)
    style.apply(qapp)
    yield
    theme.use(DARK)


def test_every_family_has_a_colour_and_a_glyph() -> None:
    for looks in THEMES:
        assert set(looks.families) == set(GLYPHS)
        assert set(looks.tints) == set(TINTS)
    assert set(GLYPHS.values()) <= set(icons.names())


@EVERY
def test_families_are_told_apart_by_glyph_and_by_colour(looks: Theme) -> None:
    known = {layer.family for layer in layers().values()} | {"block", "code"}
    assert known == set(GLYPHS)
    assert len(set(GLYPHS.values())) == len(GLYPHS)
    assert len(set(looks.families.values())) == len(looks.families)


def test_every_icon_keeps_to_the_family() -> None:
    for path in sorted((places.assets() / "icons").glob("*.svg")):
        text = path.read_text()
        assert 'viewBox="0 0 24 24"' in text, path.name
        assert 'stroke-width="1.75"' in text, path.name
        assert 'stroke="currentColor"' in text, path.name
        assert not re.search(r"#[0-9a-fA-F]{3,6}|script|href", text), path.name


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


@EVERY
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


def test_a_themes_shade_is_told_by_its_ground() -> None:
    assert [looks.dark for looks in THEMES] == [True, False, True, False]
    assert [looks.high_contrast for looks in THEMES] == [False, False, True, True]


@pytest.mark.parametrize(
    ("name", "dark", "contrast", "wanted"),
    [
        ("system", True, False, "dark"),
        ("system", False, False, "light"),
        ("system", True, True, "high-dark"),
        ("system", False, True, "high-light"),
        ("light", True, True, "light"),
        ("high-dark", False, False, "high-dark"),
        ("pink", False, False, "light"),
    ],
)
def test_the_theme_of_a_name(name: str, dark: bool, contrast: bool, wanted: str) -> None:
    assert named(name, dark=dark, contrast=contrast).name == wanted


def test_a_tint_is_a_name_or_a_colour() -> None:
    assert DARK.tint("blue") == DARK.tints["blue"]
    assert DARK.tint("#102030") == "#102030"
    assert DARK.tint("") == DARK.tint("no such") == DARK.muted


def test_type_grows_with_the_scale(qapp: QApplication, qtbot: object) -> None:
    label, code = QLabel("x"), QLabel("y")
    style.role(label, "head")
    style.wear(code, style.mono, 12)
    for widget in (label, code):
        qtbot.addWidget(widget)  # type: ignore[attr-defined]
        widget.ensurePolished()
    assert (label.font().pixelSize(), code.font().pixelSize()) == (16, 12)
    heard: list[int] = []
    theme.notifier.scale_changed.connect(lambda: heard.append(scale.percent()))
    scale.use(150)
    assert (label.font().pixelSize(), code.font().pixelSize()) == (24, 18)
    assert qapp.font().pixelSize() == 19
    assert scale.px(8) == 12
    scale.use(1000)
    assert scale.percent() == 200
    scale.use(100)
    scale.present(True)
    assert label.font().pixelSize() == 24
    scale.present(False)
    assert label.font().pixelSize() == 16
    assert heard == [150, 200, 100, 100, 100]


def test_motion_is_reduced_by_choice(qapp: QApplication) -> None:
    heard: list[bool] = []
    theme.notifier.motion_changed.connect(lambda: heard.append(motion.reduced()))
    motion.use("full")
    assert motion.duration(180) == 180
    motion.use("reduced")
    assert motion.duration(180) == 0
    motion.use("no such")
    assert motion.choice() == "system"
    assert heard == [True, False]


def test_the_desktop_decides_where_nothing_was_chosen(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "wants_less_motion", lambda: True)
    assert motion.reduced()
    motion.use("full")
    assert not motion.reduced()
    motion.use("system")


def test_the_desktop_can_be_asked(qapp: QApplication) -> None:
    assert system.is_dark() in (True, False)
    assert system.wants_contrast() is False
    assert system.wants_less_motion() is False
