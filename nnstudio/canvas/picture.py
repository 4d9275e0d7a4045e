"""A drawing as a picture for papers: SVG, PDF or PNG, on white, in the light theme.

Made from a scene of its own, so that neither selection nor theme of the window shows. Owns no file
and asks nobody.
"""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import (
    QImage,
    QPageLayout,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator

from nnstudio.canvas.look import painted_in
from nnstudio.canvas.routing import WireLook
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document.carried import into_png, into_svg
from nnstudio.document.document import Document
from nnstudio.theme import LIGHT

Kind = Literal["svg", "pdf", "png"]
KINDS: tuple[Kind, ...] = ("svg", "pdf", "png")

MARGIN = 16.0
DOTS, LONGEST, MOST_DOTS = 2.0, 16_000, 64_000_000
"""Dots of a PNG for one unit of the canvas, at most along a side, and at most in all."""
POINTS = 0.75
"""Points of a PDF for one unit of the canvas."""
_DOTS_AN_INCH = 96


class NothingToShow(ValueError):
    """The drawing has no nodes."""


def picture(
    document: Document, network: str, kind: Kind, text: str, wires: WireLook | None = None
) -> bytes:
    """One drawing as a file's bytes; SVG and PNG carry the project's `text`.

    Wires are drawn as the window has chosen, where `wires` says so.

    Raises `NothingToShow` for an empty drawing.
    """
    with painted_in(LIGHT):
        scene = NetworkScene(document, network)
        try:
            if wires is not None:
                scene.routing.wear(wires)
            area = scene.bounds()
            if area.isNull():
                raise NothingToShow(f"“{network}” is empty. Add a layer first.")
            area = area.marginsAdded(QMarginsF(MARGIN, MARGIN, MARGIN, MARGIN))
            if kind == "svg":
                return into_svg(_svg(scene, area, network), text).encode("utf-8")
            if kind == "pdf":
                return _pdf(scene, area, network)
            return into_png(_png(scene, area), text)
        finally:
            scene.dispose()


def _svg(scene: NetworkScene, area: QRectF, title: str) -> str:
    made, buffer = QSvgGenerator(), QBuffer()
    made.setOutputDevice(buffer)
    made.setResolution(_DOTS_AN_INCH)
    made.setSize(area.size().toSize())
    made.setViewBox(QRectF(0, 0, area.width(), area.height()))
    made.setTitle(title)
    _paint(scene, made, QRectF(0, 0, area.width(), area.height()), area)
    return bytes(buffer.data().data()).decode("utf-8")


def _pdf(scene: NetworkScene, area: QRectF, title: str) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made = QPdfWriter(buffer)
    made.setTitle(title)
    made.setResolution(_DOTS_AN_INCH)
    size = QSizeF(area.width() * POINTS, area.height() * POINTS)
    page = QPageSize(size, QPageSize.Unit.Point, title, QPageSize.SizeMatchPolicy.ExactMatch)
    made.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    _paint(scene, made, QRectF(0, 0, made.width(), made.height()), area)
    buffer.close()
    return bytes(data.data())


def _png(scene: NetworkScene, area: QRectF) -> bytes:
    wide, high = area.width(), area.height()
    dots = min(DOTS, LONGEST / max(wide, high), math.sqrt(MOST_DOTS / (wide * high)))
    image = QImage((area.size() * dots).toSize(), QImage.Format.Format_RGB32)
    _paint(scene, image, QRectF(image.rect()), area)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def _paint(scene: NetworkScene, device: QPaintDevice, target: QRectF, area: QRectF) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(target, "white")
    scene.render(painter, target, area)
    painter.end()
