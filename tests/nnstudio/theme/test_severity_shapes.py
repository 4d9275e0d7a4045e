"""A severity is told by its shape: the shapes differ without any colour, large and small."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from nnstudio import theme
from nnstudio.canvas import badge
from nnstudio.canvas.look import look
from nnstudio.theme import icons

SEVERITIES = ("error", "warning", "hint")


def shape_of(image: QImage) -> list[bool]:
    """Where something is drawn, colours left out of account."""
    return [
        image.pixelColor(x, y).alpha() > 127
        for y in range(image.height())
        for x in range(image.width())
    ]


def apart(one: list[bool], two: list[bool]) -> float:
    """How many of the dots that are drawn in either are drawn in one of them alone."""
    either = sum(a or b for a, b in zip(one, two, strict=True))
    return sum(a != b for a, b in zip(one, two, strict=True)) / either


def badge_of(severity: str) -> QImage:
    image = QImage(24, 24, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.fillPath(badge.outline(severity, QPointF(12, 12)), QColor("black"))
    painter.end()
    return image


def test_the_badges_on_nodes_have_a_shape_each() -> None:
    corners = {name: badge.outline(name, QPointF(0, 0)).elementCount() for name in SEVERITIES}
    assert corners["error"] == 9, "an octagon"
    assert corners["warning"] == 4, "a triangle"
    assert corners["hint"] == 13, "a circle of four curves"
    for one, two in combinations(SEVERITIES, 2):
        assert apart(shape_of(badge_of(one)), shape_of(badge_of(two))) > 0.2, (one, two)


@pytest.mark.parametrize("size", [12, 16, 24])
def test_the_icons_in_lists_have_a_shape_each(qapp: Any, size: int) -> None:
    drawn = {
        name: shape_of(icons.pixmap(name, "#000000", size, 2.0).toImage()) for name in SEVERITIES
    }
    for one, two in combinations(SEVERITIES, 2):
        assert apart(drawn[one], drawn[two]) > 0.2, (one, two)


@pytest.mark.parametrize("look_of", theme.THEMES if hasattr(theme, "THEMES") else [theme.DARK])
def test_a_badge_says_its_mark_where_hues_are_the_same(qapp: Any, look_of: Any) -> None:
    theme.use(look_of)
    made: dict[str, QImage] = {}
    for severity in SEVERITIES:
        picture = QPixmap(32, 32)
        picture.fill(look().ground)
        painter = QPainter(picture)
        badge.draw(painter, severity, QPointF(16, 16), look())
        painter.end()
        made[severity] = picture.toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    for one, two in combinations(SEVERITIES, 2):
        assert made[one] != made[two]
    theme.use(theme.DARK)
