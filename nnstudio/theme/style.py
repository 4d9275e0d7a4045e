"""The look of every widget: Fusion, an explicit palette and one style sheet, made from the tokens.

`apply` is called once at the start; it follows by itself when another theme or another size of type
is used. The sheet is `assets/style.qss`. A widget asks for a look by its role,
`style.role(widget, "muted")`:

- buttons: `primary` (accent, one a view), `flat` (no ground until hovered), `danger`, `link`,
  `segment` (one of several words), `key` (a key that can be taken away)
- tool buttons: `raised`
- labels: `head`, `title`, `section` (small bold heading of a group), `muted`, `small`, `mono`,
  `bad`, `good`
- frames: `panel`, `well` (ground), `raised`, `card` (raised, radius 12), `bar` (panel with a line
  below), `strip` (a notice), `rule` (a line one pixel high)
- views and edits: `bare` (no border, the parent's ground), `code` (monospaced on the ground)
- a line edit or combo box with the property `invalid` set to true has a red border

Knows Qt and the tokens, nothing else of the product.
"""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from nnstudio import places
from nnstudio.theme import scale
from nnstudio.theme.current import current, notifier
from nnstudio.theme.tokens import TYPE_BODY, TYPE_CODE, TYPE_HEAD, TYPE_SMALL, TYPE_TITLE, Theme

_SANS = ("Inter", "Segoe UI", "SF Pro Text", "Cantarell", "Noto Sans", "DejaVu Sans")
_MONO = ("JetBrains Mono", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "DejaVu Sans Mono")
_WORN = "nnstudio_font"


def sans(
    size: float = TYPE_BODY, weight: QFont.Weight = QFont.Weight.Normal, *, scaled: bool = True
) -> QFont:
    """The interface font; `size` in pixels at 100 %. A drawing with a zoom of its own is not
    `scaled`."""
    font = QFont()
    font.setFamilies(list(_SANS))
    font.setPixelSize(max(1, scale.px(size) if scaled else round(size)))
    font.setWeight(weight)
    return font


def mono(
    size: float = TYPE_BODY, weight: QFont.Weight = QFont.Weight.Normal, *, scaled: bool = True
) -> QFont:
    """The font of numbers, shapes and code; `size` and `scaled` as in `sans`."""
    font = sans(size, weight, scaled=scaled)
    font.setFamilies([*_MONO, "monospace"])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    return font


def wear(
    widget: QWidget,
    face: Callable[..., QFont],
    size: float = TYPE_BODY,
    weight: QFont.Weight = QFont.Weight.Normal,
) -> None:
    """Give `widget` the font `sans` or `mono` in a size that follows the size of type."""
    widget.setProperty(_WORN, (face, size, weight))
    widget.setFont(face(size, weight))


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` (0 to 1) of `second` in it, as `#rrggbb`."""
    one, two = QColor(first), QColor(second)
    parts = (
        round(a + (b - a) * share) for a, b in zip(one.getRgb()[:3], two.getRgb()[:3], strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def role(widget: QWidget, name: str) -> None:
    """Give `widget` one of the looks above; works before and after it was shown."""
    if widget.property("role") == name:
        return
    widget.setProperty("role", name)
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else it will be, once shown
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def palette(theme: Theme) -> QPalette:
    """Every colour role that Fusion reads."""
    made = QPalette()
    role_, group = QPalette.ColorRole, QPalette.ColorGroup
    rows = {
        role_.Window: theme.panel,
        role_.WindowText: theme.text,
        role_.Base: theme.raised,
        role_.AlternateBase: mix(theme.raised, theme.line, 0.35),
        role_.ToolTipBase: theme.raised,
        role_.ToolTipText: theme.text,
        role_.PlaceholderText: theme.muted,
        role_.Text: theme.text,
        role_.Button: theme.raised,
        role_.ButtonText: theme.text,
        role_.BrightText: theme.bad,
        role_.Highlight: theme.accent,
        role_.HighlightedText: theme.on_accent,
        role_.Link: theme.accent,
        role_.LinkVisited: theme.accent,
        role_.Light: mix(theme.raised, theme.text, 0.10),
        role_.Midlight: mix(theme.raised, theme.text, 0.05),
        role_.Mid: theme.line,
        role_.Dark: mix(theme.ground, "#000000", 0.2),
        role_.Shadow: "#000000",
        role_.Accent: theme.accent,
    }
    for where, colour in rows.items():
        made.setColor(where, QColor(colour))
    faint = QColor(mix(theme.muted, theme.panel, 0.4))
    for where in (role_.WindowText, role_.Text, role_.ButtonText, role_.HighlightedText):
        made.setColor(group.Disabled, where, faint)
    made.setColor(group.Disabled, role_.Highlight, QColor(theme.line))
    return made


def shades(theme: Theme) -> dict[str, str]:
    """What the sheet mixes of the tokens, by the name it has there."""
    strong = theme.high_contrast
    return {
        "hover": mix(theme.raised, theme.text, 0.12 if strong else 0.06),
        "press": mix(theme.raised, theme.text, 0.22 if strong else 0.13),
        "soft": mix(theme.panel, theme.text, 0.06),
        "faint": mix(theme.muted, theme.panel, 0.3 if strong else 0.45),
        "accent_hover": mix(theme.accent, theme.text if theme.dark else "#000000", 0.14),
        "accent_press": mix(theme.accent, "#000000", 0.16),
        "accent_soft": mix(theme.panel, theme.accent, 0.20 if theme.dark else 0.14),
        "accent_tint": mix(theme.panel, theme.accent, 0.10),
        "warning_soft": mix(theme.panel, theme.warning, 0.14),
        "bad_soft": mix(theme.panel, theme.bad, 0.13),
        "good_soft": mix(theme.panel, theme.good, 0.12),
    }


def style_sheet(theme: Theme) -> str:
    """The one style sheet."""
    template = (places.assets() / "style.qss").read_text(encoding="utf-8")
    return Template(template).substitute(
        shades(theme),
        ground=theme.ground,
        panel=theme.panel,
        raised=theme.raised,
        line=theme.line,
        control=theme.control,
        text=theme.text,
        muted=theme.muted,
        accent=theme.accent,
        on_accent=theme.on_accent,
        bad=theme.bad,
        good=theme.good,
        type_small=scale.px(TYPE_SMALL),
        type_code=scale.px(TYPE_CODE),
        type_title=scale.px(TYPE_TITLE),
        type_head=scale.px(TYPE_HEAD),
        mono=", ".join(f'"{family}"' for family in (*_MONO, "monospace")),
        controls=(places.assets() / "controls").as_posix(),
        shade="dark" if theme.dark else "light",
    )


def apply(app: QApplication) -> None:
    """Give the whole application the theme in use, now and whenever another one is chosen."""
    if app.property("nnstudio_themed"):
        return
    app.setProperty("nnstudio_themed", True)
    app.setStyle("Fusion")
    app.setFont(sans())
    _dress(app, current())
    notifier.theme_changed.connect(_redress)
    notifier.scale_changed.connect(_resize)


def _redress(theme: Theme) -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        _dress(app, theme)


def _resize() -> None:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    app.setFont(sans())
    _dress(app, current())
    for widget in app.allWidgets():
        worn = widget.property(_WORN)
        if worn is not None:
            face, size, weight = worn
            widget.setFont(face(size, weight))


def _dress(app: QApplication, theme: Theme) -> None:
    colours = palette(theme)
    app.setPalette(colours)
    QToolTip.setPalette(colours)
    app.setStyleSheet(style_sheet(theme))


def monospaced_families() -> list[str]:
    """The monospaced families of this machine, for tests and the about box."""
    return [name for name in QFontDatabase.families() if QFontDatabase.isFixedPitch(name)]
