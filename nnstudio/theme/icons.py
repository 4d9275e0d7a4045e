"""The icon family: `assets/icons/NAME.svg`, recoloured when painted, so icons follow the theme.

Drawn on a 24-pixel grid with a stroke of 1.75. Knows Qt and the tokens, nothing else.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nnstudio import places
from nnstudio.theme.current import current
from nnstudio.theme.tokens import GLYPHS, Theme

DISABLED_OPACITY = 0.38


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    return (places.assets() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(_svg(name).replace("currentColor", colour).encode())


def names() -> tuple[str, ...]:
    """All icons there are."""
    return tuple(sorted(path.stem for path in (places.assets() / "icons").glob("*.svg")))


def colour_of(theme: Theme, colour: str) -> str:
    """`#rrggbb` of a token's name (`muted`, `accent`), of `family:NAME`, or of a colour."""
    if colour.startswith("#"):
        return colour
    if colour.startswith("family:"):
        return theme.family(colour.removeprefix("family:"))
    return str(getattr(theme, colour))


def paint(painter: QPainter, name: str, colour: str, rect: QRectF) -> None:
    """Draw an icon into `rect`; `colour` as in `icon`."""
    _renderer(name, colour_of(current(), colour)).render(painter, rect)


class _Engine(QIconEngine):
    """Paints in the colour that the theme in use gives at that moment."""

    def __init__(self, name: str, colour: str, on_colour: str) -> None:
        super().__init__()
        self._name, self._colour, self._on_colour = name, colour, on_colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = self._on_colour if state == QIcon.State.On else self._colour
        painter.save()
        if mode == QIcon.Mode.Disabled:
            painter.setOpacity(painter.opacity() * DISABLED_OPACITY)
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        paint(painter, self._name, colour, square)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        if size.isEmpty():
            return QPixmap()  # a button that is squeezed while its panel is laid out
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour, self._on_colour)


@lru_cache(maxsize=512)
def icon(name: str, colour: str = "text", on_colour: str = "") -> QIcon:
    """The icon `name` in a token's colour (`text`, `accent`, `family:dense`) or a fixed `#rrggbb`.

    `on_colour` is for checked buttons. Raises FileNotFoundError for an unknown name.
    """
    _svg(name)
    return QIcon(_Engine(name, colour, on_colour or colour))


def pixmap(name: str, colour: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` logical pixels at a device pixel ratio."""
    picture = icon(name, colour).pixmap(QSize(size, size), ratio)
    picture.setDevicePixelRatio(ratio)
    return picture


def family_icon(family: str) -> QIcon:
    """The glyph of a layer family in its colour."""
    return icon(GLYPHS.get(family, "layers"), f"family:{family}")


def app_icon() -> QIcon:
    """The product's own icon."""
    return QIcon(str(places.assets() / "app.svg"))
